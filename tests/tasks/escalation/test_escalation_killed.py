"""Killed at any point of a look, escalation goes on: nothing is lost, and only what was being sent may come twice."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from escalation_rows import MINUTE, NOON, Fleet
from plain_post import post
from receivers import Receiver

ROOT = Path(__file__).parents[3]
LOOK = """
import sys
from datetime import datetime
from pathlib import Path
from storage.workspace import Workspace
from tasks.escalation.run import escalate
from tests.tasks.escalation.plain_post import post
escalate(Workspace(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]), lambda: post)
"""


def killed(fleet: Fleet, point: str) -> int:
    """A look in a process of its own that ends at a point."""
    environment = os.environ | {"AGENTRE_CRASH": point, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LOOK, str(fleet.workspace.root), NOON.isoformat()]
    return subprocess.run(command, env=environment, check=False, cwd=ROOT, timeout=60).returncode


@pytest.mark.parametrize(
    ("point", "arrived"),
    [("escalate.begun", 0), ("escalate.one_sent", 1), ("escalate.sent", 2)],
)
def test_what_was_killed_is_sent_after_all(
    fleet: Fleet, team: Receiver, pager: Receiver, point: str, arrived: int
) -> None:
    """Two incidents. Killed before sending: each arrives once. Killed between sending and marking: what had been sent
    comes again after the lease, under the same dedup_key; while the lease lasts nobody sends it."""
    fleet.poster = lambda: post
    fleet.opens("i1", "P1")
    fleet.opens("i2", "P2")
    assert killed(fleet, f"{point}:1") == -9
    assert len(team.bodies) + len(pager.bodies) == arrived
    if arrived:
        assert fleet.looks(NOON + MINUTE).sent == 0
    later = NOON + timedelta(minutes=15)
    fleet.looks(later)
    fleet.looks(later + MINUTE)
    assert len(fleet.outbox("state = 'sent' AND step = 0")) == 2
    assert len(team.bodies) >= 1
    assert {body["dedup_key"] for body in pager.bodies} == {"i1"}
    twice = len([body for body in team.bodies if "step" not in body["text"]]) + len(pager.bodies) - 2
    assert twice <= arrived
