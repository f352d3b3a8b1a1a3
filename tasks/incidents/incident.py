"""Incidents and the signals that make them: which belong together, how bad they are, what may happen to them.

An incident is what its events say (view `incidents`); nothing here reads or writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from storage.errors import Refused
from storage.records import Record

Kind = Literal["behaviour", "budget", "cost", "policy", "bench"]
Severity = Literal["P1", "P2", "P3"]
RECORDED: Final = ("policy", "limit", "bench")
"""Sources whose beginning is recorded, so that late data may move it. Of others it is estimated, once."""


class Signal(Record, frozen=True, kw_only=True):
    """Something in the ledger that needs somebody, as it stands now.

    `fingerprint`: equal for signals of one cause. `started_at`: when it began; None: cannot be told. `seen_at`: since
    when the ledger shows it without a break, or its newest occurrence where each counts by itself. `opens`: False for
    what only adds to an incident that is open. `ref`: what its closing rule looks it up by.
    """

    source: str
    kind: Kind
    agent: str | None
    fingerprint: str
    severity: Severity
    what: str
    started_at: datetime | None
    seen_at: datetime
    opens: bool = True
    ref: dict[str, object] = msgspec.field(default_factory=dict)


class Told(Signal, frozen=True, kw_only=True):
    """A signal as an incident's time line has it; `at` is when it was told."""

    incident_id: str
    at: datetime


class Incident(Record, frozen=True, kw_only=True):
    """A row of `incidents` with the signals that it was told. Times are UTC; None: has not happened, or not known."""

    incident_id: str
    agent: str | None
    kind: Kind
    severity: Severity
    state: Literal["open", "acknowledged", "closed"]
    fingerprint: str
    title: str
    owner: str | None
    started_at: datetime | None
    detected_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str | None = None
    recurs: str | None = None
    causes: list[dict[str, object]] = msgspec.field(default_factory=list)
    told: list[Told] = msgspec.field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it still needs somebody."""
        return self.state != "closed"

    @property
    def opening(self) -> list[Told]:
        """The signals that each would have made an incident: all of them have to be over."""
        return [each for each in self.told if each.opens]

    @property
    def time_to_detect(self) -> timedelta | None:
        """From when it began to when it was opened; None where its beginning is not known."""
        return None if self.started_at is None else self.detected_at - self.started_at

    @property
    def time_to_resolve(self) -> timedelta | None:
        """From when it was opened to when it was over; None while it is not. Never negative."""
        return None if self.resolved_at is None else max(self.resolved_at - self.detected_at, timedelta(0))


def home_of(signal: Signal, incidents: Sequence[Incident], together: timedelta) -> Incident | None:
    """The incident that a signal belongs to; None: it would be a new one.

    First the open one that has its fingerprint; then the closed one that ended after the signal was seen, so that
    what is told late opens nothing anew; then an open one of the same agent that began within `together` of it (of
    the bench, whoever noticed: a platform that is down is one cause for all agents).
    """
    same = [each for each in incidents if any(told.fingerprint == signal.fingerprint for told in each.told)]
    known = next((each for each in same if each.is_open), None)
    known = known or next((each for each in same if each.closed_at and signal.seen_at <= each.closed_at), None)
    return known or next((each for each in incidents if each.is_open and _near(signal, each, together)), None)


def _near(signal: Signal, incident: Incident, together: timedelta) -> bool:
    of_bench = signal.kind == "bench", incident.kind == "bench"
    if of_bench[0] != of_bench[1] or (not of_bench[0] and signal.agent != incident.agent):
        return False
    begun = [each.started_at or each.seen_at for each in incident.opening]
    at = signal.started_at or signal.seen_at
    return bool(begun) and min(begun) - together <= at <= max(begun) + together


def is_news(signal: Signal, incident: Incident) -> bool:
    """Whether an incident's time line lacks this: a new cause, a worse severity, or an earlier beginning.

    A closed incident is told nothing but that it began earlier.
    """
    told = [each for each in incident.told if each.fingerprint == signal.fingerprint]
    earlier = _earlier(signal, [each.started_at for each in told if each.started_at])
    if not incident.is_open:
        return earlier
    return not told or earlier or signal.severity < min(each.severity for each in told)


def _earlier(signal: Signal, known: Sequence[datetime]) -> bool:
    return (
        signal.source in RECORDED and signal.started_at is not None and bool(known) and signal.started_at < min(known)
    )


def with_told(incident: Incident, told: Told) -> Incident:
    """The incident with one more signal, and what follows from it."""
    starts = [at for at in (incident.started_at, told.started_at) if at]
    return replace(
        incident, told=[*incident.told, told], severity=min(incident.severity, told.severity),
        started_at=min(starts, default=None),
    )  # fmt: skip


def raised(severity: Severity, critical: bool) -> Severity:
    """The severity for an agent: one step higher where the workspace calls the agent critical."""
    worse: dict[Severity, Severity] = {"P1": "P1", "P2": "P1", "P3": "P2"}
    return worse[severity] if critical else severity


def check_open(incident: Incident, what: str) -> None:
    """Raises Refused for a closed incident: nothing more happens to it."""
    if not incident.is_open:
        raise Refused(
            f"this incident is closed: it cannot be {what}", where=incident.incident_id[:8],
            got=f"closed {incident.closed_at:%Y-%m-%d %H:%M} UTC by {incident.closed_by}: {incident.reason}",
            accepted="an incident that is open; a cause that returns opens a new one",
            next_command="agentre incidents list",
        )  # fmt: skip
