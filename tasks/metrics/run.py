"""Weekly figures out of the ledger, imp@week into it, and the closing of weeks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.records import Event, Measurement, stable_id
from storage.workspace import Workspace
from tasks.metrics.compare import Summary
from tasks.metrics.imp import Summaries, imp_at_week
from tasks.metrics.intervals import mean_interval, wilson
from tasks.metrics.weeks import Week, span

if TYPE_CHECKING:
    import polars as pl

TREND_WEEKS: Final = 12
"""Weeks that a review shows and that a night measures again, as late data may change them."""
_FIGURES: Final = [name for name in Measurement.__struct_fields__ if name != "made_at"]


def weekly_scores(ledger: Ledger, workspace: Workspace, first: Week, last: Week) -> pl.DataFrame:
    """Weekly mean scores, a row per agent, week and dimension that has scores.

    Columns: agent, week (`2026-W47`), dimension (`overall`: the mean of the three, over tasks scored on all
    three), mean, n, sd (None for n = 1), ci_low, ci_high (95 %; None for n < 2 or equal scores). The workspace
    is not asked: scores carry their local day.
    """
    import polars as pl

    rows = [
        {"agent": agent, "week": week.label, "dimension": dimension, "mean": each.mean, "n": each.n, "sd": each.sd}
        | _ends(mean_interval(each.mean, each.sd, each.n))
        for (agent, week, dimension), each in summaries(ledger, first, last).items()
    ]
    numbers = ("mean", "sd", "ci_low", "ci_high")
    schema = dict.fromkeys(("agent", "week", "dimension"), pl.String) | {"mean": pl.Float64, "n": pl.Int64}
    return pl.DataFrame(rows, schema=schema | dict.fromkeys(numbers, pl.Float64))


def weekly_outcomes(ledger: Ledger, workspace: Workspace, first: Week, last: Week) -> pl.DataFrame:
    """Weekly outcomes, a row per agent and week that has runs.

    Columns: agent, week, monday, runs, success, failure, infrastructure_error, unknown, judged (success +
    failure), success_rate (of the judged: crashes of the bench and runs without a verdict are left out),
    ci_low, ci_high (95 %, Wilson; None for none judged), tool_calls, tool_errors, tool_error_rate (None without
    tool calls), cost_usd (exact decimal, of the runs whose cost is known; None for none), cost_reported,
    cost_priced, cost_missing (runs by the source of their cost).
    """
    import polars as pl

    frame = ledger.frame("metrics/weekly_outcomes", zone=str(workspace.zone), **bounds(workspace, first, last))
    judged = frame["success"] + frame["failure"]
    shares = [_ends(wilson(good, n)) for good, n in zip(frame["success"], judged, strict=True)]
    return frame.with_columns(
        week=pl.Series([Week.of_day(day).label for day in frame["monday"]], dtype=pl.String),
        judged=judged,
        success_rate=pl.when(judged > 0).then(frame["success"] / judged),
        ci_low=pl.Series([share["ci_low"] for share in shares], dtype=pl.Float64),
        ci_high=pl.Series([share["ci_high"] for share in shares], dtype=pl.Float64),
        tool_error_rate=pl.when(frame["tool_calls"] > 0).then(frame["tool_errors"] / frame["tool_calls"]),
    )


def measure_week(workspace: Workspace, ledger: Ledger, week: Week, now: datetime) -> list[Measurement]:
    """imp@week of every agent and dimension against the week before, written to `measurements`.

    Repeating it writes nothing; a row whose figures changed is replaced, under its id. A row made before its
    week's end is provisional, and is made again when the week is over. An agent and dimension that neither week
    scored has no measurement.
    """
    return measure_weeks(workspace, ledger, [week], now)


def measure_weeks(workspace: Workspace, ledger: Ledger, weeks: Sequence[Week], now: datetime) -> list[Measurement]:
    """`measure_week` for several weeks in one reading of the ledger; returns all, changed or not."""
    if not weeks:
        return []
    found = summaries(ledger, min(weeks).previous(), max(weeks))
    measured = [each for week in weeks for each in imp_at_week(found, week, now)]
    labels = [week.label for week in weeks]
    known = {row["measurement_id"]: row for row in ledger.rows("metrics/measurements_of_weeks", weeks=labels)}
    changed = [each for each in measured if not _stands(each, known.get(each.measurement_id), workspace)]
    if changed:
        with ledger.staged(new_measurements=changed):
            crashpoint("measure.before_write")
            ledger.run("metrics/replace_measurements")
    return measured


def close_weeks(workspace: Workspace, ledger: Ledger, now: datetime) -> list[Week]:
    """Measures the last twelve weeks and closes those that ended; what `nightly` calls. Safe to repeat.

    A week with data gets one event `week_closed`. Where late data changed the figures of a closed week, its
    measurements are replaced and an event `week_reopened` says so. Returns the weeks closed or reopened now.
    """
    weeks = span(Week.of(now, workspace.zone), TREND_WEEKS)
    ended = [week for week in weeks if week.closed(now, workspace.zone)]
    with ledger.transaction():
        measure_weeks(workspace, ledger, weeks, now)
        figures = _figures(ledger, workspace, ended)
        labels = [week.label for week in ended]
        known = {row["week"]: row for row in ledger.rows("metrics/week_events", weeks=labels)}
        events = [
            _closing(week, figures[week], known.get(week.label), now)
            for week in ended
            if (figures[week] or week.label in known)
            and _digest(figures[week]) != known.get(week.label, {}).get("figures")
        ]
        crashpoint("measure.before_events")
        ledger.add("events", events, "event_id")
        crashpoint("measure.before_commit")
    return [Week.parse(event.subject or "") for event in events]


def summaries(ledger: Ledger, first: Week, last: Week) -> Summaries:
    """Weekly summaries of the scores that count, of one reading of the ledger."""
    rows = ledger.rows("metrics/weekly_scores", first_day=first.monday, after_day=last.plus(1).monday)
    return {
        (row["agent"], Week.of_day(row["monday"]), row["dimension"]): Summary(
            n=row["n"], mean=row["mean"], sd=row["sd"]
        )
        for row in rows
    }


def bounds(workspace: Workspace, first: Week, last: Week) -> dict[str, datetime]:
    """`start` and `end` of some weeks in UTC, as queries take them."""
    return {"start": first.start(workspace.zone), "end": last.end(workspace.zone)}


def _ends(interval: tuple[float, float] | None) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {"ci_low": low, "ci_high": high}


def _stands(measured: Measurement, known: Mapping[str, Any] | None, workspace: Workspace) -> bool:
    """Whether the ledger has these figures already, and not only as those of a week that was still running."""
    if known is None:
        return False
    end = Week.parse(measured.after_period or "").end(workspace.zone)
    if known["made_at"] < end <= measured.made_at:
        return False
    return all(_equal(getattr(measured, name), known[name]) for name in _FIGURES)


def _equal(new: object, old: object) -> bool:
    if isinstance(new, float) and isinstance(old, float):
        return math.isclose(new, old, abs_tol=1e-9)
    return new == old


def _figures(ledger: Ledger, workspace: Workspace, weeks: Sequence[Week]) -> dict[Week, list[str]]:
    """What a week's figures are, as text lines that change when late data changes them."""
    lines: dict[Week, list[str]] = {week: [] for week in weeks}
    if not weeks:
        return lines
    for (agent, week, dimension), each in summaries(ledger, weeks[0], weeks[-1]).items():
        lines[week].append(f"{agent} {dimension} n={each.n} mean={each.mean:.6f} sd={each.sd or 0:.6f}")
    range_ = bounds(workspace, weeks[0], weeks[-1])
    for row in ledger.rows("metrics/weekly_outcomes", zone=str(workspace.zone), **range_):
        lines[Week.of_day(row["monday"])].append(
            " ".join(str(row[name]) for name in ("agent", "runs", "success", "failure", "tool_calls", "cost_usd"))
        )
    return {week: sorted(found) for week, found in lines.items()}


def _digest(lines: list[str]) -> str:
    return stable_id(*lines)


def _closing(week: Week, lines: list[str], known: Mapping[str, Any] | None, now: datetime) -> Event:
    """The event that closes a week, or that reopens it where it was closed with other figures."""
    kind = "week_reopened" if known else "week_closed"
    return Event(
        event_id=stable_id(kind, week.label, known and known["event_id"], _digest(lines)),
        kind=kind,
        at=now,
        subject=week.label,
        payload={
            "revision": known["revision"] + 1 if known else 0,
            "figures": _digest(lines),
            "lines": lines,
            "changed": len(set(lines) ^ set(known["lines"])) if known else 0,
        },
    )
