"""Versions of the agents' configs beside the scores they had: snapshots, differences, tags, what changed since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from storage.config_history import Commit, commits, resolved, tag, tagged, touched, tree_of
from storage.config_repo import ConfigRepo
from storage.errors import NotFound, UsageError
from storage.ledger import Ledger
from storage.records import Event, stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.metrics.intervals import Interval, mean_interval
from tasks.metrics.weeks import Week

DIMENSIONS = ("success", "autonomy", "efficiency")


@dataclass(frozen=True)
class Score:
    """The mean of an agent's scores of a week on one dimension, with its number and 95 % interval."""

    agent: str
    dimension: str
    mean: float
    n: int
    interval: Interval | None


@dataclass(frozen=True)
class Snapshot:
    """What an agent's folder is at a commit. `tree`: equal hashes are equal bytes; None: it has no folder."""

    agent: str
    tree: str | None
    commit: str
    files: int
    scores: list[Score]


@dataclass(frozen=True)
class Entry:
    """A commit of the log: the week it was in, the agents it touched, and the paths."""

    commit: Commit
    week: Week
    agents: list[str]
    paths: dict[str, str]


def agents_of(workspace: Workspace, named: str | None) -> Sequence[Agent]:
    """All agents, or the one that was named. Raises NotFound."""
    if named is None:
        return workspace.settings.agents
    agent = workspace.agent(named)
    if agent is None:
        raise NotFound("no such agent in agentre.yaml", got=named)
    return [agent]


def scores_of(ledger: Ledger, week: Week) -> list[Score]:
    """The scores of a week by agent and dimension; what was not scored is not there."""
    first, after = week.monday, week.plus(1).monday
    rows = ledger.rows("metrics/weekly_scores", first_day=first, after_day=after)
    return [
        Score(r["agent"], r["dimension"], r["mean"], r["n"], mean_interval(r["mean"], r["sd"], r["n"]))
        for r in rows
        if r["dimension"] in DIMENSIONS
    ]


def snapshot(workspace: Workspace, ledger: Ledger, named: str | None, now: datetime) -> list[Snapshot]:
    """Each agent's config as it is committed, beside its scores of this week; kept as an event, once per tree."""
    repo, week = ConfigRepo(workspace.configs), Week.of(now, workspace.zone)
    head, scores = repo.head(), scores_of(ledger, week)
    found = []
    for agent in agents_of(workspace, named):
        tree = tree_of(repo, agent.slug, head)
        own = [score for score in scores if score.agent == agent.name]
        found.append(Snapshot(agent.name, tree, head, len(repo.paths(head, agent.slug)), own))
    events = [
        Event(
            event_id=stable_id("config_snapshot", s.agent, s.tree, week.label), kind="config_snapshot", at=now,
            agent=s.agent, subject=s.tree, payload={"commit": s.commit, "files": s.files, "week": week.label},
        )
        for s in found if s.tree
    ]  # fmt: skip
    ledger.add("events", events, "event_id")
    return found


def week_named(text: str) -> Week | None:
    """The week that `v2026-w12` or `2026-W12` names; None for other text."""
    match = re.fullmatch(r"v?(\d{4})-[wW](\d{1,2})", text)
    return Week.parse(f"{match[1]}-W{int(match[2]):02d}") if match else None


def commit_of(workspace: Workspace, repo: ConfigRepo, text: str) -> str:
    """The commit that a tag, a week (its end), a date (its end) or a commit id names. Raises NotFound."""
    week = week_named(text)
    if week is not None and tagged(repo, text) is None:
        return resolved(repo, text, week.end(workspace.zone) - timedelta(seconds=1))
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    end = datetime.combine(day, time(23, 59, 59), workspace.zone) if day else None
    return resolved(repo, text, end)


def log(workspace: Workspace, since: str | None, named: str | None) -> list[Entry]:
    """What changed since a tag, week, date or commit, newest first; for one agent, or all."""
    repo = ConfigRepo(workspace.configs)
    after = commit_of(workspace, repo, since) if since else None
    under = agents_of(workspace, named)[0].slug if named else ""
    slugs = {agent.slug: agent.name for agent in workspace.settings.agents}
    entries = []
    for commit in commits(repo, after=after, under=under):
        paths = touched(repo, commit.base, commit.id, under)
        folders = dict.fromkeys(path.split("/")[0] for path in paths)
        agents = [slugs[folder] for folder in folders if folder in slugs]
        entries.append(Entry(commit, Week.of(commit.at, workspace.zone), agents, paths))
    return entries


def differences(
    workspace: Workspace, older: str, newer: str | None, named: str | None
) -> tuple[str, str, list[tuple[str, bytes | None, bytes | None]]]:
    """The two commits, and each path that differs with its bytes before and after (None: not there)."""
    repo = ConfigRepo(workspace.configs)
    before = commit_of(workspace, repo, older)
    after = commit_of(workspace, repo, newer) if newer else repo.head()
    under = agents_of(workspace, named)[0].slug if named else ""
    paths = sorted(touched(repo, before, after, under))
    return before, after, [(path, _read(repo, path, before), _read(repo, path, after)) for path in paths]


def _read(repo: ConfigRepo, path: str, commit: str) -> bytes | None:
    entry = repo.entry(path, commit)
    return None if entry is None or entry.mode == "160000" else repo.blob(entry.blob)


def tag_week(workspace: Workspace, ledger: Ledger, name: str, author: str, now: datetime) -> tuple[str, str]:
    """Tags the configs as a week left them, with the week's scores in the message; returns commit and message.

    A week that runs is tagged at the branch, and its scores are said to be provisional. Safe to repeat.
    Raises UsageError for a name that is no week, or is another commit's.
    """
    week = week_named(name)
    if week is None:
        raise UsageError("a tag is named for its week", got=name, accepted="e.g. v2026-w12")
    repo = ConfigRepo(workspace.configs)
    closed = week.closed(now, workspace.zone)
    if week.start(workspace.zone) > now:
        raise UsageError("this week has not begun", got=week.label)
    end = week.end(workspace.zone) - timedelta(seconds=1)
    commit = resolved(repo, name, end) if closed else repo.head()
    message = tag_text(workspace, week, scores_of(ledger, week), closed=closed)
    tag(repo, name, commit, message, now, author)
    return commit, message


def tag_text(workspace: Workspace, week: Week, scores: Sequence[Score], *, closed: bool) -> str:
    """`Week 12: Ada=4.2/3.8/4.0, …`, then each figure with its number and interval."""
    by = {(score.agent, score.dimension): score for score in scores}
    agents = [agent.name for agent in workspace.settings.agents]
    short = [f"{agent}=" + "/".join(_short(by.get((agent, d))) for d in DIMENSIONS) for agent in agents]
    lines = [told(agent, d, by.get((agent, d))) for agent in agents for d in DIMENSIONS]
    state = "" if closed else "\nThe week still runs: provisional.\n"
    return f"Week {week.number}: {', '.join(short)}\n{state}\n" + "\n".join(lines)


def told(agent: str, dimension: str, score: Score | None) -> str:
    """A figure with its number and interval, as a line."""
    if score is None:
        return f"{agent} {dimension}: not scored (n=0)"
    span = f"95 % {score.interval[0]:.2f} to {score.interval[1]:.2f}" if score.interval else "no interval"
    return f"{agent} {dimension}: {score.mean:.2f} (n={score.n}, {span})"


def _short(score: Score | None) -> str:
    return "-" if score is None else f"{score.mean:.1f}"
