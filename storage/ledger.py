"""The only user of DuckDB: one writer at a time, opened late and closed early, migrated before anything else.

SQL stands in `storage/queries/<room>/<name>.sql`, one statement a file; parameters are bound, never pasted in.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

import duckdb
from filelock import FileLock, Timeout

from storage.arrow import Stage, arrow
from storage.crashpoint import crashpoint
from storage.errors import LedgerBusy, LedgerDamaged, LedgerNewer, NotFound, StorageFull, UsageError
from storage.records import Record, sha256_hex

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

HERE: Final = Path(__file__).parent
QUERIES: Final = HERE / "queries"
MIGRATIONS: Final = HERE / "migrations"
MEMORY_LIMIT: Final = "2GB"
"""What DuckDB may hold in memory; larger work spills to the workspace's own temporary folder."""


@cache
def sql(name: str) -> str:
    """The statement in `queries/<name>.sql`. Raises NotFound where there is none."""
    path = QUERIES / f"{name}.sql"
    if not path.is_file():
        raise NotFound(f"no query named {name}", where=str(path))
    return path.read_text(encoding="utf-8")


class Ledger:
    """An open ledger. Get one from `open_ledger` or `open_read_copy`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._stages: dict[str, Stage] = {}

    def run(self, name: str, **parameters: object) -> None:
        """Executes a statement of `queries/`."""
        self._connection.execute(sql(name), parameters)

    def rows(self, name: str, **parameters: object) -> list[dict[str, Any]]:
        """The rows of a query of `queries/`, as dictionaries."""
        return _dictionaries(self._connection.execute(sql(name), parameters))

    def frame(self, name: str, **parameters: object) -> pl.DataFrame:
        """The rows of a query of `queries/`, as a Polars frame."""
        return self._connection.execute(sql(name), parameters).pl()

    def batches(self, name: str, **parameters: object) -> pa.RecordBatchReader:
        """The rows of a query of `queries/` as Arrow batches, so that a large table is never held whole."""
        return self._connection.execute(sql(name), parameters).to_arrow_reader(100_000)

    def typed(self, text: str) -> tuple[list[str], list[dict[str, Any]]]:
        """Column names and rows of a query that a person typed. Raises UsageError for what DuckDB refuses."""
        try:
            result = self._connection.execute(text)
            names = _distinct([column[0] for column in result.description or []])
            return names, [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        except duckdb.Error as error:
            raise UsageError("the query was refused", got=str(error).strip()) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block is written, or nothing of it."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._stages.clear()
            with suppress(duckdb.Error):  # a full disk ends the transaction by itself; its error is what counts
                self._connection.execute("ROLLBACK")
            raise
        crashpoint("ledger.before_commit")
        self._connection.execute("COMMIT")

    @contextmanager
    def staged(self, **batches: Sequence[Record]) -> Iterator[None]:
        """Makes records readable as tables of the given names within the block; an empty batch is no table."""
        stages = [self._stage(name, arrow(records)) for name, records in batches.items() if records]
        try:
            yield
        finally:
            for stage in stages:
                stage.table = None

    def _stage(self, name: str, table: pa.Table) -> Stage:
        """The table under a name; one with other columns than the last of that name is registered anew."""
        if (stage := self._stages.get(name)) is None or stage.schema != table.schema:
            stage = self._stages[name] = Stage(table.schema)
            self._connection.register(name, stage)
        stage.table = table
        return stage

    def keep(self, name: str, kind: type[Record], records: Sequence[Record]) -> None:
        """Makes a temporary table of records, none included, that lasts as long as the ledger is open."""
        self._connection.register("kept_records", arrow(records, kind))
        statement = f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM kept_records'  # noqa: S608  a name of our own
        self._connection.execute(statement)
        self._connection.unregister("kept_records")

    def add(self, table: str, records: Sequence[Record], key: str) -> int:
        """Inserts the records whose `key` column is not there yet; returns how many. Safe to repeat."""
        if not records:
            return 0
        columns = ", ".join(f'"{name}"' for name in self.columns(table) if name in records[0].__struct_fields__)
        statement = (
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM new_records "  # noqa: S608  own names, no value
            f"WHERE {key} NOT IN (SELECT {key} FROM {table}) QUALIFY row_number() OVER (PARTITION BY {key}) = 1"
        )
        with self.staged(new_records=records):
            return int((self._connection.execute(statement).fetchone() or (0,))[0])

    def columns(self, table: str) -> list[str]:
        """Column names of a table, in its order."""
        return [row[0] for row in self._connection.execute(f"DESCRIBE {table}").fetchall()]


def _distinct(names: Sequence[str]) -> list[str]:
    """Column names with a number after those that stand for the second, third … column of their name."""
    return [f"{name}_{names[:i].count(name)}" if name in names[:i] else name for i, name in enumerate(names)]


def _dictionaries(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


class _Lock:
    """The writer's place in the queue, with who holds it written beside it for the one who waits."""

    def __init__(self, path: Path, wait_seconds: float, purpose: str) -> None:
        self._lock = FileLock(path.with_suffix(".lock"), timeout=wait_seconds)
        self._holder = path.with_suffix(".holder")
        self._purpose = purpose
        self._wait_seconds = wait_seconds

    def __enter__(self) -> None:
        try:
            self._lock.acquire()
        except Timeout as error:
            holder = self._holder.read_text() if self._holder.exists() else "another process"
            raise LedgerBusy(
                "the ledger is in use", where=str(self._lock.lock_file), got=f"held by {holder}",
                accepted=f"one writer at a time; waited {self._wait_seconds:g} s",
                next_command="try again, or `agentre doctor` to see what runs",
            ) from error  # fmt: skip
        self._holder.write_text(f"{self._purpose} (process {os.getpid()}, since {datetime.now(UTC):%H:%M:%S} UTC)")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._holder.unlink(missing_ok=True)
        self._lock.release()


@contextmanager
def open_ledger(path: Path, *, purpose: str, wait_seconds: float = 120) -> Iterator[Ledger]:
    """The ledger for writing: queues for its lock, migrates it where that is due, and closes it at the end.

    `purpose` is what a waiting process is told. Raises LedgerBusy after `wait_seconds`, LedgerNewer for one
    written by a newer version, LedgerDamaged for a file that is none, StorageFull where the disk is full.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _explained(path), _Lock(path, wait_seconds, purpose):
        connection = _connect(path, wait_seconds)
        try:
            _migrate(connection, path)
            yield Ledger(connection)
        finally:
            connection.close()  # takes what was committed from the log into the file


@contextmanager
def open_read_copy(path: Path) -> Iterator[Ledger]:
    """The published copy, read-only, with no way out of DuckDB: for queries that people type.

    Raises NotFound where nothing was published yet.
    """
    if not path.exists():
        raise NotFound("no read copy was published yet", where=str(path), next_command="agentre ingest")
    with _explained(path):
        connection = duckdb.connect(path, read_only=True, config={"memory_limit": MEMORY_LIMIT})
        try:
            connection.execute(
                "SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true"
            )
            yield Ledger(connection)
        finally:
            connection.close()


_UNREADABLE: Final = (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """DuckDB's and the system's errors as messages a person can act on."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        full = "No space left" in str(error) or getattr(error, "errno", None) == errno.ENOSPC
        if not full and not isinstance(error, _UNREADABLE):
            raise
        kind = StorageFull if full else LedgerDamaged
        what = "no space left on the disk; nothing was half written" if full else "the ledger cannot be read"
        raise kind(what, where=str(path), got=str(error).splitlines()[0], next_command="agentre doctor") from error


def _connect(path: Path, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    """Opens the file; a reader outside AgentRE may hold it, so waits as long as for the lock."""
    deadline = time.monotonic() + wait_seconds
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(path.with_suffix(".tmp")),
        "storage_compatibility_version": "v1.5.0",
    }
    while True:
        try:
            connection = duckdb.connect(path, config=config)
            break
        except duckdb.IOException as error:
            if "lock" not in str(error):
                raise
            if time.monotonic() >= deadline:
                raise LedgerBusy(
                    "the ledger is open in another program", where=str(path), got=str(error).splitlines()[0],
                    accepted="people and notebooks read the published copy, ledger-read.duckdb",
                ) from error  # fmt: skip
            time.sleep(0.2)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _migrate(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Applies what is missing, each file with its record in one transaction, after a backup of what is there."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migrations "
        "(name VARCHAR PRIMARY KEY, sha256 VARCHAR NOT NULL, applied_at TIMESTAMPTZ)"
    )
    applied = {row[0] for row in connection.execute("SELECT name FROM migrations").fetchall()}
    known = sorted(MIGRATIONS.glob("*.sql"))
    unknown = applied - {file.stem for file in known}
    if unknown:
        raise LedgerNewer(
            "this ledger was written by a newer AgentRE", where=str(path), got=", ".join(sorted(unknown)),
            accepted=f"migrations up to {known[-1].stem}", next_command="git pull && make setup",
        )  # fmt: skip
    due = [file for file in known if file.stem not in applied]
    if due and applied:
        _back_up(connection, path, due[0].stem)
    for file in due:
        text = file.read_text(encoding="utf-8")
        connection.execute("BEGIN")
        connection.execute(text)
        connection.execute("INSERT INTO migrations VALUES (?, ?, now())", [file.stem, sha256_hex(text.encode())])
        connection.execute("COMMIT")


def _back_up(connection: duckdb.DuckDBPyConnection, path: Path, before: str) -> None:
    connection.execute("CHECKPOINT")
    copy_file(path, path.parent / "backups" / f"before-{before}.duckdb")


def publish(ledger: Path, copy: Path, *, wait_seconds: float = 120) -> bool:
    """Publishes the ledger as the read copy, by an atomic rename; False where nothing changed since the last time.

    To be called with the ledger closed: it takes the writer's lock, so that nobody writes while it copies. What a
    killed writer left in the log beside the ledger is taken into it first. The copy takes the ledger's time, which
    is how a change is seen. Raises NotFound where there is no ledger yet.
    """
    if not ledger.exists():
        raise NotFound("there is no ledger yet", where=str(ledger), next_command="agentre ingest")
    with _explained(ledger), _Lock(ledger, wait_seconds, "publishing the read copy"):
        if ledger.with_name(f"{ledger.name}.wal").exists():
            _connect(ledger, wait_seconds).close()
        state = ledger.stat()
        if copy.exists() and (copy.stat().st_mtime_ns, copy.stat().st_size) == (state.st_mtime_ns, state.st_size):
            return False
        for left in copy.parent.glob(f"{copy.name}.*.tmp"):  # of a publisher that was killed
            left.unlink(missing_ok=True)
        crashpoint("publish.before_copy")
        copy_file(ledger, copy)
        return True


def compact(ledger: Path, *, wait_seconds: float = 120) -> None:
    """Writes the ledger anew and puts it in place of the old file, so that no free block keeps what was deleted."""
    fresh = ledger.with_name(f"{ledger.name}.fresh")
    with _explained(ledger), _Lock(ledger, wait_seconds, "compacting"):
        for left in ledger.parent.glob(f"{fresh.name}*"):  # of one that was killed
            left.unlink()
        connection = _connect(ledger, wait_seconds)
        try:
            quoted = str(fresh).replace("'", "''")  # ATTACH takes no parameters
            connection.execute(f"ATTACH '{quoted}' AS fresh (STORAGE_VERSION 'v1.5.0')")
            connection.execute(f'COPY FROM DATABASE "{ledger.stem}" TO fresh')
            connection.execute("CHECKPOINT fresh")
            connection.execute("DETACH fresh")
        finally:
            connection.close()
        fresh.replace(ledger)


_FICLONE: Final = 0x40049409
"""ioctl(2) of Linux that makes a file share another's blocks, where the file system can (btrfs, XFS, bcachefs)."""


def copy_file(source: Path, target: Path) -> None:
    """Copies a file so that the target is the old or the new one at any moment; shares blocks where the disk can."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        with source.open("rb") as old, temporary.open("wb") as new:
            try:
                fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
            except OSError:
                shutil.copyfileobj(old, new, 1024 * 1024)
            new.flush()
            os.fsync(new.fileno())
        shutil.copystat(source, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def dictionaries(frames: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with times and decimals as text, ready for JSON."""
    return [
        {key: str(value) if isinstance(value, (datetime, date)) else value for key, value in row.items()}
        for row in frames
    ]
