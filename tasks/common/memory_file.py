"""MEMORY.md as AgentRE writes it: its own section between two marks, a line each with its source; the rest is people's.

A sourced line reads `- text (memory/2026-11-22.md:12; seen on 3 days since 2026-11-14)`. Whoever has the repository
can check it: `stands_in` says whether a line is in its source word for word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from storage.errors import Refused

TRAILER: Final = "AgentRE-Memory"
BEGIN: Final = (
    "<!-- agentre:memory begin (from the daily logs, verbatim; rewritten weekly; take out a line and it stays out) -->"
)
END: Final = "<!-- agentre:memory end -->"
_BEGIN: Final = re.compile(r"^<!-- agentre:memory begin\b[^\n]*-->\r?$", re.MULTILINE)
_END: Final = re.compile(r"^<!-- agentre:memory end -->\r?$", re.MULTILINE)
_LINE: Final = re.compile(
    r"- (?P<text>.+) \((?P<path>memory/[^()\s:]+):(?P<line>\d+)(?:-(?P<last>\d+))?(?P<more>(?:; [^()]*)?)\)$"
)


@dataclass(frozen=True)
class MemoryFile:
    """MEMORY.md in three parts. `section` is what stands between the marks, None where there are none."""

    before: str
    section: str | None
    after: str

    @property
    def by_hand(self) -> str:
        """What people wrote."""
        return self.before + self.after


@dataclass(frozen=True)
class Sourced:
    """A line of the section: its text, and where that stands in the agent's folder (lines are 1-based)."""

    text: str
    path: str
    line: int
    last_line: int


def split(text: str) -> MemoryFile:
    """The parts of a MEMORY.md. Raises Refused where AgentRE's marks are not one pair in their order."""
    begins, ends = list(_BEGIN.finditer(text)), list(_END.finditer(text))
    if not begins and not ends:
        return MemoryFile(text, None, "")
    if len(begins) != 1 or len(ends) != 1 or ends[0].start() < begins[0].end():
        raise Refused(
            "the marks of AgentRE's section are not one pair", where="MEMORY.md",
            got=f"{len(begins)} begin, {len(ends)} end", accepted="one pair; or none, and a new section is written",
        )  # fmt: skip
    begin, end = begins[0], ends[0]
    return MemoryFile(text[: begin.start()], text[begin.end() : end.start()].strip("\r\n"), text[end.end() :])


def joined(file: MemoryFile, section: str) -> str:
    """The file with another section; where it had none, the section follows at the end, after an empty line."""
    if file.section is None:
        gap = "" if not file.before else "\n" if file.before.endswith("\n") else "\n\n"
        return f"{file.before}{gap}{BEGIN}\n{section}\n{END}\n"
    return f"{file.before}{BEGIN}\n{section}\n{END}{file.after}"


def sourced(section: str) -> Iterator[Sourced]:
    """The sourced lines of a section."""
    for row in section.splitlines():
        if found := _LINE.match(row):
            line = int(found["line"])
            yield Sourced(found["text"], found["path"], line, int(found["last"] or line))


def read_lines(content: bytes) -> list[str | None]:
    """The lines of a daily log without their ends, whichever they are; None for a line that is not UTF-8."""
    return [_decoded(raw) for raw in re.split(rb"\r\n|\n|\r", content.removeprefix(b"\xef\xbb\xbf"))]


def _decoded(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def stands_in(line: Sourced, lines: list[str | None]) -> bool:
    """Whether the line's text is in its source word for word; lines that were wrapped are joined by a space."""
    source = lines[line.line - 1 : line.last_line] if 0 < line.line <= line.last_line else []
    told = [text.strip() for text in source if text is not None]
    return bool(told) and len(told) == len(source) and line.text in " ".join(told)
