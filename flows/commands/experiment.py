"""`agentre experiment`: what a change did, and whether it does the same for another agent."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

import click

from flows import serving
from flows.commands.golden import progress_bar
from flows.console import Reply, command, now, table, writing
from flows.transcripts import LedgerTranscripts
from reports.text import clean
from storage.errors import NothingMeasured, UsageError
from storage.ledger import publish
from storage.proposals import in_state
from storage.workspace import Workspace
from tasks.experiments.experiment import Experiment
from tasks.experiments.keeping import FOLDER
from tasks.experiments.run import changes, measure_change, measure_golden, named_among
from tasks.experiments.transfer import Transferred
from tasks.golden.pair import WantedPair, run_pair, sets_of
from tasks.golden.session import Progress
from tasks.golden.variants import WantedBest, run_best_of
from tasks.metrics.compare import sentence

_EXIT_CODES: Final = {"Regression": 1, "worse": 1, "Inconclusive": 4, "inconclusive": 4}
_COLUMNS: Final = ["dimension", "delta", "95% interval", "n", "MDE", "verdict", "label"]


@click.group()
def experiment() -> None:
    """What a change did to its agent, and whether it does the same for another."""


@experiment.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--sd", type=click.FloatRange(min=0, min_open=True), help="Spread of one score, where it is known.")
@command
def run(workspace: Workspace, file: Path, sd: float | None) -> Reply:
    """Measure a transfer experiment: Transfer, Weak Transfer, Neutral, Regression or Inconclusive.

    FILE is the practitioners' YAML. Run it once before the treatment is over: that registers the hypothesis. Exit code
    1: it does harm; 4: inconclusive; 5: not over yet, or nothing to measure.
    """
    done: Transferred = serving.run_flow(workspace, "experiment", file=str(file.resolve()), sd=sd)
    reply = _reply(workspace, done.experiment)
    if not done.offered:
        return reply
    offered = f"offered for {', '.join(done.offered)}, of the same type"
    return Reply(f"{reply.text}\n{offered}", {**_data(workspace, done.experiment), "offered": done.offered})


@experiment.command()
@click.argument("named", metavar="CHANGE|MODEL")
@click.option("--golden", is_flag=True, help="On the same golden tasks, run now without and with it, in random order.")
@click.option("--set", "golden_set", metavar="SET", help="The golden set; default: those of the agent.")
@click.option("--trials", "-k", type=click.IntRange(1, 1000), help="Attempts per task and side.")
@click.option("--seed", type=int, help="Order of the trials and seeds of the agent; default: random, and kept.")
@command
def change(
    workspace: Workspace, named: str, golden: bool, golden_set: str | None, trials: int | None, seed: int | None
) -> Reply:
    """Measure what an applied change, or a model that answered anew, did: two weeks after against two before.

    With --golden: at once, by its agent's golden tasks, each tried at the commit before the change and at its own.
    That is done once; asked again, it tells what was found.
    """
    if golden:
        with progress_bar("golden pair") as progress:
            done = measure_pair(workspace, named, golden_set, trials, seed, progress)
    elif golden_set or trials or seed is not None:
        raise UsageError("--set, --trials and --seed are of golden tasks", accepted="them with --golden")
    else:
        with writing(workspace, "experiment change") as ledger:
            done = measure_change(workspace, ledger, named, now())
    publish(workspace.ledger, workspace.read_copy)
    return _reply(workspace, done)


@experiment.command()
@click.argument("golden_set", metavar="SET")
@click.option("--agent", required=True, metavar="A", help="An agent with a `runner:` and drafts that wait.")
@click.option("--trials", "-k", type=click.IntRange(1, 1000), help="Attempts per task and variant.")
@click.option("--seed", type=int, help="Order of the trials and seeds of the agent; default: random.")
@command
def best(workspace: Workspace, golden_set: str, agent: str, trials: int | None, seed: int | None) -> Reply:
    """imp@k of the improver: try each draft that waits for an agent on half of SET, and tell what the best of them
    gains on the other half, which chose nothing. Nothing is committed."""
    with writing(workspace, "experiment best") as ledger:
        drafts = [each for each in in_state(ledger, "waiting") if each.agent == agent and each.kind != "rollback"]
    variants = {each.title: {f.path.partition("/")[2]: f.content for f in each.files} for each in drafts}
    wanted = WantedBest(golden_set, agent, variants, secrets.randbelow(2**31) if seed is None else seed, trials)
    with progress_bar("best of the drafts") as progress:
        done = run_best_of(workspace, wanted, LedgerTranscripts(workspace), now=now(), progress=progress)
    publish(workspace.ledger, workspace.read_copy)
    found, sealed = done.found, done.found.sealed
    lines = [
        f"imp@{found.choice.k} of {clean(agent)}: {len(variants)} drafts on {done.visible} visible tasks, the best on "
        f"{done.sealed} sealed ones",
        f"best       {clean(done.name)}",
        f"visible    {found.choice.gain:+.2f} on success, flattered by the choice",
        f"sealed     {sentence(sealed)}",
        f"optimism   {'cannot be told' if found.optimism is None else f'{found.optimism:+.2f}'}",
    ]
    data = {"chosen": done.name, "imp_at_k": found, "visible": done.visible, "sealed": done.sealed, "seed": wanted.seed}
    return Reply("\n".join(lines), data, _EXIT_CODES.get(sealed.verdict, 0))


def measure_pair(
    workspace: Workspace, named: str, golden_set: str | None = None, trials: int | None = None,
    seed: int | None = None, progress: Progress | None = None,
) -> Experiment:  # fmt: skip
    """Runs the golden tasks of a change without it and with it, and measures what it did to them."""
    moment = now()
    with writing(workspace, "experiment change") as ledger:
        asked = named_among(changes(workspace, ledger), named)
        agent = workspace.agent(asked.agent)
        if asked.commit is None or agent is None:
            raise UsageError("a model that answered anew has no commit to go back to", got=asked.name)
        sets = [golden_set] if golden_set else sets_of(ledger, workspace, agent)
    if not sets:
        raise NothingMeasured("no golden set is for this agent", got=agent.name, accepted="--set SET")
    for name in sets:
        wanted = WantedPair(asked.subject, agent.name, asked.commit, name, trials, seed=seed)
        fresh = secrets.randbelow(2**31)
        run_pair(workspace, wanted, LedgerTranscripts(workspace), now=moment, fresh_seed=fresh, progress=progress)
    with writing(workspace, "experiment change") as ledger:
        return measure_golden(workspace, ledger, asked, now())


def _reply(workspace: Workspace, done: Experiment) -> Reply:
    rows = [_row(name, each) for name, each in done.record["intervals"].items()]
    lines = [
        f"{done.kind} of {clean(done.name)}, {clean(done.agent)}: {done.before_period}, then {done.after_period}",
        table(rows, _COLUMNS),
        f"verdict    {done.verdict}   (practitioners' rule: {done.seed_verdict or 'cannot be told'})",
        clean(done.said, 2000),
        f"files      {_folder(workspace, done)}",
    ]
    return Reply("\n".join(lines), _data(workspace, done), _EXIT_CODES.get(done.verdict, 0))


def _data(workspace: Workspace, done: Experiment) -> dict[str, Any]:
    return {
        "experiment": done.name, "kind": done.kind, "agent": done.agent, "verdict": done.verdict,
        "seed_verdict": done.seed_verdict, "said": done.said, "record": done.record,
        "files": _folder(workspace, done),
    }  # fmt: skip


def _folder(workspace: Workspace, done: Experiment) -> Path:
    return workspace.state / FOLDER / done.folder


def _row(dimension: str, each: dict[str, Any]) -> list[object]:
    """A dimension as a row; no data is shown as such."""
    low, high = each["ci_low"], each["ci_high"]
    between = "not enough data" if low is None else f"{low:+.2f} to {high:+.2f}"
    sizes = f"{each['n_before']} and {each['n_after']}"
    mde = None if each["mde"] is None else f"{each['mde']:.2f}"
    delta = None if each["delta"] is None else f"{each['delta']:+.2f}"
    return [dimension, delta, between, sizes, mde, each["verdict"], each["seed_label"]]
