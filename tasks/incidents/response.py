"""What a look at the ledger does about incidents: opens them, tells them what is new, and closes what is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.records import Event, stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.incidents.book import as_told, event, known, told_event
from tasks.incidents.closing import over
from tasks.incidents.incident import Incident, Signal, home_of, is_news, raised, with_told
from tasks.incidents.signals import Look, patterns, signals
from tasks.incidents.suspects import suspects

RULE = "rule"
"""Who closed an incident that its own rule found over."""


@dataclass
class Responded:
    """What one look did. `told`: signals that were added to incidents; `events`: all that was written."""

    opened: list[Incident] = field(default_factory=list)
    closed: list[Incident] = field(default_factory=list)
    told: int = 0
    events: list[Event] = field(default_factory=list)


def respond_to_signals(workspace: Workspace, ledger: Ledger, now: datetime) -> Responded:
    """Opens an incident for each new cause, adds what belongs to one that is known, closes what its rule finds over.

    Safe to repeat: the same ledger at the same time says nothing new. A cause that returns after its incident was
    closed opens a new one, which names the old (`recurs`) for `recur_days`; a closed incident is never opened again.
    """
    look, done = Look(workspace, ledger, now), Responded()
    crashpoint("respond.begin")
    with ledger.transaction():
        book = {each.incident_id: each for each in known(ledger, now - _memory(workspace))}
        cleared = {told.fingerprint: one.closed_at for one in book.values() if one.closed_at for told in one.told}
        for signal in signals(look, cleared):
            _take(look, book, signal, done)
        for each in [each for each in book.values() if each.is_open]:
            _tell_patterns(look, book, each, done)
        _close(look, book, done)
        ledger.add("events", done.events, "event_id")
        crashpoint("respond.before_commit")
    done.opened = [book[each.incident_id] for each in done.opened]
    return done


def owner_of(workspace: Workspace, agent: Agent | None) -> str | None:
    """Whose an incident is: the agent's on-call, else the workspace's owner, else the first who may approve."""
    settings = workspace.settings.incidents
    named = agent and next((who for name, who in settings.on_call.items() if workspace.agent(name) == agent), None)
    approvers = (agent.approvers if agent else []) or workspace.settings.approvers
    return named or settings.owner or (approvers[0] if approvers else None)


def unfreezing(ledger: Ledger, incident: Incident, now: datetime) -> list[Event]:
    """The ends of the freezes that were made for an incident, which end with it."""
    rows = ledger.rows("incidents/incident_freezes", incident_id=incident.incident_id)
    return [
        Event(
            event_id=stable_id("freeze_ended", row["freeze_id"]), kind="freeze_ended", at=now, agent=row["agent"],
            subject=row["freeze_id"], payload={"incident": incident.incident_id},
        )
        for row in rows
    ]  # fmt: skip


def _memory(workspace: Workspace) -> timedelta:
    """How long a closed incident is remembered: as long as a signal may be old, or a recurrence may come late."""
    return timedelta(days=max(workspace.settings.incidents.recur_days, 35))


def _take(look: Look, book: dict[str, Incident], signal: Signal, done: Responded) -> None:
    agent = look.workspace.agent(signal.agent) if signal.agent else None
    signal = replace(signal, severity=raised(signal.severity, bool(agent and agent.critical)))
    together = timedelta(hours=look.workspace.settings.incidents.together_hours)
    home = home_of(signal, list(book.values()), together)
    if home is not None and is_news(signal, home):
        _tell(look, book, home, signal, done)
    elif home is None and signal.opens:
        _open(look, book, signal, agent, done)


def _open(look: Look, book: dict[str, Incident], signal: Signal, agent: Agent | None, done: Responded) -> None:
    earlier = [each for each in book.values() if any(told.fingerprint == signal.fingerprint for told in each.told)]
    recent = look.now - timedelta(days=look.workspace.settings.incidents.recur_days)
    before = max((each for each in earlier if each.closed_at and each.closed_at > recent),
                 key=lambda each: each.closed_at or recent, default=None)  # fmt: skip
    made = Incident(
        incident_id=stable_id("incident", signal.fingerprint, look.now.isoformat()), agent=signal.agent,
        kind=signal.kind, severity=signal.severity, state="open", fingerprint=signal.fingerprint,
        title=f"{signal.agent or 'the fleet'}: {signal.what}", owner=owner_of(look.workspace, agent), started_at=None,
        detected_at=look.now, recurs=before.incident_id if before else None,
    )  # fmt: skip
    names = ("kind", "severity", "fingerprint", "title", "owner", "recurs")
    payload = {name: getattr(made, name) for name in names}
    done.events.append(event("incident_opened", made, look.now, **payload))
    done.opened.append(made)
    _tell(look, book, made, signal, done)
    if made.agent is not None:
        _suspect(look, book[made.incident_id], done)


def _tell(look: Look, book: dict[str, Incident], home: Incident, signal: Signal, done: Responded) -> None:
    book[home.incident_id] = with_told(home, as_told(home, signal, look.now))
    done.events.append(told_event(home, signal, look.now))
    done.told += 1


def _suspect(look: Look, made: Incident, done: Responded) -> None:
    found = suspects(look.ledger, made.agent or "", made.started_at or made.detected_at, look.now)
    done.events.append(event("incident_causes", made, look.now, causes=msgspec.to_builtins(found)))


def _tell_patterns(look: Look, book: dict[str, Incident], each: Incident, done: Responded) -> None:
    for signal in patterns(look, each):
        if is_news(signal, book[each.incident_id]):
            _tell(look, book, book[each.incident_id], signal, done)


def _close(look: Look, book: dict[str, Incident], done: Responded) -> None:
    for each in [each for each in book.values() if each.is_open]:
        ended = over(look, each)
        if ended is None:
            continue
        since = max(ended.since, each.started_at or ended.since)
        payload = {"by": RULE, "reason": ended.reason, "resolved_at": since.isoformat()}
        done.events += [event("incident_resolved", each, look.now, **payload), *unfreezing(look.ledger, each, look.now)]
        done.closed.append(
            replace(each, state="closed", closed_at=look.now, closed_by=RULE, reason=ended.reason, resolved_at=since)
        )
