"""The spans of an input held by trace, within a bound, until their run is put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from storage.records import Quarantined
from tasks.ingest.families.span_records import TraceRecords
from tasks.ingest.families.spans import Span
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source

BATCH_BYTES: Final = 6 * 1024 * 1024
"""Input whose records are handed over at once."""


class _Trace:
    __slots__ = ("size", "spans")

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.size = 0


class Traces:
    """The traces of one input, in the order in which they were touched last.

    `system` names the namespace of the ids: formats that share one tell the same runs and calls. Beyond what is held
    (`limits.held_bytes`), traces untouched for longest are put together; what comes of them later is put together by
    itself, and meets the rest in the ledger by the ids of run and calls.
    """

    def __init__(self, source: Source, source_format: str, *, system: str = "otel") -> None:
        self._source, self._format, self._system = source, source_format, system
        self._held = source.limits.held_bytes
        self._traces: dict[str, _Trace] = {}
        self._size = 0
        self._last: str | None = None
        self.parsed = Parsed()
        """The next batch, where units that belong to no trace are counted."""

    def add(self, span: Span, size: int) -> None:
        """Holds a span that came with `size` bytes of input."""
        own = span.trace_id
        trace = self._traces.get(own)
        if trace is None:
            trace = self._traces[own] = _Trace()
        elif own != self._last:
            self._traces[own] = self._traces.pop(own)
        self._last = own
        trace.spans.append(span)
        trace.size += size
        self._size += size

    def refuse(self, entry: Quarantined) -> None:
        """Counts a unit that could not be read."""
        self.parsed.quarantined.append(entry)

    def ripe(self) -> Iterator[Parsed]:
        """Batches of what is beyond the bound, if anything is."""
        if self._size > self._held:
            while self._size > self._held // 2:
                yield self._batch()

    def rest(self) -> Iterator[Parsed]:
        """Batches of all that is held; at least one."""
        yield self._batch()
        while self._traces:
            yield self._batch()

    def _batch(self) -> Parsed:
        parsed, self.parsed = self.parsed, Parsed()
        size = 0
        while self._traces and size < BATCH_BYTES:
            own = next(iter(self._traces))
            trace = self._traces.pop(own)
            size += trace.size
            TraceRecords(self._source, self._format, self._system, own, parsed).add(trace.spans)
        self._size -= size
        return parsed
