"""Calls that do not fit the tools: by what the source declares, else by what the agent's other runs show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from storage.records import Finding
from tasks.incidents.detectors.finding import Row, found

_CLASS: Final = {"unknown tool": "hallucinated tool", "bad arguments": "tool misuse"}
_DETECTOR: Final = {"unknown tool": "unknown-tool", "bad arguments": "bad-arguments"}
_SAYS: Final = {
    ("unknown tool", "declared"): "not among the tools that the agent was offered",
    ("unknown tool", "history"): "no other run uses this name; these are the arguments of",
    ("bad arguments", "declared"): "against the tool's schema:",
    ("bad arguments", "history"): "missing, and every other run gives it:",
}


def faults(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Hallucinated tool or tool misuse, one finding per run, tool and fault: P2 by a declaration, P3 by history."""
    kinds: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        kinds[row["run_id"], row["tool_name"], row["fault"], row["basis"], row["detail"]].append(row)
    for calls in kinds.values():
        last = calls[-1]
        fault, basis, detail = last["fault"], last["basis"], last["detail"]
        yield found(
            last, _CLASS[fault], "P2" if basis == "declared" else "P3", _DETECTOR[fault], now,
            steps=[call["seq"] for call in calls], tool=last["tool_name"], kind=f"{fault} {detail}",
            text=f"{_SAYS[fault, basis]} {detail}".strip(), evidence={"basis": basis},
        )  # fmt: skip


def schema_drifts(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Tool-schema drift, P2, in the first run of a day on which a tool's arguments are other than on days before."""
    for row in rows:
        evidence = {"basis": row["basis"], "before": row["before"], "after": row["after"]}
        yield found(
            row, "tool-schema drift", "P2", "schema-drift", now, tool=row["tool_name"], kind=row["after"],
            text=f"was {row['before']}, is {row['after']}"[:240], evidence=evidence,
        )  # fmt: skip
