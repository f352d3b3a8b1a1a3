"""Since when something is bad: the change point of what an SLO counts, or the first day of a week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from storage.ledger import Ledger
from tasks.incidents.chance import change_point, failing_chance
from tasks.metrics.weeks import Week

if TYPE_CHECKING:
    import polars as pl

STREAMS: Final = {
    "task_success": ("slo/task_success", -1), "autonomy": ("slo/autonomy", -1),
    "tool_call_success": ("slo/tool_success", -1), "infrastructure_errors": ("slo/infrastructure_errors", 1),
    "cost_per_task": ("slo/cost_per_task", 1), "latency": ("slo/latency", 1),
    "time_to_completion": ("slo/time_to_completion", 1), "trajectory_length": ("slo/trajectory_length", 1),
    "policy_violations": ("slo/policy_violations", 1),
}  # fmt: skip
"""Indicators whose events a change point can be looked for in, and which way is bad. Of others it cannot be told."""
YES_OR_NO: Final = ("task_success", "autonomy", "tool_call_success", "infrastructure_errors")
AGAIN: Final = 1e-3
LONGEST: Final = timedelta(days=90)


def turned(events: Sequence[tuple[datetime, float]]) -> tuple[datetime | None, float]:
    """The first bad event from the change point on, in the order of time, and the mean from it on.

    None and 0 without events.
    """
    since = events[change_point([value for _, value in events]) :]
    least = min((value for _, value in since), default=0.0)
    first = next((i for i, (_, value) in enumerate(since) if value > least), 0)
    values = [value for _, value in since[first:]]
    return (since[first][0], fmean(values)) if values else (None, 0.0)


class Beginnings:
    """Reads each stream of events once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._frames: dict[tuple[str, datetime, datetime], pl.DataFrame] = {}

    def of(self, row: dict[str, Any]) -> datetime | None:
        """When what the SLO counts turned bad within its window: the first bad event from the change point on.

        `row` is one of incident_slos. None where the events of its indicator have no order that tells.
        """
        return turned(self._events(row, max(row["window_start"], row["evaluated_at"] - LONGEST)))[0]

    def again(self, row: dict[str, Any], closed_at: datetime) -> bool:
        """Whether what failed since a moment is by itself more than the objective explains, at 1 in 1000.

        True where that cannot be told: the indicator is not of events that are good or bad.
        """
        if row["indicator"] not in YES_OR_NO or row["target"] >= 1:
            return True
        values = [value for _, value in self._events(row, closed_at)]
        bad = sum(value == max(0, STREAMS[row["indicator"]][1]) for value in values)
        return bad > 0 and failing_chance(bad, len(values), 1 - row["target"]) <= AGAIN

    def _events(self, row: dict[str, Any], start: datetime) -> list[tuple[datetime, float]]:
        """The events of an SLO from a moment on, larger where they are worse; none where the indicator has no order."""
        if row["indicator"] not in STREAMS:
            return []
        query, bad = STREAMS[row["indicator"]]
        frame = self._frame(query, start, row["evaluated_at"]).drop_nulls("value")
        for name in ("agent", "workflow", "label"):
            frame = frame if row[name] is None else frame.filter(**{name: row[name]})
        return [(at, bad * value) for at, value in frame.select("at", "value").iter_rows()]

    def of_runs(self, query: str, start: datetime, end: datetime, **about: object) -> tuple[datetime | None, float]:
        """When an agent's runs turned bad, and their mean since then.

        The query gives one row a run: `at`, and `value`, larger where it is worse.
        """
        rows = self._ledger.rows(query, start=start, end=end, **about)
        return turned([(row["at"], float(row["value"])) for row in rows])

    def _frame(self, query: str, start: datetime, end: datetime) -> pl.DataFrame:
        key = query, start, end
        if key not in self._frames:
            self._frames[key] = self._ledger.frame(query, start=start, end=end)
        return self._frames[key]

    @staticmethod
    def of_week(label: str, zone: ZoneInfo) -> datetime:
        """The first moment of a week (2026-W47)."""
        return Week.parse(label).start(zone)
