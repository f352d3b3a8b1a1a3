"""Turns what recurs into proposals for a person to decide about: what is due, drafted by a model or by rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.workspace import Workspace
from tasks.improve import gather
from tasks.improve.analyzer import Analysis, Analyst, Home
from tasks.improve.candidates import Bounds, Candidate, Room, by_agent, chosen
from tasks.improve.case import Case
from tasks.improve.gather import patterns, tasks
from tasks.improve.making import Drafted, Maker
from tasks.improve.model_drafts import home

__all__ = ["Drafted", "Due", "ask", "draft_proposals", "due", "patterns", "submit", "tasks"]
SPARE: Final = 50
"""Drafts of rules that are tried beyond an agent's room where others are refused."""


@dataclass(frozen=True)
class Due:
    """What is to be drafted now: candidates by agent, in turn; a case for each that the week takes."""

    candidates: dict[str, list[Candidate]] = field(default_factory=dict)
    bounds: dict[str, Bounds] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)  # by fingerprint
    homes: dict[str, Home] = field(default_factory=dict)  # by agent
    notices: list[str] = field(default_factory=list)
    again: bool = False


def draft_proposals(workspace: Workspace, ledger: Ledger, now: datetime, nonce: Callable[[], str]) -> Drafted:
    """Drafts by rules a proposal for each failure and task that recurred often enough (Rule of Three) and has none yet.

    `nonce` gives a new random text per call, e.g. `lambda: secrets.token_hex(16)`. Safe to repeat: one live
    proposal per agent and fingerprint, and at most `proposals.per_agent_per_week` per agent and ISO week.
    """
    return submit(workspace, ledger, due(workspace, ledger, now, asked=False), {}, now, nonce)


def due(workspace: Workspace, ledger: Ledger, now: datetime, *, asked: bool, again: bool = False) -> Due:
    """What is to be drafted. `asked`: a model is asked about each case, falls and wrong outputs included.

    `again`: only what a model failed to draft in the last week and has no proposal since (`analyzer: {nights}`).
    """
    failed = _failed(workspace, ledger, now) if again else set()
    if again and not failed:
        return Due(again=True)
    found, notices = gather.candidates(workspace, ledger, now, asked=asked)
    if again:
        found, notices = [each for each in found if each.fingerprint in failed], []
    agents = by_agent(found)
    bounds = gather.bounds(workspace, ledger, now)
    first = [each for name, some in agents.items() for each in chosen(some, bounds[name])]
    cases = {each.fingerprint: gather.case(workspace, ledger, each, now) for each in first}
    homes: dict[str, Home] = {}
    if asked and cases:
        repo = ConfigRepo(workspace.configs)
        base = repo.head()
        homes = {case.agent.name: home(repo, base, case.agent) for case in cases.values()}
    return Due(agents, bounds, cases, homes, notices, again)


def _failed(workspace: Workspace, ledger: Ledger, now: datetime) -> set[str]:
    rows = ledger.rows("improve/failed_analyses", since=now - timedelta(days=7))
    return {row["fingerprint"] for row in rows if row["tries"] <= workspace.settings.analyzer.nights}


def ask(wanted: Due, analyst: Analyst, now: datetime, nonce: Callable[[], str]) -> dict[str, Analysis]:
    """What the model says to each case, by fingerprint; no ledger is needed meanwhile, and nothing is raised."""
    return {
        fingerprint: analyst.analyse(case, wanted.homes[case.agent.name], now, nonce())
        for fingerprint, case in wanted.cases.items()
        if not case.broken
    }


def submit(
    workspace: Workspace, ledger: Ledger, wanted: Due, said: Mapping[str, Analysis], now: datetime,
    nonce: Callable[[], str],
) -> Drafted:  # fmt: skip
    """Proposes what was drafted: by fingerprint what a model said, and by rules where it said nothing that can be used.

    What the model was asked and what came of it is kept as an event (`analysis`) each time.
    """
    crashpoint("propose.begin")
    ledger.add("events", [each.event for each in said.values()], "event_id")
    maker, left = Maker(workspace, ledger, now, nonce), dict[str, int]()
    maker.drafted.notices += wanted.notices
    for name, candidates in wanted.candidates.items():
        room, waiting, tried = Room(wanted.bounds[name]), 0, 0
        for each in candidates:
            if not room.takes(each):
                waiting += each.kind == "failure"
            elif each.fingerprint in wanted.cases or (each.by_rules and tried < SPARE):
                tried += 1
                case = wanted.cases.get(each.fingerprint) or gather.case(workspace, ledger, each, now)
                if maker.make(case, said.get(each.fingerprint)):
                    room.take(each)
        left[name] = room.left
        if waiting:
            maker.drafted.notices.append(
                f"{name}: {waiting} more recurring failures wait, this week's proposals are used up"
            )
    if not wanted.again:
        maker.offered({name: each.left for name, each in wanted.bounds.items()} | left)
    return maker.drafted
