"""imp@skill, imp@config and imp@model: what a change did, told when its window is over and never before."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from storage.errors import NotFound, NothingMeasured, UsageError
from storage.ledger import Ledger
from storage.records import DIMENSIONS, Change, Record, Run, Score, stable_id
from storage.workspace import Workspace
from tasks.experiments.experiment import benchmark
from tasks.experiments.keeping import kept
from tasks.experiments.run import measure_change, measure_changes
from tasks.metrics import effects
from tasks.metrics.effects import Period, around

DAY = date(2026, 10, 14)  # a Wednesday; before: 2026-09-30 to 2026-10-13, after: 2026-10-15 to 2026-10-28
LATER = datetime(2026, 10, 29, 12, tzinfo=UTC)
LOW = [3, 3, 4, 4, 3, 4, 3, 4, 3, 4]  # mean 3.5
HIGH = [5, 5, 4, 5, 5, 5, 4, 5, 5, 5]  # mean 4.8


class StoredRun(Run, frozen=True, kw_only=True):
    """A row of `runs`, with the totals that ingest derives."""

    model_calls: int = 1
    tool_calls: int = 0
    tool_errors: int = 0
    human_turns: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_source: str = "missing"


class StoredCall(Record, frozen=True, kw_only=True):
    """A row of `model_calls` with what is read of it."""

    call_id: str
    run_id: str
    seq: int
    model: str
    cost_source: str = "missing"
    is_aggregate: bool = False


def change(name: str = "c1", day: date = DAY, agent: str = "Ada", kind: str = "skill") -> Change:
    """A change that was applied at noon."""
    return Change(
        change_id=stable_id(name), proposal_id=stable_id(name, "p"), agent=agent, kind=kind, digest=name,
        commit=f"after-{name}", base_commit=f"before-{name}", approver="sam",
        applied_at=datetime(day.year, day.month, day.day, 10, tzinfo=UTC),
    )  # fmt: skip


def scores(first: date, values: list[int], agent: str = "Ada") -> list[Score]:
    """A task a value and day, scored alike on the three dimensions."""
    return [
        Score(
            score_id=stable_id(agent, first, i, name), agent=agent, day=first + timedelta(days=i), dimension=name,
            score=value, scorer_kind="human", task_id=f"{first} t{i}",
        )
        for i, value in enumerate(values)
        for name in DIMENSIONS
    ]  # fmt: skip


def put(ledger: Ledger, before: list[int], after: list[int], *others: Change) -> None:
    """A change of Ada with scores of both sides."""
    ledger.add("changes", [change(), *others], "change_id")
    ledger.add("scores", scores(DAY - timedelta(days=14), before) + scores(DAY + timedelta(days=1), after), "score_id")


def test_a_change_that_helped_is_better(workspace: Workspace, ledger: Ledger) -> None:
    """Ten tasks at 3.5 and ten at 4.8: the record has the practitioners' keys, and the intervals beside them."""
    put(ledger, LOW, HIGH)
    [done] = measure_changes(workspace, ledger, LATER)
    assert (done.kind, done.verdict, done.seed_verdict, done.reason) == ("imp@skill", "better", "improving", None)
    assert list(done.record) == [
        "experiment", "agent", "skill", "measurement_window", "before", "after", "imp_at_skill", "verdict", "notes",
        "intervals",
    ]  # fmt: skip
    assert done.record["before"] == {
        "period": "2026-09-30 to 2026-10-13", "tasks_evaluated": 10,
        "avg_success": 3.5, "avg_autonomy": 3.5, "avg_efficiency": 3.5,
    }  # fmt: skip
    assert done.record["imp_at_skill"] == {"success": 1.3, "autonomy": 1.3, "efficiency": 1.3}
    # s1² = 10 * .25 / 9, s2² = (8 * .04 + 2 * .64) / 9: SE = sqrt((.2778 + .1778) / 10) = .2134, df 17.1, t 2.108
    assert done.record["intervals"]["success"]["ci_low"] == pytest.approx(1.3 - 2.108 * 0.2134, abs=0.002)
    written = json.loads((workspace.state / "experiments" / done.folder / "imp.json").read_text())
    assert written == done.record
    rows = ledger.typed("SELECT kind, dimension, verdict, before_period FROM measurements ORDER BY dimension")[1]
    assert [row["dimension"] for row in rows] == ["autonomy", "efficiency", "overall", "success"]
    assert {(row["kind"], row["verdict"]) for row in rows} == {("imp@skill", "better")}


def test_measuring_twice_writes_nothing_and_late_scores_do(workspace: Workspace, ledger: Ledger) -> None:
    """The second night finds nothing new; a score that came late replaces the rows, under their ids."""
    put(ledger, LOW, HIGH)
    [first] = measure_changes(workspace, ledger, LATER)
    assert measure_changes(workspace, ledger, LATER + timedelta(days=1)) == []
    assert kept(ledger, first.experiment_id).made_at == LATER
    late = scores(DAY + timedelta(days=12), [1])
    ledger.add("scores", late, "score_id")
    [again] = measure_changes(workspace, ledger, LATER + timedelta(days=2))
    assert (again.experiment_id, again.record["after"]["tasks_evaluated"]) == (first.experiment_id, 11)
    assert ledger.typed("SELECT count(*) AS n FROM measurements")[1] == [{"n": 4}]


def test_the_day_of_the_change_is_in_neither_side(workspace: Workspace, ledger: Ledger) -> None:
    """Scores of the day itself, and of days outside of the four weeks, count on neither side."""
    put(ledger, LOW, HIGH)
    ledger.add("scores", scores(DAY, [1]) + scores(DAY - timedelta(days=15), [1]), "score_id")
    ledger.add("scores", scores(DAY + timedelta(days=15), [1]), "score_id")
    [done] = measure_changes(workspace, ledger, LATER)
    assert [done.record[side]["tasks_evaluated"] for side in ("before", "after")] == [10, 10]


def test_a_window_that_is_not_over_is_refused_with_its_day(workspace: Workspace, ledger: Ledger) -> None:
    """Nothing is measured on the window's last evening; the refusal says from which day on it can be."""
    put(ledger, LOW, HIGH)
    evening = datetime(2026, 10, 28, 22, 59, tzinfo=UTC)  # 23:59 in Berlin, in winter again
    assert measure_changes(workspace, ledger, evening) == []
    with pytest.raises(NothingMeasured) as refused:
        measure_change(workspace, ledger, stable_id("c1")[:8], evening)
    assert "from 2026-10-29 on" in str(refused.value) and refused.value.exit_code == 5
    told = measure_change(workspace, ledger, stable_id("c1")[:8], evening + timedelta(minutes=1))
    assert told.verdict == "better"
    with pytest.raises(NotFound):
        measure_change(workspace, ledger, "unheard-of", LATER)


@pytest.mark.parametrize(
    ("days", "place"), [(-3, "inside the baseline"), (5, "inside the two weeks after"), (0, "on the same day")]
)
def test_another_change_in_the_window_takes_the_verdict(
    workspace: Workspace, ledger: Ledger, days: int, place: str
) -> None:
    """The figures stay, the verdict is inconclusive, and the other change is named."""
    put(ledger, LOW, HIGH, change("c2", DAY + timedelta(days=days), kind="config"))
    done = measure_change(workspace, ledger, stable_id("c1"), LATER)
    assert done.verdict == "inconclusive" and place in str(done.reason) and "config" in done.said
    assert done.record["imp_at_skill"]["success"] == 1.3 and done.seed_verdict == "improving"


def test_changes_of_others_and_far_away_do_not_matter(workspace: Workspace, ledger: Ledger) -> None:
    """Another agent's change, and one 15 days away, leave the verdict."""
    put(ledger, LOW, HIGH, change("c2", agent="Rita"), change("c3", DAY - timedelta(days=15)))
    assert measure_change(workspace, ledger, stable_id("c1"), LATER).verdict == "better"


def test_repeats_of_a_task_are_one_task() -> None:
    """Five tasks scored four times each are five, not twenty: the interval is as wide as of five task means."""
    once = [effects.ScoredTask(task=f"t{i}", kind="", score=s) for i, s in enumerate((3.0, 3.5, 4.0, 4.5, 5.0))]
    other = [effects.ScoredTask(task=f"u{i}", kind="", score=s) for i, s in enumerate((3.0, 3.5, 4.0, 4.5, 5.0))]
    repeated, single = effects.compare_scored(once * 4, other * 4), effects.compare_scored(once, other)
    assert (repeated.design, repeated.after.n, single.design) == ("clustered", 5, "unpaired")
    assert repeated.ci_high == pytest.approx(single.ci_high, rel=0.01)


def test_another_mix_of_tasks_is_no_change() -> None:
    """Easy tasks score about 5, hard ones about 3, before as after; only the mix got harder: the delta is about 0."""

    def period(name: str, easy: int, hard: int) -> list[effects.ScoredTask]:
        marks = [("easy", 5.0 - i % 2) for i in range(easy)] + [("hard", 3.0 - i % 2) for i in range(hard)]
        return [effects.ScoredTask(task=f"{name}{i}", kind=k, score=s) for i, (k, s) in enumerate(marks)]

    found = effects.compare_scored(period("a", 12, 4), period("b", 4, 12))
    assert (found.design, found.delta, found.verdict) == ("stratified", pytest.approx(0.0), "inconclusive")


def test_no_scores_is_no_figure(workspace: Workspace, ledger: Ledger) -> None:
    """A side without scores has n = 0 and null, and the sentence says so."""
    put(ledger, LOW, [])
    [done] = measure_changes(workspace, ledger, LATER)
    assert done.verdict == "inconclusive" and done.seed_verdict is None
    assert done.record["after"]["avg_success"] is None and done.record["after"]["tasks_evaluated"] == 0
    assert "fewer than two scores after" in done.said


def test_a_silent_change_of_model_is_found(workspace: Workspace, ledger: Ledger) -> None:
    """The day on which another model answers is a change, though nobody decided it; the first model is none."""
    moments = [datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 14, 9, tzinfo=UTC)]
    for moment, model in zip(moments, ("model-1", "model-2"), strict=True):
        run = StoredRun(
            run_id=model, agent="Ada", source_format="t", source_file="f", outcome="success", started_at=moment
        )
        ledger.add("runs", [run], "run_id")
        ledger.add("model_calls", [StoredCall(call_id=model, run_id=model, seq=0, model=model)], "call_id")
    ledger.add("scores", scores(DAY - timedelta(days=14), HIGH) + scores(DAY + timedelta(days=1), LOW), "score_id")
    [done] = measure_changes(workspace, ledger, LATER)
    assert (done.kind, done.name, done.verdict) == ("imp@model", "model-2", "worse")
    assert "model" in done.record and "imp_at_model" in done.record


def test_benchmark_has_the_agent_skills_form() -> None:
    """Pass rate, seconds and tokens with and without, and their difference; a figure nobody recorded is null."""
    rows: list[dict[str, Any]] = [
        {"with_change": True, "passed": 1, "seconds": 10.0, "tokens": None},
        {"with_change": True, "passed": 1, "seconds": 14.0, "tokens": None},
        {"with_change": False, "passed": 0, "seconds": 20.0, "tokens": 100},
        {"with_change": False, "passed": 1, "seconds": 20.0, "tokens": 300},
    ]
    summary = (benchmark(rows) or {})["run_summary"]
    assert list(summary) == ["with_skill", "without_skill", "delta"]
    assert summary["with_skill"]["time_seconds"] == {"mean": 12.0, "stddev": 2.828427}
    assert summary["delta"] == {"pass_rate": 0.5, "time_seconds": -8.0, "tokens": None}
    assert benchmark(rows[:2]) is None


def test_periods_are_read_as_written() -> None:
    """Days, both included; what is no period is refused."""
    period = Period.parse("2026-03-01 to 2026-03-14")
    assert period.label == "2026-03-01 to 2026-03-14" and period.after == date(2026, 3, 15)
    assert period.overlaps(Period.parse("2026-03-14 to 2026-03-20"))
    assert not period.overlaps(Period.parse("2026-03-15 to 2026-03-20"))
    assert not around(DAY)[0].overlaps(around(DAY)[1])
    for text in ("March", "2026-03-14 to 2026-03-01", "2026-03-01"):
        with pytest.raises(UsageError):
            Period.parse(text)
