"""Golden runs as steps of a flow."""

from __future__ import annotations

from datetime import datetime

from reports.text import fenced
from storage.errors import NotFound, NothingMeasured, UsageError
from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import show_markdown, show_progress, show_table, step
from tasks.golden import pair, run
from tasks.golden.drafts_due import make_due_drafts
from tasks.golden.production import Added
from tasks.golden.recording import Transcripts
from tasks.golden.results import Summary, table_rows


@step()
def choose_golden_runs(
    workspace: Workspace, golden_set: str | None, agent: str | None, trials: int | None
) -> list[run.Wanted]:
    """The set and agent that were named; where one is open, those that are due."""
    if golden_set and agent:
        return [run.Wanted(golden_set, agent, trials)]
    with writing(workspace, "golden runs that are due") as ledger:
        due = run.due_sets(ledger, workspace)
    return [
        run.Wanted(one.golden_set, one.agent, trials)
        for one in due
        if golden_set in (None, one.golden_set) and agent in (None, one.agent)
    ]


@step()
def run_golden_set(
    workspace: Workspace, wanted: run.Wanted, transcripts: Transcripts, now: datetime, fresh_seed: int
) -> Summary:
    """Runs one set with one agent; one step for all its trials, which are recorded one by one."""
    progress = show_progress("golden", f"{wanted.golden_set} with {wanted.agent}")
    done = run.run_set(workspace, wanted, transcripts, now=now, fresh_seed=fresh_seed, progress=progress)
    told = f"{done.run.golden_set} with {done.run.agent}: {done.rate.attempts} trials decided, {done.bench_errors} not"
    show_table("golden-tasks", table_rows(done), told)
    return done


@step()
def choose_golden_pairs(workspace: Workspace, now: datetime) -> list[pair.WantedPair]:
    """The applied changes whose golden tasks wait to be run with and without them."""
    with writing(workspace, "golden pairs that are due") as ledger:
        return pair.pairs_due(ledger, workspace, now)


@step()
def run_golden_pair(
    workspace: Workspace, wanted: pair.WantedPair, transcripts: Transcripts, now: datetime, fresh_seed: int
) -> pair.GoldenPair | None:
    """Runs one set with an agent as it is with a change and as it was without, in one random order.

    None where set, runner or commit are not as they have to be: it is said, and holds up nothing else.
    """
    told = f"{wanted.golden_set} with {wanted.agent}, with and without a change"
    progress = show_progress("golden-pair", told)
    try:
        return pair.run_pair(workspace, wanted, transcripts, now=now, fresh_seed=fresh_seed, progress=progress)
    except (UsageError, NotFound, NothingMeasured) as error:
        show_markdown("golden-pair-not-run", fenced(error.text()), f"{told}: could not be run")
        return None


@step()
def make_golden_drafts(workspace: Workspace, now: datetime) -> list[Added]:
    """Runs that show a class of failure that is new to their agent, as drafts of golden tasks."""
    with writing(workspace, "golden drafts that are due") as ledger:
        return make_due_drafts(workspace, ledger, now)
