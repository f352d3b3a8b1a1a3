"""`agentre memory`: daily logs into MEMORY.md, now; or what that would change."""

from __future__ import annotations

from dataclasses import asdict

import click

from flows.console import Reply, command, now, writing
from reports.memory import memory_text
from storage.ledger import publish
from storage.workspace import Workspace
from tasks.memory.run import consolidate


@click.command()
@click.option("--agent", "agent", metavar="NAME", help="One agent; default: all.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@command
def memory(workspace: Workspace, agent: str | None, dry_run: bool) -> Reply:
    """Distil the daily logs into each agent's MEMORY.md: verbatim lines, each with its source.

    Exit code 5 where no agent has a daily log, 1 where an agent's MEMORY.md could not be written.
    """
    with writing(workspace, "memory") as ledger:
        done = consolidate(workspace, ledger, now(), agent, dry_run=dry_run)
        quoted = [row for one in done for row in ledger.rows("memory/quoted", agent=one.agent)]
    if not dry_run:
        publish(workspace.ledger, workspace.read_copy)
    code = 1 if any(one.state == "refused" for one in done) else 0 if any(one.logs for one in done) else 5
    data = {"dry_run": dry_run, "agents": done, "quoted": quoted}
    return Reply(memory_text([asdict(one) for one in done], quoted, dry_run=dry_run), data, exit_code=code)
