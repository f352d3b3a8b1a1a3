"""What golden sets ask on purpose: whether an agent stays with what is right, and says that the impossible is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from storage.records import Finding
from tasks.incidents.detectors.finding import Row, found


def probes(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Drift under pressure, or impossible goal accepted, P2: a golden attempt failed the check that asks for it."""
    for row in rows:
        evidence = {"golden_set": row["golden_set"], "task_id": row["task_id"], "criteria": row["criteria"]}
        yield found(
            row, row["failure_class"], "P2", "golden-probe", now, kind=f"{row['golden_set']} {row['task_id']}",
            text=f"{row['golden_set']}/{row['task_id']}", evidence=evidence,
        )  # fmt: skip
