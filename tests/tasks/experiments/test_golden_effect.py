"""What golden pairs say of a change, what its forecasts were worth, and what follows where it did harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test_effects import DAY, HIGH, LATER, LOW, change, put, scores

from reports.markdown import review_markdown
from reports.page import review_html
from reports.terminal import review_text
from storage.ledger import Ledger, open_ledger
from storage.records import DIMENSIONS, Event, Record, Score, stable_id
from storage.settings import Runner
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.experiments.golden import ask_for_pairs
from tasks.experiments.run import changes, measure_change, measure_changes
from tasks.metrics.review import build_review
from tasks.metrics.weeks import Week

ROOT = Path(__file__).parents[3]
SOON = datetime(2026, 10, 15, 12, tzinfo=UTC)


class Trial(Record, frozen=True, kw_only=True):
    """A row of `golden_trials`."""

    golden_run: str
    task_id: str
    outcome: str
    run_id: str
    trial: int = 0
    wall_ms: int = 2000
    config_commit: str = "c"
    started_at: datetime = SOON
    golden_set: str = "set"
    set_digest: str = "d"
    agent: str = "Ada"
    position: int = 0
    seed: int = 0
    reason: str = ""
    checks: str = "[]"
    human_turns: int = 0


class GoldenRunRow(Record, frozen=True, kw_only=True):
    """A row of `golden_runs`."""

    golden_run: str
    golden_set: str = "set"
    set_digest: str = "d"
    agent: str = "Ada"
    config_digest: str = "x"
    trials: int = 1
    planned: int = 1
    concurrency: int = 1
    seed: int = 7
    isolation: str = "bubblewrap"
    state: str = "finished"
    started_at: datetime = SOON
    ended_at: datetime = SOON


class Forecast(Record, frozen=True, kw_only=True):
    """A row of `forecasts`."""

    proposal_id: str
    dimension: str
    low: float
    high: float
    mean: float = 0.0
    level: float = 0.8
    n: int = 3
    basis: str = "b"
    made_at: datetime = SOON


def put_pair(ledger: Ledger, name: str, without: list[int], with_change: list[int]) -> None:
    """An ended pair of a change: a task a place, scored so on success; a 5 is a pass. Autonomy and efficiency are 4."""
    trials, marks = [], []
    for side, values in (("without", without), ("with", with_change)):
        for i, value in enumerate(values):
            run = stable_id(name, side, i)
            outcome = "pass" if value == 5 else "fail"
            trials.append(Trial(golden_run=f"{name} {side}", task_id=f"t{i}", outcome=outcome, run_id=run))
            marks += [
                Score(
                    score_id=stable_id(run, dimension), agent="Ada", day=DAY, dimension=dimension,
                    score=value if dimension == "success" else 4, scorer_kind="check", task_id=f"t{i}", run_id=run,
                )
                for dimension in DIMENSIONS
            ]  # fmt: skip
    ended = Event(
        event_id=stable_id("ended", name), kind="golden_pair_ended", at=SOON, agent="Ada", subject=stable_id(name),
        payload={"with": f"{name} with", "without": f"{name} without", "golden_set": "set"},
    )  # fmt: skip
    ledger.add("golden_trials", trials, "golden_run || task_id")
    ledger.add("golden_runs", [GoldenRunRow(golden_run=f"{name} {side}") for side in ("with", "without")], "golden_run")
    ledger.add("scores", marks, "score_id")
    ledger.add("events", [ended], "event_id")


def test_a_pair_is_compared_task_by_task(workspace: Workspace, ledger: Ledger) -> None:
    """Eight tasks, six from 1 to 5, two at 5: told at once, paired, with the record and the benchmark beside it."""
    ledger.add("changes", [change()], "change_id")
    put_pair(ledger, "c1", [1] * 6 + [5] * 2, [5] * 8)
    [done] = measure_changes(workspace, ledger, SOON)
    assert (done.kind, done.method, done.verdict) == ("imp@skill", "golden", "better")
    # D = 4 six times and 0 twice: mean 3, s² = (6 * 1 + 2 * 9) / 7 = 3.43, SE = sqrt(3.43 / 8) = .655, t(7) 2.365
    success = done.record["intervals"]["success"]
    assert (success["delta"], success["ci_low"]) == (3.0, pytest.approx(3 - 2.365 * 0.655, abs=0.002))
    assert done.record["passed"] == {"without": [2, 8], "with": [8, 8]}
    assert "2 of 8 without it, 8 of 8 with it" in done.said and "seed 7" in done.record["measurement_window"]
    folder = workspace.state / "experiments" / done.folder
    summary = json.loads((folder / "benchmark.json").read_text())["run_summary"]
    assert summary["delta"] == {"pass_rate": 0.75, "time_seconds": 0.0, "tokens": None}
    assert json.loads((folder / "imp.json").read_text())["imp_at_skill"]["success"] == 3.0
    kinds = ledger.typed("SELECT DISTINCT kind FROM measurements")[1]
    assert kinds == [{"kind": "imp@skill (golden)"}], "forecasts learn from production alone"
    assert measure_changes(workspace, ledger, SOON) == []


def test_a_change_that_does_nothing_is_said_to_do_nothing(workspace: Workspace, ledger: Ledger) -> None:
    """The same behaviour in every trial: no verdict, and the sentence says so."""
    ledger.add("changes", [change()], "change_id")
    put_pair(ledger, "c1", [1, 5, 5, 3], [1, 5, 5, 3])
    [done] = measure_changes(workspace, ledger, SOON)
    assert done.verdict == "inconclusive" and "ended alike" in done.said and done.record["identical"] is True


def test_half_a_pair_is_nothing(workspace: Workspace, ledger: Ledger) -> None:
    """A pair whose one side was never decided tells nothing."""
    ledger.add("changes", [change()], "change_id")
    put_pair(ledger, "c1", [], [5, 5])
    assert measure_changes(workspace, ledger, SOON) == []


def test_pairs_are_asked_for_once_and_only_where_they_can_run(workspace: Workspace, ledger: Ledger) -> None:
    """A new change of an agent with a runner; not one of an agent without, an old one, or a rollback."""
    text = (workspace.root / SETTINGS_FILE).read_text()
    runner = "{name: Ada, type: engineer, runner: {command: [x]}}"
    text = text.replace("{name: Ada, type: engineer}", runner)
    (workspace.root / SETTINGS_FILE).write_text(f"{text}golden: {{pairs: false}}\n")
    switched_off = Workspace(workspace.root)
    assert not switched_off.settings.golden.pairs
    (workspace.root / SETTINGS_FILE).write_text(text)
    ready = Workspace(workspace.root)
    assert ready.settings.agents[0].runner == Runner(command=["x"])
    every = [
        change(), change("c2", agent="Rita"), change("c3", DAY - timedelta(days=20)), change("c4", kind="rollback"),
    ]  # fmt: skip
    ledger.add("changes", every, "change_id")
    ask_for_pairs(switched_off, ledger, changes(ready, ledger), SOON)
    assert ledger.typed("SELECT * FROM events")[1] == []
    for _ in range(2):
        ask_for_pairs(ready, ledger, changes(ready, ledger), SOON)
    found = ledger.typed("SELECT subject, payload ->> 'commit' AS c FROM events WHERE kind = 'golden_pair_due'")[1]
    assert found == [{"subject": stable_id("c1"), "c": "after-c1"}]


def forecast(ledger: Ledger, **intervals: tuple[float, float]) -> None:
    """Forecasts of the proposal behind change c1."""
    rows = [Forecast(proposal_id=stable_id("c1", "p"), dimension=d, low=a, high=b) for d, (a, b) in intervals.items()]
    ledger.add("forecasts", rows, "proposal_id || dimension")


def scored(ledger: Ledger) -> dict[str, bool]:
    """Dimension to whether its forecast held."""
    rows = ledger.typed("SELECT dimension, covered FROM forecast_scores ORDER BY dimension")[1]
    return {row["dimension"]: row["covered"] for row in rows}


def test_forecasts_are_scored_when_the_window_closes(workspace: Workspace, ledger: Ledger) -> None:
    """+1.3 was measured: 1 to 1.5 held, 0 to 1 missed; golden tasks score none; late data scores anew."""
    put(ledger, LOW, HIGH)
    forecast(ledger, success=(1.0, 1.5), autonomy=(0.0, 1.0))
    put_pair(ledger, "c1", [1] * 6 + [5] * 2, [5] * 8)
    measure_changes(workspace, ledger, SOON)
    assert scored(ledger) == {}
    measure_changes(workspace, ledger, LATER)
    assert scored(ledger) == {"success": True, "autonomy": False}
    ledger.add("scores", scores(DAY + timedelta(days=12), [1, 1, 1]), "score_id")
    measure_changes(workspace, ledger, LATER)
    assert scored(ledger) == {"success": False, "autonomy": True}


def test_the_review_shows_effect_forecast_and_offer(workspace: Workspace, ledger: Ledger) -> None:
    """In the week in which the window closed: the verdict, what was forecast and whether it held, and to whom a change
    that transferred is offered."""
    put(ledger, LOW, HIGH)
    forecast(ledger, success=(1.0, 1.5))
    measure_changes(workspace, ledger, LATER)
    offered = Event(
        event_id="o", kind="transfer_offered", at=LATER, agent="Rita", subject="e",
        payload={"improvement": "skills/retry", "from": "Ada"},
    )  # fmt: skip
    ledger.add("events", [offered], "event_id")
    review = build_review(ledger, workspace, Week.of(LATER, workspace.zone), LATER + timedelta(days=1))
    for shown in (review_markdown(review), review_text(review), review_html(review)):
        assert "success: +1.00 to +1.50 was forecast (80 %), +1.30 measured: held" in shown
        assert "skills/retry" in shown and "Rita" in shown


def test_a_window_with_another_change_scores_no_forecast(workspace: Workspace, ledger: Ledger) -> None:
    """What cannot be told apart is held against nobody's forecast, and what was scored before is withdrawn."""
    put(ledger, LOW, HIGH)
    forecast(ledger, success=(1.0, 1.5))
    measure_changes(workspace, ledger, LATER)
    assert scored(ledger) == {"success": True}
    ledger.add("changes", [change("c2", DAY + timedelta(days=3))], "change_id")
    assert measure_change(workspace, ledger, stable_id("c1"), LATER).reason
    assert scored(ledger) == {}


def rollbacks(ledger: Ledger) -> list[str]:
    """Changes whose rollback is to be offered."""
    return [row["change_id"] for row in ledger.rows("approve/rollbacks_due")]


def test_harm_asks_for_a_rollback_once(workspace: Workspace, ledger: Ledger) -> None:
    """Worse on golden tasks asks at once, worse in production not again; better asks for nothing."""
    put(ledger, HIGH, LOW)
    put_pair(ledger, "c1", [5] * 8, [1] * 6 + [5] * 2)
    measure_changes(workspace, ledger, SOON)
    assert rollbacks(ledger) == [stable_id("c1")]
    [late] = measure_changes(workspace, ledger, LATER)
    assert (late.method, late.verdict, rollbacks(ledger)) == ("production", "worse", [stable_id("c1")])


def test_a_rollback_never_asks_for_a_rollback(workspace: Workspace, ledger: Ledger) -> None:
    """What takes a change back is measured too, and a fall after it is not answered by putting the change back."""
    ledger.add("changes", [change(kind="rollback")], "change_id")
    ledger.add("scores", scores(DAY - timedelta(days=14), HIGH) + scores(DAY + timedelta(days=1), LOW), "score_id")
    [done] = measure_changes(workspace, ledger, LATER)
    assert (done.verdict, rollbacks(ledger)) == ("worse", [])


CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from storage.ledger import open_ledger
from storage.workspace import Workspace
from tasks.experiments.run import measure_changes
workspace = Workspace(Path(sys.argv[1]))
with open_ledger(workspace.ledger, purpose="test") as ledger:
    measure_changes(workspace, ledger, datetime.fromisoformat(sys.argv[2]))
"""


@pytest.mark.parametrize("point", ["ledger.before_commit:1", "measure.before_files:1"])
def test_a_killed_measurement_is_whole_the_next_night(point: str, workspace: Workspace) -> None:
    """kill -9 before and after the commit: the next night leaves the same rows, scores and files."""
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        put(ledger, HIGH, LOW)
        forecast(ledger, success=(-1.5, -1.0))
    command = [sys.executable, "-c", CHILD, str(workspace.root), LATER.isoformat()]
    died = subprocess.run(command, cwd=ROOT, env=os.environ | {"AGENTRE_CRASH": point}, capture_output=True)
    assert died.returncode == -9, died.stderr
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        measure_changes(workspace, ledger, LATER)
        assert (scored(ledger), rollbacks(ledger)) == ({"success": True}, [stable_id("c1")])
        assert ledger.typed("SELECT count(*) AS n FROM measurements")[1] == [{"n": 4}]
    [folder] = (workspace.state / "experiments").iterdir()
    assert json.loads((folder / "imp.json").read_text())["verdict"] == "worse"
