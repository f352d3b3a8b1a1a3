"""One input as a parser sees it: a path to name it by, its bytes, and where each line stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from storage.records import Quarantined, sha256_hex
from storage.settings import Limits, MappedField


@dataclass(frozen=True)
class Line:
    """A line without its end, where it stands (1-based line, 0-based byte of the unpacked input)."""

    number: int
    offset: int
    data: bytes


@dataclass(frozen=True)
class Source:
    """An open input. `path` is as given, `archive.zip!member` within an archive; `stream` is unpacked.

    `agent` and `agents` come from the workspace's mapping; a parser uses `agent_or(own)` to settle whose run
    it is. `limits` are the bounds of what is read. `mapping` is for the format `mapped` alone.
    """

    path: str
    stream: BinaryIO
    agent: str | None = None
    limits: Limits = field(default_factory=Limits)
    mapping: Mapping[str, str | MappedField] = field(default_factory=dict)

    def agent_or(self, *own: str | None) -> str | None:
        """The agent of a run: the workspace's mapping, else the first that the log itself names."""
        return self.agent or next((name for name in own if name), None)

    def lines(self) -> Iterator[Line | Quarantined]:
        """Lines that are not blank, in order; a line over the bound comes as its quarantine entry.

        Never holds more than `limits.line_bytes` of a line.
        """
        most = self.limits.line_bytes
        number = offset = 0
        while data := self.stream.readline(most + 1):
            number += 1
            start, offset = offset, offset + len(data)
            if len(data) > most and not data.endswith(b"\n"):
                digest = hashlib.sha256(data)
                while data and not data.endswith(b"\n"):
                    data = self.stream.readline(most)
                    digest.update(data)
                    offset += len(data)
                yield Quarantined(
                    file=self.path,
                    line=number,
                    byte_offset=start,
                    reason=self.long_line,
                    bytes_sha256=digest.hexdigest(),
                )
            elif (stripped := data.strip(b"\r\n")) and not stripped.isspace():
                yield Line(number, start, stripped)

    @property
    def long_line(self) -> str:
        """Why a line over the bound is not read."""
        return f"line longer than {self.limits.line_bytes} bytes (limits.line_bytes)"

    def cut(self, data: bytes) -> str | None:
        """Why a document ends early, of which these bytes were read (`read_bytes`); None if it does not."""
        most = self.limits.document_bytes
        return f"the document is longer than {most} bytes (limits.document_bytes)" if len(data) > most else None

    def quarantined(self, line: int, offset: int, reason: str, data: bytes) -> Quarantined:
        """The entry for input that could not be read, by the digest of its bytes."""
        return Quarantined(file=self.path, line=line, byte_offset=offset, reason=reason, bytes_sha256=sha256_hex(data))
