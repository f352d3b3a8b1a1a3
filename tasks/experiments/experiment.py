"""What was measured: a change with its two periods, and the records in which others read it."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from storage.records import DIMENSIONS, Record, stable_id
from tasks.metrics.compare import Comparison


class Changed(Record, frozen=True, kw_only=True):
    """A change whose effect is measured. `commit` and `proposal_id` are None for a model that answered anew."""

    agent: str
    kind: str  # imp@skill, imp@config or imp@model
    subject: str  # the change's id, or the model's name
    name: str
    day: date
    commit: str | None
    proposal_id: str | None = None
    takes_back: bool = False  # a rollback


class Experiment(Record, frozen=True, kw_only=True):
    """A row of `experiments`. `reason`: why no verdict could be given; `said`: the result in a sentence.

    `method`: production (the scores of two weeks before and after) or golden (the same tasks with and without it).
    """

    experiment_id: str
    kind: str
    agent: str
    subject: str
    name: str
    before_period: str
    after_period: str
    verdict: str
    seed_verdict: str | None
    reason: str | None
    said: str
    record: dict[str, Any]
    closed_at: datetime
    made_at: datetime
    method: str = "production"

    @property
    def folder(self) -> str:
        """Its folder of files below `.agentre/experiments`."""
        method = self.method if self.method == "golden" else ""
        slug = re.sub(r"[^a-z0-9]+", "-", f"{method} {self.kind} {self.agent} {self.name}".lower()).strip("-")[:60]
        return f"{slug}-{self.experiment_id[:8]}"


def experiment_id(changed: Changed, *method: str) -> str:
    """The same whenever it is measured in that way; no method: by the scores of production."""
    return stable_id(changed.kind, changed.agent, changed.subject, *method)


def imp_record(
    changed: Changed, comparisons: Mapping[str, Comparison], periods: tuple[str, str], window: str, verdict: str,
    notes: str,
) -> dict[str, Any]:  # fmt: skip
    """The practitioners' record of a change's effect, with the intervals added under a key of their own.

    `skill` and `imp_at_skill` are named after what changed: `config`, `model`.
    """
    what = changed.kind.removeprefix("imp@")
    three = {name: comparisons[name] for name in DIMENSIONS}
    return {
        "experiment": f"{changed.kind}: {changed.name}",
        "agent": changed.agent,
        what: changed.name,
        "measurement_window": window,
        "before": _side(periods[0], {name: each.before for name, each in three.items()}),
        "after": _side(periods[1], {name: each.after for name, each in three.items()}),
        f"imp_at_{what}": {name: _rounded(each.delta) for name, each in three.items()},
        "verdict": verdict,
        "notes": notes,
        "intervals": {name: interval(each) for name, each in comparisons.items()},
    }


def _side(period: str, sides: Mapping[str, Any]) -> dict[str, Any]:
    averages = {f"avg_{name}": _rounded(side.mean) for name, side in sides.items()}
    return {"period": period, "tasks_evaluated": max(side.n for side in sides.values())} | averages


def interval(each: Comparison) -> dict[str, Any]:
    """What the practitioners' figures lack: how sure they are. null: not enough data."""
    return {
        "n_before": each.before.n,
        "n_after": each.after.n,
        "delta": _rounded(each.delta),
        "ci_low": _rounded(each.ci_low),
        "ci_high": _rounded(each.ci_high),
        "mde": _rounded(each.mde),
        "design": each.design,
        "verdict": each.verdict,
        "seed_label": each.seed_label,
        "reason": each.reason,
    }


def benchmark(trials: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The Agent Skills `benchmark.json` of golden trials with and without a skill; None where a side has none.

    Each figure is `{mean, stddev}` over the trials that have it (null: none has), delta the difference of means.
    """
    sides = {flag: [row for row in trials if row["with_change"] is flag] for flag in (True, False)}
    if not all(sides.values()):
        return None
    names = {"pass_rate": "passed", "time_seconds": "seconds", "tokens": "tokens"}
    told = {
        flag: {name: _spread([row[column] for row in rows]) for name, column in names.items()}
        for flag, rows in sides.items()
    }
    delta = {name: _minus(told[True][name]["mean"], told[False][name]["mean"]) for name in names}
    return {"run_summary": {"with_skill": told[True], "without_skill": told[False], "delta": delta}}


def _spread(figures: Sequence[float | None]) -> dict[str, float | None]:
    values = [value for value in figures if value is not None]
    mean = statistics.fmean(values) if values else None
    return {"mean": _rounded(mean), "stddev": _rounded(statistics.stdev(values)) if len(values) > 1 else None}


def _minus(new: float | None, old: float | None) -> float | None:
    return None if new is None or old is None else _rounded(new - old)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 6)


def as_json(document: Mapping[str, Any]) -> bytes:
    """A record as the bytes of its file."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
