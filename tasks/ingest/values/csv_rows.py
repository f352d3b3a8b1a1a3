"""Rows of a CSV of any size as objects by their header, each where it stands, the broken ones apart."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from storage.records import Quarantined
from tasks.ingest.source import Source
from tasks.ingest.values.json_records import JsonRecord
from tasks.ingest.values.json_values import Invalid, JsonObject

DELIMITERS: Final = (",", ";", "\t", "|")
_BOM: Final = b"\xef\xbb\xbf"


class _Line(NamedTuple):
    number: int
    offset: int
    data: bytes


def csv_records(source: Source) -> Iterator[JsonRecord | Quarantined]:
    """The rows below the header, as objects by the names of its columns; an empty cell is None."""
    csv.field_size_limit(source.limits.line_bytes)
    lines = _Lines(source)
    header: list[str] | None = None
    delimiter = ","
    while line := lines.next():
        if len(line.data) > source.limits.line_bytes:
            yield _refused(source, line, line.data, source.long_line)
            continue
        if not line.data.strip(b"\r\n\t ,;|") or (header is None and line.data.lower().startswith(b"sep=")):
            continue
        if header is None:
            delimiter = max(DELIMITERS, key=line.data.decode("utf-8", "replace").count)
        data, found = _row(lines, line, delimiter, source.limits.row_lines)
        try:
            cells = _told(found)
            if header is not None:
                yield JsonRecord(_object(header, cells), partial(_refused, source, line, data))
                continue
            header = [cell.strip() for cell in cells]
            if len(set(header)) != len(header):
                raise Invalid("two columns have one name")
        except Invalid as error:
            yield _refused(source, line, data, str(error))
            if header is None or len(set(header)) != len(header):
                return


class _Lines:
    """The lines of a source with their ends, where a line can be given back."""

    def __init__(self, source: Source) -> None:
        self._stream, self._bound = source.stream, source.limits.line_bytes
        self._back: deque[_Line] = deque()
        self._number = self._offset = 0

    def next(self) -> _Line | None:
        """The next line; of one over the bound, its first bytes, which are one more than the bound."""
        if self._back:
            return self._back.popleft()
        data = self._stream.readline(self._bound + 1)
        if not data:
            return None
        self._number += 1
        start, self._offset = self._offset, self._offset + len(data)
        rest = data
        while len(rest) > self._bound and not rest.endswith(b"\n") and (rest := self._stream.readline(self._bound + 1)):
            self._offset += len(rest)
        return _Line(self._number, start, data.removeprefix(_BOM) if start == 0 else data)

    def give_back(self, lines: list[_Line]) -> None:
        """Lines that were taken and not used come again, in their order."""
        self._back.extendleft(reversed(lines))


def _row(lines: _Lines, first: _Line, delimiter: str, most: int) -> tuple[bytes, list[str] | str]:
    """The bytes of the row that begins on a line, and its cells or why there are none."""
    taken: list[_Line] = []
    data = first.data
    while True:
        cells = _cells(data, delimiter)
        if cells is not None:
            return data.rstrip(b"\r\n"), cells
        more = lines.next() if len(taken) + 1 < most else None
        if more is None:
            lines.give_back(taken)
            return first.data.rstrip(
                b"\r\n"
            ), f"not CSV: a quote stays open to the end, or over {most} lines (limits.row_lines)"
        taken.append(more)
        data += more.data


def _cells(data: bytes, delimiter: str) -> list[str] | str | None:
    """The cells of a row; None if a quote is still open; the reason if the row breaks CSV's grammar."""
    try:
        text = data.decode()
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except UnicodeDecodeError:
        return "not UTF-8"
    except csv.Error as error:
        return None if str(error) == "unexpected end of data" else f"not CSV: {error}"


def _refused(source: Source, line: _Line, data: bytes, reason: str) -> Quarantined:
    return source.quarantined(line.number, line.offset, reason, data)


def _told(found: list[str] | str) -> list[str]:
    if isinstance(found, str):
        raise Invalid(found)
    return found


def _object(header: list[str], cells: list[str]) -> JsonObject:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise Invalid("the row has more cells than the header")
    return {name: cell or None for name, cell in zip(header, cells, strict=False)}
