"""`agentre demo`: the whole loop on a synthetic fleet, in a workspace that it makes."""

from __future__ import annotations

import getpass
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from flows.commands.experiment import measure_pair
from flows.commands.proposals import answer, record
from flows.console import Reply, now, print_reply, writing
from flows.nightly import nightly
from flows.transcripts import LedgerTranscripts
from flows.weekly import WeekDone, weekly
from storage.errors import AgentREError, UsageError
from storage.records import Proposal
from storage.scaffold import complete_workspace
from storage.workspace import Workspace
from tasks.experiments.experiment import Experiment
from tasks.golden.pair import sets_of
from tasks.golden.results import Summary
from tasks.golden.run import Wanted, run_set
from tasks.sample.fleet import write_fleet

SEED: Final = 20261122
TRIALS: Final = 2
"""Attempts at each golden task without the skill, and as many with it."""
MARK: Final = "made-by-demo"
"""A file in `.agentre`: this workspace may be made anew, and `--yes` may answer in it."""


@click.command()
@click.argument("folder", default="agentre-demo", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Answer yes to the one question; recorded as approver `demo`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def demo(folder: Path, yes: bool, as_json: bool) -> Reply:
    """Show the whole loop on a synthetic fleet: a failure that recurs, a skill proposed for it, approved, applied, and
    what it did to the agent's golden tasks, measured; a second proposal waits.

    Everything is made in DIR (default: agentre-demo), with twelve weeks of synthetic history.
    """
    say = (lambda _: None) if as_json else click.echo
    workspace = _fresh(folder)
    say(f"1/6  a synthetic fleet of four agents, twelve weeks, in {folder}")
    fleet = write_fleet(workspace.root, until=now(), weeks=12, runs_per_week=10, seed=SEED)
    complete_workspace(workspace, now(), fleet.config_files)
    say("2/6  nightly: logs into the ledger, failures found, weeks closed")
    nightly.fn(str(workspace.root))
    say("3/6  weekly: imp@week, proposals drafted by rules, the review")
    first = _most_frequent(workspace, weekly.fn(str(workspace.root)).settled.waiting)
    say(f"4/6  {first.agent} as it is, on its golden tasks, in a sandbox")
    before = _tried(workspace, first.agent)
    say("5/6  proposals wait for a person")
    applied = _answered_by(workspace, first, yes)
    change = applied.data.get("change") if applied and isinstance(applied.data, dict) else None
    say("6/6  the same golden tasks without the skill and with it" if change else "6/6  nothing was applied")
    effect = _measured(workspace, str(change)) if change else None
    promised = _forecast(workspace, str(change)) if change else []
    done = weekly.fn(str(workspace.root))  # once more, so that the review shows what was applied
    reply = _closing(
        workspace, done, [*_failed(first, before), *_answered(applied), *_told(effect), *promised], applied, effect
    )
    print_reply(reply, as_json)
    return reply


def _fresh(folder: Path) -> Workspace:
    """An empty folder for the demo; a former demo's is made anew, anything else is left alone."""
    workspace = Workspace(folder.resolve())
    if folder.exists() and any(folder.iterdir()):
        if not (workspace.state / MARK).exists():
            raise UsageError(
                "the demo makes a folder of its own", where=str(folder), got="a folder with other files",
                next_command="agentre demo ANOTHER-DIR",
            )  # fmt: skip
        shutil.rmtree(folder)
    workspace.state.mkdir(mode=0o700, parents=True)
    (workspace.state / MARK).touch()
    return workspace


def _tried(workspace: Workspace, agent: str) -> Summary | None:
    """A golden run of the agent as it is; None where it has no set, or the sandbox does not work here."""
    with writing(workspace, "demo") as ledger:
        sets = sets_of(ledger, workspace, known) if (known := workspace.agent(agent)) else []
    wanted = [Wanted(name, agent, trials=1, seed=SEED) for name in sets[:1]]
    try:
        runs = [run_set(workspace, one, LedgerTranscripts(workspace), now=now(), fresh_seed=SEED) for one in wanted]
    except AgentREError:
        return None
    return runs[0] if runs and runs[0].decided else None


def _measured(workspace: Workspace, change: str) -> Experiment | str:
    """What the change did to its agent's golden tasks, or why that cannot be told here."""
    try:
        return measure_pair(workspace, change, trials=TRIALS, seed=SEED)
    except AgentREError as error:
        return error.text()


def _most_frequent(workspace: Workspace, waiting: list[Proposal]) -> Proposal:
    """The proposal against the failure that recurs most."""
    with writing(workspace, "demo") as ledger:
        failures = [row["proposal_id"] for row in ledger.rows("proposals/against_failures")]
    return next((each for each in waiting if each.proposal_id in failures[:1]), waiting[0])


def _answered_by(workspace: Workspace, first: Proposal, yes: bool) -> Reply | None:
    """Has the proposal answered; None where nobody can be asked."""
    if yes:
        return record(workspace, first, "approve", "demo", "demo", "answered by `agentre demo --yes`")
    if sys.stdin.isatty() and sys.stdout.isatty():
        return answer(workspace, first.proposal_id, "approve", getpass.getuser(), "")
    return None


def _failed(first: Proposal, before: Summary | None) -> list[str]:
    lines = [f"recurs     {first.agent}: {first.title}"]
    if before:
        failed = [task.name for task in before.tasks if task.tally.n > task.tally.passed]
        lines.append(f"tried      {len(failed)} of its {len(before.tasks)} golden tasks fail: {', '.join(failed)}")
    return lines


def _answered(applied: Reply | None) -> list[str]:
    if applied is None:
        return ["proposed   a skill against it; nobody was asked here (`--yes` answers), so nothing was applied"]
    return [f"{'answered' if i == 0 else '':<10} {line}" for i, line in enumerate(applied.text.splitlines())]


def _told(effect: Experiment | str | None) -> list[str]:
    """The measured effect, for somebody who sees one for the first time."""
    if effect is None or isinstance(effect, str):
        return [] if effect is None else [f"measured   not: {effect.splitlines()[0]}"]
    (failed, n), (passed, m) = effect.record["passed"]["without"], effect.record["passed"]["with"]
    lines = [
        f"measured   on the same golden tasks, in random order: {failed} of {n} passed without it, {passed} of {m} with"
    ]
    for name, each in effect.record["intervals"].items():
        between = "no interval" if each["ci_low"] is None else f"{each['ci_low']:+.2f} to {each['ci_high']:+.2f}"
        lines.append(f"           {name:<10} {each['delta']:+.2f}  95 % {between:<16} {each['verdict']}")
    return [*lines, f"           verdict: {effect.verdict}   (practitioners' label: {effect.seed_verdict})"]


def _forecast(workspace: Workspace, change: str) -> list[str]:
    """What was forecast for the scores of production, which are compared when two weeks have passed."""
    with writing(workspace, "demo") as ledger:
        rows = ledger.rows("experiments/forecasts", change_id=change)
    told = [f"{row['dimension']} {row['low']:+.2f} to {row['high']:+.2f}" for row in rows]
    if not told:
        return []
    until = (now() + timedelta(weeks=2)).astimezone(workspace.zone).date()
    return [
        f"forecast   of its work ({rows[0]['level']:.0%}): {', '.join(told)}; held against its scores after {until}"
    ]


def _closing(
    workspace: Workspace, done: WeekDone, told: list[str], applied: Reply | None, effect: Experiment | str | None
) -> Reply:
    """What there is now, and the line that goes on."""
    at = f"--workspace {workspace.root}"
    lines = [done.review.text, "", "What this was", *told]
    for proposal in done.settled.waiting:
        lines.append(f"waiting    {proposal.agent}: {proposal.title} ({proposal.proposal_id[:8]})")
    lines += [
        f"review     {done.review.html}",
        f"terminal   agentre proposals list {at}",
        f"Prefect UI agentre serve {at}",
    ]
    data = {
        "workspace": workspace.root,
        "review": done.review.html,
        "applied": applied.data if applied else None,
        "effect": effect.record if isinstance(effect, Experiment) else None,
        "waiting": [proposal.proposal_id for proposal in done.settled.waiting],
    }
    return Reply("\n".join(lines), data)
