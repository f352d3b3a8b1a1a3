"""The objects of a JSON file, whether it is JSON lines, an array, one object, or several of these in a row."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple, cast

from storage.records import Quarantined
from tasks.ingest.reading import Headed
from tasks.ingest.source import Line, Source
from tasks.ingest.values.json_elements import Document
from tasks.ingest.values.json_values import Invalid, JsonObject, decode, object_of

_BOM: Final = b"\xef\xbb\xbf"
_DEPTH: Final = 300
_UNFINISHED: Final = (b"{", b"[", b",")


class JsonRecord(NamedTuple):
    """An object of the input. `refused(reason)` is the quarantine entry for it or for a part of it."""

    value: JsonObject
    refused: Callable[[str], Quarantined]


def json_records(source: Source) -> Iterator[JsonRecord | Quarantined]:
    """The objects in order; what is not one, or is broken, as its quarantine entry."""
    source, is_document = shape_of(source)
    if is_document:
        yield from document_records(Document(source))
        return
    for line in source.lines():
        yield line if isinstance(line, Quarantined) else line_record(source, line)


def line_record(source: Source, line: Line) -> JsonRecord | Quarantined:
    """The object on a line, or the line's quarantine entry."""
    try:
        value = object_of(decode(line.data) or None, "the line")
    except Invalid as error:
        return source.quarantined(line.number, line.offset, str(error), line.data)
    return JsonRecord(value, lambda reason: source.quarantined(line.number, line.offset, reason, line.data))


def document_records(document: Document) -> Iterator[JsonRecord | Quarantined]:
    """The objects of a document: the elements of its arrays, and the objects that stand alone."""
    while not document.at_end():
        start = document.at
        if document.skip("["):
            for item in document.elements(bool):
                if isinstance(item, Quarantined):
                    yield item
                else:
                    yield _document_record(document, item[0], document.at, item[1])
            continue
        try:
            value = object_of(document.value(), "the document")
        except Invalid as error:
            document.at = len(document.text)
            yield document.quarantined(start, document.cut or str(error))
        else:
            yield _document_record(document, start, document.at, value)


def weight(value: object) -> int:
    """About how many bytes of input a value was, by its texts. Raises Invalid for one that is nested too deeply."""
    size, level, depth = 0, [value], 0
    while level:
        if (depth := depth + 1) > _DEPTH:
            raise Invalid("nested too deeply")
        below: list[object] = []
        for item in level:
            size += len(item) + 4 if isinstance(item, str) else 8
            if isinstance(item, dict):
                size += sum(map(len, item))
                below += item.values()
            elif isinstance(item, list):
                below += item
        level = below
    return size


def _document_record(document: Document, start: int, end: int, value: JsonObject) -> JsonRecord:
    def refused(reason: str) -> Quarantined:
        here, document.at = document.at, end
        try:
            return document.quarantined(start, reason)
        finally:
            document.at = here

    return JsonRecord(value, refused)


def shape_of(source: Source) -> tuple[Source, bool]:
    """The source, still whole, and whether it is one document: an array, or an object over several lines."""
    first = source.stream.readline(source.limits.line_bytes + 1)
    stream = io.BufferedReader(Headed(first, cast(io.RawIOBase, source.stream)), 1024 * 1024)
    text = first.removeprefix(_BOM).strip()
    pretty = len(first) <= source.limits.line_bytes and text.startswith(b"{") and text.endswith(_UNFINISHED)
    return dataclasses.replace(source, stream=cast(BinaryIO, stream)), pretty or text.startswith(b"[")
