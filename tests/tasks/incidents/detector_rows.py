"""Runs with calls as ingest leaves them, with the names and sizes of arguments, for the tests of detectors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from storage.ledger import Ledger
from storage.records import Record, ToolCall, sha256_hex, stable_id

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)
Call = tuple[str, dict[str, Any]]


class WholeRun(Record, frozen=True, kw_only=True):
    """A row of `runs` with what detectors read."""

    run_id: str
    agent: str | None = "Ada"
    outcome: str = "success"
    ended_by: str | None = None
    task_id: str | None = None
    task_type: str | None = None
    difficulty: str | None = None
    tags: list[str] | None = None
    reward: float | None = None
    parent_run_id: str | None = None
    golden_set: str | None = None
    started_at: datetime | None = None
    tool_calls: int = 0
    model_calls: int = 0
    cost_usd: float | None = None
    tool_errors: int = 0
    human_turns: int = 0
    cost_source: str = "missing"
    source_format: str = "test"
    source_file: str = "test"


def put(ledger: Ledger, name: str, calls: Sequence[Call] = (), *, answers: Sequence[str] = (), **fields: Any) -> str:
    """Stores a run with its calls; an answer that begins with `!` is an error, `?` one that only the text tells.

    Arguments are stored by name, with the size of a number or list. No answer: `ok`.
    """
    put_all(ledger, [_run(name, calls, **fields)], {name: (calls, answers)})
    return name


def put_all(
    ledger: Ledger, runs: Sequence[WholeRun], calls: Mapping[str, tuple[Sequence[Call], Sequence[str]]]
) -> None:
    """Stores many runs in two statements."""
    ledger.add("runs", runs, "run_id")
    steps = [
        _call(name, place, call, (*answers, *["ok"] * 99)[place])
        for name, (made, answers) in calls.items()
        for place, call in enumerate(made)
    ]
    ledger.add("tool_calls", steps, "call_id")


def _run(name: str, calls: Sequence[Call], **fields: Any) -> WholeRun:
    return WholeRun(run_id=name, tool_calls=len(calls), **{"started_at": MONDAY, **fields})


def _call(name: str, place: int, call: Call, answer: str) -> ToolCall:
    tool, arguments = call
    sizes = {key: len(value) if isinstance(value, list) else value for key, value in sorted(arguments.items())}
    sizes = {key: value if isinstance(value, int) else None for key, value in sizes.items()}
    told = answer.lstrip("!?")
    return ToolCall(
        call_id=stable_id(name, place), run_id=name, seq=place, tool_name=tool, is_error=answer.startswith("!"),
        arguments_sha256=sha256_hex(json.dumps([tool, arguments]).encode()), argument_sizes=json.dumps(sizes),
        result_sha256=sha256_hex(told.encode()), error_text=told if told != answer else None,
    )  # fmt: skip


def declare(ledger: Ledger, run_id: str, *tools: dict[str, Any]) -> None:
    """Says what tools a run was offered, as ingest stores it."""
    ledger._connection.execute(
        "INSERT INTO run_descriptions (run_id, source_format, source_file, outcome, declared_tools) "
        "VALUES (?, 'test', 'test', 'success', ?)",
        [run_id, [json.dumps(tool) for tool in tools]],
    )


def history(ledger: Ledger, runs: int = 60, agent: str = "Ada") -> None:
    """Ordinary runs of an agent: it looks an order up, deletes about five rows, and sometimes mails."""
    told: dict[str, tuple[Sequence[Call], Sequence[str]]] = {}
    for number in range(runs):
        calls: list[Call] = [
            ("get_order", {"order_id": f"W{number}"}), ("delete_rows", {"table": "t", "limit": 4 + number % 4}),
        ]  # fmt: skip
        if number % 3 == 0:
            calls.append(("send_mail", {"to": "x", **({"cc": "y"} if number % 2 else {})}))
        told[f"{agent}-{number}"] = (calls, ())
    rows = [
        _run(name, calls, agent=agent, model_calls=3 + number % 5, started_at=MONDAY + timedelta(minutes=number))
        for number, (name, (calls, _)) in enumerate(told.items())
    ]
    put_all(ledger, rows, told)


def found(ledger: Ledger, **where: str) -> list[dict[str, Any]]:
    """Findings with their evidence as a dictionary; `where`: columns and the values that they must have."""
    rows = ledger.typed("SELECT * FROM findings ORDER BY failure_class, run_id, finding_id")[1]
    told = [row | {"evidence": json.loads(row["evidence"])} for row in rows]
    return [row for row in told if all(row[name] == value for name, value in where.items())]
