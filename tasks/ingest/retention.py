"""Old texts out of the ledger, a backup of it, and whether it still agrees with its sources."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from storage.crashpoint import crashpoint
from storage.ledger import Ledger, compact, copy_file, publish
from storage.opening import writing
from storage.records import Event, stable_id
from storage.workspace import Workspace
from tasks.ingest.known import Standing

BACKUPS: Final = "weekly-*.duckdb"


@dataclass(frozen=True)
class Retained:
    """What a retention run did and found. Files `gone` and `changed` are those on disk; `uneven` are files whose units
    are not all accounted for, `lost` rows of calls and messages that belong to no run: both are always 0, or a fault.
    """

    texts_removed: int
    files: int
    gone: int
    changed: int
    uneven: list[str]
    lost: int
    backup: str


def retain(workspace: Workspace, now: datetime) -> Retained:
    """Ages out texts, checks the ledger against its sources, records an event, backs up. Safe to repeat.

    Rows stay, only their texts go; the file is written anew without them, so no free block keeps what was deleted.
    """
    backup = workspace.state / "backups" / f"weekly-{now:%Y%m%dT%H%M%S}.duckdb"
    with writing(workspace, "retention") as ledger:
        removed = _age_out(workspace, ledger, now)
        crashpoint("retention.after_texts")
        gone, changed, files = _against_disk(workspace, ledger, now)
        uneven = [row["path"] for row in ledger.rows("ingest/uneven_files")]
        lost = sum(row["n"] for row in ledger.rows("ingest/lost_rows"))
        done = Retained(removed, files, gone, changed, uneven, lost, backup.name)
        event = Event(event_id=stable_id("retention", now), kind="retention", at=now, payload=asdict(done))
        ledger.add("events", [event], "event_id")
    wait = workspace.settings.limits.ledger_wait_seconds
    compact(workspace.ledger, wait_seconds=wait)
    crashpoint("retention.before_backup")
    copy_file(workspace.ledger, backup)
    for old in sorted(backup.parent.glob(BACKUPS))[: -workspace.settings.retention.backups]:
        old.unlink()
    publish(workspace.ledger, workspace.read_copy, wait_seconds=wait)
    return done


def _age_out(workspace: Workspace, ledger: Ledger, now: datetime) -> int:
    """Removes texts older than the workspace keeps them; returns how many."""
    days = workspace.settings.retention.raw_text_days
    if days is None:
        return 0
    with ledger.transaction():
        held = _texts(ledger)
        for table in ("messages", "errors"):
            ledger.run(f"ingest/aged_{table}", before=now - timedelta(days=days))
        return held - _texts(ledger)


def _texts(ledger: Ledger) -> int:
    return int(ledger.rows("ingest/kept_texts")[0]["texts"])


def _against_disk(workspace: Workspace, ledger: Ledger, now: datetime) -> tuple[int, int, int]:
    """Files that are gone, files that have changed since they were taken in, and all files; members count as one."""
    known = {row["path"].partition("!")[0]: row["identity"] for row in ledger.rows("ingest/known_files")}
    gone = changed = 0
    for name, identity in known.items():
        standing = _standing(workspace.root / name, now)
        gone += standing is None
        changed += bool(standing and identity and standing.identity != identity)
    return gone, changed, len(known)


def _standing(path: Path, now: datetime) -> Standing | None:
    try:
        return Standing.of(path, now)
    except OSError:
        return None
