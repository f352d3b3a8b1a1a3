"""`agentre escalation`: who is told of incidents, what waits or could not be delivered; try a route, try again."""

from __future__ import annotations

import click

from flows.console import Reply, command, now, print_reply, table, writing
from reports.text import clean, when
from storage.errors import AgentREError
from storage.ledger import publish
from storage.workspace import Workspace
from tasks.escalation import run
from tasks.escalation.delivery import NotSent
from tasks.escalation.steps import poster


@click.group(invoke_without_command=True)
@click.option("--workspace", "workspace_folder", metavar="DIR", help="The workspace; default: the current directory.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.pass_context
def escalation(context: click.Context, workspace_folder: str | None, as_json: bool) -> Reply | None:
    """The policies, and what waits, was given up or is newest; exit code 1 where one could not be delivered."""
    if context.invoked_subcommand:
        return None
    reply = _status(Workspace.find(workspace_folder))
    print_reply(reply, as_json)
    return reply


@escalation.command()
@click.argument("route")
@command
def test(workspace: Workspace, route: str) -> Reply:
    """Send a test by ROUTE now, quiet hours or not."""
    try:
        reached = run.try_route(workspace, route, now(), poster())
    except NotSent as error:
        raise AgentREError(f"the route {route} does not work: {error}", next_command="agentre doctor") from error
    return Reply(f"sent by {route} to {', '.join(reached)}", {"route": route, "to": reached})


@escalation.command()
@command
def retry(workspace: Workspace) -> Reply:
    """Let everything that was given up be tried again, by the next look."""
    with writing(workspace, "escalation retry") as ledger:
        count = run.retry(ledger, now())
    publish(workspace.ledger, workspace.read_copy)
    return Reply(f"to be tried again: {count}", {"retried": count})


def _status(workspace: Workspace) -> Reply:
    settings = workspace.settings.escalation
    with writing(workspace, "escalation") as ledger:
        messages = ledger.rows("escalation/recent")
    lines = []
    for policy in settings.policies:
        steps = " → ".join(
            f"{' + '.join(step.to)}{f' ({step.within} min)' if step.within else ''}" for step in policy.steps
        )
        lines.append(f"{', '.join(policy.severity)} of {', '.join(policy.agents) or 'all agents'}: {steps}")
    lines = lines or ["nobody is told of incidents: write `escalation:` in agentre.yaml"]
    rows: list[list[object]] = [
        [
            when(row["queued_at"], workspace.zone), row["severity"], row["agent"], row["event"],
            clean(row["recipient"], 40), row["state"], row["attempts"], row["error"], clean(row["title"], 50),
        ]
        for row in messages
    ]  # fmt: skip
    if rows:
        lines += ["", table(rows, ["queued", "", "agent", "what", "to", "state", "tries", "error", "incident"])]
    dead = any(row["state"] == "dead" for row in messages)
    return Reply("\n".join(lines), {"messages": messages}, exit_code=int(dead))
