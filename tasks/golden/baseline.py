"""Results of a golden run as a file: what a gate in CI compares with, so that it needs no ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from storage.errors import NothingMeasured, UsageError
from storage.records import sha256_hex
from storage.whole_file import write_whole
from tasks.golden.estimators import Tally
from tasks.golden.task import GoldenTask

MAX_BYTES: Final = 16 * 1024 * 1024
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class TaskRuns(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Decided runs at one task. `digest` covers every byte of the task: of a changed task nothing is compared."""

    task_id: str
    digest: str
    passed: Count
    n: Count

    def __post_init__(self) -> None:
        """Refuses more passes than runs."""
        if self.passed > self.n:
            raise ValueError(f"task {self.task_id} passed {self.passed} of {self.n} runs")


class Results(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file, one JSON document. `agentre_golden_results` is its version."""

    agentre_golden_results: Literal[1] = 1
    golden_set: str
    agent: str
    config_commit: str | None
    config_digest: str
    seed: int
    made_at: datetime
    tasks: list[TaskRuns]


def task_digest(task: GoldenTask) -> str:
    """SHA-256 over everything that decides an attempt at the task."""
    return sha256_hex(msgspec.json.encode(task, order="sorted"))


def task_runs(tasks: Sequence[GoldenTask], tallies: Mapping[str, Tally]) -> list[TaskRuns]:
    """The tasks that were decided, as they are written."""
    return [
        TaskRuns(task_id=task.id, digest=task_digest(task), passed=tallies[task.id].passed, n=tallies[task.id].n)
        for task in tasks
        if task.id in tallies and tallies[task.id].n
    ]


def write_results(path: Path, results: Results) -> None:
    """Writes the file so that it is the old or the new one at any moment."""
    write_whole(path, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")


def read_results(path: Path) -> Results:
    """The file, checked. Raises NothingMeasured where it is missing, UsageError where it is not such a file."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise NothingMeasured("the baseline cannot be read", where=str(path), got=error.strerror) from error
    if len(raw) > MAX_BYTES:
        raise UsageError("the baseline is too large", where=str(path), accepted=f"at most {MAX_BYTES} bytes")
    try:
        results = msgspec.json.decode(raw, type=Results, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(
            "not a baseline of version 1", where=str(path), got=str(error),
            accepted="a file that `agentre gate SET --agent A --export FILE` wrote",
        ) from error  # fmt: skip
    if len({task.task_id for task in results.tasks}) < len(results.tasks):
        raise UsageError("the baseline names a task twice", where=str(path))
    return results


def comparable(results: Results, tasks: Sequence[GoldenTask]) -> tuple[dict[str, Tally], dict[str, str]]:
    """The baseline's tallies of the tasks that are still the same, and why each other task is left out."""
    then = {task.task_id: task for task in results.tasks}
    tallies, left_out = {}, {}
    for task in tasks:
        before = then.pop(task.id, None)
        if before is None or not before.n:
            left_out[task.id] = "the baseline has no run of it"
        elif before.digest != task_digest(task):
            left_out[task.id] = "the task changed since the baseline"
        else:
            tallies[task.id] = Tally(before.passed, before.n)
    return tallies, left_out | dict.fromkeys(then, "the set no longer has it")
