"""`agentre nightly`, `weekly`, `retention` and `serve`: the flows, now and on their schedules."""

from __future__ import annotations

import shlex

import click

from flows import serving
from flows.commands.ingest import totals
from flows.console import Reply, command
from flows.environment import USER
from flows.nightly import Night
from flows.weekly import WeekDone
from reports.text import clean, plural
from storage.records import Event
from storage.workspace import STATE_FOLDER, Workspace
from tasks.ingest.retention import Retained
from tasks.metrics.weeks import Week


@click.command()
@command
def nightly(workspace: Workspace) -> Reply:
    """Run the nightly flow now: new logs in, failures found, ended weeks closed, approvals settled, published.

    Where the workspace's Prefect server runs, the run shows in its UI.
    """
    night: Night = serving.run_flow(workspace, "nightly")
    closed = ", ".join(week.label for week in night.closed) or "none"
    lines = [
        f"ingest     {totals(night.ingested)}",
        f"failures   {night.detected.found:,} new in {plural(night.detected.examined, 'run')} examined",
        f"weeks      closed now: {closed}",
        f"watches    {', '.join(_told(event) for event in night.watched) or 'nothing new'}",
        *(
            f"measured   {clean(f'{each.agent}: {each.kind} of {each.name}: {each.said}', 1000)}"
            for each in night.measured
        ),
        *(f"harm       {proposal.agent}: {clean(proposal.title, 200)} waits" for proposal in night.rollbacks),
        f"SLOs       {_budgets(night)}",
        f"incidents  {len(night.incidents.opened)} opened, {len(night.incidents.closed)} closed",
        f"proposals  {_waiting(len(night.settled.waiting))}",
    ]
    data = {
        "ingested": {"files": len(night.ingested.read), "known": night.ingested.known, "units": night.ingested.units},
        "failures": vars(night.detected),
        "closed": [week.label for week in night.closed],
        "watches": night.watched,
        "measured": [each.record for each in night.measured],
        "slos": {"evaluated": len(night.slos.evaluations), "frozen": night.slos.frozen, "revised": night.slos.revised},
        "waiting": [proposal.proposal_id for proposal in night.settled.waiting],
    }
    return Reply("\n".join(lines), data)


def _waiting(number: int) -> str:
    return "1 waits for an answer" if number == 1 else f"{number} wait for an answer"


def _budgets(night: Night) -> str:
    """The SLOs in a line: how many alert, who was frozen, and what late data changed."""
    done = night.slos
    alerts = sum(each.alert in ("page", "warn") for each in done.evaluations)
    parts = [f"{len(done.evaluations)} evaluated", "1 alerts" if alerts == 1 else f"{alerts} alert"]
    parts += [f"frozen: {', '.join(done.frozen)}"] if done.frozen else []
    parts += [f"{done.revised} earlier recomputed after late data"] if done.revised else []
    parts += [f"{len(done.faults)} cannot be read: agentre doctor"] if done.faults else []
    return ", ".join(parts)


def _told(event: Event) -> str:
    """An event of a trend in two or three words: `Ada: watch opened`."""
    return f"{event.agent}: {event.kind.replace('_', ' ')}"


@click.command()
@click.option("--week", metavar="2026-W47", help="The ISO week to review; default: the newest with data.")
@command
def weekly(workspace: Workspace, week: str | None) -> Reply:
    """Run the weekly flow now: imp@week, proposals for what recurs, and the review as Markdown and HTML."""
    if week:
        Week.parse(week)
    done: WeekDone = serving.run_flow(workspace, "weekly", week=week)
    lines = [done.review.text, *done.drafted.notices, f"\nreview     {done.review.html}", f"overview   {done.overview}"]
    lines += [f"memory     {one.agent}: {one.reason or one.state}" for one in done.memory if one.state != "unchanged"]
    if done.settled.waiting:
        lines.append(f"proposals  {_waiting(len(done.settled.waiting))}: agentre proposals list")
    data = {
        "week": done.review.week,
        "markdown": done.review.markdown,
        "html": done.review.html,
        "overview": done.overview,
        "memory": {one.agent: one.state for one in done.memory},
        "measurements": done.measured,
        "drafted": [proposal.proposal_id for proposal in done.drafted.proposals],
        "refused": done.drafted.refused,
        "waiting": [proposal.proposal_id for proposal in done.settled.waiting],
    }
    return Reply("\n".join(lines), data)


@click.command()
@command
def retention(workspace: Workspace) -> Reply:
    """Run the retention flow now: old texts aged out, the ledger held against its sources and backed up."""
    done: Retained = serving.run_flow(workspace, "retention")
    days = workspace.settings.retention.raw_text_days
    lines = [
        f"texts    {done.texts_removed} removed" + (f", older than {days} days" if days else ": all are kept"),
        f"sources  {done.files} files on record, {done.gone} gone from the disk, {done.changed} changed since",
        f"ledger   {len(done.uneven)} files with units not accounted for, {done.lost} rows that belong to no run",
        f"backup   {workspace.state / 'backups' / done.backup}",
    ]
    faults = [f"         {path}" for path in done.uneven[:10]]
    return Reply("\n".join([*lines, *faults]), vars(done), exit_code=1 if done.uneven or done.lost else 0)


@click.command()
@command
def serve(workspace: Workspace) -> Reply:
    """Run all flows on their schedules, with the Prefect UI, until Ctrl-C.

    The server is the workspace's own: loopback only, its own port and home, and a login for every request.
    """
    secret = workspace.root / STATE_FOLDER / "api-auth"
    click.echo(f"the UI's login is what this prints: echo {USER}:$(cat {shlex.quote(str(secret))})")
    serving.serve(workspace, click.echo)
    return Reply("stopped; what was in progress goes on with the next `agentre serve`", {"stopped": True})
