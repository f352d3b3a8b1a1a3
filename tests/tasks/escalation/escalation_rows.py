"""A fleet with policies for each severity, and incidents as they go, as the tests of escalation need them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.ledger import open_ledger
from storage.records import Event, stable_id
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.escalation.delivery import Post
from tasks.escalation.run import Escalated, escalate
from tasks.escalation.steps import poster

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""13:00 in Berlin."""
NIGHT = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
"""Midnight in Berlin."""
MINUTE = timedelta(minutes=1)

SETTINGS = """\
time_zone: Europe/Berlin
agents:
  - {name: Ada, type: engineer}
  - {name: Rita, type: research}
escalation:
  quiet: {start: "22:00", end: "07:00"}
  timeout_seconds: 20
  attempts: 3
  routes:
    team: {webhook: TEAM_HOOK}
    pager: {pagerduty: PAGER_KEY, url: "PAGER_URL"}
    mail: {email: [sam@example.org, kim@example.org], smtp: MAIL_SERVER, sender: agentre@example.org}
  policies:
    - severity: [P1]
      steps:
        - {to: [pager], within: 15}
        - {to: [team, mail]}
    - {severity: [P2], agents: [Rita], steps: [{to: [mail]}]}
    - {severity: [P2], steps: [{to: [team], within: 60}, {to: [mail]}]}
"""


@dataclass
class Fleet:
    """A workspace whose incidents are told of."""

    workspace: Workspace
    poster: Callable[[], Post] = poster

    def set(self, old: str, new: str) -> None:
        """Changes `agentre.yaml`."""
        path = self.workspace.root / SETTINGS_FILE
        path.write_text(path.read_text().replace(old, new))
        self.workspace = Workspace(self.workspace.root)

    def tell(self, *events: Event) -> None:
        """Puts events into the ledger."""
        with open_ledger(self.workspace.ledger, purpose="test") as ledger:
            ledger.add("events", list(events), "event_id")

    def opens(self, name: str, severity: str, at: datetime = NOON, *, agent: str = "Ada", title: str = "Spent") -> None:
        """An incident is opened."""
        about: dict[str, object] = {
            "kind": "budget",
            "severity": severity,
            "fingerprint": name,
            "title": title,
            "owner": "sam",
        }
        self.tell(
            incident_event("incident_opened", name, at, agent, about),
            incident_event("incident_signal", name, at, agent, {"severity": severity}),
        )

    def worsens(self, name: str, severity: str, at: datetime) -> None:
        """A further signal is worse."""
        self.tell(incident_event("incident_signal", name, at, "Ada", {"severity": severity, "more": True}))

    def answered(self, name: str, at: datetime, kind: str = "acknowledged") -> None:
        """Somebody acknowledges it, or it is closed."""
        self.tell(incident_event(f"incident_{kind}", name, at, "Ada", {"by": "sam", "reason": "over"}))

    def looks(self, at: datetime) -> Escalated:
        """One look."""
        return escalate(self.workspace, at, self.poster)

    def outbox(self, where: str = "TRUE") -> list[dict[str, Any]]:
        """Rows of the outbox."""
        with open_ledger(self.workspace.ledger, purpose="test") as ledger:
            return ledger.typed(f"SELECT * FROM outbox WHERE {where} ORDER BY queued_at, recipient")[1]


def incident_event(kind: str, name: str, at: datetime, agent: str, payload: dict[str, object]) -> Event:
    """An event of an incident."""
    return Event(
        event_id=stable_id(kind, name, at, payload), kind=kind, at=at, agent=agent, subject=name, payload=payload
    )


def write_settings(workspace: Workspace, pager_url: str, more: str = "") -> Workspace:
    """The workspace with the policies above."""
    (workspace.root / SETTINGS_FILE).write_text(SETTINGS.replace("PAGER_URL", pager_url) + more)
    return Workspace(workspace.root)
