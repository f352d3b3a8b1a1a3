"""What every way of starting an agent has in common."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from storage.errors import AgentREError
from storage.settings import Runner
from tasks.common.sandbox import Bounds, Isolation, Surroundings
from tasks.common.snapshot import Snapshot
from tasks.golden.task import GoldenTask


class BenchError(AgentREError):
    """The bench could not try the agent: this says nothing about the agent, and is never averaged in."""


@dataclass(frozen=True)
class Job:
    """One attempt to be made. `start` is the prepared work folder; `config` the agent's config files by path."""

    task: GoldenTask
    start: Snapshot
    config: Snapshot
    seed: int
    now: datetime
    bounds: Bounds
    surroundings: Surroundings
    isolation: Isolation | None = None
    slot: AbstractContextManager[object] = field(default_factory=nullcontext)  # held while the agent runs

    @property
    def prompts(self) -> list[str]:
        """What the user says, turn by turn."""
        return [self.task.description, *self.task.followups]


@dataclass(frozen=True)
class Captured:
    """A transcript that an agent left: unredacted, so it is held in memory only. `format` None: to be recognised."""

    name: str
    data: bytes
    format: str | None = None


@dataclass(frozen=True)
class Performance:
    """What an agent did. None: not told by this adapter (a transcript may tell more).

    `complaint`: the end of its standard error, where it ended with another code than 0.
    """

    answers: list[str]
    left: Snapshot
    wall_ms: int
    exit_code: int | None = None
    ended_by: str | None = None
    transcripts: list[Captured] = field(default_factory=list)
    tools: list[str] | None = None
    steps: int | None = None
    cost_nano_usd: int | None = None
    complaint: str = ""


class Adapter(Protocol):
    """One way of starting an agent. Adding one is adding a file, and its line in `choose.py`."""

    def attempt(self, job: Job) -> Performance:
        """Lets the agent try. Raises BenchError or SandboxFailed where it could not be tried."""
        ...


def bounds_of(runner: Runner, task: GoldenTask) -> Bounds:
    """The limits of an attempt: the runner's, with the task's own time where it has one."""
    wall = task.timeout_seconds or runner.timeout_seconds
    return Bounds(
        wall_seconds=wall, cpu_seconds=max(1, round(wall) * 4), memory_bytes=runner.memory_mb * 1024**2,
        processes=runner.processes, disk_bytes=runner.disk_mb * 1024**2,
    )  # fmt: skip


def text_of(output: bytes) -> str:
    """Output as text: bytes that are no UTF-8 are shown, not lost."""
    return output.decode("utf-8", "backslashreplace").strip()


def existing(paths: list[str], root: Path) -> tuple[Path, ...]:
    """Folders named relative to a workspace, as absolute paths. Raises BenchError for one that is not there."""
    found = []
    for name in paths:
        path = (root / Path(name).expanduser()).absolute()
        if not path.exists():
            raise BenchError("`read_only` of the runner names what is not there", got=str(path))
        found.append(path)
    return tuple(found)
