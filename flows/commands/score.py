"""`agentre score`: a person scores randomly sampled runs, two minutes an agent."""

from __future__ import annotations

import getpass
import secrets
from typing import Final

import click

from flows.commands.proposals import require_terminal
from flows.console import Reply, command, now, writing
from reports.text import money, plural
from storage.ledger import publish
from storage.records import DIMENSIONS
from storage.text import printable
from storage.workspace import Workspace
from tasks.metrics.sampling import SampledRun, record_scores, sample_runs
from tasks.metrics.weeks import Week

RUBRIC: Final = """\
Scores are 1 to 5; empty skips a dimension, s skips the run, q stops and keeps what was given.
  success     5 perfect   4 small corrections   3 core done, gaps   2 major rework   1 failed
  autonomy    5 no help after the task   4 one question   3 help once   2 several times   1 constant
  efficiency  5 fast and cheap   4 minor waste   3 some   2 significant   1 out of proportion"""


@click.command()
@click.option("-n", "--runs", default=5, show_default=True, help="How many runs to draw.")
@click.option("--seed", type=int, help="Draw the same runs again; default: random, and printed.")
@click.option("--week", metavar="2026-W47", help="Only runs of this week.")
@click.option("--as", "scorer", default=getpass.getuser, help="Who scores; default: your user name.")
@command
def score(workspace: Workspace, runs: int, seed: int | None, week: str | None, scorer: str) -> Reply:
    """Score runs that are drawn at random, spread evenly over the agents, so that nobody picks the good ones."""
    chosen = secrets.randbelow(2**31) if seed is None else seed
    with writing(workspace, "score") as ledger:
        drawn = sample_runs(ledger, workspace, runs, chosen, Week.parse(week) if week else None)
    data = {"seed": chosen, "runs": drawn}
    if not drawn:
        return Reply("nothing to score: every run has a score, or there are none", data)
    require_terminal()
    click.echo(RUBRIC)
    scored = _score_all(workspace, drawn, scorer)
    publish(workspace.ledger, workspace.read_copy)
    return Reply(f"\n{scored} of {len(drawn)} runs scored (seed {chosen})", data | {"scored": scored})


def _score_all(workspace: Workspace, drawn: list[SampledRun], scorer: str) -> int:
    """Asks for each run and writes its scores at once, so that stopping loses nothing."""
    scored = 0
    for number, run in enumerate(drawn, 1):
        click.echo(f"\n[{number}/{len(drawn)}] {_headline(run)}")
        scores, stop = _ask()
        if scores:
            with writing(workspace, "score") as ledger:
                record_scores(ledger, workspace, run.run_id, scores, scorer=scorer, now=now())
            scored += 1
        if stop:
            break
    return scored


def _ask() -> tuple[dict[str, float], bool]:
    """Scores per dimension, {} to skip the run; and whether to stop, which keeps what was given before."""
    scores: dict[str, float] = {}
    for dimension in DIMENSIONS:
        while True:
            typed = click.prompt(f"  {dimension:<11}", default="", show_default=False).strip().lower()
            if typed == "q":
                return scores, True
            if typed == "s":
                return {}, False
            if typed in {"", "1", "2", "3", "4", "5"}:
                break
            click.echo("  a whole number from 1 to 5, empty, s or q")
        if typed:
            scores[dimension] = float(typed)
    return scores, False


def _headline(run: SampledRun) -> str:
    counted = {"model call": run.model_calls, "tool call": run.tool_calls, "error": run.tool_errors}
    facts = [
        f"{run.agent}: outcome {run.outcome}",
        ", ".join(plural(number, noun) for noun, number in counted.items()),
        plural(run.human_turns, "human turn"),
        "cost not recorded" if run.cost_usd is None else money(run.cost_usd),
    ]
    texts = [f"  {label}: {_one_line(text)}" for label, text in (("asked", run.request), ("said", run.answer)) if text]
    return "\n".join(["  ".join(facts), *texts, f"  file:  {run.source_file}"])


def _one_line(text: str, width: int = 400) -> str:
    shown = printable(text)
    return shown if len(shown) <= width else shown[:width] + "…"
