"""Incidents in the ledger: read with their signals, and written as events and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from storage.ledger import Ledger
from storage.proposals import only_row
from storage.records import Event, stable_id
from tasks.incidents.incident import Incident, Signal, Told


def known(ledger: Ledger, since: datetime) -> list[Incident]:
    """The incidents that are open or were closed after `since`, with their signals; oldest first."""
    return _with_told(ledger, ledger.rows("incidents/incident_known", since=since))


def load(ledger: Ledger, incident_id: str) -> Incident:
    """One incident, by its id or the first 8 characters. Raises NotFound, and UsageError where several begin so."""
    return _with_told(ledger, [only_row(ledger, "incidents/incident_by_prefix", incident_id, "incident")])[0]


def every(ledger: Ledger) -> list[Incident]:
    """All incidents, without their signals: the open ones first, the worst and newest before the others."""
    return [_incident(row, []) for row in ledger.rows("incidents/incident_every")]


def event(kind: str, incident: Incident, at: datetime, /, *parts: object, **payload: object) -> Event:
    """An event of an incident; `parts` tell it from others of its kind, so that telling it twice is harmless."""
    return Event(
        event_id=stable_id(kind, incident.incident_id, *parts), kind=kind, at=at, agent=incident.agent,
        subject=incident.incident_id, payload=payload,
    )  # fmt: skip


def told_event(incident: Incident, signal: Signal, at: datetime) -> Event:
    """The event that puts a signal on an incident's time line."""
    payload = msgspec.to_builtins(signal) | {"at": at.isoformat()}
    return event("incident_signal", incident, at, signal.fingerprint, signal.severity, signal.started_at, **payload)


def as_told(incident: Incident, signal: Signal, at: datetime) -> Told:
    """The signal as it stands on the time line from then on."""
    return Told(incident_id=incident.incident_id, at=at, **msgspec.structs.asdict(signal))


def _with_told(ledger: Ledger, rows: Sequence[dict[str, Any]]) -> list[Incident]:
    told: dict[str, list[Told]] = defaultdict(list)
    for row in ledger.rows("incidents/incident_told", ids=[row["incident_id"] for row in rows]):
        fields = msgspec.json.decode(row["payload"]) | {"incident_id": row["incident_id"], "at": row["at"]}
        told[row["incident_id"]].append(msgspec.convert(fields, Told))
    return [_incident(row, told[row["incident_id"]]) for row in rows]


def _incident(row: dict[str, Any], told: list[Told]) -> Incident:
    fields = {name: row[name] for name in Incident.__struct_fields__ if name not in ("told", "causes")}
    return Incident(**fields, causes=msgspec.json.decode(row["causes"]), told=told)
