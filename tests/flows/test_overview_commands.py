"""`agentre kpi`, `maturity`, `escalation` and the handbook as a person meets them in a new workspace."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from program import agentre, here

from storage.workspace import SETTINGS_FILE

AT = "2026-11-22T12:00:00+00:00"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `agentre init` makes."""
    root = tmp_path_factory.mktemp("overview") / "fleet"
    assert agentre("init", root, "--time-zone", "UTC", home=root.parent).returncode == 0
    return root


def test_an_empty_workspace_records_nothing_and_says_what_is_needed(fleet: Path, tmp_path: Path) -> None:
    """Exit code 5 of both; every row says what it needs; the stage's first criterion names its command."""
    result = agentre("kpi", "--workspace", fleet, home=tmp_path, AGENTRE_NOW=AT)
    assert result.returncode == 5
    assert result.stdout.count("not recorded") == 25  # twenty rows, five of the improver
    assert "needs tickets/*.csv with a column `date`" in result.stdout
    assert "2026-10-25 12:00 to 2026-11-22 12:00" in result.stdout
    found = json.loads(here("maturity", "--workspace", fleet, "--json", home=tmp_path, AGENTRE_NOW=AT).stdout)
    assert (found["stage"], found["missing"][0]["next"]) == (0, "agentre ingest")


def test_the_period_is_what_was_asked_for(fleet: Path, tmp_path: Path) -> None:
    """`--until` means the end of that day on the workspace's clock, `--days` its length; a word is refused."""
    asked = ("kpi", "--workspace", fleet, "--until", "2026-11-20", "--days", "7", "--json")
    found = json.loads(here(*asked, home=tmp_path, AGENTRE_NOW=AT).stdout)
    assert (found["start"], found["end"]) == ("2026-11-14T00:00:00+00:00", "2026-11-21T00:00:00+00:00")
    assert here("kpi", "--workspace", fleet, "--until", "soon", home=tmp_path).returncode == 2


def test_doctor_says_what_nobody_filled_in_and_init_adds_what_is_missing(fleet: Path, tmp_path: Path) -> None:
    """Blanks and boxes by page; a page that is gone comes back with `init --handbook`, one that was written stays."""
    workspace = tmp_path / "fleet"
    shutil.copytree(fleet, workspace)
    (workspace / "handbook" / "on-call.md").unlink()
    (workspace / "handbook" / "charter.md").write_text("ours")
    told = here("doctor", "--workspace", workspace, home=tmp_path).stdout
    assert "missing or empty: handbook/on-call.md" in told
    assert "handbook/readiness.md (0 of 15 ticked, 1 blank)" in told
    assert "charter" not in told
    assert here("init", workspace, "--handbook", home=tmp_path).stdout == "added: handbook/on-call.md\n"
    assert (workspace / "handbook" / "charter.md").read_text() == "ours"


def test_a_route_is_tried_from_the_terminal(fleet: Path, tmp_path: Path) -> None:
    """Without policies it says how to begin; an unset variable and an unknown route say what is wrong; doctor too."""
    workspace = tmp_path / "fleet"
    shutil.copytree(fleet, workspace)
    assert "write `escalation:`" in here("escalation", "--workspace", workspace, home=tmp_path).stdout
    with (workspace / SETTINGS_FILE).open("a") as stream:
        stream.write("escalation: {routes: {team: {webhook: TEAM_HOOK}}}\n")
    result = agentre("escalation", "test", "team", "--workspace", workspace, home=tmp_path)
    assert result.returncode == 3
    assert "TEAM_HOOK holds no http:// or https://" in result.stderr
    checks = json.loads(here("doctor", "--workspace", workspace, "--json", home=tmp_path).stdout)["checks"]
    assert "route team: TEAM_HOOK is not set here" in [check["detail"] for check in checks]
