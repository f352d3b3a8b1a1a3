"""`agentre incidents`: what is wrong, whose it is and since when; what people do about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import click

from flows.commands.incident_steps import BY, act, verify
from flows.commands.proposals import require_terminal
from flows.console import Reply, command, now, print_reply, table, writing
from reports.incident import incident_text
from reports.text import clean, duration
from storage.errors import UsageError
from storage.ledger import Ledger, publish
from storage.workspace import Workspace
from tasks.incidents import handling
from tasks.incidents.book import every, load
from tasks.incidents.closing import awaited
from tasks.incidents.guides import guide_of
from tasks.incidents.incident import Incident
from tasks.incidents.signals import Look
from tasks.incidents.timeline import impact, lasted, timeline


@click.group(invoke_without_command=True)
@click.option("--workspace", "workspace_folder", metavar="DIR", help="The workspace; default: the current directory.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
@click.pass_context
def incidents(context: click.Context, workspace_folder: str | None, as_json: bool) -> Reply | None:
    """What is wrong now, whose it is and since when; exit code 1 while an incident is open."""
    if context.invoked_subcommand:
        return None
    reply = _listed(Workspace.find(workspace_folder), False)
    print_reply(reply, as_json)
    return reply


incidents.add_command(act)
incidents.add_command(verify)


@incidents.command("list")
@click.option("--all", "closed_too", is_flag=True, help="Closed ones too.")
@command
def list_incidents(workspace: Workspace, closed_too: bool) -> Reply:
    """The incidents, the worst and newest first; exit code 1 while one is open."""
    return _listed(workspace, closed_too)


def _listed(workspace: Workspace, closed_too: bool) -> Reply:
    moment = now()
    with writing(workspace, "incidents list") as ledger:
        found = every(ledger)
    shown = [each for each in found if each.is_open or closed_too]
    rows: list[list[object]] = [_row(each, moment, workspace) for each in shown]
    text = table(rows, ["id", "", "state", "agent", "since", "for", "owner", "what"]) if rows else "no open incident"
    closed = sum(not each.is_open for each in found)
    if closed and not closed_too:
        text += f"\n\n{closed} closed: agentre incidents list --all"
    return Reply(text, {"incidents": [_plain(each) for each in shown]}, int(any(each.is_open for each in found)))


def _row(each: Incident, moment: datetime, workspace: Workspace) -> list[object]:
    begun = each.started_at or each.detected_at
    span = lasted((each.resolved_at or moment) - begun)
    what = clean(each.title.removeprefix(f"{each.agent}: "), 90)
    since = f"{begun.astimezone(workspace.zone):%Y-%m-%d %H:%M}"
    return [each.incident_id[:8], each.severity, each.state, each.agent, since, duration(span), each.owner, what]


def _plain(each: Incident) -> dict[str, Any]:
    names = [name for name in Incident.__struct_fields__ if name != "told"]
    spans = {"detect_seconds": lasted(each.time_to_detect), "resolve_seconds": lasted(each.time_to_resolve)}
    return {name: getattr(each, name) for name in names} | spans


@incidents.command()
@click.argument("incident_id", metavar="ID")
@command
def show(workspace: Workspace, incident_id: str) -> Reply:
    """One incident: time line, causes, how to look into it, what it waits for."""
    moment = now()
    with writing(workspace, "incidents show") as ledger:
        told = _told(workspace, ledger, load(ledger, incident_id), moment)
    found: Incident = told["incident"]
    data = _plain(found) | {"timeline": told["timeline"], "impact": told["impact"], "closes": told["closes"]}
    return Reply(incident_text(told, workspace.zone), data | {"signals": found.told, "items": told["items"]})


def _told(workspace: Workspace, ledger: Ledger, found: Incident, moment: datetime) -> dict[str, Any]:
    return {
        "incident": found, "timeline": timeline(ledger, found), "impact": impact(ledger, found, moment),
        "guides": guide_of(found), "closes": awaited(Look(workspace, ledger, moment), found),
        "items": ledger.rows("incidents/incident_items", incident_id=found.incident_id),
        "detect": lasted(found.time_to_detect), "resolve": lasted(found.time_to_resolve),
    }  # fmt: skip


@incidents.command()
@click.argument("incident_id", metavar="ID")
@BY
@command
def ack(workspace: Workspace, incident_id: str, by: str) -> Reply:
    """Say that you have it: nobody else is called."""
    with writing(workspace, "incidents ack") as ledger:
        found = handling.acknowledge(ledger, incident_id, by, now())
    publish(workspace.ledger, workspace.read_copy)
    return Reply(f"{found.incident_id[:8]} is acknowledged by {clean(found.acknowledged_by, 60)}", _plain(found))


@incidents.command()
@click.argument("incident_id", metavar="ID")
@click.argument("text")
@BY
@command
def note(workspace: Workspace, incident_id: str, text: str, by: str) -> Reply:
    """Put a line on its time line."""
    with writing(workspace, "incidents note") as ledger:
        told = handling.note(workspace, ledger, incident_id, by, text, now())
    publish(workspace.ledger, workspace.read_copy)
    return Reply("noted", {"event": told.event_id})


@incidents.command()
@click.argument("incident_id", metavar="ID")
@click.option("--reason", required=True, help="Why it is over though its rule has not found so; kept.")
@BY
@command
def close(workspace: Workspace, incident_id: str, reason: str, by: str) -> Reply:
    """Close an incident by a person's word; it needs a terminal, and its id typed."""
    require_terminal()
    with writing(workspace, "incidents close") as ledger:
        found = load(ledger, incident_id)
    click.echo(f"{found.severity} {clean(found.title, 300)}")
    typed = click.prompt(f"\nType {found.incident_id[:8]} to close it", default="")
    if typed.strip() != found.incident_id[:8]:
        raise UsageError("nothing was done: that is not its id", got=repr(typed[:80]))
    with writing(workspace, "incidents close") as ledger:
        found = handling.close(workspace, ledger, found.incident_id, by, reason, now())
    publish(workspace.ledger, workspace.read_copy)
    return Reply(f"{found.incident_id[:8]} is closed", _plain(found))


@incidents.command()
@click.argument("incident_id", metavar="ID")
@BY
@command
def postmortem(workspace: Workspace, incident_id: str, by: str) -> Reply:
    """Draft its postmortem and leave its action items with owners and last days."""
    from storage.prices import price_table  # late, all four: they import the model's SDK
    from tasks.common.llm import Model, missing
    from tasks.incidents.postmortem import draft, gather
    from tasks.incidents.postmortem_file import keep

    moment, wanted = now(), workspace.settings.incidents.model
    model = Model(wanted, workspace.settings.models, price_table(workspace)) if wanted and not missing() else None
    with writing(workspace, "incidents postmortem") as ledger:
        found = load(ledger, incident_id)
        facts = gather(workspace, ledger, found, moment)
    made = draft(workspace, facts, model, moment)
    with writing(workspace, "incidents postmortem") as ledger:
        path, new = keep(workspace, ledger, found, made, by, moment)
    publish(workspace.ledger, workspace.read_copy)
    lines = [f"{path}: drafted by {made.drafter}" if new else f"{path}: is there already and was left as it is"]
    lines += [made.notice] if made.notice else []
    lines.append(f"action items: agentre incidents actions list {found.incident_id[:8]}")
    return Reply("\n".join(lines), {"path": path, "new": new, "drafter": made.drafter, "dropped": made.dropped})


@incidents.group()
def actions() -> None:
    """What postmortems left to do."""


@actions.command("list")
@click.argument("incident_id", metavar="[ID]", required=False)
@command
def list_actions(workspace: Workspace, incident_id: str | None) -> Reply:
    """Action items, the most urgent first; exit code 1 where one is overdue."""
    today = now().astimezone(workspace.zone).date()
    with writing(workspace, "incidents actions") as ledger:
        which = load(ledger, incident_id).incident_id if incident_id else None
        found = ledger.rows("incidents/incident_items", incident_id=which)
    late = [row for row in found if row["done_at"] is None and row["due"] < today]
    rows: list[list[object]] = [
        [row["action_id"][:8], _standing(row, today), row["owner"], row["severity"], clean(row["what"], 90)]
        for row in found
    ]
    done = sum(row["done_at"] is not None for row in found)
    text = table(rows, ["id", "due", "owner", "", "what"]) if rows else "no action items"
    text += f"\n\n{done} of {len(found)} done, {len(late)} overdue" if found else ""
    return Reply(text, {"actions": found, "done": done, "overdue": len(late)}, int(bool(late)))


def _standing(row: dict[str, Any], today: date) -> str:
    if row["done_at"]:
        return "done"
    return f"{row['due']}{' overdue' if row['due'] < today else ''}"


@actions.command()
@click.argument("incident_id", metavar="ID")
@click.argument("what")
@click.option("--owner", metavar="NAME", help="Whose; default: the incident's owner.")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), help="Last day; default: by the severity.")
@BY
@command
def add(workspace: Workspace, incident_id: str, what: str, owner: str | None, due: datetime | None, by: str) -> Reply:
    """Leave something to do."""
    with writing(workspace, "incidents actions") as ledger:
        told = handling.ask(workspace, ledger, incident_id, what, owner, due.date() if due else None, by, now())
    publish(workspace.ledger, workspace.read_copy)
    text = f"{told.event_id[:8]} for {told.payload['owner']}, until {told.payload['due']}"
    return Reply(text, {"action_id": told.event_id, **told.payload})


@actions.command()
@click.argument("action_id", metavar="ITEM")
@click.option("--outcome", required=True, help="What came of it; kept.")
@BY
@command
def done(workspace: Workspace, action_id: str, outcome: str, by: str) -> Reply:
    """Record that an action item is done."""
    with writing(workspace, "incidents actions") as ledger:
        row = handling.done(workspace, ledger, action_id, by, outcome, now())
    publish(workspace.ledger, workspace.read_copy)
    return Reply(f"done since {row['done_at'].astimezone(workspace.zone):%Y-%m-%d %H:%M}", row)
