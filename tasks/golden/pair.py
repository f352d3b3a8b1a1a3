"""Golden pairs: the same tasks by an agent with a change and without it, in one random order, so that only it differs.

A pair is run once for a change, a set as it is, and a number of trials: running it again until it pleases is no
measurement. What it found is read from the ledger by whoever measures the change.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from storage.crashpoint import crashpoint
from storage.errors import NothingMeasured, UsageError
from storage.ledger import Ledger
from storage.records import Event, stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.common.sandbox import Isolation
from tasks.golden.adapters.choose import runner_of
from tasks.golden.configs import config_of
from tasks.golden.course import Side, SidePlan, interleaved
from tasks.golden.estimators import Tally
from tasks.golden.gate_baseline import commit_named
from tasks.golden.recording import Ended, Recorder, Transcripts
from tasks.golden.results import GoldenRun
from tasks.golden.run import Wanted, keep_run, proposed_run, writing_golden
from tasks.golden.scored_runs import score_golden_run
from tasks.golden.session import Bench, Progress, Session
from tasks.golden.sets import FOLDER, find_set, read_set
from tasks.golden.task import GoldenSet
from tasks.golden.trials import work_through

DUE_FOR: Final = timedelta(weeks=2)
"""A pair that could not be run for so long, as the bench failed, is not tried any more."""
_SIDES: Final[tuple[Side, Side]] = ("baseline", "candidate")


@dataclass(frozen=True)
class WantedPair:
    """A change with its commit, and what it is to be tried on. None: as in `Wanted`."""

    change_id: str
    agent: str
    commit: str
    golden_set: str
    trials: int | None = None
    concurrency: int | None = None
    seed: int | None = None
    isolation: Isolation | None = None


@dataclass(frozen=True)
class GoldenPair:
    """A pair that was run: how many of its decided trials passed, without and with the change. `new`: it ran now."""

    wanted: WantedPair
    tasks: int
    trials: int
    seed: int
    without: Tally
    with_change: Tally
    new: bool


def pairs_due(ledger: Ledger, workspace: Workspace, now: datetime) -> list[WantedPair]:
    """The pairs that applied changes wait for, each with every set of its agent."""
    due = []
    for row in ledger.rows("golden/pairs_due", since=now - DUE_FOR):
        agent = workspace.agent(row["agent"])
        if agent is not None and agent.runner is not None:
            missing = [name for name in sets_of(ledger, workspace, agent) if name not in (row["done"] or [])]
            due += [WantedPair(row["change_id"], agent.name, row["commit"], name) for name in missing]
    return due


def sets_of(ledger: Ledger, workspace: Workspace, agent: Agent) -> list[str]:
    """The sets that an agent was tried on before; where there are none, those for its type."""
    readable = []
    for path in sorted((workspace.root / FOLDER).glob("*.y*ml")):
        try:
            readable.append(read_set(path))
        except UsageError:  # the linter says why
            continue
    tried = {row["golden_set"] for row in ledger.rows("golden/last_runs") if row["agent"] == agent.name}
    return [golden.name for golden in readable if golden.name in tried] or [
        golden.name for golden in readable if golden.agent_type == agent.type
    ]


def run_pair(
    workspace: Workspace, wanted: WantedPair, transcripts: Transcripts, *, now: datetime, fresh_seed: int,
    progress: Progress | None = None,
) -> GoldenPair:  # fmt: skip
    """Runs a pair, or goes on with one that was killed; one that has ended is told again, not run again.

    Raises UsageError for a set, agent or runner that is not as it has to be, for a change without a commit before it,
    and for another seed than that of the pair's first run; NothingMeasured for a set without tasks.
    """
    golden = read_set(find_set(workspace, wanted.golden_set))
    if not golden.tasks:
        raise NothingMeasured("the golden set has no tasks", where=wanted.golden_set)
    return _PairRuns(workspace, wanted, golden, transcripts, now, fresh_seed).work(progress)


class _PairRuns:
    """The two golden runs of a pair: `candidate` with the change, `baseline` at the commit before it."""

    def __init__(
        self, workspace: Workspace, wanted: WantedPair, golden: GoldenSet, transcripts: Transcripts, now: datetime,
        fresh_seed: int,
    ) -> None:  # fmt: skip
        self._workspace, self._wanted, self._golden = workspace, wanted, golden
        self._transcripts, self._now, self._seed = transcripts, now, fresh_seed
        before = commit_named(workspace, f"{wanted.commit}^")
        if before is None:
            raise UsageError("there is no commit before this change", where=str(workspace.configs), got=wanted.commit)
        self._runs: dict[Side, GoldenRun] = {}
        self._sessions: dict[Side, Session] = {}
        for side, commit in zip(_SIDES, (before, wanted.commit), strict=True):
            self._begin(side, commit)

    def _begin(self, side: Side, commit: str) -> None:
        """The side's run as an earlier one left it, else a new one, recorded before its first trial."""
        wanted, workspace = self._wanted, self._workspace
        agent, runner = runner_of(workspace, wanted.agent)
        config = config_of(workspace, agent, commit)
        asked = Wanted(wanted.golden_set, wanted.agent, wanted.trials, wanted.concurrency, wanted.seed, commit,
                       isolation=wanted.isolation)  # fmt: skip
        at = self._now + timedelta(microseconds=side == "candidate")  # so that it is the agent's newest run
        run = proposed_run(workspace, asked, self._golden, config, config.digest(runner), agent.name, at, self._seed)
        name = stable_id("golden pair", wanted.change_id, self._golden.digest, run.trials, side)
        with writing_golden(workspace) as ledger:
            left = ledger.rows("golden/kept_run", golden_run=name)
            run = msgspec.structs.replace(run, golden_run=name, **(left[0] if left else {}))
            if wanted.seed not in (None, run.seed):
                raise UsageError(
                    "this pair was run already, once is what counts", got=f"seed {wanted.seed}",
                    accepted=f"its seed, {run.seed}, or another number of trials",
                )  # fmt: skip
            if not left:
                keep_run(ledger, run)
        bench = Bench(workspace, runner, config, self._transcripts, self._now, isolation=wanted.isolation)
        self._runs[side], self._sessions[side] = run, Session(bench, None, Tally(0, 0))
        self._seed = run.seed  # both sides have the same

    def work(self, progress: Progress | None) -> GoldenPair:
        """Makes the trials that are missing, in the pair's one order, and notes that it ended."""
        new = any(run.state == "running" for run in self._runs.values())
        if new:
            made = {(row["side"], row["task_id"], row["trial"]): row["outcome"] for row in self._rows()}
            plans = [
                plan
                for plan in interleaved(self._golden.tasks, self._runs["candidate"].trials, self._seed, both=True)
                if made.get((plan.side, plan.task.id, plan.trial)) in (None, "bench_error")
            ]
            self._make(plans, progress)
        without, with_change = (self._tally(side) for side in _SIDES)
        if new and without.n and with_change.n:
            self._end()
        run = self._runs["candidate"]
        return GoldenPair(self._wanted, len(self._golden.tasks), run.trials, self._seed, without, with_change, new=new)

    def _make(self, plans: Sequence[SidePlan], progress: Progress | None) -> None:
        with ExitStack() as stack:
            recorders = {
                side: stack.enter_context(Recorder(self._workspace, run, self._transcripts))
                for side, run in self._runs.items()
            }
            ended = 0

            def done(plan: SidePlan, tried: Ended) -> bool:
                nonlocal ended
                ended += 1
                recorders[plan.side].put(tried)
                if progress:
                    progress(ended, len(plans), f"{plan.task.id} #{plan.trial}")
                return any(recorder.failed for recorder in recorders.values())

            def attempt(plan: SidePlan) -> Ended:
                return self._sessions[plan.side].attempt(plan)

            work_through(plans, attempt, done, self._runs["candidate"].concurrency)

    def _end(self) -> None:
        """Scores the trials and says that the pair has ended; a pair without this is gone on with."""
        wanted, moment = self._wanted, self._now + timedelta(seconds=self._sessions["candidate"].seconds)
        payload: dict[str, object] = {
            "golden_set": self._golden.name, "set_version": self._golden.version, "seed": self._seed,
            "trials": self._runs["candidate"].trials, "commit": wanted.commit,
            "without": self._runs["baseline"].golden_run, "with": self._runs["candidate"].golden_run,
        }  # fmt: skip
        event = Event(
            event_id=stable_id("golden_pair_ended", payload["with"]), kind="golden_pair_ended", at=moment,
            agent=self._runs["candidate"].agent, subject=wanted.change_id, payload=payload,
        )  # fmt: skip
        crashpoint("pair.before_end")
        with writing_golden(self._workspace) as ledger:
            for run in self._runs.values():
                score_golden_run(ledger, run.golden_run, self._golden.tasks, self._workspace.zone, self._now)
            ledger.add("events", [event], "event_id")
            crashpoint("pair.before_state")
            for run in self._runs.values():
                keep_run(ledger, msgspec.structs.replace(run, state="finished", ended_at=moment))

    def _rows(self) -> list[dict[str, Any]]:
        with writing_golden(self._workspace) as ledger:
            return [
                {"side": side, **row}
                for side, run in self._runs.items()
                for row in ledger.rows("golden/trials", golden_run=run.golden_run)
            ]

    def _tally(self, side: Side) -> Tally:
        outcomes = [row["outcome"] for row in self._rows() if row["side"] == side]
        return Tally(outcomes.count("pass"), outcomes.count("pass") + outcomes.count("fail"))
