"""Live homes of agents, outside the config repository: read as they are, and brought to what was approved.

A home is a folder that an agent lives in already: `~/.claude`, a project with `.claude/`, an OpenClaw workspace. Only
what is config is seen of it: no logs, sessions, settings or credentials. No symbolic link is followed below it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from storage.crashpoint import crashpoint
from storage.errors import Refused, UsageError
from storage.records import FileChange
from storage.settings import Agent
from storage.work_tree import bring, read_file
from storage.workspace import Workspace

FILES: Final = (
    "SOUL.md", "IDENTITY.md", "AGENTS.md", "CLAUDE.md", ".claude/CLAUDE.md", "TOOLS.md", "USER.md", "HEARTBEAT.md",
    "BOOTSTRAP.md", "MEMORY.md", "config.yaml",
)  # fmt: skip
NOTES: Final = ("memory", "prompts")
"""Folders of which the Markdown files are config."""
SKILLS: Final = (".claude/skills", ".agents/skills", "skills")
"""Where skills are looked for, first to last; each is `skills/` in the config repository."""
MAX_BYTES: Final = 1024**2
MAX_FILES: Final = 5_000


@dataclass
class Seen:
    """What a home holds: bytes by path in the config repository, and why a path was left out."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AgentHome:
    """The home of one agent. `folder`: its folder in the config repository; `skills`: its skills below the root."""

    agent: str
    folder: str
    root: Path
    skills: str

    def inside(self, path: str) -> str:
        """Where a path of the config repository is below the root."""
        own = path.removeprefix(f"{self.folder}/")
        return f"{self.skills}/{own.removeprefix('skills/')}" if own.startswith("skills/") else own

    def read(self, path: str) -> bytes | None:
        """The home's bytes for a path of the config repository; None where it has none. Raises as `read_file`."""
        return read_file(self.root, self.inside(path))

    def seen(self) -> Seen:
        """All config of the home. Raises UsageError for more than 5,000 files."""
        found = Seen()
        for count, inside in enumerate(self._paths(found)):
            if count >= MAX_FILES:
                raise UsageError("too many files for an agent's home", where=str(self.root), accepted=str(MAX_FILES))
            own = inside.removeprefix(f"{self.skills}/")
            path = f"{self.folder}/{inside if own == inside else f'skills/{own}'}"
            try:
                if not inside.isprintable():
                    raise Refused("its name cannot be shown")
                content = read_file(self.root, inside, limit=MAX_BYTES)
                if content is not None:
                    found.files[path] = content
            except Refused as error:
                found.left_out[path] = error.what
        return found

    def _paths(self, found: Seen) -> Iterator[str]:
        yield from (name for name in FILES if os.path.lexists(self.root / name))
        for folder in NOTES:
            yield from (path for path in self._below(folder, found) if path.endswith(".md"))
        yield from self._below(self.skills, found)

    def _below(self, folder: str, found: Seen) -> Iterator[str]:
        """Files below a folder, in order, without hidden ones; a link to a folder is told as left out."""
        if (self.root / folder).is_symlink():
            found.left_out[f"{self.folder}/{folder}"] = "a link is not followed"
            return
        for place, folders, names in os.walk(self.root / folder):
            here = Path(place).relative_to(self.root)
            for link in [name for name in folders if Path(place, name).is_symlink()]:
                found.left_out[f"{self.folder}/{here / link}"] = "a link is not followed"
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (str(here / name) for name in sorted(names) if not name.startswith("."))


def home_of(workspace: Workspace, agent: Agent) -> AgentHome | None:
    """The home that `agentre.yaml` names for an agent; None: its configs live in the config repository alone.

    Raises UsageError where the folder is not there, or is part of the workspace's own state or repository.
    """
    if agent.home is None:
        return None
    root = workspace.root / Path(agent.home).expanduser()
    if not root.is_dir():
        raise UsageError(f"the home of {agent.name} is not there", where=str(root), accepted="an existing folder")
    if any(root.resolve().is_relative_to(own.resolve()) for own in (workspace.configs, workspace.state)):
        raise UsageError(f"the home of {agent.name} is AgentRE's own folder", where=str(root))
    others = [other for other in workspace.settings.agents if other.home and other.slug != agent.slug]
    if any((workspace.root / Path(other.home or "").expanduser()).resolve() == root.resolve() for other in others):
        raise UsageError("two agents share one home", where=str(root), got=agent.name)
    return AgentHome(agent.name, agent.slug, root, _skills(root))


def live_homes(user: Path) -> list[Path]:
    """Homes of agents that are in a person's own folder: of Claude Code, Codex, OpenClaw and its earlier names."""
    names = (".claude", ".codex", ".openclaw/workspace", ".moltbot/workspace", ".clawdbot/workspace")
    tells = (*FILES, "skills")
    return [user / name for name in names if any((user / name / tell).exists() for tell in tells)]


def _skills(root: Path) -> str:
    first = next((name for name in SKILLS if (root / name).is_dir()), None)
    return first or (SKILLS[0] if (root / ".claude").is_dir() else SKILLS[-1])


def deliver(workspace: Workspace, agent_name: str, files: Sequence[FileChange]) -> list[str]:
    """Brings an agent's home to files that were committed, where it still has what they replaced.

    Safe to repeat. Returns a notice for each file that was left as it is; without a home there is nothing to do.
    """
    agent = workspace.agent(agent_name)
    try:
        home = home_of(workspace, agent) if agent else None
    except UsageError as error:
        return [f"{error.what}: {error.where}; agentre config push {agent_name} brings it there later"]
    if home is None:
        return []
    crashpoint("home.before_files")
    told = [notice for file in files if (notice := bring(home.root, home.inside(file.path), file))]
    crashpoint("home.after_files")
    return [f"home {home.root}: {notice}" for notice in told]
