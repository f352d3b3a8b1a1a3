"""What was taken in before: files by path, by the hash of their bytes, and by what the file system says of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from storage.opening import writing
from storage.records import IngestedFile
from storage.workspace import Workspace
from tasks.ingest import registry

UNKNOWN: Final = "unknown"
"""Format of a file that no format took for its own: it is tried again each time, as a format may have come."""
RACY_SECONDS: Final = 2
"""A file written this shortly before the ingest may change once more under the same times, as coarse as file systems
keep them (FAT: 2 s), so it is told by its bytes the next time too. Git's index has the same rule."""


@dataclass(frozen=True)
class Standing:
    """What the file system says of a file before it is read. `identity` is None where it could mislead."""

    size: int
    identity: str | None

    @classmethod
    def of(cls, path: Path, now: datetime) -> Standing:
        """`now`: not after the file is looked at. Raises OSError.

        The time of change is part of the identity: it moves with every write, and nobody can set it back.
        """
        state = path.stat()
        recent = max(state.st_mtime, state.st_ctime) >= now.timestamp() - RACY_SECONDS
        identity = f"{state.st_ino}:{state.st_size}:{state.st_mtime_ns}:{state.st_ctime_ns}"
        return cls(state.st_size, None if recent else identity)


class KnownFile(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A file that was taken in; `ignored` is the ledger's JSON."""

    path: str
    sha256: str
    bytes: int
    format: str
    units: int
    stored: int
    merged: int
    ignored: str
    quarantined: int
    identity: str | None
    inputs: int

    @classmethod
    def of(cls, row: IngestedFile) -> KnownFile:
        """What will be known of a file that is taken in now."""
        fields = {name: getattr(row, name) for name in cls.__struct_fields__}
        return cls(**fields | {"ignored": msgspec.json.encode(row.ignored).decode()})

    def read_as(self, asserted: str | None) -> bool:
        """Whether it was read, and as the format that is asserted now."""
        return self.format != UNKNOWN and asserted in (None, self.format)

    def copied_to(self, path: str, now: datetime) -> IngestedFile:
        """The row of another path with the same bytes: all that was stored there is merged here."""
        return IngestedFile(
            path=path, sha256=self.sha256, bytes=self.bytes, format=self.format, units=self.units, stored=0,
            merged=self.stored + self.merged, ignored=msgspec.json.decode(self.ignored), quarantined=self.quarantined,
            ingested_at=now,
        )  # fmt: skip


@dataclass
class Known:
    """All files of the ledger, and those that this ingest has added."""

    by_path: dict[str, KnownFile] = field(default_factory=dict)
    by_sha256: dict[str, KnownFile] = field(default_factory=dict)
    by_identity: dict[str, list[KnownFile]] = field(default_factory=dict)

    @classmethod
    def read(cls, workspace: Workspace) -> Known:
        """From the ledger; nothing where there is none yet."""
        known = cls()
        if workspace.ledger.exists():
            with writing(workspace, "ingest: known files") as ledger:
                for file in msgspec.convert(ledger.rows("ingest/known_files"), list[KnownFile]):
                    known._put(file)
        return known

    def unchanged(self, name: str, identity: str | None, asserted: str | None) -> Sequence[KnownFile]:
        """The inputs of the file on disk of that name and identity, where all of them are known; else nothing."""
        files = self.by_identity.get(identity or "", [])
        mine = [file for file in files if file.path == name or file.path.startswith(f"{name}!")]
        whole = bool(mine) and len(mine) == mine[0].inputs
        return mine if whole and all(file.read_as(asserted) for file in mine) else []

    def at(self, path: str) -> KnownFile | None:
        """The file of that path as it was taken in last."""
        return self.by_path.get(path)

    def same(self, file: KnownFile, sha256: str, asserted: str | None) -> bool:
        """Whether a file is as it was, and was read as the format that is asserted now."""
        return file.sha256 == sha256 and file.read_as(asserted)

    def elsewhere(self, path: str, sha256: str, asserted: str | None) -> KnownFile | None:
        """A file of another path with the same bytes that was read as the format asserted now.

        None for a format whose records depend on where the file is: it has to be read at each place.
        """
        file = self.by_sha256.get(sha256)
        if file is None or file.path == path or file.format in registry.by_place():
            return None
        return file if self.same(file, sha256, asserted) else None

    def put(self, row: IngestedFile) -> None:
        """Remembers a file that is taken in, in place of what its path held before."""
        self._put(KnownFile.of(row))

    def _put(self, file: KnownFile) -> None:
        if old := self.by_path.get(file.path):
            if self.by_sha256.get(old.sha256) is old:
                del self.by_sha256[old.sha256]
            if old.identity:
                self.by_identity[old.identity].remove(old)
        self.by_path[file.path] = file
        self.by_sha256.setdefault(file.sha256, file)
        if file.identity:
            self.by_identity.setdefault(file.identity, []).append(file)
