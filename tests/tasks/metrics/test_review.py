"""The weekly review: its boxes, a fleet without scores, what it writes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from metric_rows import finding, run, score, tool_call
from review_fleet import FRIDAY, TUESDAY, W47, fill

from reports.markdown import review_markdown
from reports.page import review_html
from reports.terminal import review_text
from storage.errors import UsageError
from storage.ledger import Ledger
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.improve.gather import patterns
from tasks.metrics.review import build_review, latest_week, write_review
from tasks.metrics.run import close_weeks
from tasks.metrics.weeks import span


def test_the_boxes_hold_what_sql_can_answer(ledger: Ledger, workspace: Workspace) -> None:
    """Failures, new patterns, long runs, wrong agents, applied and waiting changes, the second of a kind."""
    fill(ledger)
    boxes = build_review(ledger, workspace, W47, FRIDAY).boxes
    assert [row["run_id"] for row in boxes.hard_failures] == ["stranger"]
    assert {row["fingerprint"]: row["times"] for row in boxes.new_patterns} == {"fp-two": 2, "plain": 1}
    # 27 earlier runs of 7 steps: x[ceil(28 * .95)] = x[27] = 7, and the long one has 94
    assert [(row["run_id"], row["steps"], row["bound"], row["n"]) for row in boxes.long_runs] == [("long", 94, 7, 27)]
    assert [row["run_id"] for row in boxes.wrong_agent] == ["astray"]
    assert [row["commit"] for row in boxes.applied] == ["d" * 40]
    assert [row["proposal_id"] for row in boxes.waiting] == ["w" * 8]
    assert [(row["fingerprint"], row["times"], row["proposal_state"]) for row in boxes.recurring] == [
        ("fp-two", 2, None)
    ]


def test_a_pattern_seen_before_is_not_new(ledger: Ledger, workspace: Workspace) -> None:
    """First seen is by the time of the run, not by when the detector looked."""
    fill(ledger)
    ledger.add("findings", [finding("old", "r1", "fp-two")], "finding_id")  # r1 ran a week before
    boxes = build_review(ledger, workspace, W47, FRIDAY).boxes
    assert [row["fingerprint"] for row in boxes.new_patterns] == ["plain"]
    assert [row["times"] for row in boxes.recurring] == [3]


def test_three_regressing_weeks_are_named(ledger: Ledger, workspace: Workspace) -> None:
    """4.5, 4.2, 3.9, 3.6: each step is below -0.2; two steps are not three."""
    values = [4.5, 4.2, 3.9, 3.6]
    for week, value in zip(span(W47, 4), values, strict=True):
        ledger.add("scores", [score(value, day=week.monday, task="t")], "score_id")
    assert build_review(ledger, workspace, W47, FRIDAY).boxes.three_weeks == [{"agent": "Ada", "dimension": "success"}]
    assert build_review(ledger, workspace, W47.previous(), FRIDAY).boxes.three_weeks == []


def test_a_fleet_without_scores_gets_a_useful_first_review(ledger: Ledger, workspace: Workspace) -> None:
    """Twelve weeks of cost, tokens, tools, repeats and models, runs without a time too, and how to score."""
    runs = [
        run("now", at=TUESDAY), run("old", at=TUESDAY - timedelta(days=60)),
        run("ancient", at=TUESDAY - timedelta(days=90)),
        run("untimed", cost_usd=None, cost_source="missing", outcome="failure"),
    ]  # fmt: skip
    ledger.add("runs", runs, "run_id")
    ledger.add("tool_calls", [tool_call("old", i, error=i > 0) for i in range(4)], "call_id")
    review = build_review(ledger, workspace, W47, FRIDAY)
    usage = review.usage
    assert not review.scored
    assert (usage.totals["runs"], usage.totals["judged"], usage.totals["success"]) == (3, 3, 2)
    assert [(row["tool_name"], row["calls"], row["errors"]) for row in usage.tools] == [("Bash", 4, 3)]
    assert [(row["run_id"], row["times"]) for row in usage.repeated] == [("old", 4)]
    assert [row["run_id"] for row in usage.costliest] == ["now", "old"]
    for text in (review_markdown(review), review_html(review), review_text(review)):
        assert "agentre score" in text
        assert "$0.50" in text
        assert "1 not recorded" in text
        assert "runs without a recorded time" in text


def test_the_running_week_is_provisional_and_a_closed_one_is_not(ledger: Ledger, workspace: Workspace) -> None:
    """Both forms say so; a week that has not begun is refused."""
    fill(ledger)
    running, closed = (build_review(ledger, workspace, week, FRIDAY) for week in (W47, W47.previous()))
    assert (running.provisional, closed.provisional) == (True, False)
    assert "provisional" in review_html(running)
    assert "provisional" not in review_html(closed)
    with pytest.raises(UsageError, match="not begun"):
        build_review(ledger, workspace, W47.plus(1), FRIDAY)


def test_numbers_come_with_n_and_interval(ledger: Ledger, workspace: Workspace) -> None:
    """This week 4, 5, 4.5 on each dimension; last week 4, 5, 4: mean 4.5 ± 4.303 * .5/sqrt(3), cut at 5."""
    fill(ledger)
    text = review_markdown(build_review(ledger, workspace, W47, FRIDAY))
    assert "| `Ada` | 3 | 4.50 (3.26 to 5.00; n = 3) |" in text
    # SD .5 and .57735: SE = sqrt(.25/3 + .33333/3) = .44096, df 3.92, t(.975) = 2.799: +.1667 ± 1.234
    assert (
        "| `Ada` | `success` | 4.33 (3) | 4.50 (3) | +0.17 (-1.07 to +1.40) | 1.65 | inconclusive | → stable |" in text
    )


def test_late_data_is_told(ledger: Ledger, workspace: Workspace) -> None:
    """A week that was reopened says when and how much changed."""
    fill(ledger)
    monday = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    close_weeks(workspace, ledger, monday)
    ledger.add("scores", [score(1.0, day=W47.monday, task="late")], "score_id")
    close_weeks(workspace, ledger, monday + timedelta(days=1))
    review = build_review(ledger, workspace, W47, monday + timedelta(days=2))
    for text in (review_markdown(review), review_html(review), review_text(review)):
        assert re.search("reopened", text, re.IGNORECASE)
        assert "2026-11-24 03:00" in text  # on Berlin's clock


def test_synthetic_data_is_labelled(ledger: Ledger, workspace: Workspace) -> None:
    """On every form, for a workspace that the generator made; on none else."""
    real = build_review(ledger, workspace, W47, FRIDAY)
    settings = workspace.root / SETTINGS_FILE
    settings.write_text(settings.read_text() + "synthetic: true\n")
    made = build_review(ledger, Workspace(workspace.root), W47, FRIDAY)
    for render in (review_markdown, review_html, review_text):
        assert "SYNTHETIC DATA" in render(made)
        assert "SYNTHETIC DATA" not in render(real)


def test_an_empty_ledger_has_a_review(ledger: Ledger, workspace: Workspace) -> None:
    """Nothing recorded is said in words; no 0 % and no $0.00 stand for what is not known."""
    review = build_review(ledger, workspace, W47, FRIDAY)
    for text in (review_markdown(review), review_html(review), review_text(review)):
        assert "not recorded" in text
        assert "$0.00" not in text
        assert "0 %" not in text.replace("100 %", "")


def test_a_review_is_written_whole_and_the_same_again(ledger: Ledger, workspace: Workspace) -> None:
    """Stable names, `latest.html` beside them, nothing temporary left; writing again gives the same bytes."""
    fill(ledger)
    review = build_review(ledger, workspace, W47, FRIDAY)
    markdown, page = write_review(workspace, review, FRIDAY)
    before = (markdown.read_bytes(), page.read_bytes())
    assert write_review(workspace, build_review(ledger, workspace, W47, FRIDAY), FRIDAY) == (markdown, page)
    assert (markdown.read_bytes(), page.read_bytes()) == before
    names = {path.name for path in workspace.reports.iterdir()}
    assert names == {"2026-W47.md", "2026-W47.html", "latest.html"}
    assert (workspace.reports / "latest.html").read_bytes() == page.read_bytes()


def test_reviewing_an_old_week_leaves_the_latest_page(ledger: Ledger, workspace: Workspace) -> None:
    """`latest.html` is the page of the newest week that was reviewed."""
    for week in (W47, W47.previous()):
        write_review(workspace, build_review(ledger, workspace, week, FRIDAY), FRIDAY)
    assert "Weekly review 2026-W47" in re.sub("<.*?>", "", (workspace.reports / "latest.html").read_text())


def test_the_latest_week_is_that_of_the_newest_data(ledger: Ledger, workspace: Workspace) -> None:
    """Of runs and scores up to now; of an empty ledger it is the running week, else that one from Thursday on."""
    assert latest_week(ledger, workspace, FRIDAY) == W47
    ledger.add("runs", [run("a", at=TUESDAY - timedelta(days=14)), run("b", at=TUESDAY + timedelta(days=30))], "run_id")
    assert latest_week(ledger, workspace, FRIDAY) == W47.plus(-2)
    ledger.add("scores", [score(4.0, day=W47.plus(-1).monday)], "score_id")
    assert latest_week(ledger, workspace, FRIDAY) == W47.plus(-1)
    assert latest_week(ledger, workspace, TUESDAY) == W47.plus(-1)
    ledger.add("runs", [run("c", at=TUESDAY)], "run_id")
    assert [latest_week(ledger, workspace, TUESDAY + timedelta(days=n)) for n in (1, 2)] == [W47.plus(-1), W47]


def test_golden_runs_are_no_work(ledger: Ledger, workspace: Workspace) -> None:
    """Neither counted nor listed, nor are their failures, models and tools."""
    runs = [run("work", at=TUESDAY, tool_calls=3), run("trial", at=TUESDAY, tool_calls=3, golden_set="g", task_id="t")]
    ledger.add("runs", runs, "run_id")
    ledger.add("tool_calls", [tool_call("trial", i, "loop", error=True) for i in range(3)], "call_id")
    ledger.add("findings", [finding(f"f{i}", "trial", "fp") for i in range(3)], "finding_id")
    review = build_review(ledger, workspace, W47, FRIDAY)
    used = review.usage
    assert (used.totals["runs"], [row["runs"] for row in [*used.by_agent, *used.activity]]) == (1, [1, 1])
    assert (used.tools, used.repeated, used.by_model) == ([], [], [])
    assert (review.boxes.new_patterns, review.boxes.recurring) == ([], [])
    assert patterns(ledger) == []
