"""`agentre incidents` as a person runs it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from program import agentre, here, on_terminal

from storage.config_repo import ConfigRepo
from storage.ledger import open_ledger
from storage.records import Event
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.incidents.book import every
from tasks.incidents.response import respond_to_signals

AT = "2026-11-22T12:00:00+00:00"
LATER = "2026-11-22T18:00:00+00:00"
NOW = datetime.fromisoformat(AT)


@pytest.fixture
def fleet(tmp_path: Path) -> Workspace:
    """A workspace in which Ada violated a policy, with its incident."""
    root = tmp_path / "fleet"
    root.mkdir()
    (root / SETTINGS_FILE).write_text("agents: [{name: Ada}]\napprovers: [sam]\n")
    workspace = Workspace(root)
    ConfigRepo.create(workspace.configs, {"ada/config.yaml": b"max_turns: 20\n"}, NOW - timedelta(days=9))
    told = Event(event_id="v", kind="policy_violation", at=NOW - timedelta(hours=2), agent="Ada", subject="<b>\x1b[31m")
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        ledger.add("events", [told], "event_id")
        respond_to_signals(workspace, ledger, NOW)
    return workspace


def test_an_incident_from_its_list_to_its_postmortem(fleet: Workspace, tmp_path: Path) -> None:
    """Listed with exit code 1, shown with its guide, acknowledged, acted upon with an undo, and written up."""
    place: dict[str, Any] = {"home": tmp_path, "AGENTRE_WORKSPACE": str(fleet.root), "AGENTRE_NOW": LATER}
    listed = agentre("incidents", **place)
    assert listed.returncode == 1 and "\x1b" not in listed.stdout
    (one,) = json.loads(here("incidents", "list", "--json", **place).stdout)["incidents"]
    name = one["incident_id"][:8]
    assert one["detect_seconds"] == 7200 and one["resolve_seconds"] is None
    shown = here("incidents", "show", name, **place).stdout
    assert "closes     when a person closes it" in shown and "Boundary violation: what to look at" in shown
    assert "acknowledged by kim" in here("incidents", "ack", name, "--as", "kim", **place).stdout
    acted = here("incidents", "act", name, "freeze", "--as", "kim", **place).stdout
    assert acted.splitlines() == [
        f"Ada is frozen: its changes wait until incident {name} is closed, but for its fixes",
        f"to undo it: agentre incidents act {name} unfreeze",
    ]
    proposed = here("incidents", "act", name, "config", "--key", "max_turns", "--value", "10", **place).stdout
    assert proposed.startswith(
        f"a change of the config is proposed for incident {name}\nit waits for an answer: agentre"
    )
    drafted = json.loads(here("incidents", "postmortem", name, "--json", **place).stdout)
    assert drafted["drafter"] == "rules" and "freeze" in Path(drafted["path"]).read_text()


def test_closing_by_hand_needs_a_terminal_and_the_id(fleet: Workspace, tmp_path: Path) -> None:
    """Refused in a pipe; on a terminal the id closes it; then no acknowledgement is taken."""
    place: dict[str, Any] = {"home": tmp_path, "AGENTRE_WORKSPACE": str(fleet.root), "AGENTRE_NOW": LATER}
    with open_ledger(fleet.ledger, purpose="test") as ledger:
        name = every(ledger)[0].incident_id[:8]
    close = ("incidents", "close", name, "--reason", "narrowed", "--as", "sam")
    assert here(*close, **place).returncode == 1
    code, screen = on_terminal(*close, typed=[("to close it", name)], **place)
    assert code == 0 and "is closed" in screen
    late = here("incidents", "ack", name, "--as", "kim", **place)
    assert late.returncode == 1 and "cannot be acknowledged" in late.stderr
