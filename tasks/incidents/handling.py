"""What people do with an incident: acknowledge it, say something about it, close it with a reason, leave work to do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final

from storage.errors import Refused, UsageError
from storage.ledger import Ledger
from storage.proposals import only_row
from storage.records import Event, stable_id
from storage.text import storable
from storage.workspace import Workspace
from tasks.common.redact import Redactor
from tasks.incidents.book import event, load
from tasks.incidents.incident import Incident, check_open
from tasks.incidents.response import unfreezing

LONGEST: Final = 2000
"""Characters of a note or a reason."""
FURTHEST: Final = timedelta(days=366)


def acknowledge(ledger: Ledger, incident_id: str, by: str, now: datetime) -> Incident:
    """Records that somebody has it; the incident as it is then. The first acknowledgement stands, a second is no error.

    Raises NotFound; Refused for a closed incident, UsageError for nobody's name.
    """
    found = load(ledger, incident_id)
    if found.state == "acknowledged":
        return found
    check_open(found, "acknowledged")
    told = event("incident_acknowledged", found, now, by=_name(by))
    ledger.add("events", [told], "event_id")
    return load(ledger, found.incident_id)


def note(workspace: Workspace, ledger: Ledger, incident_id: str, by: str, text: str, now: datetime) -> Event:
    """Puts a line on the time line, of a closed incident too. Raises NotFound, UsageError for an empty one."""
    found, kept = load(ledger, incident_id), _text(workspace, text, "a note")
    told = event("incident_note", found, now, by, kept, now.isoformat(), by=_name(by), text=kept)
    ledger.add("events", [told], "event_id")
    return told


def close(workspace: Workspace, ledger: Ledger, incident_id: str, by: str, reason: str, now: datetime) -> Incident:
    """Closes an incident by a person's word, which is kept; freezes made for it end. Its rule need not have held.

    Raises NotFound; Refused where it is closed already, or by somebody who may not decide for the agent; UsageError
    without a reason.
    """
    found = load(ledger, incident_id)
    check_open(found, "closed")
    _check_may(workspace, found, by)
    kept = _text(workspace, reason, "closing by hand needs a reason: it")
    with ledger.transaction():
        told = event("incident_closed", found, now, by=_name(by), reason=kept)
        ledger.add("events", [told, *unfreezing(ledger, found, now)], "event_id")
    return load(ledger, found.incident_id)


def ask(
    workspace: Workspace, ledger: Ledger, incident_id: str, what: str, owner: str | None, due: date | None, by: str,
    now: datetime,
) -> Event:  # fmt: skip
    """Leaves an action item with an owner and a last day: of the incident's owner, and as its severity has it, if None.

    Asking for the same thing twice is one item. Raises NotFound, UsageError for an item without text, owner, or with
    a day that is past.
    """
    found, kept = load(ledger, incident_id), _text(workspace, what, "an action item")
    whose = owner or found.owner
    if not whose:
        raise UsageError("an action item needs an owner", accepted="--owner NAME, or `incidents: {owner: NAME}`")
    today = now.astimezone(workspace.zone).date()
    days = getattr(workspace.settings.incidents.due, found.severity)
    last = due or today + timedelta(days=days)
    if not today <= last <= today + FURTHEST:
        raise UsageError("not a last day", got=str(last), accepted="from today on, within a year")
    told = event("incident_item", found, now, kept, what=kept, owner=_name(whose), due=last.isoformat(), by=_name(by))
    ledger.add("events", [told], "event_id")
    return told


def done(workspace: Workspace, ledger: Ledger, action_id: str, by: str, outcome: str, now: datetime) -> dict[str, Any]:
    """Records that an action item is done, and with what outcome; the first record stands.

    Raises NotFound, UsageError without an outcome.
    """
    row = only_row(ledger, "incidents/incident_item_by_prefix", action_id, "action item")
    if row["done_at"] is None:
        kept = _text(workspace, outcome, "an outcome")
        told = Event(
            event_id=stable_id("incident_item_done", row["action_id"]), kind="incident_item_done", at=now,
            agent=row["agent"], subject=row["incident_id"],
            payload={"action_id": row["action_id"], "by": _name(by), "outcome": kept},
        )  # fmt: skip
        ledger.add("events", [told], "event_id")
    return only_row(ledger, "incidents/incident_item_by_prefix", row["action_id"], "action item")


def _check_may(workspace: Workspace, incident: Incident, by: str) -> None:
    """Who may approve for the agent may close its incidents, and so may its owner; anybody where nobody is named."""
    agent = workspace.agent(incident.agent) if incident.agent else None
    approvers = (agent.approvers if agent else []) or workspace.settings.approvers
    allowed = list(dict.fromkeys([*([incident.owner] if incident.owner else []), *approvers]))
    if allowed and by not in allowed:
        raise Refused(f"{by} may not close this incident", got=by, accepted=", ".join(allowed))


def _text(workspace: Workspace, text: str, what: str) -> str:
    if not text.strip() or len(text) > LONGEST:
        raise UsageError(f"{what} has 1 to {LONGEST} characters", got=repr(text[:80]))
    return Redactor(workspace.secret("redaction-key")).text(storable(text.strip()))


def _name(name: str) -> str:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise UsageError("not a name", got=repr(name[:80]), accepted="1 to 100 visible characters")
    return name.strip()
