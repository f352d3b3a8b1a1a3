"""Daily logs into MEMORY.md: planned, told to the ledger, committed. Safe to repeat, and to be killed at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final, Literal

from storage.config_history import Commit, commits
from storage.config_repo import BranchMoved, ConfigRepo
from storage.crashpoint import crashpoint
from storage.errors import NotFound, Refused
from storage.homes import deliver
from storage.ledger import Ledger
from storage.records import Event, Record, sha256_hex, stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.common.memory_file import TRAILER
from tasks.memory.plan import Plan, difference, planned

DRAFTER: Final = "rules"
_ATTEMPTS: Final = 5


class MemoryLine(Record, frozen=True, kw_only=True):
    """A row of `memory_lines`: what became of a line of a daily log. `text` None: it holds a secret.

    `source_commit`: where the line was first read as it stands. `cites`: line ids that a worded line is made from.
    """

    line_id: str
    agent: str
    state: str
    kind: str
    text: str | None
    reason: str
    source_path: str
    source_line: int
    source_last_line: int
    source_commit: str
    first_seen: date
    last_seen: date
    times: int
    superseded_by: str | None
    cites: list[str]
    drafter: str
    changed_at: datetime


@dataclass(frozen=True)
class Consolidated:
    """What became of one agent's memory. `state`: written, unchanged (nothing to write), or refused with its reason.

    `counts`: lines by state; `skipped`: files that were not read, with the reason; `diff`: rows of MEMORY.md that went
    (`-`) and came (`+`).
    """

    agent: str
    state: Literal["written", "unchanged", "refused"]
    reason: str = ""
    commit: str | None = None
    logs: int = 0
    unreadable: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    diff: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def consolidate(
    workspace: Workspace, ledger: Ledger, now: datetime, named: str | None = None, *, dry_run: bool = False
) -> list[Consolidated]:
    """Brings the MEMORY.md of every agent, or of one, up to its committed daily logs.

    `dry_run`: says what would be written, and writes nothing. Raises NotFound for an unknown agent, UsageError without
    a config repository. What is wrong with one agent's files is its own result and stops no other's.
    """
    key = workspace.settings.approval.commit_key
    repo = ConfigRepo(workspace.configs, signing_key=workspace.root / Path(key).expanduser() if key else None)
    repo.head()
    agents = workspace.settings.agents if named is None else [_agent(workspace, named)]
    return [_consolidate(workspace, ledger, repo, agent, now, dry_run=dry_run) for agent in agents]


def _agent(workspace: Workspace, named: str) -> Agent:
    agent = workspace.agent(named)
    if agent is None:
        raise NotFound("no such agent in agentre.yaml", got=named)
    return agent


def _consolidate(
    workspace: Workspace, ledger: Ledger, repo: ConfigRepo, agent: Agent, now: datetime, *, dry_run: bool
) -> Consolidated:
    today = now.astimezone(workspace.zone).date()
    try:
        for _ in range(_ATTEMPTS):
            plan = planned(workspace, repo, agent, today, _removed(ledger, agent.name))
            if dry_run:
                return _result(plan, "written" if plan.changes else "unchanged")
            try:
                return _write(workspace, ledger, repo, plan, now)
            except BranchMoved:
                continue  # somebody committed meanwhile: planned anew upon that
    except Refused as error:
        return Consolidated(agent.name, "refused", error.what)
    return Consolidated(agent.name, "refused", "the config branch moved again and again")


def _write(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, plan: Plan, now: datetime) -> Consolidated:
    """The ledger first: what a person took out is known from the last commit, and must not be lost with it."""
    crashpoint("memory.before_ledger")
    _store(ledger, plan, now)
    crashpoint("memory.after_ledger")
    if not plan.changes:
        notices = [] if plan.last is None else _follow_up(workspace, ledger, repo, plan, plan.last.id)
        return _result(plan, "unchanged", notices=notices)
    file = repo.change(plan.path, plan.new, plan.base)
    new = repo.build(plan.base, [file], _message(plan), "AgentRE", now)
    crashpoint("memory.before_branch")
    repo.advance(plan.base, new)
    crashpoint("memory.after_branch")
    return _result(plan, "written", commit=new, notices=_follow_up(workspace, ledger, repo, plan, new))


def _follow_up(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, plan: Plan, commit: str) -> list[str]:
    """What follows the commit, again where it was cut short: work tree, live home, and the event of the review."""
    told = plan.last if plan.last and plan.last.id == commit else commits(repo, until=commit, after=plan.base)[0]
    base, content = told.base, repo.read(plan.path, commit)
    if base is None or content is None:
        return []
    at_head = repo.read(plan.path) == content
    file = repo.change(plan.path, content, base)
    notices = [*repo.catch_up([file]), *deliver(workspace, plan.agent, [file])] if at_head else []
    crashpoint("memory.before_event")
    ledger.add("events", [_event(plan, told, difference(repo.read(plan.path, base) or b"", content))], "event_id")
    crashpoint("memory.after_event")
    return notices


def _event(plan: Plan, commit: Commit, diff: Sequence[str]) -> Event:
    return Event(
        event_id=stable_id("memory_consolidated", plan.agent, commit.id), kind="memory_consolidated", at=commit.at,
        agent=plan.agent, subject=commit.id, payload={"diff": list(diff), "path": plan.path},
    )  # fmt: skip


def _message(plan: Plan) -> str:
    came, went = (sum(row.startswith(f"{sign}- ") for row in plan.diff) for sign in "+-")
    return (
        f"Memory of {plan.agent}: {came} lines came, {went} went\n\n"
        f"Taken from {plan.logs.read} daily logs, word for word.\n\n{TRAILER}: {sha256_hex(plan.new)}\n"
    )


def _removed(ledger: Ledger, agent: str) -> frozenset[str]:
    return frozenset(row["text"] for row in ledger.rows("memory/removed", agent=agent))


def _store(ledger: Ledger, plan: Plan, now: datetime) -> None:
    """Writes the rows that changed; a line that is in no log any more is `gone`."""
    there = {row["line_id"]: row for row in ledger.rows("memory/lines", agent=plan.agent)}
    rows = records(plan, now)
    changed = [row for row in (_kept_commit(row, there.get(row.line_id)) for row in rows) if row is not None]
    gone = sorted(there.keys() - {row.line_id for row in rows})
    gone = [line for line in gone if there[line]["state"] not in ("gone", "removed") and not there[line]["cites"]]
    if not changed and not gone:
        return
    with ledger.transaction():
        if changed:
            with ledger.staged(new_lines=changed):
                ledger.run("memory/store")
        crashpoint("memory.within_ledger")
        ledger.run("memory/gone", lines=gone, now=now)


def _kept_commit(row: MemoryLine, there: dict[str, object] | None) -> MemoryLine | None:
    """The row with the commit at which the line was first read where it stands; None where nothing changed."""
    if there is None:
        return row
    fields = [name for name in MemoryLine.__struct_fields__ if name not in ("source_commit", "changed_at")]
    if all(getattr(row, name) == there[name] for name in fields):
        return None
    same_place = row.source_line == there["source_line"] and row.source_last_line == there["source_last_line"]
    values = {name: getattr(row, name) for name in MemoryLine.__struct_fields__}
    return MemoryLine(**values | {"source_commit": there["source_commit"] if same_place else row.source_commit})


def records(plan: Plan, now: datetime) -> list[MemoryLine]:
    """The plan's lines as rows, in the order of the logs."""
    order = sorted(plan.lines, key=lambda line: (line.entry.path, line.entry.line))
    ids, seen = dict[int, str](), dict[tuple[str, str], int]()
    for line in order:
        told = (line.entry.path, line.entry.text if line.state != "secret" else f"line {line.entry.line}")
        seen[told] = seen.get(told, 0) + 1
        ids[id(line)] = stable_id("memory line", plan.agent, *told, seen[told])
    return [
        MemoryLine(
            line_id=ids[id(line)], agent=plan.agent, state=line.state, kind=line.entry.kind,
            text=None if line.state == "secret" else line.entry.text, reason=line.reason, source_path=line.entry.path,
            source_line=line.entry.line, source_last_line=line.entry.last_line, source_commit=plan.base,
            first_seen=min(line.days), last_seen=max(line.days), times=line.times,
            superseded_by=None if line.by is None else ids[id(line.by)], cites=[], drafter=DRAFTER, changed_at=now,
        )
        for line in order
    ]  # fmt: skip


def _result(
    plan: Plan, state: Literal["written", "unchanged"], *, commit: str | None = None, notices: Sequence[str] = ()
) -> Consolidated:
    return Consolidated(
        plan.agent, state, commit=commit, logs=plan.logs.read, unreadable=plan.logs.unreadable, counts=plan.counts,
        skipped=plan.logs.skipped, diff=plan.diff, notices=[*plan.notices, *notices],
    )  # fmt: skip
