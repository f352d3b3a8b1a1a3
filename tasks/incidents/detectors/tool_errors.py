"""Errors of tools: those that the source flags, and those that only the text of a result tells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from storage.records import Finding
from tasks.common.failure_text import normalised
from tasks.incidents.detectors.finding import Row, found


def tool_errors(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Tool misuse, one finding per run and kind of error.

    P2 where a call of the tool never worked again in that run, or the run failed; else P3: it cost time.
    """
    for calls in _kinds(rows).values():
        last = calls[-1]
        lost = not last["recovered"] or last["outcome"] in ("failure", "infrastructure_error")
        evidence = {"error_type": last["error_type"], "recovered": last["recovered"]}
        yield _of(calls, "tool misuse", "P2" if lost else "P3", "tool-error", now, evidence)


def refused_tools(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Hallucinated tool, P2: the harness answered that there is none of that name."""
    for calls in _kinds(rows, by_text=False).values():
        yield _of(calls, "hallucinated tool", "P2", "refused-tool", now, {"basis": "refused"})


def hidden_errors(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Error hidden in text, P3: a result begins as an error does, and its source calls it none."""
    for calls in _kinds(rows).values():
        yield _of(calls, "error hidden in text", "P3", "hidden-error", now, {"recovered": calls[-1]["recovered"]})


def _of(
    calls: list[Row], name: str, severity: str, detector: str, now: datetime, evidence: dict[str, object]
) -> Finding:
    last, text = calls[-1], calls[-1]["text"]
    kind = text if detector != "refused-tool" else ""
    return found(
        last, name, severity, detector, now, steps=[call["seq"] for call in calls], tool=last["tool_name"],
        error_type=last["error_type"], kind=kind, text=text, evidence=evidence,
    )  # fmt: skip


def _kinds(rows: Iterable[Row], *, by_text: bool = True) -> dict[tuple[object, ...], list[Row]]:
    kinds: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        row["text"] = normalised(row["error_text"])
        kinds[row["run_id"], row["tool_name"], row["error_type"], row["text"] if by_text else ""].append(row)
    return kinds
