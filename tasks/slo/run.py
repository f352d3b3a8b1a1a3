"""SLOs out of the ledger, and what they say into it: statuses, and the freezes of exhausted budgets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from storage.errors import UsageError
from storage.ledger import Ledger, sql
from storage.records import Event, Record, stable_id
from storage.workspace import Workspace
from tasks.slo.burn import LONGEST
from tasks.slo.evaluation import Evaluation, evaluate
from tasks.slo.freeze import freeze_events
from tasks.slo.indicators import INDICATORS
from tasks.slo.objective import Objective
from tasks.slo.objectives import objectives, readable
from tasks.slo.stream import Stream

if TYPE_CHECKING:
    import polars as pl

REVISED: Final = timedelta(days=28)
"""How far back statuses are computed again, as late data may change them."""


class Status(Record, frozen=True, kw_only=True):
    """A row of `slo_status`. `revision`: how often late data changed it."""

    status_id: str
    slo: str
    agent: str | None
    workflow: str | None
    label: str | None
    indicator: str
    window_name: str
    window_days: float
    window_start: datetime
    evaluated_at: datetime
    good: int | None
    total: int
    target: float
    value: float | None
    budget_spent: float | None
    spent_low: float | None
    spent_high: float | None
    p_violated: float | None
    alert: str
    rule: str | None
    reason: str
    exhausted: bool
    revision: int
    computed_at: datetime
    objective: str


@dataclass(frozen=True)
class Evaluated:
    """What a night's look at the SLOs did. `revised`: earlier statuses that late data changed.

    `faults`: what is wrong with the objectives that could not be read; their agents' freezes hold meanwhile.
    """

    evaluations: list[Evaluation]
    revised: int
    frozen: list[str]
    ended: list[str]
    faults: list[UsageError]


def evaluate_all(workspace: Workspace, ledger: Ledger, now: datetime) -> list[Evaluation]:
    """Every objective as it stands at `now`; nothing is written. Raises UsageError where one cannot be read."""
    streams = _streams(workspace, ledger, objectives(workspace), now, now)
    return [evaluate(each, stream, now, workspace.settings.slo) for each, stream in streams]


def evaluate_slos(workspace: Workspace, ledger: Ledger, now: datetime) -> Evaluated:
    """Writes the status of every objective at the last full hour, and again those that late data changed.

    Idempotent for each SLO and hour: a status whose figures did not change is not touched; one that did is replaced,
    with a higher revision and an event `slo_revised`. Exhausted budgets open freezes, recovered ones end them. What
    cannot be read is told in `faults` and stops nothing else.
    """
    wanted, faults = readable(workspace)
    hour = now.replace(minute=0, second=0, microsecond=0)
    stored = {row["status_id"]: row for row in ledger.rows("slo/stored_status", since=hour - REVISED)}
    times = sorted({hour, *(row["evaluated_at"] for row in stored.values() if row["evaluated_at"] <= hour)})
    current, changed, events = [], [], list[Event]()
    for objective, stream in _streams(workspace, ledger, wanted, times[0], hour):
        for at in times:
            each = evaluate(objective, stream, at, workspace.settings.slo)
            known = stored.get(each.status_id)
            if at == hour:
                current.append(each)
            elif known is None:
                continue
            if known is None or not _same(each, known):
                changed.append(status_of(each, known["revision"] + 1 if known else 0, now))
                events += [_revised(changed[-1], now)] if known else []
    return _write(workspace, ledger, current, changed, events, faults, now)


def _write(
    workspace: Workspace, ledger: Ledger, current: list[Evaluation], changed: list[Status], events: list[Event],
    faults: list[UsageError], now: datetime,
) -> Evaluated:  # fmt: skip
    held = ledger.rows("slo/slo_freezes")
    acts = workspace.settings.slo.on_exhaustion == "freeze"
    freezes = freeze_events(current if acts else [], held, now, complete=not (acts and faults))
    with ledger.transaction():
        if changed:
            with ledger.staged(new_status=changed):
                ledger.run("slo/replace_status")
        ledger.add("events", [*events, *freezes], "event_id")
    return Evaluated(
        evaluations=current,
        revised=len(events),
        frozen=[f"{each.agent}: {each.subject}" for each in freezes if each.kind == "freeze"],
        ended=[each.agent or "" for each in freezes if each.kind == "freeze_ended"],
        faults=faults,
    )


def _streams(
    workspace: Workspace, ledger: Ledger, wanted: list[Objective], earliest: datetime, latest: datetime
) -> list[tuple[Objective, Stream]]:
    """Each objective with its events from before the earliest evaluation's windows until the latest."""
    found: dict[str, pl.DataFrame] = {}
    start = min([earliest - LONGEST, *(each.window.start(earliest) for each in wanted)])
    for each in wanted:
        if each.indicator not in found:
            found[each.indicator] = events_of(workspace, ledger, each.indicator, start, latest)
    return [(each, Stream.of(each, found[each.indicator])) for each in wanted]


def events_of(workspace: Workspace, ledger: Ledger, indicator: str, start: datetime, end: datetime) -> pl.DataFrame:
    """The events of an indicator: agent, workflow, label, at, value, units; golden runs are not among them."""
    chosen = INDICATORS[indicator]
    parameters: dict[str, Any] = {"start": start, "end": end}
    text = sql(chosen.query)
    parameters |= {"zone": str(workspace.zone)} if "$zone" in text else {}
    parameters |= {"dimensions": list(chosen.dimensions)} if "$dimensions" in text else {}
    return ledger.frame(chosen.query, **parameters)


def status_of(each: Evaluation, revision: int, now: datetime) -> Status:
    """An evaluation as a row."""
    o = each.objective
    shared = (set(Status.__struct_fields__) & set(Evaluation.__struct_fields__)) - {"objective"}
    return Status(
        status_id=each.status_id, slo=o.name, agent=o.agent, workflow=o.workflow, label=o.label, indicator=o.indicator,
        window_name=o.window.name, window_days=o.window.days, target=float(o.target),
        revision=revision, objective=o.says, computed_at=now,
        **{name: getattr(each, name) for name in shared},
    )  # fmt: skip


def _same(each: Evaluation, known: Mapping[str, Any]) -> bool:
    """Whether a stored row has these figures."""
    return all(_equal(getattr(each, name), known[name]) for name in Evaluation.__struct_fields__ if name != "objective")


def _equal(new: object, old: object) -> bool:
    if isinstance(new, float) and isinstance(old, float):
        return math.isclose(new, old, rel_tol=1e-9, abs_tol=1e-12)
    return new == old


def _revised(status: Status, now: datetime) -> Event:
    return Event(
        event_id=stable_id("slo_revised", status.status_id, status.revision), kind="slo_revised", at=now,
        agent=status.agent, subject=status.slo,
        payload={"evaluated_at": status.evaluated_at.isoformat(), "revision": status.revision, "total": status.total},
    )  # fmt: skip
