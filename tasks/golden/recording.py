"""Trials into the ledger as they end: in the background, several in one transaction where they end faster."""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

import msgspec

from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.opening import writing
from storage.records import Outcome, stable_id
from storage.workspace import Workspace
from tasks.common.redact import Redactor
from tasks.golden.adapters.protocol import Captured
from tasks.golden.bench import Facts, TrialOutcome, Tried
from tasks.golden.results import GoldenRun, GoldenTrial
from tasks.golden.trials import Plan

OUTCOMES: Final[dict[TrialOutcome, Outcome]] = {
    "pass": "success", "fail": "failure", "needs_human": "unknown", "bench_error": "infrastructure_error",
}  # fmt: skip
BATCH: Final = 64


@dataclass(frozen=True)
class Ended:
    """A trial that ended, with when it began."""

    plan: Plan
    tried: Tried
    started_at: datetime


class Store(Protocol):
    """Takes what one trial left, within a transaction; returns the id of the run that it became."""

    def keep(self, run: GoldenRun, ended: Ended, name: str) -> str | None:
        """`name`: what the trial's files are called in the ledger."""
        ...


class Transcripts(Protocol):
    """Reads transcripts and stores them as runs. Golden runs get it from the flow: ingest is another capability."""

    def facts(self, captured: Sequence[Captured]) -> Facts:
        """What transcripts say of an attempt."""
        ...

    def storing(self, ledger: Ledger, now: datetime) -> AbstractContextManager[Store]:
        """A store whose block is one transaction of the ledger."""
        ...


class Recorder:
    """Writes trials from a thread of its own. Used as a block: at its end everything is written, or it raises."""

    def __init__(self, workspace: Workspace, run: GoldenRun, transcripts: Transcripts) -> None:
        self._workspace, self._run, self._transcripts = workspace, run, transcripts
        self._redactor = Redactor(workspace.secret("redaction-key"))
        self._ended: queue.SimpleQueue[Ended | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="golden-recorder", daemon=True)
        self.failed: Exception | None = None

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.put(None)
        self._thread.join()
        if self.failed and error[0] is None:
            raise self.failed

    def put(self, ended: Ended) -> None:
        """Hands a trial over; it is on disk a moment later."""
        self._ended.put(ended)

    def _work(self) -> None:
        while (first := self._ended.get()) is not None:
            batch, last = [first], False
            while len(batch) < BATCH and not self._ended.empty():
                if (more := self._ended.get()) is None:
                    last = True
                    break
                batch.append(more)
            if self.failed is None:
                self._write(batch)
            if last:
                return

    def _write(self, batch: Sequence[Ended]) -> None:
        try:
            with writing(self._workspace, "golden run") as ledger:
                crashpoint("golden.before_trials")
                with self._transcripts.storing(ledger, batch[-1].started_at) as store:
                    rows = [self._row(ended, store) for ended in batch]
                    with ledger.staged(new_golden_trials=rows):
                        ledger.run("golden/keep_trials")
                crashpoint("golden.after_trials")
        except Exception as error:  # noqa: BLE001  raised again in the thread that runs the trials
            self.failed = error

    def _row(self, ended: Ended, store: Store) -> GoldenTrial:
        run, plan, tried, done = self._run, ended.plan, ended.tried, ended.tried.performance
        name = f"golden/{run.golden_run}/{plan.task.id}/{plan.trial}"
        run_id = store.keep(run, ended, name) if done else None
        reason, checks = self._redactor.scope().texts([tried.reason, msgspec.json.encode(tried.checks).decode()])
        return GoldenTrial(
            golden_run=run.golden_run, golden_set=run.golden_set, set_version=run.set_version,
            set_digest=run.set_digest, task_id=plan.task.id, agent=run.agent, config_commit=run.config_commit,
            trial=plan.trial, position=plan.position, seed=plan.seed, outcome=tried.outcome, reason=reason,
            checks=_json(checks), human_turns=1 + len(plan.task.followups), started_at=ended.started_at,
            exit_code=done.exit_code if done else None, ended_by=done.ended_by if done else None,
            steps=tried.facts.steps, tool_calls=None if tried.facts.tools is None else len(tried.facts.tools),
            wall_ms=done.wall_ms if done else None, cost_nano_usd=tried.facts.cost_nano_usd, run_id=run_id,
        )  # fmt: skip


def _json(text: str) -> str:
    """The text where it is JSON still; a placeholder could in principle have torn it."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return msgspec.json.encode([{"detail": text}]).decode()
    return text


def ended_at(ended: Ended) -> datetime:
    """When a trial ended."""
    wall_ms = ended.tried.performance.wall_ms if ended.tried.performance else 0
    return ended.started_at + timedelta(milliseconds=wall_ms)


def keep_folder(folder: Path, ended: Ended) -> None:
    """Keeps what an agent left, unredacted, as a tar in a folder that somebody asked for."""
    if ended.tried.performance:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{stable_id(ended.plan.task.id)[:8]}-{ended.plan.trial}.tar"
        (folder / name).write_bytes(ended.tried.performance.left.tar)
