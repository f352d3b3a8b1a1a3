"""What an agent should have left: leaving its scope, asking for help on routine work, handing on in circles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from storage.records import Finding
from tasks.incidents.detectors.finding import Row, found


def boundaries(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Boundary violation, P1: a call outside the scope that the workspace declares for the agent."""
    for row in rows:
        evidence = {"rule": row["rule"], "argument": row["argument"], "size": row["size"], "most": row["most"]}
        yield found(
            row, "boundary violation", "P1", "declared-scope", now, steps=row["steps"], tool=row["tool_name"],
            kind=f"{row['rule']} {row['argument']}", text=row["rule"], evidence=evidence,
        )  # fmt: skip


def asked_for_help(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Autonomy failure, P3: a person was asked, or given the work, in a task that is marked as routine or easy."""
    for row in rows:
        yield found(row, "autonomy failure", "P3", "asked-for-help", now, steps=row["steps"], tool=row["tool_name"])


def delegations(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Recursive delegation, P2: work that came back to an agent above, a circle of runs, or more than three deep."""
    for row in rows:
        evidence = {"depth": row["depth"], "chain": row["chain"]}
        yield found(
            row, "recursive delegation", "P2", "delegation", now, kind=row["how"], text=row["how"], evidence=evidence
        )
