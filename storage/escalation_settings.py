"""What `agentre.yaml` says of escalation: who is told of an incident, how, and who is next if nobody answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Severity = Literal["P1", "P2", "P3"]
Variable = Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]*$")]
"""Name of an environment variable that holds a URL or a key; the secret itself is never in a file."""
Minutes = Annotated[int, Meta(ge=1, le=7 * 24 * 60)]
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
PAGERDUTY: str = "https://events.pagerduty.com/v2/enqueue"


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: immutable; unknown keys are refused."""


class Route(_Settings, frozen=True, kw_only=True):
    """A way to reach somebody: exactly one of `webhook`, `pagerduty` and `email`.

    `webhook`: variable with the URL of a Slack-compatible incoming webhook. `pagerduty`: variable with the routing key
    of an Events API v2 integration; `url`: of its region. `email`: addresses, through the server in the variable `smtp`
    (smtp://user:password@host:587 with STARTTLS, smtps://host:465, or smtp://host for a relay), from `sender`.
    """

    webhook: Variable | None = None
    pagerduty: Variable | None = None
    url: str = PAGERDUTY
    email: list[Annotated[str, Meta(pattern=r"^[^\s@,<>]+@[^\s@,<>]+$")]] = []
    smtp: Variable = "AGENTRE_SMTP"
    sender: Annotated[str, Meta(pattern=r"^[^\s@,<>]+@[^\s@,<>]+$")] = "agentre@localhost"

    def __post_init__(self) -> None:
        """One way, and no second. Raises ValueError, which the reader of the file explains with its line."""
        if (self.webhook is not None) + (self.pagerduty is not None) + bool(self.email) != 1:
            raise ValueError("a route is exactly one of `webhook`, `pagerduty` and `email`")


class Step(_Settings, frozen=True, kw_only=True):
    """A step of a policy: the routes that are told, and after how many minutes without an acknowledgement the next
    step is taken. A last step is the end of the policy, and says no minutes."""

    to: Annotated[list[str], Meta(min_length=1)]
    within: Minutes | None = None


class Policy(_Settings, frozen=True, kw_only=True):
    """Whom incidents of some severities concern. `agents`: of these agents only; of several policies the first that
    names the agent counts, else the first that names none."""

    severity: Annotated[list[Severity], Meta(min_length=1)]
    steps: Annotated[list[Step], Meta(min_length=1)]
    agents: list[str] = []

    def __post_init__(self) -> None:
        """Every step but the last says how long it waits. Raises ValueError."""
        if any(step.within is None for step in self.steps[:-1]):
            raise ValueError("each step but the last needs `within:`, the minutes until the next")


class QuietHours(_Settings, frozen=True, kw_only=True):
    """From when until when, on the workspace's clock, only P1 is told; the rest waits until the end."""

    start: Clock
    end: Clock


class EscalationSettings(_Settings, frozen=True, kw_only=True):
    """Routes by name, policies, quiet hours, and how hard delivery is tried.

    `attempts`: sends until a message is given up; after the n-th the next waits 2^(n-1) minutes, an hour at most.
    `timeout_seconds`: one attempt's, all of it.
    """

    routes: dict[str, Route] = {}
    policies: list[Policy] = []
    quiet: QuietHours | None = None
    attempts: Annotated[int, Meta(ge=1, le=20)] = 6
    timeout_seconds: Annotated[float, Meta(gt=0, le=25)] = 10

    def __post_init__(self) -> None:
        """A policy names routes that there are. Raises ValueError."""
        named = {route for policy in self.policies for step in policy.steps for route in step.to}
        if unknown := sorted(named - set(self.routes)):
            raise ValueError(f"no route is named {', '.join(unknown)}; there are {', '.join(self.routes) or 'none'}")

    def policy(self, severity: str, agent: str | None) -> Policy | None:
        """The policy of an incident, or None: nobody is told of it."""
        fitting = [each for each in self.policies if severity in each.severity]
        own = (each for each in fitting if agent is not None and agent in each.agents)
        return next(own, next((each for each in fitting if not each.agents), None))
