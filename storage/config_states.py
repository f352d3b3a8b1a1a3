"""What an agent's config was at a time, by the config repository's own history."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.config_repo import ConfigRepo

State = frozenset[tuple[str, str]]
"""An agent's files at a commit, each with its blob: two commits with the same state run the same agent."""
OWN: tuple[str, ...] = ("MEMORY.md", "memory/", "days.md")
"""What an agent writes itself: no change of what it is."""


def state_at(repo: ConfigRepo, folder: str, commit: str) -> State | None:
    """The files of an agent's folder at a commit, its own notes left out; None for a commit that is not there."""
    if repo.commit_of(commit) is None:
        return None
    listed = repo.git.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{folder}/").split(b"\0")[:-1]
    rows = [row.decode("utf-8", "surrogateescape").partition("\t") for row in listed]
    return frozenset((path, about.split()[2]) for about, _, path in rows if not path.startswith(_own(folder)))


def commits_between(repo: ConfigRepo, folder: str, start: datetime, end: datetime) -> list[str]:
    """The branch's commits that were its tip, as far as the folder is concerned, at some time from start to end.

    Oldest first: the last one made up to `start`, and those made since.
    """
    listed = repo.git.run("log", "--first-parent", "--format=%H %ct", repo.head(), "--", folder).decode()
    made = [(line.split()[0], datetime.fromtimestamp(int(line.split()[1]), UTC)) for line in listed.splitlines()]
    before = next((commit for commit, at in made if at <= start), None)
    since = [commit for commit, at in reversed(made) if start < at <= end]
    return ([before] if before else []) + since


def _own(folder: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in OWN)
