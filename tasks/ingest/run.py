"""New logs into the ledger: find, hash, recognise, parse, redact, store, publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from storage import settings
from storage.crashpoint import crashpoint
from storage.errors import NotFound
from storage.ledger import publish
from storage.opening import writing
from storage.workspace import SETTINGS_FILE, Workspace, files_of
from tasks.ingest import registry
from tasks.ingest.known import Standing
from tasks.ingest.mapping import MAPPED, mapping_for, marked
from tasks.ingest.session import FileIngested, Session, Wanted
from tasks.ingest.store import price

Progress = Callable[[int, int, str], None]
"""Told bytes done, bytes in all, and the file that is being read."""


@dataclass(frozen=True)
class Ingested:
    """What an ingest did, file by file; the totals count what was read now, known files apart."""

    files: list[FileIngested]
    published: bool

    @property
    def read(self) -> list[FileIngested]:
        """Files that were new or had changed."""
        return [file for file in self.files if not file.known]

    @property
    def known(self) -> int:
        """Files that were skipped, as nothing in them is new."""
        return len(self.files) - len(self.read)

    @property
    def units(self) -> int:
        """Units of input read now."""
        return sum(file.units for file in self.read)

    @property
    def stored(self) -> int:
        """Units that made a record."""
        return sum(file.stored for file in self.read)

    @property
    def merged(self) -> int:
        """Units that repeat or complete others."""
        return sum(file.merged for file in self.read)

    @property
    def ignored(self) -> int:
        """Units that hold nothing the ledger keeps; the reasons are with the files."""
        return sum(sum(file.ignored.values()) for file in self.read)

    @property
    def quarantined(self) -> int:
        """Units that could not be read."""
        return sum(file.quarantined for file in self.read)

    @property
    def notices(self) -> list[str]:
        """What a person should know, one line each."""
        return [f"{file.path}: {file.notice}" for file in self.files if file.notice]


def ingest_paths(
    workspace: Workspace,
    paths: Sequence[Path],
    *,
    format: str | None = None,  # noqa: A002  the command's own word
    agent: str | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> Ingested:
    """Takes in files, folders and globs; `format` is asserted where given, `agent` is whose runs these are.

    Raises UsageError for an unknown format, a path that names no regular file, and one that no mapping is for.
    """
    return _ingest(workspace, named_files(workspace, paths, format, agent), now, progress)


def ingest_sources(workspace: Workspace, *, now: datetime, progress: Progress | None = None) -> Ingested:
    """Takes in all sources of the workspace. A source that names no file yet is no error. Raises as `ingest_paths`."""
    return _ingest(workspace, source_files(workspace), now, progress)


def named_files(workspace: Workspace, paths: Sequence[Path], form: str | None, agent: str | None) -> list[Wanted]:
    """The files that paths name; those of format `mapped` with the workspace's mapping. Raises as `ingest_paths`."""
    wanted: list[Wanted] = []
    for path in paths:
        mapping = mapping_for(workspace, path) if form == MAPPED else {}
        source = marked(settings.Source(path=str(path), format=form, agent=agent, mapping=mapping))
        found = files_of(path)
        if not found:
            raise NotFound(
                "no such file" if not path.exists() else "nothing to read here", where=str(path),
                accepted="regular files, folders of them, globs", next_command="agentre ingest PATH",
            )  # fmt: skip
        wanted += [Wanted(file, str(file), source) for file in found]
    return wanted


def source_files(workspace: Workspace) -> list[Wanted]:
    """The files of all sources of the workspace, by their names within it. Raises as `ingest_paths`."""
    root, where = f"{workspace.root}/", str(workspace.root / SETTINGS_FILE)
    sources = [(marked(source, where), files) for source, files in workspace.sources()]
    return [Wanted(file, str(file).removeprefix(root), source) for source, files in sources for file in files]


def _ingest(workspace: Workspace, wanted: Sequence[Wanted], now: datetime, progress: Progress | None) -> Ingested:
    for asserted in {item.source.format for item in wanted if item.source.format}:
        registry.named(asserted)
    session = Session(workspace, now)
    standings = [_standing(item.path, now) for item in wanted]
    total, done = sum(standing.size for standing in standings), 0
    with session.stack:
        for item, standing in zip(wanted, standings, strict=True):
            told = partial(_tell, progress, done, standing.size, total, item.name) if progress else None
            session.take_file(item, standing.identity, told)
            done += standing.size
            if progress:
                progress(done, total, item.name)
        session.take_copies()
        session.commit()
    with writing(workspace, "pricing") as ledger:
        price(workspace, ledger)
    crashpoint("ingest.before_publish")
    return Ingested(session.files, publish(workspace.ledger, workspace.read_copy))


def _tell(progress: Progress, before: int, size: int, total: int, name: str, read: int) -> None:
    progress(before + min(read, size), total, name)  # a file that grows is read only as far as it was when opened


def _standing(path: Path, now: datetime) -> Standing:
    try:
        return Standing.of(path, now)
    except OSError:  # told when it is opened
        return Standing(0, None)
