"""Whether golden tests show that an incident is fixed: failed on the config that was bad, passed on the present."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from storage.config_repo import ConfigRepo
from storage.config_states import State, commits_between, state_at
from storage.errors import AgentREError, Refused, UsageError
from storage.records import Record
from tasks.incidents.chance import better_chance
from tasks.incidents.incident import Incident
from tasks.incidents.signals import Look

LEVEL: Final = 0.05
SLACK: Final = timedelta(days=2)
"""How far before its likeliest beginning a config may have been in force that is the bad one."""


class Proof(Record, frozen=True, kw_only=True):
    """What the golden tests of an incident say. `passed_at` None: they do not show that it is fixed, `said` is why."""

    passed_at: datetime | None
    said: str


def proof(look: Look, incident: Incident) -> Proof:
    """Reads golden results by config commit; never runs anything."""
    tasks = [row["task_id"] for row in look.ledger.rows("incidents/incident_tasks", incident_id=incident.incident_id)]
    if not tasks:
        return Proof(passed_at=None, said="no golden test is named for it: agentre incidents act ID capture, or test")
    agent = look.workspace.agent(incident.agent or "")
    if agent is None:
        return Proof(passed_at=None, said="its agent is not one of agentre.yaml")
    rows = look.ledger.rows("incidents/incident_tests", agent=agent.name, tasks=tasks, now=look.now)
    try:
        repo = ConfigRepo(look.workspace.configs)
        present, bad = _states(repo, agent.slug, incident)
        states = {row["config_commit"]: state_at(repo, agent.slug, row["config_commit"]) for row in rows}
    except AgentREError as error:
        return Proof(passed_at=None, said=f"the config repository cannot be read: {error.what}")
    if present is None or not bad:
        return Proof(passed_at=None, said="the config has not changed since it began: nothing was fixed")
    return judged(tasks, rows, states.get, set(bad.values()), present)


def bad_commit(look: Look, incident: Incident) -> str:
    """The newest commit that was in force when the incident was found and is not what is in force now.

    Raises Refused where the config has not changed since, UsageError for an agent without a config.
    """
    agent = look.workspace.agent(incident.agent or "")
    if agent is None:
        raise UsageError("its agent is not one of agentre.yaml", got=str(incident.agent))
    _, bad = _states(ConfigRepo(look.workspace.configs), agent.slug, incident)
    if not bad:
        raise Refused(
            "the config has not changed since it began: there is no fix to verify", where=incident.incident_id[:8],
            next_command=f"agentre incidents act {incident.incident_id[:8]} rollback",
        )  # fmt: skip
    return list(bad)[-1]


def _states(repo: ConfigRepo, slug: str, incident: Incident) -> tuple[State | None, dict[str, State]]:
    """The agent's present config, and by commit those in force around the beginning that differ from it."""
    present = state_at(repo, slug, repo.head())
    begun = (incident.started_at or incident.detected_at) - SLACK
    commits = commits_between(repo, slug, begun, incident.detected_at)
    known = {commit: state_at(repo, slug, commit) for commit in commits}
    return present, {commit: state for commit, state in known.items() if state is not None and state != present}


def judged(
    tasks: Sequence[str], rows: Sequence[dict[str, Any]], state_of: Callable[[str], State | None],
    bad: Collection[State], present: State,
) -> Proof:  # fmt: skip
    """The proof of all tests together. `rows`: as incident_tests gives them; `state_of`: a commit's config."""
    ended = []
    for task in tasks:
        own = [row for row in rows if row["task_id"] == task]
        fixed = [row for row in own if state_of(row["config_commit"]) == present]
        newest = max(fixed, key=lambda row: row["last_at"], default=None)
        if newest is None:
            return Proof(passed_at=None, said=f"golden test {task} has not run on the present config")
        fixed = [row for row in fixed if row["set_digest"] == newest["set_digest"]]
        failed = [
            row for row in own
            if state_of(row["config_commit"]) in bad and row["set_digest"] == newest["set_digest"]
        ]  # fmt: skip
        if reason := _not_shown(task, _sums(failed), _sums(fixed)):
            return Proof(passed_at=None, said=reason)
        ended.append(newest["last_at"])
    said = f"golden {'test' if len(tasks) == 1 else 'tests'} {', '.join(tasks)}: failed on the bad config, passes now"
    return Proof(passed_at=max(ended), said=said)


def _sums(rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Passed and failed."""
    return sum(row["passed"] for row in rows), sum(row["failed"] for row in rows)


def _not_shown(task: str, before: tuple[int, int], after: tuple[int, int]) -> str | None:
    """Why a test does not show the fix; None where it does. Three failures and three passes are just enough."""
    if after[1]:
        return f"golden test {task} fails {after[1]} of {sum(after)} times on the present config"
    if not before[1]:
        return f"golden test {task} has not failed on the bad config: it does not show the failure"
    if better_chance(before, after) > LEVEL + 1e-9:  # 3 of 3 against 3 of 3 is 1/20 exactly
        return f"golden test {task}: too few trials to tell ({before[1]} of {sum(before)} failed, {after[0]} passed)"
    return None
