"""`agentre config`: versions of the agents' configs, beside the scores they had."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from itertools import groupby

import click

from flows.commands.proposals import require_terminal
from flows.console import Reply, command, now, table, writing
from reports.proposal import diff_lines
from reports.text import clean
from storage.errors import Refused, UsageError
from storage.ledger import Ledger
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.approve import homes, versions
from tasks.metrics.weeks import Week

AGENT = click.option("--agent", help="One agent alone; default: all.")


@click.group()
def config() -> None:
    """Versions of the agents' configs: snapshot, diff, tag, log; pull and push for the homes they live in."""


@config.command()
@AGENT
@command
def snapshot(workspace: Workspace, agent: str | None) -> Reply:
    """Each agent's config as it is committed: the hash of its folder, beside this week's scores."""
    with writing(workspace, "config snapshot") as ledger:
        found = versions.snapshot(workspace, ledger, agent, now())
    rows: list[list[object]] = [
        [s.agent, s.tree[:12] if s.tree else "no folder", s.commit[:12], s.files, _scores(s.scores)] for s in found
    ]
    text = table(rows, ["agent", "tree", "commit", "files", "this week: mean (n)"])
    return Reply(text, {"snapshots": found})


@config.command()
@click.argument("older")
@click.argument("newer", required=False)
@AGENT
@command
def diff(workspace: Workspace, older: str, newer: str | None, agent: str | None) -> Reply:
    """What differs between two tags, weeks, dates (YYYY-MM-DD) or commits; NEWER is the branch if left out."""
    before, after, files = versions.differences(workspace, older, newer, agent)
    lines = [line for path, old, new in files for line in diff_lines(path, old, new)]
    text = "\n".join([f"{before[:12]} to {after[:12]}: {len(files)} files differ", *lines])
    return Reply(text, {"older": before, "newer": after, "paths": [path for path, _, _ in files], "diff": lines})


@config.command()
@click.argument("name")
@click.option("--as", "author", default=getpass.getuser, help="Who tags; default: your user name.")
@command
def tag(workspace: Workspace, name: str, author: str) -> Reply:
    """Tag the configs as a week left them, e.g. v2026-w12, with the week's scores, n and intervals in the message."""
    with writing(workspace, "config tag") as ledger:
        commit, message = versions.tag_week(workspace, ledger, name, clean(author, 60), now())
    return Reply(f"{name} at {commit[:12]}\n\n{message}", {"tag": name, "commit": commit, "message": message})


@config.command()
@click.option("--since", help="A tag, week, date or commit, e.g. v2026-w12; default: all of it.")
@AGENT
@command
def log(workspace: Workspace, since: str | None, agent: str | None) -> Reply:
    """What changed in the configs, week by week, beside the scores of the week."""
    entries = versions.log(workspace, since, agent)
    with writing(workspace, "config log") as ledger:
        weeks = {entry.week: _week(ledger, entry.week, agent) for entry in entries}
    lines: list[str] = []
    for week, group in groupby(entries, key=lambda entry: entry.week):
        lines.append(f"{week.label}  {weeks[week] or 'not scored'}")
        lines += [_line(workspace, entry) for entry in group]
    data = [
        {"commit": e.commit.id, "at": e.commit.at, "week": e.week.label, "agents": e.agents, "paths": sorted(e.paths),
         "subject": e.commit.subject, "approved_by": e.commit.trailers.get("Approved-by", [])}
        for e in entries
    ]  # fmt: skip
    return Reply("\n".join(lines) or "nothing changed", {"since": since, "commits": data})


def _line(workspace: Workspace, entry: versions.Entry) -> str:
    commit, people = entry.commit, entry.commit.trailers.get("Approved-by", [])
    who = f"approved by {', '.join(people)}" if people else f"by {commit.author}"
    day = f"{commit.at.astimezone(workspace.zone):%Y-%m-%d}"
    paths = ", ".join(f"{what} {path}" for path, what in sorted(entry.paths.items()))
    return f"  {day}  {commit.id[:12]}  {clean(commit.subject, 72)} ({clean(who, 60)})\n      {clean(paths, 100)}"


def _week(ledger: Ledger, week: Week, agent: str | None) -> str:
    scores = [s for s in versions.scores_of(ledger, week) if agent is None or s.agent.casefold() == agent.casefold()]
    by_agent = groupby(scores, key=lambda score: score.agent)
    return "; ".join(f"{name} {_scores(list(group))}" for name, group in by_agent)


def _scores(scores: list[versions.Score]) -> str:
    return ", ".join(f"{score.dimension} {score.mean:.2f} ({score.n})" for score in scores) or "not scored"


@config.command()
@click.argument("agent")
@click.option("--as", "person", default=getpass.getuser, help="Who records it; default: your user name.")
@command
def pull(workspace: Workspace, agent: str, person: str) -> Reply:
    """Record an agent's home (`home:` in agentre.yaml) as it is, as one commit; asks after showing what differs."""
    found = _drift(workspace, agent)
    if not found.paths:
        return Reply("\n".join(["nothing to record", *_left_out(found)]), _data(found))
    require_terminal()
    if any(content is not None for content in found.here.values()):
        _show(found, found.here, found.there)
        click.echo("\n".join(f"  ! {line}" for line in homes.meaning(found)))
    else:
        sizes = [f"  {clean(path)}  {len(content or b''):,} bytes" for path, content in sorted(found.there.items())]
        click.echo("\n".join([f"new: all that is config in {found.home.root}", *sizes, *_left_out(found)]))
    if not click.confirm(f"Record this as what {found.home.agent}'s home is?", default=False):
        raise Refused("nothing was recorded")
    commit = homes.pull(workspace, found, person, now())
    return Reply(f"recorded as commit {commit[:12]}", _data(found) | {"commit": commit})


@config.command()
@click.argument("agent")
@command
def push(workspace: Workspace, agent: str) -> Reply:
    """Bring an agent's home to what is committed, undoing what was changed there since; asks after showing it."""
    found = _drift(workspace, agent)
    if not found.paths:
        return Reply("\n".join(["the home is as it is committed", *_left_out(found)]), _data(found))
    require_terminal()
    _show(found, found.there, found.here)
    if not click.confirm(f"Change {found.home.root} so?", default=False):
        raise Refused("nothing was changed")
    notices = homes.push(workspace, found)
    return Reply("\n".join([f"files changed: {len(found.paths) - len(notices)}", *notices]), _data(found))


def _drift(workspace: Workspace, name: str) -> homes.Drift:
    (agent,) = versions.agents_of(workspace, name)
    found = homes.drift(workspace, agent)
    if found is None:
        raise UsageError(
            f"{agent.name} has no home in agentre.yaml", where=str(workspace.root / SETTINGS_FILE),
            accepted=f"`home: ~/.claude`, say, under the agent {agent.name}",
        )  # fmt: skip
    return found


def _show(found: homes.Drift, old: Mapping[str, bytes | None], new: Mapping[str, bytes | None]) -> None:
    for path in found.paths:
        click.echo("\n".join(diff_lines(path, old[path], new[path])))
    click.echo("\n".join([f"{len(found.paths)} files differ between {found.home.root} and {found.commit[:12]}",
                          *_left_out(found)]))  # fmt: skip


def _left_out(found: homes.Drift) -> list[str]:
    return [clean(f"left out: {path}: {why}") for path, why in sorted(found.left_out.items())]


def _data(found: homes.Drift) -> dict[str, object]:
    return {"agent": found.home.agent, "home": found.home.root, "paths": found.paths, "left_out": found.left_out}
