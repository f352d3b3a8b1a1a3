"""What `agentre doctor` looks at: each check a small function that says how things are and what to do."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from reports.text import plural
from storage.config_repo import ConfigRepo
from storage.errors import AgentREError, UsageError
from storage.handbook import Page, pages
from storage.ledger import Ledger
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.approve.audit import faults as approval_faults
from tasks.approve.homes import drift
from tasks.slo.objectives import lint, readable

State = Literal["ok", "note", "bad"]


@dataclass(frozen=True)
class Check:
    """One line of the doctor's answer. `next`: the command or the edit that mends it."""

    name: str
    state: State
    detail: str
    next: str | None = None


def examine(workspace: Workspace, ledger: Ledger | None, now: datetime) -> Iterator[Check]:
    """All checks, in the order in which one would mend what they find. `ledger` is None where none can be read."""
    yield from _sources(workspace)
    if not workspace.ledger.exists():
        yield Check("ledger", "note", "nothing was ingested yet", "agentre ingest")
    if ledger:
        facts = ledger.rows("doctor/facts", now=now)[0]
        yield from _contents(workspace, ledger, facts, now)
        yield from _proposals(facts)
        yield from _approvals(workspace, ledger)
        yield from _undelivered(ledger)
    yield from _objectives(workspace)
    yield from _configs(workspace)
    yield from _handbook(workspace)
    yield from _escalation(workspace)
    yield from _surroundings(workspace)


def _undelivered(ledger: Ledger) -> Iterator[Check]:
    """Messages about incidents that were given up, and those that failed and are tried again."""
    for row in ledger.rows("escalation/undelivered"):
        said = f"route {row['route']}: {row['dead']} given up, {row['retried']} tried again; {row['last_error']}"
        state: State = "bad" if row["dead"] else "note"
        yield Check("escalation", state, said, f"agentre escalation test {row['route']}, then agentre escalation retry")


def _escalation(workspace: Workspace) -> Iterator[Check]:
    """Who would not be told, and routes whose secret is not there."""
    settings = workspace.settings.escalation
    deaf = [agent.name for agent in workspace.settings.agents if not settings.policy("P1", agent.name)]
    if deaf:
        yield Check(
            "escalation", "note", f"nobody is told of a P1 of {', '.join(deaf)}", "`escalation:` in agentre.yaml"
        )
    for name, route in settings.routes.items():
        variable = route.webhook or route.pagerduty or route.smtp
        if not os.environ.get(variable):
            yield Check("escalation", "note", f"route {name}: {variable} is not set here", f"export {variable}=…")


def _handbook(workspace: Workspace) -> Iterator[Check]:
    """Pages that are missing, and those that nobody filled in or ticked."""
    found = pages(workspace.root)
    missing = [each.path for each in found if not each.exists]
    if missing:
        yield Check("handbook", "note", f"missing or empty: {', '.join(missing)}", "agentre init --handbook")
    undone = [each for each in found if each.exists and not each.done]
    if undone:
        yield Check("handbook", "note", f"to fill in: {', '.join(map(_open, undone))}", "edit them; they are yours")


def _open(page: Page) -> str:
    boxes = f"{page.ticked} of {page.boxes} ticked" if page.boxes else ""
    blanks = f"{page.blanks} blank{'' if page.blanks == 1 else 's'}" if page.blanks else ""
    return f"{page.path} ({', '.join(filter(None, (boxes, blanks)))})"


def _sources(workspace: Workspace) -> Iterator[Check]:
    if all(source.path == "scores" for source in workspace.settings.sources):
        yield Check("sources", "note", "no logs are configured", "add `sources:` to agentre.yaml")
    for source, files in workspace.sources():
        state: State = "ok" if files or source.path == "scores" else "bad"
        hint = None if state == "ok" else "correct the path in agentre.yaml"
        yield Check("source", state, f"{source.path}: {len(files)} file{'' if len(files) == 1 else 's'}", hint)


def _contents(workspace: Workspace, ledger: Ledger, facts: dict[str, Any], now: datetime) -> Iterator[Check]:
    yield Check("ledger", "ok", f"{facts['runs']} runs, {facts['scores']} scores, {facts['files']} files")
    age = now - facts["last_ingest"] if facts["last_ingest"] else None
    if age and age > timedelta(days=2):
        yield Check("ingest", "note", f"the last was {age.days} days ago", "agentre serve, or agentre ingest")
    if facts["future"]:
        detail = f"{facts['future']} runs begin in the future, and count when that week comes"
        yield Check("clocks", "note", detail, "set the clock of the machine that wrote them")
    unreadable = ledger.rows("doctor/quarantine")
    for row in unreadable[:5]:
        detail = f"{row['entries']} x {row['reason']}, first at {row['file']}:{row['line']}"
        yield Check("quarantine", "note", detail, 'agentre query "SELECT * FROM quarantine"')
    names = {agent.name for agent in workspace.settings.agents}
    for row in ledger.rows("doctor/agents"):
        if row["agent"] not in names:
            who = row["agent"] or "(no agent)"
            detail = f"{who}: {plural(row['runs'], 'run')} of an unmapped agent"
            yield Check("agents", "note", detail, "add it under `agents:` in agentre.yaml")
    for row in ledger.rows("doctor/constant_graders"):
        detail = f"{row['source']}: {row['tasks']} tasks were compared with one constant, so its rewards mean little"
        yield Check("grader", "note", detail, "grade these runs again, or leave them out of comparisons")
    if facts["runs"] and not facts["scores"]:
        yield Check("scores", "note", "no run was scored yet, so imp@week cannot be told", "agentre score")
    if facts["unpriced"]:
        models = ", ".join(row["model"] or "?" for row in ledger.rows("doctor/unpriced"))
        yield Check("prices", "note", f"{facts['unpriced']} calls without a price: {models}", "prices.yaml")
    copy = workspace.read_copy
    if copy.exists() and copy.stat().st_mtime_ns < workspace.ledger.stat().st_mtime_ns:
        yield Check("read copy", "note", f"is from {_time(copy.stat().st_mtime, workspace)}", "agentre nightly")


def _proposals(facts: dict[str, Any]) -> Iterator[Check]:
    if facts["waiting"]:
        told = f"{facts['waiting']} {'waits' if facts['waiting'] == 1 else 'wait'} for an answer"
        yield Check("proposals", "note", told, "agentre proposals list")
    if facts["approved"]:
        yield Check("proposals", "bad", f"{facts['approved']} approved and not applied yet", "agentre nightly")


def _approvals(workspace: Workspace, ledger: Ledger) -> Iterator[Check]:
    """The record of who approved what, held against the commits, and the commits against it."""
    try:
        found = list(approval_faults(workspace, ledger))
    except UsageError:
        return  # no config repository: said below
    except AgentREError as error:
        yield Check("approvals", "bad", f"could not be checked: {error.what}", error.next_command)
        return
    for fault in found[:10]:
        yield Check("approvals", "bad", fault, "if the ledger was lost: agentre doctor --rebuild; else look who did it")
    if not found and (answers := len(ledger.rows("approve/chain"))):
        yield Check("approvals", "ok", f"{answers} answers chained without a gap; every approved commit has its answer")


def _objectives(workspace: Workspace) -> Iterator[Check]:
    found, faults = readable(workspace)
    for fault in faults:
        yield Check("SLOs", "bad", f"{fault.what}: {fault.got or ''} at {fault.where}", fault.accepted)
    for hint in lint(workspace):
        yield Check("SLOs", "note", hint)
    if found and not faults:
        yield Check("SLOs", "ok", plural(len(found), "objective"))


def _configs(workspace: Workspace) -> Iterator[Check]:
    try:
        repository = ConfigRepo(workspace.configs)
        head = repository.head()
    except AgentREError as error:
        yield Check("configs", "bad", str(error.what), error.next_command or f"git init {workspace.configs}")
        return
    yield Check("configs", "ok", f"{workspace.configs.name} at {head[:12]}")
    for agent in workspace.settings.agents:
        if not (workspace.configs / agent.slug).is_dir():
            yield Check("configs", "note", f"{agent.name} has no folder {agent.slug}/ in {workspace.configs.name}")
        yield from _home(workspace, agent)
    agents = workspace.settings.agents
    if not workspace.settings.approvers and not (agents and all(agent.approvers for agent in agents)):
        yield Check("approvers", "note", "anyone who reaches the form may approve", "set `approvers:` in agentre.yaml")


def _home(workspace: Workspace, agent: Agent) -> Iterator[Check]:
    try:
        found = drift(workspace, agent)
    except AgentREError as error:
        yield Check("homes", "bad", f"{error.what}: {error.where}", "correct `home:` in agentre.yaml")
        return
    if found and found.paths:
        detail = f"{agent.name}: {len(found.paths)} files of {found.home.root} are not as committed"
        yield Check("homes", "note", detail, f"agentre config pull {agent.name} records them, push undoes them")
    elif found:
        yield Check("homes", "ok", f"{agent.name}: {found.home.root} is as committed")


def _surroundings(workspace: Workspace) -> Iterator[Check]:
    url = f"http://127.0.0.1:{workspace.settings.prefect.port}/api/health"
    try:
        with urllib.request.urlopen(url, timeout=0.3) as answer:
            yield Check("prefect", "ok" if answer.status == 200 else "bad", url)
    except (urllib.error.URLError, OSError):
        yield Check("prefect", "note", "no server is running: schedules and the approval form rest", "agentre serve")
    free = shutil.disk_usage(workspace.root).free
    if free < 2 * 1024**3:
        yield Check("disk", "bad", f"{free / 1024**3:.1f} GiB free", "make room before the next run")
    if not os.environ.get("ANTHROPIC_API_KEY"):
        yield Check("model", "note", "no ANTHROPIC_API_KEY: proposals are drafted by rules")


def _time(stamp: float, workspace: Workspace) -> str:
    return f"{datetime.fromtimestamp(stamp, UTC).astimezone(workspace.zone):%Y-%m-%d %H:%M %Z}"
