"""When a message may be sent, on the workspace's clock: over midnight, within a day, and when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.escalation_settings import EscalationSettings, Policy, QuietHours, Route, Step
from tasks.escalation.escalating import after_quiet

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(start="22:00", end="07:00")
LUNCH = QuietHours(start="12:00", end="13:30")


@pytest.mark.parametrize(
    ("quiet", "now", "then"),
    [
        (NIGHT, "2026-11-20T12:00", "2026-11-20T12:00"),  # 13:00 in Berlin
        (NIGHT, "2026-11-20T21:00", "2026-11-21T06:00"),  # 22:00 is quiet, until 07:00 of the next day
        (NIGHT, "2026-11-21T05:59", "2026-11-21T06:00"),
        (NIGHT, "2026-11-21T06:00", "2026-11-21T06:00"),  # the end is not quiet
        (LUNCH, "2026-11-20T11:00", "2026-11-20T12:30"),
        (LUNCH, "2026-11-20T12:30", "2026-11-20T12:30"),
        (NIGHT, "2026-10-24T21:00", "2026-10-25T06:00"),  # the night in which Berlin's clocks go back: 07:00 is UTC+1
        (NIGHT, "2026-03-28T22:00", "2026-03-29T05:00"),  # and forward: 07:00 is UTC+2
        (None, "2026-11-20T23:00", "2026-11-20T23:00"),
    ],
)
def test_the_end_of_the_quiet_hours(quiet: QuietHours | None, now: str, then: str) -> None:
    """Known moments in Berlin, in UTC."""
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert after_quiet(quiet, at, BERLIN) == datetime.fromisoformat(then).replace(tzinfo=UTC)


@given(st.integers(0, 365 * 24 * 60), st.times(), st.times())
def test_nothing_is_sent_in_quiet_hours_and_nothing_waits_a_day(minute: int, start: time, end: time) -> None:
    """Whatever the hours and the moment: the answer is no moment of the past, is not quiet, and is within a day."""
    quiet = QuietHours(start=f"{start:%H:%M}", end=f"{end:%H:%M}")
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    then = after_quiet(quiet, now, BERLIN)
    assert now <= then <= now + timedelta(hours=25)
    assert after_quiet(quiet, then, BERLIN) == then


def test_an_agents_own_policy_counts_before_the_general_one() -> None:
    """The first that names the agent and the severity, else the first that names no agent, else none."""
    step = [Step(to=["team"])]
    general, own = Policy(severity=["P1", "P2"], steps=step), Policy(severity=["P1"], steps=step, agents=["Ada"])
    settings = EscalationSettings(routes={"team": Route(webhook="HOOK")}, policies=[general, own])
    assert settings.policy("P1", "Ada") is own
    assert settings.policy("P2", "Ada") is general
    assert settings.policy("P1", "Rita") is general
    assert settings.policy("P1", None) is general
    assert settings.policy("P3", "Ada") is None
