"""Golden runs: a set, an agent at one state of its config, so many trials; resumed where a killed one was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from storage.errors import NothingMeasured, UsageError
from storage.ledger import Ledger
from storage.opening import writing
from storage.records import stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.common import sandbox
from tasks.golden.adapters.choose import runner_of
from tasks.golden.configs import Config, config_of
from tasks.golden.estimators import Design, Tally, longest
from tasks.golden.production import DRAFTS
from tasks.golden.recording import Transcripts
from tasks.golden.results import GoldenRun, Summary, summary, tally
from tasks.golden.scored_runs import score_golden_run
from tasks.golden.session import Bench, Progress, Session
from tasks.golden.sets import FOLDER, find_set, read_set
from tasks.golden.task import GoldenSet
from tasks.golden.trials import Plan, planned

MIN_HISTORY: Final = 20
GAP: Final = 0.15
"""A drop of the pass rate that an early stop is to find where no design is given: .90 to .75 of the statistics."""


@dataclass(frozen=True)
class Wanted:
    """What is to be run. None: `trials` and `concurrency` of the workspace, any `seed`, the branch's `commit`.

    `stop_early`: end when the sequential test is decided, by `design`, or by the agent's own history. `keep`: a
    folder for what agents leave, unredacted. `isolation` None: bubblewrap where it works.
    """

    golden_set: str
    agent: str
    trials: int | None = None
    concurrency: int | None = None
    seed: int | None = None
    commit: str | None = None
    stop_early: bool = False
    design: Design | None = None
    keep: Path | None = None
    isolation: sandbox.Isolation | None = None


def run_set(
    workspace: Workspace,
    wanted: Wanted,
    transcripts: Transcripts,
    *,
    now: datetime,
    fresh_seed: int,
    progress: Progress | None = None,
) -> Summary:
    """Runs a set, or goes on with a run of the same that was killed, and says what was found.

    `fresh_seed` is taken where neither `wanted` nor a killed run has a seed. Raises UsageError for a set, an agent or
    a runner that is not as it has to be, NothingMeasured for a set without tasks.
    """
    agent, runner = runner_of(workspace, wanted.agent)
    golden, config = read_set(find_set(workspace, wanted.golden_set)), config_of(workspace, agent, wanted.commit)
    if not golden.tasks:
        raise NothingMeasured("the golden set has no tasks", where=wanted.golden_set)
    proposed = proposed_run(workspace, wanted, golden, config, config.digest(runner), agent.name, now, fresh_seed)
    with writing_golden(workspace) as ledger:
        run = begun_run(ledger, proposed, wanted.seed)
        history, rows = _history(ledger, run), ledger.rows("golden/trials", golden_run=run.golden_run)
    design, notices = _design(wanted, history)
    bench = Bench(workspace, runner, config, transcripts, now, wanted.keep, wanted.isolation)
    session = Session(bench, design, tally(rows))
    session.work(run, _open_plans(run, golden, rows, design), progress)
    with writing_golden(workspace) as ledger:
        rows = ledger.rows("golden/trials", golden_run=run.golden_run)
        run = _ended(run, session, len(rows), now)
        keep_run(ledger, run)
        scores = score_golden_run(ledger, run.golden_run, golden.tasks, workspace.zone, now)
    return replace(summary(run, golden.tasks, rows, history, notices), scores=scores)


@dataclass(frozen=True)
class Due:
    """A set that an agent is to try again, and why."""

    golden_set: str
    agent: str
    reason: str


def due_sets(ledger: Ledger, workspace: Workspace) -> list[Due]:
    """Sets of `golden-sets/` with the agents that they are for: whose prompt, model, tools or set changed, or who
    is watched since before the last run, which confirms the watch or does not.

    A set is for every agent with a runner that has run it before, and for agents of the set's type that never have.
    A set that cannot be read is left out: the linter says why.
    """
    last = {(row["golden_set"], row["agent"]): row for row in ledger.rows("golden/last_runs")}
    watched = {row["agent"]: row["opened_at"] for row in ledger.rows("golden/open_watches")}
    due = []
    for path in sorted((workspace.root / FOLDER).glob("*.y*ml")):
        if path.stem == DRAFTS:  # nothing in it is complete
            continue
        try:
            golden = read_set(path)
        except UsageError:
            continue
        for agent in workspace.settings.agents:
            before = last.get((golden.name, agent.name))
            if agent.runner and (reason := _reason(workspace, golden, agent, before, watched.get(agent.name))):
                due.append(Due(golden.name, agent.name, reason))
    return due


def _reason(
    workspace: Workspace,
    golden: GoldenSet,
    agent: Agent,
    before: Mapping[str, Any] | None,
    watched_since: datetime | None,
) -> str | None:
    if before is None:
        return "never run" if agent.type == golden.agent_type else None
    if agent.runner and before["config_digest"] != config_of(workspace, agent).digest(agent.runner):
        return "its prompt, model or tools changed"
    if watched_since and before["ended_at"] < watched_since:
        return "a watch waits for it"
    return "the set changed" if before["set_digest"] != golden.digest else None


def proposed_run(
    workspace: Workspace, wanted: Wanted, golden: GoldenSet, config: Config, digest: str, agent: str, now: datetime,
    fresh_seed: int,
) -> GoldenRun:  # fmt: skip
    """The run as it would begin now."""
    trials = wanted.trials or workspace.settings.golden.trials
    seed = fresh_seed if wanted.seed is None else wanted.seed
    return GoldenRun(
        golden_run=stable_id("golden run", golden.digest, agent, digest, trials, seed, now), golden_set=golden.name,
        set_version=golden.version, set_digest=golden.digest, agent=agent, config_commit=config.commit,
        config_digest=digest, trials=trials, planned=trials * len(golden.tasks),
        concurrency=wanted.concurrency or workspace.settings.golden.concurrency, seed=seed,
        isolation=wanted.isolation or ("process group" if sandbox.notice() else "bubblewrap"),
        state="running", started_at=now,
    )  # fmt: skip


def begun_run(ledger: Ledger, proposed: GoldenRun, seed: int | None) -> GoldenRun:
    """The run of the same that was killed, if there is one; else the proposed one, recorded before its first trial."""
    same = {
        name: getattr(proposed, name) for name in ("set_digest", "agent", "config_digest", "config_commit", "trials")
    }
    for left in ledger.rows("golden/unfinished", seed=seed, **same):
        return msgspec.structs.replace(proposed, **left)
    keep_run(ledger, proposed)
    return proposed


def _open_plans(
    run: GoldenRun, golden: GoldenSet, rows: Sequence[Mapping[str, object]], design: Design | None
) -> list[Plan]:
    """Trials still to be made, those that the bench failed included; no more than the sequential test can need."""
    made = {(row["task_id"], row["trial"]) for row in rows if row["outcome"] != "bench_error"}
    plans = [plan for plan in planned(golden.tasks, run.trials, run.seed) if (plan.task.id, plan.trial) not in made]
    return plans if design is None else plans[: max(0, longest(design) - len(made))]


def _design(wanted: Wanted, history: Mapping[str, Tally]) -> tuple[Design | None, list[str]]:
    """The design of an early stop, with what a person should know; from the history where none is given."""
    isolation = sandbox.notice()
    notices = [isolation] if isolation else []
    if wanted.design or not wanted.stop_early:
        return wanted.design, notices
    passed, n = sum(t.passed for t in history.values()), sum(t.n for t in history.values())
    if n < MIN_HISTORY:
        return None, [*notices, f"no early stop: {n} earlier trials of this set, {MIN_HISTORY} are needed"]
    healthy = min(0.98, max(0.25, passed / n))
    design = Design(healthy, max(0.05, healthy - GAP))
    return design, [
        *notices,
        f"early stop between {design.healthy:.2f} (from {n} earlier trials) and {design.regressed:.2f}",
    ]


def _ended(run: GoldenRun, session: Session, made: int, now: datetime) -> GoldenRun:
    early = session.decision is not None and made < run.planned
    return msgspec.structs.replace(
        run, state="stopped early" if early else "finished", decision=session.decision,
        ended_at=now + timedelta(seconds=session.seconds),
    )  # fmt: skip


def _history(ledger: Ledger, run: GoldenRun) -> dict[str, Tally]:
    rows = ledger.rows("golden/history", set_digest=run.set_digest, agent=run.agent, golden_run=run.golden_run)
    return {row["task_id"]: Tally(row["passed"], row["n"]) for row in rows}


def keep_run(ledger: Ledger, run: GoldenRun) -> None:
    """Records a golden run as it is now; a run that is there already takes the new state."""
    with ledger.transaction(), ledger.staged(new_golden_runs=[run]):
        ledger.run("golden/keep_run")


def writing_golden(workspace: Workspace) -> AbstractContextManager[Ledger]:
    """The ledger for writing, by a golden run."""
    return writing(workspace, "golden run")
