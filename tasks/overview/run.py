"""The overview out of the ledger: key figures of a period, and the stage that the artefacts show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from storage.errors import UsageError
from storage.ledger import Ledger, sql
from storage.records import Record
from storage.workspace import Workspace
from tasks.metrics.improver import Figure as ImproverFigure
from tasks.metrics.improver import improver_figures
from tasks.overview.estimates import NOTHING, Figure, Rows, estimate
from tasks.overview.golden_tags import GoldenTag, golden_tags
from tasks.overview.kpis import KPIS, Kpi
from tasks.overview.tickets import Tickets, read_tickets

MOST_PARTS: Final = 12
"""Parts that are told of a figure, the most frequent first."""


class Part(Record, frozen=True, kw_only=True):
    """A part of a figure: a reason, a severity, another quantile."""

    label: str
    figure: Figure


class Line(Record, frozen=True, kw_only=True):
    """A key figure of a period. `standing`: whether the whole 95 % interval is within the usual target (met), outside
    (missed), or both (open); None: nothing is recorded, or the target is no number."""

    kpi: Kpi
    figure: Figure
    parts: list[Part]
    standing: Literal["met", "missed", "open"] | None


class Overview(Record, frozen=True, kw_only=True):
    """All key figures of a period. `improver`: figures of all time and all agents, as few as they are. `untimed`: runs
    that no period holds, as they have no time. `refused`: lines of ticket files that could not be read."""

    start: datetime
    end: datetime
    days: float
    agent: str | None
    lines: list[Line]
    improver: list[ImproverFigure]
    untimed: int
    refused: list[str]


def overview(
    workspace: Workspace, ledger: Ledger, start: datetime, end: datetime, agent: str | None = None
) -> Overview:
    """The key figures from `start` until before `end`, of all agents or of one. Golden runs are no work of a period.

    Raises UsageError for an empty period.
    """
    if end <= start:
        raise UsageError("the period is empty", got=f"{start} to {end}", accepted="an end after its beginning")
    tickets, refused = read_tickets(workspace)
    ledger.keep("support_tickets", Tickets, tickets)
    ledger.keep("golden_tags", GoldenTag, golden_tags(workspace))
    parameters = _parameters(workspace, start, end, agent)
    days = (end - start) / timedelta(days=1)
    lines = [_line(kpi, _rows(ledger, kpi, parameters), days) for kpi in KPIS]
    return Overview(
        start=start, end=end, days=days, agent=agent, lines=lines, refused=refused, improver=improver_figures(ledger),
        untimed=ledger.rows("overview/untimed", agent=agent)[0]["runs"],
    )  # fmt: skip


def _parameters(workspace: Workspace, start: datetime, end: datetime, agent: str | None) -> dict[str, object]:
    first, last = start.astimezone(workspace.zone).date(), _last_day(workspace, end)
    return {
        "start": start, "end": end, "agent": agent, "zone": str(workspace.zone), "first_day": first, "last_day": last,
    }  # fmt: skip


def _last_day(workspace: Workspace, end: datetime) -> date:
    return (end.astimezone(workspace.zone) - timedelta(microseconds=1)).date()


def _rows(ledger: Ledger, kpi: Kpi, parameters: dict[str, object]) -> list[tuple[str | None, float, float]]:
    """Label, value and units of the rows that count."""
    text = sql(kpi.query)
    agent = parameters["agent"]
    frame = ledger.frame(kpi.query, **{name: value for name, value in parameters.items() if f"${name}" in text})
    rows: Any = frame.select("agent", "label", "value", "units").iter_rows()
    wanted = agent.casefold() if isinstance(agent, str) else None
    return [
        (row[1], float(row[2]), float(row[3])) for row in rows if wanted is None or (row[0] or "").casefold() == wanted
    ]


def _line(kpi: Kpi, rows: Sequence[tuple[str | None, float, float]], days: float) -> Line:
    figure = estimate(kpi.method, [row[1:] for row in rows], days) if rows else NOTHING
    return Line(kpi=kpi, figure=figure, parts=_parts(kpi, rows, days), standing=standing(kpi, figure))


def _parts(kpi: Kpi, rows: Sequence[tuple[str | None, float, float]], days: float) -> list[Part]:
    further = [Part(label=method, figure=estimate(method, [row[1:] for row in rows], days)) for method in kpi.further]
    if kpi.parts == "none" or not rows:
        return further if rows else []
    labels = {label for label, _, _ in rows if label is not None}
    parts = [Part(label=label, figure=estimate(kpi.method, _of(kpi, rows, label), days)) for label in labels]
    parts.sort(key=lambda part: (-_weight(kpi, part.figure), part.label))
    return parts[:MOST_PARTS]


def _of(kpi: Kpi, rows: Sequence[tuple[str | None, float, float]], label: str) -> Rows:
    """The rows of a group; or, for a reason, all rows, of which those with the reason count."""
    if kpi.parts == "reasons":
        return [(float(each == label), units) for each, _, units in rows]
    return [(value, units) for each, value, units in rows if each == label]


def _weight(kpi: Kpi, figure: Figure) -> float:
    return (figure.value or 0.0) if kpi.parts == "reasons" else figure.n


def standing(kpi: Kpi, figure: Figure) -> Literal["met", "missed", "open"] | None:
    """How a figure stands to the usual target, its interval considered; without an interval nothing is claimed but for
    what is exact."""
    if figure.value is None or (kpi.at_least is None and kpi.at_most is None):
        return None
    low = figure.low if figure.low is not None else float("-inf")
    high = figure.high if figure.high is not None else float("inf")
    at_least = kpi.at_least if kpi.at_least is not None else float("-inf")
    at_most = kpi.at_most if kpi.at_most is not None else float("inf")
    if at_least <= low and high <= at_most:
        return "met"
    return "missed" if high < at_least or low > at_most else "open"
