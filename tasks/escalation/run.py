"""Escalation: who has to be told of which incident, told once, tried again, and given up in writing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from storage.crashpoint import crashpoint
from storage.errors import UsageError
from storage.ledger import Ledger
from storage.opening import writing
from storage.records import stable_id
from storage.text import printable
from storage.workspace import Workspace
from tasks.common.redact import Redactor
from tasks.escalation.delivery import NotSent, Post, environment, send
from tasks.escalation.escalating import Escalating, Told, recipients
from tasks.escalation.message import LONGEST_TITLE, Message

MOST: Final = 30
"""Messages that one look sends; the next look goes on."""
LEASE: Final = timedelta(minutes=15)
"""How long a message is left to the process that began to send it: longer than MOST of the longest timeouts."""
LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass
class Escalated:
    """What one look did. `failed`: route and reason of what will be tried again; `dead`: of what was given up."""

    queued: int = 0
    dropped: int = 0
    sent: int = 0
    failed: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)


def escalate(workspace: Workspace, now: datetime, poster: Callable[[], Post]) -> Escalated:
    """Queues what is due to be told of incidents, and sends it; the ledger is closed meanwhile. Safe to repeat.

    A message is marked as being sent before it is, and as sent after: two processes do not send it both, and one that
    was killed in between is followed, after LEASE, by a second sending. So a message arrives at least once; PagerDuty
    makes that once by its `dedup_key`, and mail by its Message-ID. `poster` makes what posts to webhooks.
    """
    done = Escalated()
    if not workspace.settings.escalation.policies:
        return done
    with writing(workspace, "escalating") as ledger:
        _queue(workspace, ledger, now, done)
        crashpoint("escalate.queued")
        begun = _begin(ledger, now)
    if begun:
        crashpoint("escalate.begun")
        ended = _send_all(workspace, begun, now, poster(), done)
        crashpoint("escalate.sent")
        with writing(workspace, "escalating") as ledger:
            _finish(ledger, ended)
    return done


def _queue(workspace: Workspace, ledger: Ledger, now: datetime, done: Escalated) -> None:
    """Writes what the policies ask for, and what was overtaken."""
    rows = ledger.rows("escalation/incidents")
    known = defaultdict[str, list[Message]](list)
    for row in ledger.rows("escalation/messages", incidents=[row["incident_id"] for row in rows]):
        known[row["incident_id"]].append(Message(**row))
    policies = Escalating(workspace.settings.escalation, now, workspace.zone)
    new = [
        message
        for incident in _incidents(workspace, rows)
        for message in policies.changed(incident, known[incident.incident_id])
    ]
    done.dropped = sum(each.state == "dropped" for each in new)
    done.queued = len(new) - done.dropped
    _store(ledger, new)


def _incidents(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> list[Told]:
    """Incidents with their titles as they may leave: redacted once more, on one line, cut."""
    if not rows:
        return []
    titles = Redactor(workspace.secret("redaction-key")).texts([row["title"] or "" for row in rows])
    return [
        Told(
            incident_id=row["incident_id"], agent=row["agent"], severity=row["severity"] or "P3", state=row["state"],
            title=" ".join(printable(title).split())[:LONGEST_TITLE],
        )
        for row, title in zip(rows, titles, strict=True)
    ]  # fmt: skip


def _begin(ledger: Ledger, now: datetime) -> list[Message]:
    """What is due, marked as being sent by this process."""
    due = [Message(**row) for row in ledger.rows("escalation/due", now=now, most=MOST)]
    begun = [replace(each, leased_until=now + LEASE, attempts=each.attempts + 1) for each in due]
    _store(ledger, begun)
    return begun


def _send_all(
    workspace: Workspace, begun: Iterable[Message], now: datetime, post: Post, done: Escalated
) -> list[Message]:
    """Sends one after the other. Where nobody answers, the rest of that route waits with it: it costs one timeout."""
    settings, ended, down = workspace.settings.escalation, list[Message](), dict[str, str]()
    for message in begun:
        route, why = settings.routes.get(message.route), down.get(message.route)
        try:
            if route is None:
                raise NotSent("agentre.yaml no longer names this route", down=True)
            if why:
                raise NotSent(why, down=True)
            send(message, route, settings.timeout_seconds, post, environment())
            ended.append(replace(message, state="sent", leased_until=None, error=None, ended_at=now))
            done.sent += 1
            crashpoint("escalate.one_sent")
        except NotSent as error:
            if error.down:
                down[message.route] = str(error)
            ended.append(_not_sent(message, str(error), settings.attempts, now, done))
    return ended


def _not_sent(message: Message, why: str, attempts: int, now: datetime, done: Escalated) -> Message:
    """Tried again after 1, 2, 4 … minutes, an hour at most; given up after so many attempts."""
    said = f"{message.route}: {why}"
    if message.attempts >= attempts:
        done.dead.append(said)
        return replace(message, state="dead", leased_until=None, error=why, ended_at=now)
    done.failed.append(said)
    wait = min(timedelta(minutes=2 ** (message.attempts - 1)), LONGEST_WAIT)
    return replace(message, leased_until=None, error=why, due_at=now + wait)


def _finish(ledger: Ledger, ended: Sequence[Message]) -> None:
    """Writes what became of the messages that are still waiting for it: what was overtaken meanwhile and not sent
    stays dropped."""
    ids = [each.message_id for each in ended]
    waiting = {row["message_id"] for row in ledger.rows("escalation/leased", messages=ids)}
    _store(ledger, [each for each in ended if each.message_id in waiting or each.state == "sent"])


def _store(ledger: Ledger, messages: Sequence[Message]) -> None:
    if messages:
        with ledger.transaction(), ledger.staged(new_messages=messages):
            ledger.run("escalation/replace")


def retry(ledger: Ledger, now: datetime) -> int:
    """Lets what was given up wait again, with all its attempts; returns how many messages that are."""
    dead = [Message(**row) for row in ledger.rows("escalation/dead")]
    _store(ledger, [replace(each, state="waiting", attempts=0, due_at=now, ended_at=None) for each in dead])
    return len(dead)


def try_route(workspace: Workspace, name: str, now: datetime, post: Post) -> list[str]:
    """Sends a test to everybody a route reaches, and returns them; nothing is written.

    Raises UsageError for a name that is no route, NotSent.
    """
    settings = workspace.settings.escalation
    route = settings.routes.get(name)
    if route is None:
        raise UsageError("no such route", got=name, accepted=", ".join(settings.routes) or "none: see `escalation:`")
    to = recipients(name, route)
    for recipient in to:
        message = Message(
            message_id=stable_id("test", name, recipient, now), incident_id=f"agentre-test-{stable_id(name)[:8]}",
            agent=None, severity="P3", event="test", step=0, route=name, recipient=recipient, title="Test",
            state="waiting", queued_at=now, due_at=now,
        )  # fmt: skip
        send(message, route, settings.timeout_seconds, post, environment())
    return to
