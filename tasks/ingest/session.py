"""One ingest: what is known is skipped, what is new is read, and both are written as the ledger's one writer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

import msgspec

from storage import settings
from storage.crashpoint import crashpoint
from storage.records import IngestedFile
from storage.workspace import Workspace
from tasks.common.redact import Redactor
from tasks.ingest.kept_text import kept
from tasks.ingest.known import Known, KnownFile
from tasks.ingest.parsed import Parsed
from tasks.ingest.parsing import take
from tasks.ingest.reading import Input, inputs, sha256_of
from tasks.ingest.store import Assignment, Copy, Identity, Writer, writing

BATCH_RECORDS: Final = 20_000
"""Records that are held before they are merged into the ledger: bounds memory, and how often history is looked up."""
BATCH_TEXT: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class FileIngested:
    """What became of one file or archive member. `known`: it was taken in before and did not change."""

    path: str
    format: str
    units: int = 0
    stored: int = 0
    merged: int = 0
    ignored: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    known: bool = False
    notice: str | None = None


@dataclass(frozen=True)
class Wanted:
    """A file to take in: where it is, the name it goes by, and what the workspace says of it."""

    path: Path
    name: str
    source: settings.Source

    def agent_of(self, name: str) -> str | None:
        """The agent that the workspace gives the file, or member, of that name to."""
        for pattern, agent in self.source.agents.items():
            if fnmatch(name, pattern) or fnmatch(str(self.path), pattern) or fnmatch(self.path.name, pattern):
                return agent
        return self.source.agent


@dataclass(frozen=True)
class Found:
    """An input of a wanted file: its name without secrets, the hash of its bytes, and the identity of its file."""

    wanted: Wanted
    source: Input
    name: str
    sha256: str
    identity: str | None


class Session:
    """One ingest: what is known, what is read and not yet written, and the open transaction, if there is one."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        self.workspace = workspace
        self.limits = workspace.settings.limits
        self.files: list[FileIngested] = []
        self.stack = ExitStack()
        self._now = now
        self._redactor = Redactor(workspace.secret("redaction-key"), pii=workspace.settings.redact.pii)
        self._known = Known.read(workspace)
        self._writer: Writer | None = None
        self._pending = Parsed()
        self._text = 0
        self._paths: list[str] = []
        self._rows: list[IngestedFile] = []
        self._copies: list[Copy] = []
        self._assignments: list[Assignment] = []
        self._identities: list[Identity] = []
        self._later: list[Found] = []
        self._progressed: Callable[[int], None] | None = None

    def take_file(self, wanted: Wanted, identity: str | None, progressed: Callable[[int], None] | None = None) -> None:
        """Takes in a file, or each member of an archive. What cannot be opened is told and loses nothing else.

        A file that its `identity` tells to be as it was is not opened. `progressed` is told how many bytes of it were
        read, while it is read.
        """
        self._progressed = progressed
        if unchanged := self._known.unchanged(wanted.name, identity, wanted.source.format):
            for known in unchanged:
                self._skip(wanted, known)
            return
        try:
            for source in inputs(wanted.path, wanted.name, self.limits):
                self._take_input(Found(wanted, source, self._clean(source.name), sha256_of(source), identity))
        except OSError as error:
            name = self._clean(wanted.name)
            self.files.append(FileIngested(name, "unreadable", notice=f"cannot be read: {error.strerror or error}"))

    def _clean(self, name: str) -> str:
        """A name without secrets; one that the ledger has is clean."""
        return name if self._known.at(name) else self._redactor.scope().text(name)

    def _take_input(self, found: Found) -> None:
        asserted = found.wanted.source.format
        known = self._known.at(found.name)
        if known and self._known.same(known, found.sha256, asserted):
            self._skip(found.wanted, known)
            if found.identity and found.identity != known.identity:
                self._identities.append(
                    Identity(path=known.path, identity=found.identity, inputs=found.source.together)
                )
        elif self._known.elsewhere(found.name, found.sha256, asserted):
            self._later.append(found)
        else:
            self._parse(found)

    def _skip(self, wanted: Wanted, known: KnownFile) -> None:
        if agent := wanted.agent_of(known.path):
            self._assignments.append(Assignment(path=known.path, agent=agent))
        self.files.append(FileIngested(known.path, known.format, known=True))

    def _parse(self, found: Found) -> None:
        wanted, name = found.wanted, found.name
        agent, scope = wanted.agent_of(name), self._redactor.scope()
        taken = take(found.source, name, wanted.source.format, agent, self.limits, scope, wanted.source.mapping)
        self._paths.append(name)
        for batch in taken.batches:
            self._add(kept(batch, wanted.source))
            if self._progressed and found.source.together == 1:
                self._progressed(taken.packed.count)
        crashpoint("ingest.after_parse")
        self._remember(found, taken.row(self._now), taken.notice)
        if self._writer:
            self.commit()

    def _remember(self, found: Found, row: IngestedFile, notice: str | None) -> None:
        row = msgspec.structs.replace(row, identity=found.identity, inputs=found.source.together)
        self._known.put(row)
        self._rows.append(row)
        self.files.append(_told(row, notice))

    def take_copies(self) -> None:
        """Records files whose bytes are known under another path; where that path has moved on, they are parsed."""
        self._progressed = None
        for found in self._later:
            original = self._known.elsewhere(found.name, found.sha256, found.wanted.source.format)
            if original is None:
                self._parse(found)
                continue
            self._remember(found, original.copied_to(found.name, self._now), f"the same bytes as {original.path}")
            self._copies.append(Copy(path=found.name, original=original.path))

    def _add(self, batch: Parsed) -> None:
        self._pending.take(batch)
        self._text += sum(len(message.text or "") for message in batch.messages)
        if self._pending.records >= BATCH_RECORDS or self._text >= BATCH_TEXT:
            self._write()

    def _write(self) -> None:
        """Merges what is held into the transaction, which is begun here."""
        if self._writer is None:
            self._writer = self.stack.enter_context(writing(self.workspace))
        crashpoint("ingest.before_merge")
        self._writer.add(self._pending, self._paths)
        crashpoint("ingest.after_merge")
        self._pending, self._text = Parsed(), 0

    def commit(self) -> None:
        """Writes all that was read, with what became of the files, and closes the ledger."""
        if not (self._writer or self._rows or self._assignments or self._identities):
            return
        self._write()
        assert self._writer
        self._writer.finish(self._rows, self._copies)
        self._writer.identify(self._identities)
        self._writer.assign(self._assignments)
        self._writer = None
        crashpoint("ingest.before_commit")
        self.stack.close()
        crashpoint("ingest.after_commit")
        self._paths, self._rows, self._copies, self._assignments, self._identities = [], [], [], [], []


def _told(row: IngestedFile, notice: str | None) -> FileIngested:
    return FileIngested(
        row.path, row.format, row.units, row.stored, row.merged, row.ignored, row.quarantined, notice=notice
    )  # fmt: skip
