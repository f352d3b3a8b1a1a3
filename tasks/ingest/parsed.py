"""What a parser hands over: records of the ledger, and the fate of every unit of the input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from storage.records import Message, ModelCall, Quarantined, Record, Run, Score, ToolCall
from tasks.ingest.source import Source


class LoggedEvent(Record, frozen=True, kw_only=True):
    """A thing that a log says happened, on its way to `events`. `payload` is JSON text, so it is redacted as text."""

    event_id: str
    kind: str
    at: datetime
    agent: str | None
    subject: str | None
    payload: str


class SpanLink(Record, frozen=True, kw_only=True):
    """That one span stands inside another, told where that may matter to calls of other files; ids as calls have."""

    run_id: str
    inner_id: str
    outer_id: str


@dataclass
class Parsed:
    """A batch of records with the fates of the units that they came from.

    A unit is what the format counts: a line, a span, a trajectory, a table row. Each has one fate: stored
    (it made a record), merged (it repeats or completes what another unit stored), ignored (with a reason),
    or quarantined.
    """

    runs: list[Run] = field(default_factory=list)
    model_calls: list[ModelCall] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    events: list[LoggedEvent] = field(default_factory=list)
    links: list[SpanLink] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    stored: int = 0
    merged: int = 0
    ignored: Counter[str] = field(default_factory=Counter)

    @property
    def records(self) -> int:
        """Records and quarantine entries that the batch holds."""
        calls = len(self.model_calls) + len(self.tool_calls) + len(self.events) + len(self.links)
        return len(self.runs) + calls + len(self.messages) + len(self.scores) + len(self.quarantined)

    def take(self, other: Parsed) -> None:
        """Adds another batch to this one."""
        self.runs += other.runs
        self.model_calls += other.model_calls
        self.tool_calls += other.tool_calls
        self.messages += other.messages
        self.scores += other.scores
        self.events += other.events
        self.links += other.links
        self.quarantined += other.quarantined
        self.stored += other.stored
        self.merged += other.merged
        self.ignored.update(other.ignored)

    @property
    def units(self) -> int:
        """Units of input that this batch accounts for."""
        return self.stored + self.merged + sum(self.ignored.values()) + len(self.quarantined)


class Format(Protocol):
    """One log format: a module of `tasks/ingest/formats` with these names. Adding a format is adding a file."""

    NAME: str
    """As written in `agentre.yaml` and in the ledger, e.g. `claude-code`."""
    UNIT: str
    """What one unit of input is, in the singular, e.g. `line`."""
    TELLS: str
    """What the format can and cannot tell, one sentence for `agentre doctor --formats`."""

    def detect(self, head: bytes, path: str) -> bool:
        """Whether input that begins like this (up to 64 KiB) is of this format; decided by content."""
        ...

    def parse(self, source: Source) -> Iterator[Parsed]:
        """Batches of records, bounded in size. Bad data is quarantined: no exception leaves a parser."""
        ...
