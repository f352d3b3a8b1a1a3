"""A message about an incident: a row of the outbox, and its three forms. No text of a log leaves but the title."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final, Literal

from storage.records import Record
from storage.text import printable

Event = Literal["trigger", "acknowledge", "resolve", "test"]
LONGEST_TITLE: Final = 200
_SAYS: Final = {
    "trigger": "needs somebody", "acknowledge": "was acknowledged", "resolve": "is closed",
    "test": "is a test of this route; nothing is wrong",
}  # fmt: skip
_PAGERDUTY: Final = {"P1": "critical", "P2": "error", "P3": "warning"}
"""Severities of the Events API v2."""
_SLACK: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "(at)"})
"""What a title could mention people or hide a link with."""


class Message(Record, frozen=True, kw_only=True):
    """A row of `outbox`. `step` counts the policy's steps from 0; `recipient`: an address, else the route's name;
    `title` is redacted and cut."""

    message_id: str
    incident_id: str
    agent: str | None
    severity: str
    event: Event
    step: int
    route: str
    recipient: str
    title: str
    state: Literal["waiting", "sent", "dead", "dropped"]
    queued_at: datetime
    due_at: datetime
    leased_until: datetime | None = None
    attempts: int = 0
    error: str | None = None
    ended_at: datetime | None = None


def line(message: Message) -> str:
    """The message on one line: `P1 Ada: Budget exhausted: needs somebody`."""
    again = f" (step {message.step + 1}: nobody acknowledged it)" if message.event == "trigger" and message.step else ""
    return f"{message.severity} {printable(message.agent or 'fleet')}: {message.title}: {_SAYS[message.event]}{again}"


def advice(message: Message) -> str:
    """The command that shows more, to whoever may see it."""
    return f"agentre incidents show {message.incident_id[:12]}"


def webhook_text(message: Message) -> str:
    """The text of a Slack-compatible webhook, in which the title can neither mention nor link."""
    return f"{line(message).translate(_SLACK)}\n`{advice(message)}`"


def pagerduty_body(message: Message, routing_key: str, summary: str) -> dict[str, Any]:
    """A body of the Events API v2. All events of an incident have its id as `dedup_key`, so they are one alert there.

    Source: PagerDuty, Events API v2, "Send an alert event".
    """
    action = "trigger" if message.event == "test" else message.event
    body: dict[str, Any] = {"routing_key": routing_key, "event_action": action, "dedup_key": message.incident_id}
    if action == "trigger":
        body["payload"] = {
            "summary": summary, "source": "agentre", "severity": _PAGERDUTY.get(message.severity, "info"),
            "timestamp": message.queued_at.isoformat(), "class": "incident",
        }  # fmt: skip
    return body


def email(message: Message, sender: str) -> EmailMessage:
    """The message as an e-mail; its id is the message's own, so that a second copy is known as one."""
    made = EmailMessage()
    made["From"], made["To"] = sender, message.recipient
    made["Subject"] = line(message)
    made["Message-ID"] = f"<{message.message_id}@agentre>"
    made["In-Reply-To"] = f"<{message.incident_id}@agentre>"
    made["Date"] = message.queued_at
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(f"{line(message)}\n\n{advice(message)}\n")
    return made
