"""Scores as the Markdown table that practitioners keep: `| Date | Agent | Task | Success | … |`.

A heading above with the week (`Agent Evals - Week of 2026-03-24`) gives dates like `03-24` their year, until a
heading of the same or a higher level comes. Tables of other kinds and fenced blocks are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from tasks.ingest.families.score_rows import ScoreRows, columns_of
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.json_elements import cut_off, read_bytes
from tasks.ingest.values.json_values import Invalid

NAME = "scores-markdown"
UNIT = "data row"
TELLS = "Scores from 1 to 5 with their day, agent and task, given by a person; which run was scored is not recorded."

_WEEK: Final = re.compile(r"\bweek of (?:([0-9]{4}-[0-9]{2}-[0-9]{2})|([0-9]{4})-W([0-9]{2}))\b", re.IGNORECASE)
_HEADING: Final = re.compile(r" {0,3}(#{1,6})\s")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
_PIPE: Final = re.compile(r"(?<!\\)\|")
_RULE: Final = re.compile(r"\s*:?-+:?\s*")


@dataclass
class _Place:
    """Where in the document reading is: the week of the headings above, and the columns of the table around."""

    week: date | None = None
    week_level: int = 1
    columns: dict[str, int] | None = None
    is_fenced: bool = False


def detect(head: bytes, path: str) -> bool:
    """A line that is the header of a score table."""
    lines = head.decode("utf-8", "replace").splitlines()
    return any("|" in line and columns_of(_cells(line)) for line in lines)


def parse(source: Source) -> Iterator[Parsed]:
    """A batch per row, and the scores at the end."""
    rows, place, offset = ScoreRows(source), _Place(), 0
    data = read_bytes(source)
    lines = data.splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        text = line.decode("utf-8", "surrogateescape").removeprefix("\ufeff").rstrip("\r\n")
        if _is_row(text, _following(lines, number), place):
            try:
                yield rows.add(place.columns or {}, _cells(text), place.week)
            except Invalid as error:
                yield Parsed(quarantined=[source.quarantined(number, offset, str(error), line.rstrip(b"\r\n"))])
        offset += len(line)
    yield Parsed(scores=rows.scores(), quarantined=cut_off(source, data))


def _following(lines: list[bytes], number: int) -> str:
    return lines[number].decode("utf-8", "replace").rstrip("\r\n") if number < len(lines) else ""


def _is_row(line: str, following: str, place: _Place) -> bool:
    """Whether the line is a row of scores; what else it says moves the place."""
    if _FENCE.match(line):
        place.is_fenced = not place.is_fenced
        place.columns = None
        return False
    if place.is_fenced or not line.strip():
        return False
    if not _PIPE.search(line):
        place.columns = None
        _note_week(line, place)
        return False
    cells = _cells(line)
    columns = columns_of(cells)
    if columns or _is_rule(following):
        place.columns = columns
        return False
    return place.columns is not None and not _is_rule(line)


def _note_week(line: str, place: _Place) -> None:
    heading, found = _HEADING.match(line), _WEEK.search(line)
    level = len(heading[1]) if heading else 1
    if found:
        place.week, place.week_level = _first_day(found), level
    elif heading and level <= place.week_level:
        place.week = None


def _first_day(found: re.Match[str]) -> date | None:
    """The day that a week is named by; None if there is no such day."""
    try:
        return date.fromisoformat(found[1]) if found[1] else date.fromisocalendar(int(found[2]), int(found[3]), 1)
    except ValueError:
        return None


def _cells(line: str) -> list[str]:
    """The cells between unescaped bars; the bars at both ends are optional."""
    inner = line.strip().removeprefix("|")
    cells = [cell.replace("\\|", "|").strip() for cell in _PIPE.split(inner)]
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _is_rule(line: str) -> bool:
    return "|" in line and all(_RULE.fullmatch(cell) for cell in _cells(line))
