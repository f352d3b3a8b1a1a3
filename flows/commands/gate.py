"""`agentre gate`: whether a change made an agent better or worse, for CI."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

import click

from flows.commands.golden import progress_bar
from flows.console import Reply, command, now, table, writing
from flows.transcripts import LedgerTranscripts
from reports.gate import GateReport, GateTask, gate_junit, gate_markdown
from reports.text import clean
from storage.errors import Refused
from storage.ledger import publish
from storage.whole_file import write_whole
from storage.workspace import Workspace
from tasks.golden.gate import run_gate
from tasks.golden.gate_baseline import MARGIN, Asked

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("golden_set", metavar="SET")
@click.option("--agent", required=True, metavar="A", help="An agent of the workspace with a `runner:`.")
@click.option("--baseline", metavar="REF|FILE", help="A commit, branch or tag to run too, or an exported .json file.")
@click.option("--candidate", metavar="REF", help="The config to judge; default: HEAD of the config repository.")
@click.option("--margin", type=float, default=MARGIN, show_default=True, help="The drop that must not go unnoticed.")
@click.option("--trials", "-k", type=click.IntRange(1, 1000), help="At most so many a task; default: as needed.")
@click.option("--concurrency", "-c", type=click.IntRange(1, 64), help="How many run together.")
@click.option("--seed", type=int, help="Order of the trials and seeds of the agent; default: random, and printed.")
@click.option("--junit", type=_FILE, metavar="OUT", help="Write JUnit XML.")
@click.option("--summary", type=_FILE, metavar="OUT", help="Write a Markdown summary.")
@click.option("--export", type=_FILE, metavar="FILE", help="Write the candidate's results: the next baseline.")
@click.option("--judge", is_flag=True, help="Let the judge decide what checks cannot; refused unless calibrated.")
@click.option("--inconclusive", type=click.Choice(["fail", "pass"]), default="fail", show_default=True)
@click.option("--no-bubblewrap", is_flag=True, help="Run in a mere process group, though bubblewrap works here.")
@command
def gate(
    workspace: Workspace, junit: Path | None, summary: Path | None, inconclusive: str, no_bubblewrap: bool, **asked: Any
) -> Reply:
    """Compare an agent with a baseline on SET, task by task, and stop as soon as it is clear.

    With --export and no --baseline a baseline is made, as large as the test needs. Exit code 0: not worse; 1: worse;
    3: only failures of the bench; 4: inconclusive (0 with --inconclusive pass); 5: no baseline, or nothing measured.
    """
    wanted = Asked(**asked, isolation="process group" if no_bubblewrap else None)
    if wanted.baseline is not None:  # making a baseline changes nothing
        _check_free(workspace, wanted.agent)
    with progress_bar("gate") as progress:
        found = run_gate(
            workspace, wanted, LedgerTranscripts(workspace), now=now(), fresh_seed=secrets.randbelow(2**31),
            progress=progress,
        )  # fmt: skip
    publish(workspace.ledger, workspace.read_copy)
    if junit:
        write_whole(junit, gate_junit(found))
    if summary:
        write_whole(summary, gate_markdown(found).encode())
    code = exit_code(found, inconclusive)
    return Reply(told(found), {"exit_code": code, "report": found}, code)


def _check_free(workspace: Workspace, agent: str) -> None:
    """Raises Refused, so exit code 1, with the reason while the agent is frozen and no override covers it."""
    known = workspace.agent(agent)
    with writing(workspace, "gate") as ledger:
        held = [row for row in ledger.rows("slo/frozen", now=now()) if known and row["agent"] == known.name]
    if held:
        raise Refused(
            f"{held[0]['agent']} is frozen: no change of it passes",
            got="; ".join(clean(row["reason"], 400) for row in held),
            accepted="recovery of the SLO, or a person's override",
            next_command=f"agentre slo override {held[0]['agent']} --until DATE --reason TEXT",
        )  # fmt: skip


def exit_code(found: GateReport, inconclusive: str) -> int:
    """The code that CI acts on; never 0 where nothing was measured."""
    if not found.runs:
        return 3 if found.bench_errors and not found.needs_human else 5
    if found.verdict == "inconclusive":
        return 4 if inconclusive == "fail" else 0
    return 1 if found.verdict == "worse" else 0


def told(found: GateReport) -> str:
    """A gate as text: the tasks, then the verdict with what it stands on."""
    rows: list[list[object]] = [_row(task) for task in found.tasks]
    lines = [table(rows, ["task", "baseline", "candidate", "bench", "", "why it failed"]), "", found.sentence]
    if found.delta is not None and found.ci_low is not None and found.ci_high is not None and found.mde is not None:
        interval = f"95 % interval {found.ci_low:+.1%} to {found.ci_high:+.1%}"
        lines.append(f"difference {found.delta:+.1%}, {interval}; so many runs find {found.mde:.1%} in 80 % of cases")
    lines += [
        f"baseline   {found.baseline}: {found.baseline_runs} runs; the test needs {found.smallest_baseline} or more",
        f"candidate  {found.candidate}: {found.runs} runs of at most {found.most}, seed {found.seed}",
        f"test       {found.test}; margin {found.margin:.1%}",
    ]
    if found.bench_errors:
        lines.append(f"bench      {found.bench_errors} runs failed on the bench, not the agent: left out")
    lines += [f"left out   {task}: {why}" for task, why in found.left_out.items()]
    return "\n".join([*lines, *(f"note       {notice}" for notice in found.notices)])


def _row(task: GateTask) -> list[object]:
    sides = _of(task.baseline_passed, task.baseline_n), _of(task.passed, task.n)
    return [task.task_id, *sides, task.bench_errors or None, "fell" if task.fell else "", task.reason[:60]]


def _of(passed: int, n: int) -> str | None:
    return f"{passed} of {n}" if n else None
