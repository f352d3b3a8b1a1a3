"""An agent's daily logs as they are committed: which are read, and why others are not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from storage.config_history import entries_below
from storage.config_repo import FILE, ConfigRepo
from tasks.common.memory_file import read_lines
from tasks.memory.entries import Entry, entries

_NAME: Final = re.compile(r"memory/(\d{4}-\d{2}-\d{2})[^/()\s:]*\.md")
AHEAD: Final = timedelta(days=1)
"""A log may be dated a day ahead: somewhere it is tomorrow. One from further on would outdate everything."""


@dataclass
class DailyLogs:
    """What was read of an agent's `memory/`. `skipped`: path → why it was not read; `unreadable`: lines not UTF-8."""

    read: int = 0
    entries: list[Entry] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    unreadable: int = 0


def daily_logs(repo: ConfigRepo, folder: str, commit: str, today: date, most_bytes: int) -> DailyLogs:
    """The daily logs `memory/YYYY-MM-DD*.md` of an agent's folder at a commit, oldest first."""
    logs = DailyLogs()
    dated = []
    for path, mode, blob, size in entries_below(repo, f"{folder}/memory", commit):
        name = path.removeprefix(f"{folder}/")
        day = _day(name)
        why = _why_not(name, mode, size, day, today, most_bytes)
        if why or day is None:
            logs.skipped[name] = why or "not a daily log"
        else:
            dated.append((day, name, blob))
    for day, name, blob in sorted(dated):
        lines = read_lines(repo.blob(blob))
        logs.read += 1
        logs.unreadable += sum(line is None for line in lines)
        logs.texts[name] = "\n".join(line or "" for line in lines)
        logs.entries += entries(lines, name, day)
    return logs


def _day(name: str) -> date | None:
    """The day that a log's name says; None for another name, or a day that the calendar does not have."""
    found = _NAME.fullmatch(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _why_not(name: str, mode: str, size: int, day: date | None, today: date, most_bytes: int) -> str:
    if mode != FILE:
        return "not a plain file"
    if day is None:
        return "undated: a daily log is named YYYY-MM-DD*.md"
    if day > today + AHEAD:
        return "dated in the future"
    return f"larger than {most_bytes} bytes" if size > most_bytes else ""


def known_texts(repo: ConfigRepo, folder: str, commit: str) -> Iterator[str]:
    """The agent's committed instructions and skills: people approved the hosts that they name."""
    for path in repo.paths(commit, folder):
        if path.endswith(".md") and not path.startswith(f"{folder}/memory/") and not path.endswith("/MEMORY.md"):
            yield (repo.read(path, commit) or b"").decode("utf-8", "replace")
