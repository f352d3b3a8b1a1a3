"""One trial: the work folder prepared, the agent let loose, what it left copied out and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from storage.errors import AgentREError
from tasks.common.sandbox import Bounds, Isolation, Surroundings, run
from tasks.common.snapshot import Snapshot, joined, snapshot_of
from tasks.golden.adapters.protocol import Adapter, BenchError, Captured, Job, Performance, text_of
from tasks.golden.checks import command_of, evaluate
from tasks.golden.task import Attempt, Check, CheckResult, CommandResult, GoldenTask

TrialOutcome = Literal["pass", "fail", "needs_human", "bench_error"]
BUNDLE: Final = """
git clone -q ../home/.task.bundle . 2>&1 || exit 1
branch=$(git for-each-ref --count=1 --format='%(refname:lstrip=3)' refs/remotes/origin)
git rev-parse -q --verify HEAD >/dev/null || git checkout -q "$branch" || exit 1
git remote remove origin && rm ../home/.task.bundle
"""
"""A bundle of one branch names no HEAD; nothing of it is left but the clone."""
CHECK_BOUNDS: Final = Bounds(wall_seconds=120, cpu_seconds=240, disk_bytes=1024**3, kept_bytes=64 * 1024)
SETUP_BOUNDS: Final = Bounds(wall_seconds=120, cpu_seconds=240)


@dataclass(frozen=True)
class Facts:
    """What the transcripts of an attempt say of it. None: they do not."""

    tools: list[str] | None = None
    steps: int | None = None
    cost_nano_usd: int | None = None

    def beside(self, told: Performance) -> Facts:
        """These facts where the adapter told none itself."""
        return Facts(
            self.tools if told.tools is None else told.tools,
            self.steps if told.steps is None else told.steps,
            self.cost_nano_usd if told.cost_nano_usd is None else told.cost_nano_usd,
        )


Reader = Callable[[Sequence[Captured]], Facts]
"""Reads the transcripts of an attempt."""


@dataclass(frozen=True)
class Tried:
    """A trial as it ended. `reason`: for a person, why it is not a pass. The texts are not redacted yet."""

    outcome: TrialOutcome
    reason: str
    checks: list[CheckResult]
    performance: Performance | None = None
    facts: Facts = Facts()


def prepared(task: GoldenTask, isolation: Isolation | None = None) -> Snapshot:
    """The work folder of a task: its bundle cloned, its fixtures laid over it, its set-up commands run.

    Raises BenchError where a command fails.
    """
    start = snapshot_of({})
    if task.bundle is not None:
        start = snapshot_of({".task.bundle": task.bundle}, under="home")
        start = _set_up(BUNDLE, start, task, isolation)
    start = joined(start, snapshot_of(task.fixtures))
    for command in task.setup:
        start = _set_up(command, start, task, isolation)
    return start


def _set_up(command: str, start: Snapshot, task: GoldenTask, isolation: Isolation | None) -> Snapshot:
    done = run(
        ["/bin/sh", "-c", command], start=start, bounds=SETUP_BOUNDS, destructive=task.destructive, isolation=isolation
    )
    if done.exit_code != 0:
        raise BenchError(
            f"set-up of task {task.id} failed", got=f"{command}: {text_of(done.stderr + done.stdout)[-300:]}"
        )
    return done.left


def try_once(adapter: Adapter, job: Job, read: Reader) -> Tried:
    """Lets an agent try a task and checks what it left. Never raises for what an agent or a bench can do wrong."""
    try:
        performance = adapter.attempt(job)
        facts = read(performance.transcripts)
        facts = facts.beside(performance)
        attempt = attempt_of(job, performance, facts)
        checks = [_checked(check, attempt, job, performance.left) for check in job.task.checks]
    except AgentREError as error:
        return Tried("bench_error", error.text(), [])
    except Exception as error:  # noqa: BLE001  the bench never dies; what it cannot do is told and counted apart
        return Tried("bench_error", f"{type(error).__name__}: {error}"[:500], [])
    outcome, reason = decided(checks, performance.ended_by)
    if outcome == "fail" and performance.complaint:
        reason = f"the agent ended with {performance.exit_code}: {performance.complaint}; {reason}"
    return Tried(outcome, reason, checks, performance, facts)


def attempt_of(job: Job, performance: Performance, facts: Facts) -> Attempt:
    """What the checks see."""
    transcripts = b"\n".join(captured.data for captured in performance.transcripts)
    return Attempt(
        before=job.start.files("work"), after=performance.left.files("work"), answers=performance.answers,
        exit_code=performance.exit_code, wall_ms=performance.wall_ms, ended_by=performance.ended_by,
        left_out=_below_work(performance.left.left_out),
        tools=facts.tools, steps=facts.steps, cost_nano_usd=facts.cost_nano_usd,
        transcript=transcripts.decode("utf-8", "replace") if transcripts else None,
    )  # fmt: skip


def _below_work(left_out: Mapping[str, str]) -> dict[str, str]:
    return {path.removeprefix("work/"): why for path, why in left_out.items() if path.startswith("work/")}


def _checked(check: Check, attempt: Attempt, job: Job, left: Snapshot) -> CheckResult:
    command = command_of(check)
    return evaluate(check, attempt, _ran(command, job, left) if command else None)


def _ran(command: str, job: Job, left: Snapshot) -> CommandResult:
    """What a check's command says, in a sandbox of its own, on a copy with the check's files laid over it."""
    start = joined(left, snapshot_of(job.task.check_files))
    try:
        done = run(
            ["/bin/sh", "-c", command], start=start, surroundings=Surroundings(read_only=job.surroundings.read_only),
            bounds=CHECK_BOUNDS, destructive=job.task.destructive, isolation=job.isolation,
        )  # fmt: skip
    except AgentREError as error:
        return CommandResult(error=error.text())
    return CommandResult(exit_code=done.exit_code, output=text_of(done.stdout + done.stderr), ended_by=done.ended_by)


def decided(checks: Sequence[CheckResult], ended_by: str | None) -> tuple[TrialOutcome, str]:
    """The trial's outcome with its reason: ended by a limit or any check failed: fail; any check that could not run:
    of the bench; else a pass if any check passed, and for a person if there is none.
    """
    if ended_by:
        return "fail", f"ended by its limit: {ended_by}"
    by_verdict = {check.verdict: f"{check.criterion}: {check.detail}" for check in reversed(checks)}
    outcomes: tuple[TrialOutcome, ...] = ("fail", "bench_error")
    for outcome in outcomes:
        if outcome in by_verdict:
            return outcome, by_verdict[outcome]
    return ("pass", "") if "pass" in by_verdict else ("needs_human", "no check decides this task")
