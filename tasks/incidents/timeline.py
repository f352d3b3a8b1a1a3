"""An incident as a person reads it: what happened when, in the order of time, and the figures that follow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from storage.ledger import Ledger
from storage.records import Record
from tasks.incidents.incident import Incident

_SAYS: Final = {
    "incident_acknowledged": "acknowledged by {by}",
    "incident_note": "{by}: {text}",
    "incident_resolved": "over by its rule: {reason}",
    "incident_closed": "closed by {by}: {reason}",
    "incident_item": "action item for {owner}, due {due}: {what}",
    "incident_item_done": "action item done by {by}: {outcome}",
    "incident_postmortem": "postmortem drafted by {drafter}: {path}",
}


class Moment(Record, frozen=True, kw_only=True):
    """A line of the time line. `what` may hold text from logs and people."""

    at: datetime
    what: str


class Impact(Record, frozen=True, kw_only=True):
    """What happened to the agent's runs from the beginning until it was over, or until now. None: not recorded."""

    runs: int
    failed: int
    broken: int
    cost_usd: Decimal | None


def timeline(ledger: Ledger, incident: Incident) -> list[Moment]:
    """Everything that is recorded of an incident, oldest first; the causes at the times at which they changed."""
    rows = ledger.rows("incidents/incident_events", incident_id=incident.incident_id)
    told = [Moment(at=row["at"], what=said) for row in rows if (said := _said(row))]
    if incident.started_at:
        told.append(Moment(at=incident.started_at, what="it began, as far as the ledger tells"))
    told += [
        Moment(at=datetime.fromisoformat(str(cause["at"])), what=f"possible cause, {cause['kind']}: {cause['what']}")
        for cause in incident.causes[:5]
    ]
    return sorted(told, key=lambda each: each.at)


def impact(ledger: Ledger, incident: Incident, now: datetime) -> Impact | None:
    """Counts of the agent's runs while it lasted; None for an incident of no single agent, or of unknown beginning."""
    if incident.agent is None or incident.started_at is None:
        return None
    end = incident.resolved_at or now
    rows = ledger.rows("incidents/incident_impact", agent=incident.agent, start=incident.started_at, end=end)
    return Impact(**rows[0])


def lasted(span: timedelta | None) -> int | None:
    """Whole seconds, as reports take them."""
    return None if span is None else round(span.total_seconds())


def _said(row: Mapping[str, Any]) -> str | None:
    told = msgspec.json.decode(row["payload"], type=dict[str, Any])
    kind = str(row["kind"])
    if kind == "incident_opened":
        return f"opened as {told.get('severity')} for {told.get('owner') or 'nobody'}"
    if kind == "incident_signal":
        return f"{'signal' if told['opens'] else 'seen in it'} ({told['source']}, {told['severity']}): {told['what']}"
    if kind == "incident_action":
        return f"{told['by']}: {told['step']}{_of(told)}; undo: {told['undo']}"
    try:
        return _SAYS[kind].format_map(told) if kind in _SAYS else None
    except KeyError:
        return kind


def _of(told: Mapping[str, Any]) -> str:
    """What a step was done to."""
    if told.get("proposal_id"):
        return f", proposal {told['proposal_id'][:8]}"
    return f" {', '.join(told['tasks'])}" if told.get("tasks") else ""
