"""An open ledger, and a way to put runs with tool calls into it as ingest would leave them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from run_rows import RunRow

from storage.ledger import Ledger, open_ledger
from storage.records import ToolCall, sha256_hex, stable_id
from storage.workspace import Workspace


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger with every migration: made once, as that takes most of the time of a small test."""
    path = tmp_path_factory.mktemp("ledger") / "empty.duckdb"
    with open_ledger(path, purpose="test", wait_seconds=5):
        return path


@pytest.fixture
def ledger(workspace: Workspace, empty_ledger: Path) -> Iterator[Ledger]:
    """The workspace's ledger, open for writing."""
    workspace.ledger.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(empty_ledger, workspace.ledger)
    with open_ledger(workspace.ledger, purpose="test", wait_seconds=5) as opened:
        opened._connection.execute("SET threads = 1")  # so few rows are one thread's work, and a second one only waits
        yield opened


@pytest.fixture
def put_run(ledger: Ledger) -> Callable[..., str]:
    """Stores a run: `put_run("r1", ("Bash", "error text"), ("Bash", None), agent="Ada")`; None: the call worked."""

    def put(
        name: str, *calls: tuple[str, str | None], agent: str | None = "Ada", outcome: str = "unknown",
        ended_by: str | None = None, task_id: str | None = None, same: bool = False,
    ) -> str:  # fmt: skip
        run_id = stable_id(name)
        row = RunRow(
            run_id=run_id, agent=agent, outcome=outcome, ended_by=ended_by, task_id=task_id, reward=None,
            started_at=datetime(2026, 11, 20, tzinfo=UTC), tool_calls=len(calls),
        )  # fmt: skip
        steps = [
            ToolCall(
                call_id=stable_id(name, seq), run_id=run_id, seq=seq, tool_name=tool, is_error=text is not None,
                error_text=text, arguments_sha256=sha256_hex(b"same" if same else b"%d" % seq),
                result_sha256=sha256_hex((text or "ok").encode()),
            )
            for seq, (tool, text) in enumerate(calls)
        ]  # fmt: skip
        ledger.add("runs", [row], "run_id")
        ledger.add("tool_calls", steps, "call_id")
        return run_id

    return put
