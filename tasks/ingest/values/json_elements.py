"""The elements of a JSON array one by one, so that a broken one does not take the others with it."""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from storage.records import Quarantined
from tasks.ingest.source import Source
from tasks.ingest.values.json_values import DECODER, Invalid, JsonObject, decode_at

_CHUNK: Final = 1024 * 1024
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_MAYBE_ELEMENT: Final = re.compile(r",[ \t\r\n]*(?=\{[ \t\r\n]*\")")
_TRIES: Final = 10_000
_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")  # how surrogateescape writes a byte that is not UTF-8


class Document:
    """A JSON document and the place that reading has come to (`at`, an index into `text`)."""

    def __init__(self, source: Source, decoder: json.JSONDecoder = DECODER) -> None:
        self.source, self._decoder = source, decoder
        data = read_bytes(source)
        self.cut = source.cut(data)
        """Why the document is not whole, where it is too long to be."""
        self.text = data.decode("utf-8", "surrogateescape")
        self._utf8 = _NOT_UTF8.search(self.text) is None
        self.at = 0
        self._known = (0, 0, 1)  # an index into `text`, with its byte and line
        self.skip("\ufeff")

    def skip(self, character: str) -> bool:
        """Whether the character comes next, white space aside; if so it is passed."""
        self._space()
        found = self.text.startswith(character, self.at)
        self.at += len(character) * found
        return found

    def at_end(self) -> bool:
        """Whether only white space is left."""
        self._space()
        return self.at == len(self.text)

    def value(self) -> object:
        """The JSON value that comes next; it is passed. Raises Invalid, and then nothing is passed."""
        self._space()
        value, self.at = decode_at(self.text, self.at, self._decoder)
        return value

    def elements(self, is_element: Callable[[JsonObject], bool]) -> Iterator[tuple[int, JsonObject] | Quarantined]:
        """The objects of an array whose bracket is passed, each with its index; what is broken as its entry.

        After a broken element reading goes on at the next object that `is_element` accepts. A file that is
        cut off ends with an entry, also if the cut is between two elements.
        """
        while not self.skip("]"):
            self._space()
            start = self.at
            if self.at_end():
                yield self.quarantined(start, self.cut or "the array is not closed: the file is cut off")
                return
            try:
                value = self.value()
            except Invalid as error:
                self.at = self._next_element(start, is_element)
                ends = self.at == len(self.text)
                yield self.quarantined(start, (self.cut if ends else None) or str(error))
                if ends:
                    return
            else:
                yield self._element(start, value)
            self.skip(",")

    def quarantined(self, start: int, reason: str) -> Quarantined:
        """The entry for what stands between `start` and `at`."""
        if start < self._known[0]:
            self._known = (0, 0, 1)
        at, offset, line = self._known
        passed = self.text[at:start].encode("utf-8", "surrogateescape")
        self._known = (start, offset + len(passed), line + passed.count(b"\n"))
        data = self.text[start : self.at].encode("utf-8", "surrogateescape")
        return self.source.quarantined(self._known[2], self._known[1], reason, data)

    def _element(self, start: int, value: object) -> tuple[int, JsonObject] | Quarantined:
        if not self._utf8 and _NOT_UTF8.search(self.text, start, self.at):
            return self.quarantined(start, "not UTF-8")
        if not isinstance(value, dict):
            return self.quarantined(start, "the element is not an object")
        return start, value

    def _next_element(self, start: int, is_element: Callable[[JsonObject], bool]) -> int:
        """Where the comma before the next whole element stands; the end of the text if none is found."""
        at = start
        for _ in range(_TRIES):
            found = _MAYBE_ELEMENT.search(self.text, at)
            if found is None:
                break
            try:
                value, end = decode_at(self.text, found.end(), self._decoder)
            except Invalid:
                at = found.end()
                continue
            if isinstance(value, dict) and is_element(value):
                return found.start()
            at = end
        return len(self.text)

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at


def cut_off(source: Source, data: bytes) -> list[Quarantined]:
    """The entry for what was not read of a document that is too long, after these bytes of it; none if it is whole."""
    reason = source.cut(data)
    return [source.quarantined(data.count(b"\n") + 1, len(data), reason, b"")] if reason else []


def read_bytes(source: Source, limit: int | None = None) -> bytes:
    """The bytes of an input; of one longer than `limit` (default: a document's), one byte more than that.

    Of a damaged archive, those before the damage.
    """
    limit = (source.limits.document_bytes if limit is None else limit) + 1
    held = io.BytesIO()  # its value is taken without another copy
    try:
        while held.tell() < limit:
            if not (chunk := source.stream.read(min(_CHUNK, limit - held.tell()))):
                break
            held.write(chunk)
    except (EOFError, OSError, zlib.error):
        pass  # the end of the document is then missing, and is quarantined as such
    return held.getvalue()
