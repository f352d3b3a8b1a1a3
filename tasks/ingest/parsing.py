"""One input through its format: redacted batches, and what became of every unit."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from storage.records import IngestedFile, Quarantined
from storage.settings import Limits, MappedField
from tasks.common.redact import Redactor
from tasks.ingest import registry
from tasks.ingest.known import UNKNOWN
from tasks.ingest.parsed import Format, Parsed
from tasks.ingest.reading import Headed, Input, Packed, Unpacked, head_of
from tasks.ingest.source import Source
from tasks.ingest.store import redacted

EMPTY: Final = "empty"
GATHERED: Final = 2_000
"""Records that are scanned for secrets together."""


@dataclass
class Taken:
    """An input that is being read: iterate `batches` to its end, then ask for its `row`."""

    path: str
    packed: Packed
    unpacked: Unpacked
    head: bytes
    format: Format | None
    agent: str | None
    limits: Limits
    redactor: Redactor
    mapping: Mapping[str, str | MappedField] = field(default_factory=dict)
    mark: str = ""
    notice: str | None = None
    counted: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    sha256: str = ""

    @property
    def batches(self) -> Iterator[Parsed]:
        """Redacted batches, bounded in size; the last one may hold the entry of a cut or of an unknown format."""
        for parsed in gathered(self._parsed()):
            yield self._counted(parsed)
        self.sha256 = self.packed.finish()
        if reason := self._broken():
            self.notice = self.notice or reason
            yield self._counted(Parsed(quarantined=[self._entry(reason)]))

    def row(self, now: datetime) -> IngestedFile:
        """The file's row of the ledger: units = stored + merged + ignored + quarantined."""
        ignored = {self.redactor.text(reason): n for reason, n in sorted(self.ignored.items())}
        fates = (self.counted["stored"], self.counted["merged"], self.counted["quarantined"])
        return IngestedFile(
            path=self.path, sha256=self.sha256, bytes=self.packed.count, units=sum(fates) + sum(ignored.values()),
            format=self._name(),
            stored=fates[0], merged=fates[1], ignored=ignored, quarantined=fates[2], ingested_at=now,
        )  # fmt: skip

    def _name(self) -> str:
        if self.format:
            return self.format.NAME + self.mark
        return UNKNOWN if self.packed.count or self.unpacked.cut else EMPTY

    def _parsed(self) -> Iterator[Parsed]:
        if self.format is None:
            return
        stream = io.BufferedReader(Headed(self.head, self.unpacked), registry.HEAD_BYTES)
        source = Source(self.path, stream, self.agent, self.limits, self.mapping)
        try:
            yield from self.format.parse(source)
        except Exception as error:  # noqa: BLE001  a format's own mistake must not lose the other files
            self.notice = f"the {self.format.NAME} parser failed: {type(error).__name__}"

    def _broken(self) -> str | None:
        if self.unpacked.cut:
            return self.unpacked.cut
        if self.format is None and self.head:
            return "format not recognised: `agentre doctor --formats` lists the known, a `mapping:` reads others"
        return self.notice

    def _entry(self, reason: str) -> Quarantined:
        """The entry for the rest of an input: where reading ended, by the digest of the whole."""
        line, offset = (self.unpacked.lines + 1, self.unpacked.count) if self.format else (1, 0)
        return Quarantined(file=self.path, line=line, byte_offset=offset, reason=reason, bytes_sha256=self.sha256)

    def _counted(self, parsed: Parsed) -> Parsed:
        self.counted["stored"] += parsed.stored
        self.counted["merged"] += parsed.merged
        self.counted["quarantined"] += len(parsed.quarantined)
        self.ignored.update(parsed.ignored)
        return redacted(parsed, self.redactor)


def gathered(batches: Iterator[Parsed]) -> Iterator[Parsed]:
    """Small batches put together: a scan for secrets costs much less per text when there are many."""
    held = Parsed()
    for batch in batches:
        held.take(batch)
        if held.records >= GATHERED:
            yield held
            held = Parsed()
    yield held


def take(
    source: Input,
    path: str,
    asserted: str | None,
    agent: str | None,
    limits: Limits,
    redactor: Redactor,
    mapping: Mapping[str, str | MappedField] | None = None,
) -> Taken:
    """Opens an input and recognises its format, by its first bytes or as asserted, perhaps with a mapping's mark."""
    packed = Packed(source)
    unpacked = Unpacked(packed, limits)
    head = head_of(unpacked, registry.HEAD_BYTES)
    form = None
    if head:
        form = registry.named(asserted) if asserted else registry.detected(head, path)
    mark = "".join((asserted or "").partition(":")[1:])
    return Taken(path, packed, unpacked, head, form, agent, limits, redactor, mapping or {}, mark)
