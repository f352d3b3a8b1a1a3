"""Calls that come again: in a row or in a short circle to no effect, or later although the answer was known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from storage.records import Finding
from tasks.incidents.detectors.finding import Row, found

IN_A_ROW: Final = 3
"""Identical calls, or rounds of the same two or three calls, with nothing learnt in between: a retry loop."""
ASKED_AGAIN: Final = 3
"""Times that the same successful call, or the same question, comes in a run with other steps between."""


def repeated_calls(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Retry loop, P3: one finding per run and tool that was called identically to no effect, or began such a circle."""
    loops: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        loops[row["run_id"], row["tool_name"]].append(row)
    for calls in loops.values():
        last = calls[-1]
        yield found(
            last, "retry loop", "P3", "repeated-call", now, steps=[row["seq"] for row in calls],
            tool=last["tool_name"],
            evidence={"longest": max(row["times"] for row in calls), "period": max(row["period"] for row in calls)},
        )  # fmt: skip


def forgotten(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Context loss, P3: the same call with the same answer three times in a run, other steps between."""
    for row in rows:
        yield found(row, "context loss", "P3", "known-answer", now, steps=row["steps"], tool=row["tool_name"])


def asked_again(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Context loss, P3: a question that a person answered is asked again, word for word. `steps`: messages."""
    for row in rows:
        yield found(
            row, "context loss", "P3", "asked-again", now, steps=row["steps"], kind="question",
            evidence={"steps_are": "messages"},
        )  # fmt: skip
