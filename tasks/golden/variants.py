"""imp@k of an improver: its k drafts tried on visible golden tasks, the best of them told on sealed ones.

Which tasks are sealed is fixed by the set, not by a seed: a sealed task never takes part in any choice. A draft is
tried in the sandbox as files laid over the agent's config; nothing is committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from storage.errors import NothingMeasured
from storage.records import Event, Measurement, sha256_hex, stable_id
from storage.workspace import Workspace
from tasks.common.sandbox import Isolation
from tasks.golden.adapters.choose import runner_of
from tasks.golden.configs import Config, config_of
from tasks.golden.estimators import Tally
from tasks.golden.recording import Ended, Recorder, Transcripts
from tasks.golden.results import GoldenRun, State
from tasks.golden.run import Wanted, keep_run, proposed_run, writing_golden
from tasks.golden.scored_runs import score_golden_run
from tasks.golden.session import Bench, Progress, Session
from tasks.golden.sets import find_set, read_set
from tasks.golden.task import GoldenSet, GoldenTask
from tasks.golden.trials import Plan, planned, work_through
from tasks.metrics.best_of import ImpAtK, choose_best, imp_at_k

KIND: Final = "imp@k"
INITIAL: Final = "the agent as it is"
LEAST: Final = 4
"""Golden tasks of which two can be visible and two sealed: with fewer, nothing can be told."""
Files = Mapping[str, bytes]
Trials = dict[str, list[float]]


@dataclass(frozen=True)
class WantedBest:
    """What is to be tried: k variants by name, each as files by path below the agent's config folder."""

    golden_set: str
    agent: str
    variants: Mapping[str, Files]
    seed: int
    trials: int | None = None
    concurrency: int | None = None
    isolation: Isolation | None = None


@dataclass(frozen=True)
class Best:
    """What was found: the name of the chosen variant, imp@k, and how many tasks were visible and sealed."""

    name: str
    found: ImpAtK
    visible: int
    sealed: int


@dataclass(frozen=True)
class _SidePlan(Plan):
    side: str = INITIAL


def split(golden: GoldenSet) -> tuple[list[GoldenTask], list[GoldenTask]]:
    """Visible and sealed tasks: halves in an order that the set's bytes decide; the odd one is visible."""
    order = sorted(golden.tasks, key=lambda task: stable_id("split", golden.digest, task.id))
    half = (len(order) + 1) // 2
    return order[:half], order[half:]


def run_best_of(
    workspace: Workspace, wanted: WantedBest, transcripts: Transcripts, *, now: datetime,
    progress: Progress | None = None,
) -> Best:  # fmt: skip
    """Tries every variant and the initial agent on the visible tasks in one random order, then only the best and the
    initial agent on the sealed ones; writes trials, the measurement and an event. A killed one goes on.

    Raises NothingMeasured without variants, with fewer than four tasks, or where the bench decided too few trials;
    UsageError for a set, agent or runner that is not as it has to be.
    """
    golden = read_set(find_set(workspace, wanted.golden_set))
    if not wanted.variants or len(golden.tasks) < LEAST:
        raise NothingMeasured(
            "imp@k needs variants, and golden tasks to choose on and to tell on", where=wanted.golden_set,
            got=f"{len(wanted.variants)} variants, {len(golden.tasks)} tasks", accepted=f"1 and {LEAST} or more",
        )  # fmt: skip
    visible, sealed = split(golden)
    runs = _Sides(workspace, wanted, golden, transcripts, now, progress)
    seen = runs.scores([INITIAL, *wanted.variants], visible)
    tried = [task.id for task in visible if all(task.id in side for side in seen.values())]
    if not tried:
        raise NothingMeasured("no visible task was decided for every variant", where=wanted.golden_set)
    parts = {name: {task: side[task] for task in tried} for name, side in seen.items()}
    choice = choose_best(parts[INITIAL], [parts[name] for name in wanted.variants])
    chosen = list(wanted.variants)[choice.place]
    told = runs.scores([INITIAL, chosen], sealed)
    found = imp_at_k(choice, {task.id: [] for task in visible}, told[INITIAL], told[chosen])
    _keep(workspace, wanted, golden, chosen, found, now)
    return Best(chosen, found, len(visible), len(sealed))


class _Sides:
    """The golden runs of the initial agent and of each variant, all with the same tasks, trials and agents' seeds."""

    def __init__(
        self, workspace: Workspace, wanted: WantedBest, golden: GoldenSet, transcripts: Transcripts, now: datetime,
        progress: Progress | None,
    ) -> None:  # fmt: skip
        self._workspace, self._wanted, self._golden = workspace, wanted, golden
        self._transcripts, self._now, self._progress = transcripts, now, progress
        self._agent, self._runner = runner_of(workspace, wanted.agent)
        self._config = config_of(workspace, self._agent)

    def scores(self, names: Sequence[str], tasks: Sequence[GoldenTask]) -> dict[str, Trials]:
        """Side to task to the scores on success of its trials, made now where they were not."""
        runs = {name: self._run(name, tasks) for name in names}
        self._make(runs, tasks)
        moment = self._now + timedelta(seconds=1)
        found: dict[str, Trials] = {}
        with writing_golden(self._workspace) as ledger:
            for name, (run, _) in runs.items():
                score_golden_run(ledger, run.golden_run, tasks, self._workspace.zone, self._now)
                state: State = "finished" if name == INITIAL else "variant"
                keep_run(ledger, msgspec.structs.replace(run, state=state, ended_at=moment))
                found[name] = {}
                for row in ledger.rows("golden/success_scores", golden_run=run.golden_run):
                    found[name].setdefault(row["task_id"], []).append(row["score"])
        return found

    def _run(self, name: str, tasks: Sequence[GoldenTask]) -> tuple[GoldenRun, Session]:
        wanted = self._wanted
        files = {**self._config.files, **wanted.variants.get(name, {})}
        config = self._config if name == INITIAL else Config(None, files)
        asked = Wanted(wanted.golden_set, wanted.agent, wanted.trials, wanted.concurrency, wanted.seed,
                       isolation=wanted.isolation)  # fmt: skip
        part = msgspec.structs.replace(self._golden, tasks=list(tasks))
        digest = config.digest(self._runner)
        run = proposed_run(self._workspace, asked, part, config, digest, self._agent.name, self._now, wanted.seed)
        own = stable_id(KIND, digest, self._golden.digest, run.trials, run.seed, *(task.id for task in tasks))
        run = msgspec.structs.replace(run, golden_run=own)
        bench = Bench(self._workspace, self._runner, config, self._transcripts, self._now, isolation=wanted.isolation)
        with writing_golden(self._workspace) as ledger:
            keep_run(ledger, run)
        return run, Session(bench, None, Tally(0, 0))

    def _make(self, runs: Mapping[str, tuple[GoldenRun, Session]], tasks: Sequence[GoldenTask]) -> None:
        trials = next(iter(runs.values()))[0].trials
        plans = _mixed(tasks, trials, self._wanted.seed, list(runs))
        with writing_golden(self._workspace) as ledger:
            made = {
                (name, row["task_id"], row["trial"])
                for name, (run, _) in runs.items()
                for row in ledger.rows("golden/trials", golden_run=run.golden_run)
                if row["outcome"] != "bench_error"
            }
        left = [plan for plan in plans if (plan.side, plan.task.id, plan.trial) not in made]
        with ExitStack() as stack:
            recorders = {
                name: stack.enter_context(Recorder(self._workspace, run, self._transcripts))
                for name, (run, _) in runs.items()
            }
            ended = 0

            def done(plan: _SidePlan, tried: Ended) -> bool:
                nonlocal ended
                ended += 1
                recorders[plan.side].put(tried)
                if self._progress:
                    self._progress(ended, len(left), f"{plan.task.id} #{plan.trial}")
                return any(recorder.failed for recorder in recorders.values())

            def attempt(plan: _SidePlan) -> Ended:
                return runs[plan.side][1].attempt(plan)

            work_through(left, attempt, done, next(iter(runs.values()))[0].concurrency)


def _mixed(tasks: Sequence[GoldenTask], trials: int, seed: int, sides: Sequence[str]) -> list[_SidePlan]:
    """All trials in rounds, each every task once a side, in one random order; a task has one seed on all sides."""
    rng, plans = Random(f"variants {seed}"), list[_SidePlan]()  # noqa: S311  repeatable on purpose
    single = planned(tasks, trials, seed)
    for start in range(0, len(single), len(tasks)):
        part = [(plan, side) for plan in single[start : start + len(tasks)] for side in sides]
        for plan, side in rng.sample(part, len(part)):
            plans.append(_SidePlan(plan.task, plan.trial, len(plans), plan.seed, side))
    return plans


def _keep(
    workspace: Workspace, wanted: WantedBest, golden: GoldenSet, chosen: str, found: ImpAtK, now: datetime
) -> None:
    """The sealed comparison as a measurement, and an event with what choosing alone seemed to gain; once."""
    drafts = sorted(sha256_hex(msgspec.json.encode(files, order="sorted")) for files in wanted.variants.values())
    own, each = stable_id(KIND, wanted.agent, golden.digest, wanted.seed, *drafts), found.sealed
    told = Measurement(
        measurement_id=own, kind=KIND, agent=wanted.agent, dimension="success", before_mean=each.before.mean,
        before_n=each.before.n, after_mean=each.after.mean, after_n=each.after.n, delta=each.delta,
        ci_low=each.ci_low, ci_high=each.ci_high, mde=each.mde, verdict=each.verdict, seed_label=each.seed_label,
        made_at=now, before_period=INITIAL, after_period=f"best of {found.choice.k}",
    )  # fmt: skip
    payload: dict[str, object] = {
        "k": found.choice.k, "chosen": chosen, "visible_gain": found.choice.gain, "optimism": found.optimism,
        "golden_set": golden.name, "set_version": golden.version, "seed": wanted.seed,
    }  # fmt: skip
    event = Event(event_id=stable_id(own, "told"), kind="imp_at_k", at=now, agent=wanted.agent, subject=own,
                  payload=payload)  # fmt: skip
    with writing_golden(workspace) as ledger, ledger.transaction():
        ledger.add("measurements", [told], "measurement_id")
        ledger.add("events", [event], "event_id")
