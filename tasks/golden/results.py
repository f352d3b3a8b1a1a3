"""What a golden run found, as it is kept and as it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from storage.records import Record
from tasks.golden.estimators import Averaged, Label, Rate, Tally, label, mean_pass_hat_k, pass_rate
from tasks.golden.task import GoldenTask

State = Literal["running", "finished", "stopped early", "variant"]
"""`variant`: ended, and of a draft that was tried: it says nothing about the agent as it is."""


class GoldenRun(Record, frozen=True, kw_only=True):
    """A golden run as kept. `planned`: trials that it would make without an early stop; `decision`: of that stop.

    `config_digest` covers the agent's config files but for its memory, and how it is started.
    """

    golden_run: str
    golden_set: str
    set_version: int | None
    set_digest: str
    agent: str
    config_commit: str | None
    config_digest: str
    trials: int
    planned: int
    concurrency: int
    seed: int
    isolation: str
    state: State
    started_at: datetime
    decision: str | None = None
    ended_at: datetime | None = None


class GoldenTrial(Record, frozen=True, kw_only=True):
    """A trial as kept; the columns of `golden_trials`, with money in nanodollars. `checks` is JSON."""

    golden_run: str
    golden_set: str
    set_version: int | None
    set_digest: str
    task_id: str
    agent: str
    config_commit: str | None
    trial: int
    position: int
    seed: int
    outcome: str
    reason: str
    checks: str
    human_turns: int
    started_at: datetime
    exit_code: int | None = None
    ended_by: str | None = None
    steps: int | None = None
    tool_calls: int | None = None
    wall_ms: int | None = None
    cost_nano_usd: int | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class TaskResult:
    """One task of a golden run. Means are over its decided trials; None: not recorded. `reason`: of its last fail."""

    task_id: str
    name: str
    difficulty: str | None
    tally: Tally
    label: Label
    bench_errors: int
    needs_human: int
    wall_seconds: float | None
    cost_usd: Decimal | None
    reason: str


class MeanScore(NamedTuple):
    """The mean of a golden run's scores on a dimension, 1 to 5, and how many they are."""

    dimension: str
    mean: float
    n: int


@dataclass(frozen=True)
class Summary:
    """A golden run as it is told. `pass_hat_k`: by k, from 1 to the most that any task was tried. `made`: trials that
    ended, of the bench or not; `cost_usd` None: no trial's cost is known.
    """

    run: GoldenRun
    tasks: list[TaskResult]
    rate: Rate
    pass_hat_k: dict[int, Averaged]
    made: int
    bench_errors: int
    needs_human: int
    cost_usd: Decimal | None
    cost_unknown: int
    wall_seconds: float
    notices: list[str]
    scores: list[MeanScore] = field(default_factory=list)  # by the rubric's rules

    @property
    def decided(self) -> int:
        """Trials that passed or failed."""
        return self.rate.attempts

    @property
    def saved(self) -> int:
        """Trials that an early stop made unnecessary."""
        return max(0, self.run.planned - self.made) if self.run.state == "stopped early" else 0


def summary(
    run: GoldenRun,
    tasks: Sequence[GoldenTask],
    rows: Sequence[Mapping[str, Any]],
    history: Mapping[str, Tally],
    notices: Sequence[str] = (),
) -> Summary:
    """The summary of a golden run from its trials; `history`: task → its earlier trials under the same set."""
    results = [_task(task, [row for row in rows if row["task_id"] == task.id], history) for task in tasks]
    tallies = [result.tally for result in results]
    most = max((tally.n for tally in tallies), default=0)
    costs = [row["cost_usd"] for row in rows if row["outcome"] in ("pass", "fail")]
    return Summary(
        run=run, tasks=results, rate=pass_rate(tallies),
        pass_hat_k={k: mean_pass_hat_k(tallies, k) for k in range(1, most + 1)},
        made=len(rows), bench_errors=sum(result.bench_errors for result in results),
        needs_human=sum(result.needs_human for result in results), cost_usd=_sum(costs),
        cost_unknown=costs.count(None), wall_seconds=sum(row["wall_ms"] or 0 for row in rows) / 1000,
        notices=[*notices, *_never_well(run, rows)],
    )  # fmt: skip


def _never_well(run: GoldenRun, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """That the agent's program ended with an error every time: then it may never have begun to work."""
    codes = [row["exit_code"] for row in rows if row["outcome"] in ("pass", "fail")]
    if not codes or not all(codes) or any(row["outcome"] == "pass" for row in rows):
        return []
    return [
        f"{run.agent} ended with an error in all of {len(codes)} trials: these figures may be of its start, not its "
        "work; in the sandbox it sees its config folder as {config}, and the folders of `read_only` in its runner"
    ]


def tally(rows: Iterable[Mapping[str, Any]]) -> Tally:
    """Passes among the trials that were decided."""
    outcomes = [row["outcome"] for row in rows]
    return Tally(outcomes.count("pass"), outcomes.count("pass") + outcomes.count("fail"))


def _task(task: GoldenTask, rows: Sequence[Mapping[str, Any]], history: Mapping[str, Tally]) -> TaskResult:
    found, outcomes = tally(rows), [row["outcome"] for row in rows]
    decided = [row for row in rows if row["outcome"] in ("pass", "fail")]
    walls = [row["wall_ms"] / 1000 for row in decided if row["wall_ms"] is not None]
    costs = [row["cost_usd"] for row in decided if row["cost_usd"] is not None]
    reasons = [row["reason"] for wanted in ("fail", "bench_error") for row in rows if row["outcome"] == wanted]
    return TaskResult(
        task_id=task.id, name=task.name, difficulty=task.difficulty, tally=found,
        label=label(found, history.get(task.id, Tally(0, 0))), bench_errors=outcomes.count("bench_error"),
        needs_human=outcomes.count("needs_human"), wall_seconds=sum(walls) / len(walls) if walls else None,
        cost_usd=sum(costs, Decimal(0)) / len(costs) if costs else None, reason=reasons[0] if reasons else "",
    )  # fmt: skip


def _sum(costs: Sequence[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if known else None


def table_rows(found: Summary) -> list[dict[str, object]]:
    """The tasks of a golden run as rows for people."""
    return [
        {
            "task": task.task_id,
            "name": task.name,
            "difficulty": task.difficulty,
            "passed": f"{task.tally.passed}/{task.tally.n}",
            "verdict": task.label,
            "seconds": None if task.wall_seconds is None else round(task.wall_seconds, 1),
            "cost": None if task.cost_usd is None else f"${task.cost_usd:.4f}",
            "bench failures": task.bench_errors,
            "needs a human": task.needs_human,
        }
        for task in found.tasks
    ]
