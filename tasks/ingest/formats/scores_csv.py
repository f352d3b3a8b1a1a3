"""Scores as CSV: a header with date, agent, task, success, autonomy, efficiency, notes, and a row per task."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Final, NamedTuple

from tasks.ingest.families.score_rows import ScoreRows, columns_of
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.json_elements import cut_off, read_bytes
from tasks.ingest.values.json_values import Invalid

NAME = "scores-csv"
UNIT = "data row"
TELLS = (
    "Scores from 1 to 5 with their day, agent, task and scorer (a person unless scorer_kind says otherwise); "
    "which run was scored only where there is a run_id column; times without a zone are taken as UTC."
)

_DELIMITERS: Final = (",", ";", "\t")
_BOM: Final = b"\xef\xbb\xbf"


class _Row(NamedTuple):
    """A row where it begins (1-based line, 0-based byte), its bytes, and its cells or why there are none."""

    line: int
    offset: int
    data: bytes
    cells: list[str] | Invalid


def detect(head: bytes, path: str) -> bool:
    """A first line that is the header of a score table."""
    return _header(head) is not None


def parse(source: Source) -> Iterator[Parsed]:
    """A batch per row, and the scores at the end."""
    data = read_bytes(source)
    header = _header(data)
    if header is None:
        reason = "the first line is not the header of a score table"
        yield Parsed(quarantined=[source.quarantined(1, 0, reason, data)] if data.strip() else [])
        return
    delimiter, columns, start = header
    rows = ScoreRows(source)
    for row in _rows(data, start, delimiter, source.limits.row_lines):
        try:
            if isinstance(row.cells, Invalid):
                raise row.cells
            yield rows.add(columns, row.cells)
        except Invalid as error:
            yield Parsed(quarantined=[source.quarantined(row.line, row.offset, str(error), row.data)])
    yield Parsed(scores=rows.scores(), quarantined=cut_off(source, data))


def _header(data: bytes) -> tuple[str, dict[str, int], int] | None:
    """Delimiter, columns, and how many lines there are up to the first row."""
    for number, line in enumerate(data.removeprefix(_BOM).splitlines(), 1):
        text = line.decode("utf-8", "replace")
        if not text.strip() or text.lower().startswith("sep="):  # what Excel writes to name the delimiter
            continue
        for delimiter in _DELIMITERS:
            cells = _cells(text, delimiter)
            columns = columns_of(cells) if isinstance(cells, list) else None
            if columns:
                return delimiter, columns, number
        return None
    return None


def _rows(data: bytes, start: int, delimiter: str, most: int) -> Iterator[_Row]:
    lines = data.splitlines(keepends=True)
    offset, at = sum(map(len, lines[:start])), start
    while at < len(lines):
        cells, taken = _cells(_text(lines[at]), delimiter), 1
        while cells is None and taken < most and at + taken < len(lines):
            taken += 1
            cells = _cells(_text(b"".join(lines[at : at + taken])), delimiter)
        if cells is None or isinstance(cells, Invalid):
            cells, taken = (
                cells or Invalid(f"not CSV: a quote stays open to the end, or over {most} lines (limits.row_lines)"),
                1,
            )
        row = b"".join(lines[at : at + taken])
        if row.strip():
            yield _Row(at + 1, offset, row.rstrip(b"\r\n"), cells)
        offset, at = offset + len(row), at + taken


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _cells(text: str, delimiter: str) -> list[str] | Invalid | None:
    """The cells of a row; None if a quote is still open; Invalid if the row breaks CSV's grammar."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        return None if str(error) == "unexpected end of data" else Invalid(f"not CSV: {error}")
