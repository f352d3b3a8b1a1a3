"""Support tickets from CSV files of the workspace: a day, and if the file has them an agent and a number."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final

from storage.records import Record
from storage.workspace import Workspace

FOLDER: Final = "tickets"
DAYS: Final = ("date", "day", "created_at", "opened_at", "created", "opened")
"""Names that the column of the day may have."""
COUNTS: Final = ("count", "tickets")
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file; a larger one is not read."""


class Tickets(Record, frozen=True, kw_only=True):
    """Tickets of a day: one for each line, or as many as its column `count` says."""

    day: date
    agent: str | None
    tickets: int


def read_tickets(workspace: Workspace) -> tuple[list[Tickets], list[str]]:
    """All tickets of `tickets/*.csv`, and what could not be read, with file and line."""
    found, refused = list[Tickets](), list[str]()
    for path in sorted((workspace.root / FOLDER).glob("*.csv")):
        for each in _of_file(path):
            (found if isinstance(each, Tickets) else refused).append(each)  # type: ignore[arg-type]  # each goes to the list of its kind
    return found, refused


def _of_file(path: Path) -> Iterator[Tickets | str]:
    if path.stat().st_size > LARGEST:
        yield f"{path.name}: larger than {LARGEST // 1024**2} MiB"
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            named = {(name or "").strip().casefold(): name for name in rows.fieldnames or []}
            day = next((named[name] for name in DAYS if name in named), None)
            if day is None:
                yield f"{path.name}:1: no column {' or '.join(DAYS[:3])}"
                return
            count = next((named[name] for name in COUNTS if name in named), None)
            for row in rows:
                yield _ticket(row, day, count, named.get("agent"), f"{path.name}:{rows.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        yield f"{path.name}: {type(error).__name__}"


def _ticket(row: dict[str, str], day: str, count: str | None, agent: str | None, where: str) -> Tickets | str:
    try:
        number = int(row[count] or "") if count else 1
        on = datetime.fromisoformat((row[day] or "").strip()).date()
    except (ValueError, TypeError, AttributeError):
        return f"{where}: no ISO date, or no whole number"
    if not 0 <= number <= 10**9:
        return f"{where}: a number of tickets out of range"
    return Tickets(day=on, agent=((row[agent] or "").strip() or None) if agent else None, tickets=number)
