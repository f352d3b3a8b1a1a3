"""Who is to be told what now: from incidents, what was told already, the policies, and the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from storage.escalation_settings import EscalationSettings, QuietHours, Route
from storage.records import Record, stable_id
from tasks.escalation.message import Event, Message


class Told(Record, frozen=True, kw_only=True):
    """An incident as escalation needs it. `title` is as it may leave."""

    incident_id: str
    agent: str | None
    severity: str
    state: str
    title: str


@dataclass(frozen=True)
class Escalating:
    """The policies at a moment."""

    settings: EscalationSettings
    now: datetime
    zone: ZoneInfo

    def changed(self, incident: Told, known: Sequence[Message]) -> Iterator[Message]:
        """Messages of one incident that are new, or that were overtaken before they were sent.

        Open: the first step of its policy at once, each next one when nobody acknowledged within the minutes of the
        step before, or when nothing of that step can be delivered. A severity that got worse begins its policy anew.
        Acknowledged or closed: what was not sent is dropped, and whoever may have been told is told of that too.
        """
        for each in known:
            if each.state == "waiting" and _overtaken(each, incident):
                yield replace(each, state="dropped", leased_until=None, ended_at=self.now)
        if incident.state == "open":
            yield from self._steps(incident, known)
            return
        event: Event = "resolve" if incident.state == "closed" else "acknowledge"
        asked = [each for each in known if each.event == "trigger" and reached(each)]
        for route, recipient in dict.fromkeys((each.route, each.recipient) for each in asked):
            yield from self._fresh(incident, event, 0, route, recipient, known)

    def _steps(self, incident: Told, known: Sequence[Message]) -> Iterator[Message]:
        policy = self.settings.policy(incident.severity, incident.agent)
        for number, step in enumerate(policy.steps if policy else []):
            for route in step.to:
                for recipient in recipients(route, self.settings.routes[route]):
                    yield from self._fresh(incident, "trigger", number, route, recipient, known)
            told = [each for each in known if _of_step(each, number, incident)]
            if not told or step.within is None:
                return
            lost = all(each.state == "dead" for each in told)
            if not lost and self.now < self._since(told) + timedelta(minutes=step.within):
                return

    def _since(self, told: Sequence[Message]) -> datetime:
        """From when on somebody could have acknowledged: the first delivery, else when it should have been."""
        sent = [each.ended_at for each in told if each.state == "sent" and each.ended_at]
        return min(sent, default=min(self._due(each.severity, each.queued_at) for each in told))

    def _fresh(
        self, incident: Told, event: Event, step: int, route: str, recipient: str, known: Sequence[Message]
    ) -> Iterator[Message]:
        """The message, if it is not in the outbox. An incident is acknowledged once and closed once, so told once."""
        of = incident.severity if event == "trigger" else ""
        message_id = stable_id("escalation", incident.incident_id, event, of, step, route, recipient)
        if any(each.message_id == message_id for each in known):
            return
        way = self.settings.routes.get(route)
        silent = event != "trigger" and way is not None and way.pagerduty is not None  # ends an alarm, wakes nobody
        yield Message(
            message_id=message_id, incident_id=incident.incident_id, agent=incident.agent, severity=incident.severity,
            event=event, step=step, route=route, recipient=recipient, title=incident.title, state="waiting",
            queued_at=self.now, due_at=self.now if silent else self._due(incident.severity, self.now),
        )  # fmt: skip

    def _due(self, severity: str, queued: datetime) -> datetime:
        """When a message may be sent: P1 at once, the rest after the quiet hours."""
        return queued if severity == "P1" else after_quiet(self.settings.quiet, queued, self.zone)


def recipients(name: str, route: Route) -> list[str]:
    """Who gets a message of a route of its own: each address of a mail, else the route itself."""
    return list(dict.fromkeys(route.email)) or [name]


def reached(message: Message) -> bool:
    """Whether somebody may have got it: an attempt whose answer was lost may have arrived."""
    return message.state == "sent" or message.attempts > 0


def after_quiet(quiet: QuietHours | None, now: datetime, zone: ZoneInfo) -> datetime:
    """`now`, or the end of the quiet hours that it lies in, on the zone's clock."""
    if quiet is None:
        return now
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    local = now.astimezone(zone)
    clock = local.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if not inside:
        return now
    return datetime.combine(local.date() + timedelta(days=int(clock >= end)), end, zone).astimezone(now.tzinfo)


def _of_step(message: Message, number: int, incident: Told) -> bool:
    return (message.event, message.step, message.severity) == ("trigger", number, incident.severity)


def _overtaken(message: Message, incident: Told) -> bool:
    """An alarm that is answered, or of a severity that is not the incident's any more; an answer after the end."""
    if message.event == "trigger":
        return incident.state != "open" or message.severity != incident.severity
    return message.event == "acknowledge" and incident.state == "closed"
