"""Homes held against the config repository: recorded as they are by a person, stale where they moved on, caught up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reports.text import clean
from storage.config_repo import ConfigRepo
from storage.errors import Refused, UsageError
from storage.git import blob_id
from storage.homes import AgentHome, deliver, home_of
from storage.records import FileChange
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.approve.apply import Stale
from tasks.common.reach import new_reaches, new_scripts
from tasks.common.redact import Redactor

TRAILER: Final = "AgentRE-Home"


@dataclass(frozen=True)
class Drift:
    """Where a home and the agent's folder at a commit differ: bytes by path, None for no file.

    `left_out`: what of the home is not taken in, and why.
    """

    home: AgentHome
    commit: str
    here: Mapping[str, bytes | None]
    there: Mapping[str, bytes | None]
    left_out: Mapping[str, str]

    @property
    def paths(self) -> list[str]:
        """All paths that differ."""
        return sorted(self.here)


def drift(workspace: Workspace, agent: Agent) -> Drift | None:
    """How an agent's home differs from its folder in the config repository; None: it has no home.

    Raises UsageError where the home is not there.
    """
    home = home_of(workspace, agent)
    if home is None:
        return None
    repo, seen = ConfigRepo(workspace.configs), home.seen()
    head = repo.head()
    blobs = repo.blobs(head, agent.slug)
    moved = {path: raw for path, raw in seen.files.items() if blobs.get(path) != blob_id(raw, head)}
    left_out = seen.left_out | _secrets(workspace, moved)
    there: dict[str, bytes | None] = {path: raw for path, raw in moved.items() if path not in left_out}
    there |= dict.fromkeys(path for path in blobs if path not in seen.files and not _within(path, left_out))
    here = {path: repo.blob(blobs[path]) if path in blobs else None for path in there}
    return Drift(home, head, here, there, left_out)


def _within(path: str, left_out: Mapping[str, str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in left_out)


def _secrets(workspace: Workspace, files: Mapping[str, bytes]) -> dict[str, str]:
    """Files that hold what looks like a secret: git keeps for ever what it was given."""
    redactor = Redactor(workspace.secret("redaction-key"), pii=False)
    texts = {path: content.decode("utf-8", "replace") for path, content in files.items()}
    return {path: "looks as if it held a secret" for path, text in texts.items() if redactor.text(text) != text}


def meaning(found: Drift) -> list[str]:
    """What the home's own changes reach for beyond what is recorded, as lines for the person who records them."""
    lines = []
    for path in found.paths:
        old, new = ((side[path] or b"").decode("utf-8", "replace") for side in (found.here, found.there))
        lines += [
            clean(f"{path}: {one.rule}: {one.found}") for one in [*new_reaches(old, new, ""), *new_scripts(old, new)]
        ]
    return lines


def pull(workspace: Workspace, found: Drift, person: str, now: datetime) -> str:
    """Records what was seen of a home as one commit, by the person who looked at it; returns the commit."""
    home, name = found.home, clean(person, 60)
    files = {path: content for path, content in found.there.items() if content is not None}
    gone = [path for path, content in found.there.items() if content is None]
    message = f"{home.agent}'s home as it is\n\nRecorded by {name}.\n\n{TRAILER}: {clean(str(home.root), 200)}\n"
    return ConfigRepo(workspace.configs).commit(files, message, now, name, gone)


def push(workspace: Workspace, found: Drift) -> list[str]:
    """Brings a home to what the config repository had when the two were compared; returns what was left as it is."""
    changes = []
    for path in found.paths:
        old, new = found.there[path], found.here[path]
        zeros = "0" * len(found.commit)
        changes.append(
            FileChange(
                path=path, mode="100644" if new is not None else "000000",
                old_blob=None if old is None else blob_id(old, found.commit),
                new_blob=zeros if new is None else blob_id(new, found.commit), content=new or b"",
            )
        )  # fmt: skip
    return deliver(workspace, found.home.agent, changes)


def check_home(workspace: Workspace, agent_name: str, files: Sequence[FileChange]) -> None:
    """Raises Stale where the agent's home has other bytes than a change was drafted upon, Refused where it is gone."""
    agent = workspace.agent(agent_name)
    try:
        home = home_of(workspace, agent) if agent else None
    except UsageError as error:
        raise Refused(error.what, where=error.where, accepted=error.accepted) from error
    for file in files if home else ():
        assert home
        there = home.read(file.path)
        found = None if there is None else blob_id(there, file.new_blob)
        if found not in (file.old_blob, file.new_blob if file.new_blob.strip("0") else None):
            raise Stale(
                "the proposal is stale: the file in the agent's home was changed since",
                where=str(home.root / home.inside(file.path)),
                accepted="a new proposal, once the home is recorded as it is",
                next_command=f"agentre config pull {agent_name}",
            )  # fmt: skip


def drifted(workspace: Workspace, agent_name: str, files: Sequence[FileChange]) -> list[str]:
    """A line for the person who decides, where the home stands against a change; empty: nothing does."""
    try:
        check_home(workspace, agent_name, files)
    except Refused as error:
        return [clean(f"{error.what}: {error.where}", 300)]
    return []
