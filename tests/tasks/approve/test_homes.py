"""An agent's live home: recorded as it is, reached by what was approved, never overwritten where it moved on."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from approval_trials import asked_by

from storage.config_repo import ConfigRepo
from storage.errors import Refused, UsageError
from storage.homes import home_of
from storage.ledger import Ledger
from storage.workspace import Workspace
from tasks.approve import homes
from tasks.approve.apply import Stale
from tasks.approve.run import apply, decide, proposal, rollback

SKILL = b"---\nname: deploy\ndescription: Use when a service is deployed.\n---\n# Deploy\n"
LAYOUTS: dict[str, dict[str, bytes]] = {
    "openclaw": {"SOUL.md": b"# Ada\n", "config.yaml": b"temperature: 0.7\n", "memory/2026-11-01.md": b"- x\n",
                 "skills/ship_mode/SKILL.md": SKILL, "skills/ship_mode/scripts/run.sh": b"echo\n"},
    "claude": {"CLAUDE.md": b"Plan.\r\n", "config.yaml": b"temperature: 0.7\n", "skills/deploy/SKILL.md": SKILL,
               "projects/x.jsonl": b"{}", ".credentials.json": b"{}", "settings.json": b"{}"},
    "project": {"AGENTS.md": b"Plan.\n", "config.yaml": b"temperature: 0.7\n", "src/main.py": b"",
                ".claude/skills/deploy/SKILL.md": SKILL, "skills/of-the-product.md": b"not ours\n"},
}  # fmt: skip


def fleet(workspace: Workspace, files: dict[str, bytes], now: datetime) -> tuple[Workspace, Path]:
    """The workspace with a home for Ada, of these files."""
    home = workspace.root.parent / "home"
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    (workspace.root / "agentre.yaml").write_text("agents: [{name: Ada, home: ../home}]\napprovers: [sam]\n")
    ConfigRepo.create(workspace.configs, {"README.md": b"x\n"}, now)
    return Workspace(workspace.root), home


def taken(workspace: Workspace, now: datetime) -> homes.Drift:
    """What is recorded of Ada's home now."""
    found = homes.drift(workspace, workspace.settings.agents[0])
    assert found
    if found.paths:
        homes.pull(workspace, found, "sam", now)
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_home_is_recorded_as_it_is(workspace: Workspace, now: datetime, layout: str) -> None:
    """Config is taken in byte for byte; logs, credentials and code are not; twice is once."""
    own, _ = fleet(workspace, LAYOUTS[layout], now)
    taken(own, now)
    repo = ConfigRepo(own.configs)
    inside = {name.removeprefix(".claude/"): raw for name, raw in LAYOUTS[layout].items()}
    kept = {f"ada/{name}": raw for name, raw in inside.items() if name.endswith((".md", ".yaml", ".sh"))}
    kept.pop("ada/skills/of-the-product.md", None)
    assert {path: repo.read(path) for path in repo.paths(under="ada")} == kept
    assert "\nAgentRE-Home: " in repo.git.run("cat-file", "commit", repo.head()).decode()
    head = repo.head()
    assert taken(own, now).paths == [] and repo.head() == head


def test_a_real_workspace(workspace: Workspace, shared: Path, now: datetime) -> None:
    """A workspace of OpenClaw from the field: all its config, and nothing of its history folder."""
    real = shared / "data" / "workspace-dharmic"
    text = f"agents: [{{name: Ada, home: {real}}}]\napprovers: [sam]\n"
    (workspace.root / "agentre.yaml").write_text(text)
    ConfigRepo.create(workspace.configs, {"README.md": b"x\n"}, now)
    found = taken(Workspace(workspace.root), now)
    paths = ConfigRepo(workspace.configs).paths(under="ada")
    assert {"ada/SOUL.md", "ada/AGENTS.md", "ada/skills/ship_mode/SKILL.md", "ada/memory/2026-02-06.md"} <= set(paths)
    assert not any("history" in path for path in paths) and not found.left_out


def test_what_was_approved_reaches_the_home(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """The live file has the approved bytes, keeps who may read it, and a rollback brings the old bytes back."""
    own, home = fleet(workspace, LAYOUTS["claude"], now)
    taken(own, now)
    (home / "config.yaml").chmod(0o600)
    asked = asked_by(own, ledger, now)
    decide(own, ledger, asked.proposal_id, asked.digest, "approve", "sam", "terminal", "", now)
    done = apply(own, ledger, asked.proposal_id, now)
    assert (home / "config.yaml").read_bytes() == asked.files[0].content == b"temperature: 0.2\n"
    assert done.notices == [] and (home / "config.yaml").stat().st_mode & 0o777 == 0o600
    rollback(own, ledger, done.change.change_id, "sam", now, "r" * 32)
    assert (home / "config.yaml").read_bytes() == b"temperature: 0.7\n"


def edit(home: Path) -> None:
    (home / "config.yaml").write_bytes(b"temperature: 0.9\n")


def link(home: Path) -> None:
    (home / "config.yaml").rename(home.parent / "elsewhere")
    (home / "config.yaml").symlink_to(home.parent / "elsewhere")


def take_away(home: Path) -> None:
    home.rename(home.parent / "away")


@pytest.mark.parametrize(("act", "state"), [(edit, "stale"), (link, "waiting"), (take_away, "waiting")])
def test_a_home_that_moved_on_is_not_overwritten(
    workspace: Workspace, ledger: Ledger, now: datetime, act: Callable[[Path], None], state: str
) -> None:
    """A file that was edited, became a link, or is gone with its home: the approval is refused, nothing changes."""
    own, home = fleet(workspace, LAYOUTS["claude"], now)
    taken(own, now)
    asked = asked_by(own, ledger, now)
    head = ConfigRepo(own.configs).head()
    act(home)
    assert homes.drifted(own, "Ada", asked.files)
    with pytest.raises(Refused):
        decide(own, ledger, asked.proposal_id, asked.digest, "approve", "sam", "terminal", "", now)
    assert proposal(ledger, asked.proposal_id).state == state and ConfigRepo(own.configs).head() == head
    assert not (home.parent / "elsewhere").exists() or b"0.7" in (home.parent / "elsewhere").read_bytes()


def test_a_home_edited_after_the_approval_is_stale(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Between answer and commit too; pulled and pushed, both sides are one again."""
    own, home = fleet(workspace, LAYOUTS["claude"], now)
    taken(own, now)
    asked = asked_by(own, ledger, now)
    decide(own, ledger, asked.proposal_id, asked.digest, "approve", "sam", "terminal", "", now)
    edit(home)
    with pytest.raises(Stale, match="home"):
        apply(own, ledger, asked.proposal_id, now)
    found = homes.drift(own, own.settings.agents[0])
    assert found and found.paths == ["ada/config.yaml"]
    assert homes.push(own, found) == [] and b"0.7" in (home / "config.yaml").read_bytes()
    edit(home)
    (home / "CLAUDE.md").unlink()
    assert taken(own, now).paths == ["ada/CLAUDE.md", "ada/config.yaml"]
    assert ConfigRepo(own.configs).read("ada/config.yaml") == b"temperature: 0.9\n"
    assert ConfigRepo(own.configs).read("ada/CLAUDE.md") is None


def test_what_is_left_out_is_said(workspace: Workspace, now: datetime) -> None:
    """Links, large files and what looks like a secret are not taken in, nor taken for removed."""
    own, home = fleet(workspace, LAYOUTS["openclaw"], now)
    taken(own, now)
    (home / "SOUL.md").write_text("key: AKIA" + "Q3EGRI6RSRTPTZ2M\n")
    (home / "skills/linked").symlink_to(home / "skills/ship_mode")
    (home / "TOOLS.md").write_bytes(b"x" * 2_000_000)
    os.mkfifo(home / "USER.md")
    (home / "skills/ship_mode/a\nb.md").write_text("x")
    found = homes.drift(own, own.settings.agents[0])
    assert found and found.paths == []
    odd = "ada/skills/ship_mode/a\nb.md"
    assert found.left_out.keys() == {"ada/SOUL.md", "ada/skills/linked", "ada/TOOLS.md", "ada/USER.md", odd}


def test_not_a_home(workspace: Workspace, now: datetime) -> None:
    """A folder that is not there, and AgentRE's own, are refused."""
    own, _ = fleet(workspace, LAYOUTS["openclaw"], now)
    for home in ("nowhere", "agent-configs", ".agentre"):
        (own.root / ".agentre").mkdir(exist_ok=True)
        (own.root / "agentre.yaml").write_text(f"agents: [{{name: Ada, home: {home}}}]\n")
        changed = Workspace(own.root)
        with pytest.raises(UsageError):
            home_of(changed, changed.settings.agents[0])
    two = "agents: [{name: Ada, home: ../home}, {name: Rita, home: ../home}]\n"
    (own.root / "agentre.yaml").write_text(two)
    with pytest.raises(UsageError, match="share one home"):
        home_of(Workspace(own.root), Workspace(own.root).settings.agents[1])
