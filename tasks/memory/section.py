"""AgentRE's section of MEMORY.md, rendered from the kept lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tasks.common.memory_file import BEGIN, END
from tasks.memory.consolidation import Line, fit
from tasks.memory.entries import Kind

TITLES: Final[dict[Kind, str]] = {"decision": "Decisions", "lesson": "Lessons", "event": "Events"}
LINKS: Final = 3
"""Replaced lines that a line names; the ledger has all."""
_HEAD: Final = "## From the daily logs"


def section(lines: Sequence[Line], most_bytes: int) -> str:
    """The section's text from the kept lines that fit, marks included; the others become `full`.

    Decisions and events stand newest first, lessons by their weight. The same lines give the same text.
    """
    frame = len("\n".join([BEGIN, _HEAD, *(f"\n### {title}\n" for title in TITLES.values()), END, ""]).encode())
    sizes = {place: len(row(line).encode()) + 1 for place, line in enumerate(lines) if line.state == "kept"}
    kept = fit(lines, sizes, most_bytes - frame)
    parts = [_HEAD]
    for kind, title in TITLES.items():
        told = [line for line in kept if line.entry.kind == kind]
        if kind != "lesson":
            told.sort(key=lambda line: (line.entry.day, line.entry.path, -line.entry.line), reverse=True)
        if told:
            parts += ["", f"### {title}", *map(row, told)]
    return "\n".join(parts)


def row(line: Line) -> str:
    """One line of the section: the text, its source, how often and since when it was seen, what it replaces."""
    entry = line.entry
    parts = [place(line)]
    if line.times > 1:
        parts.append(f"seen on {line.times} days since {min(line.days)}")
    if line.replaced:
        newest = sorted(line.replaced, key=lambda old: (old.entry.day, old.entry.line), reverse=True)[:LINKS]
        parts.append("replaces " + ", ".join(map(place, newest)))
    return f"- {entry.text} ({'; '.join(parts)})"


def place(line: Line) -> str:
    """Where a line stands: `memory/2026-11-22.md:12`, or `:12-13` where it was wrapped."""
    entry = line.entry
    last = f"-{entry.last_line}" if entry.last_line > entry.line else ""
    return f"{entry.path}:{entry.line}{last}"
