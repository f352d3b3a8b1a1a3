"""What MEMORY.md of one agent becomes, from what is committed: nothing is written here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import unified_diff

from storage.config_history import Commit, commits
from storage.config_repo import ConfigRepo
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.common.memory_file import (
    TRAILER,
    MemoryFile,
    joined,
    read_lines,
    sourced,
    split,
    stands_in,
)
from tasks.common.redact import Redactor
from tasks.memory.consolidation import Line, consolidated
from tasks.memory.contradictions import supersedes
from tasks.memory.daily import DailyLogs, daily_logs, known_texts
from tasks.memory.entries import HEADING, Entry
from tasks.memory.instructions import names
from tasks.memory.section import place, section


@dataclass(frozen=True)
class Plan:
    """An agent's MEMORY.md at `base` as it is and as it becomes, with what became of every line of the daily logs.

    `old` None: there is no such file. `last`: the commit in which AgentRE wrote it last.
    """

    agent: str
    path: str
    base: str
    old: bytes | None
    new: bytes
    lines: list[Line]
    logs: DailyLogs
    last: Commit | None
    notices: list[str] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        """Whether anything is to be written: a section without lines is not begun."""
        return self.new != (self.old or b"")

    @property
    def counts(self) -> dict[str, int]:
        """Lines by their state."""
        return dict(sorted(Counter(line.state for line in self.lines).items()))

    @property
    def diff(self) -> list[str]:
        """The change as a unified diff without its heading."""
        return difference(self.old or b"", self.new)


def difference(old: bytes, new: bytes) -> list[str]:
    """Lines that go and come between two texts, without context."""
    before, after = (raw.decode("utf-8", "replace").splitlines() for raw in (old, new))
    return [row for row in unified_diff(before, after, n=0, lineterm="") if not row.startswith(("---", "+++", "@@"))]


def planned(
    workspace: Workspace, repo: ConfigRepo, agent: Agent, today: date, removed: frozenset[str] = frozenset()
) -> Plan:
    """The plan for one agent as its folder is on the branch now.

    `removed`: texts that a person took out of the section before. Raises Refused where MEMORY.md is no plain file or
    its marks are broken.
    """
    settings, base, path = workspace.settings.memory, repo.head(), f"{agent.slug}/MEMORY.md"
    old = repo.read(path, base)
    file = split((old or b"").decode("utf-8", "surrogateescape"))
    logs = daily_logs(repo, agent.slug, base, today, settings.log_bytes)
    last = next((each for each in commits(repo, until=base, under=path) if TRAILER in each.trailers), None)
    written = _written(repo, path, last)
    now_out = _taken_out(written, file)
    lines = consolidated(
        logs.entries, settings, known=names([*known_texts(repo, agent.slug, base), file.by_hand]),
        by_hand=file.by_hand, secret=_secret(workspace, logs), removed=removed | now_out,
    )  # fmt: skip
    text = section(lines, settings.bytes)
    kept, moved = _with_strangers(file, written, text, repo, agent.slug, base)
    notices = [f"{moved} lines that somebody wrote between the marks were moved above them"] if moved else []
    notices += outdated(file, lines)
    begun = file.section is not None or any(line.state == "kept" for line in lines)
    new = joined(kept, text).encode("utf-8", "surrogateescape") if begun else old or b""
    return Plan(agent.name, path, base, old, new, lines, logs, last, notices)


def _written(repo: ConfigRepo, path: str, last: Commit | None) -> list[str] | None:
    """The rows of the section as AgentRE left it; None where it never wrote one here."""
    if last is None:
        return None
    content = (repo.read(path, last.id) or b"").decode("utf-8", "surrogateescape")
    return (split(content).section or "").splitlines()


def _taken_out(written: Sequence[str] | None, file: MemoryFile) -> frozenset[str]:
    """Texts of lines that AgentRE wrote and that somebody took out since."""
    if written is None:
        return frozenset()
    there = set((file.section or "").splitlines())
    return frozenset(line.text for line in sourced("\n".join(row for row in written if row not in there)))


def outdated(file: MemoryFile, lines: Sequence[Line]) -> list[str]:
    """What people wrote that a kept line contradicts: they are told, and their line stays."""
    found = []
    for row in file.by_hand.splitlines():
        text = re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\d{4}-\d{2}-\d{2}\W+)?", "", row)
        if text == row:
            continue
        by_hand = Entry("decision", text, "MEMORY.md", 0, 0, date.min, HEADING)
        newer = next((line for line in lines if line.state == "kept" and supersedes(line.entry, by_hand)), None)
        if newer:
            found.append(f"by hand: “{text[:120]}”, and since: “{newer.entry.text[:120]}” ({place(newer)})")
    return found


def _secret(workspace: Workspace, logs: DailyLogs) -> frozenset[Entry]:
    """Entries that hold a secret, known from the whole of their file, or personal data of a fixed form."""
    redactor = Redactor(workspace.secret("redaction-key"), pii=workspace.settings.redact.pii)
    found: set[Entry] = set()
    for path in dict.fromkeys(entry.path for entry in logs.entries):
        told = [entry for entry in logs.entries if entry.path == path]
        clean = redactor.scope().texts([*(entry.text for entry in told), logs.texts[path]])
        found |= {entry for entry, text in zip(told, clean, strict=False) if text != entry.text}
    return frozenset(found)


def _with_strangers(
    file: MemoryFile, written: Sequence[str] | None, text: str, repo: ConfigRepo, folder: str, base: str
) -> tuple[MemoryFile, int]:
    """The file with what somebody else wrote between the marks moved above them, and how many rows that were."""
    ours = set(text.splitlines()) | set(written or ())
    rows = [row for row in (file.section or "").splitlines() if row.strip() and row not in ours]
    if written is None:
        rows = [row for row in rows if not re.match("##", row) and not _founded(row, repo, folder, base)]
    if not rows:
        return file, 0
    gap = "" if not file.before or file.before.endswith("\n") else "\n"
    moved = "\n".join(rows)
    return MemoryFile(f"{file.before}{gap}{moved}\n\n", file.section, file.after), len(rows)


def _founded(row: str, repo: ConfigRepo, folder: str, base: str) -> bool:
    line = next(sourced(row), None)
    return line is not None and stands_in(line, read_lines(repo.read(f"{folder}/{line.path}", base) or b""))
