"""What is done about an incident, each step reversible and recorded with its undo.

Freezing is done here. What changes an agent is only ever proposed, by a command that may ask other rooms, and recorded
here: `rollback` and `config` wait for a person as every proposal does, `capture` writes golden drafts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from storage.crashpoint import crashpoint
from storage.errors import NotFound, Refused, UsageError
from storage.ledger import Ledger
from storage.records import Event, stable_id
from tasks.incidents.book import event, load
from tasks.incidents.incident import Incident, check_open
from tasks.incidents.response import unfreezing

STEPS: Final = ("freeze", "unfreeze", "rollback", "config", "capture", "test")


def freeze(ledger: Ledger, incident_id: str, by: str, now: datetime) -> Event:
    """Lets every change of the agent wait until it is unfrozen or the incident is closed; its own fixes pass.

    Frozen already by this incident: nothing changes. Raises NotFound; Refused for a closed incident or one of no agent.
    """
    found = load(ledger, incident_id)
    check_open(found, "acted upon")
    if found.agent is None:
        raise Refused("this incident is of no single agent: there is nobody to freeze", where=found.incident_id[:8])
    held = ledger.rows("incidents/incident_freezes", incident_id=found.incident_id)
    freeze_id = held[0]["freeze_id"] if held else stable_id("freeze", found.incident_id, now.isoformat())
    made = Event(
        event_id=freeze_id, kind="freeze", at=now, agent=found.agent, subject=f"incident {found.incident_id[:8]}",
        payload={"reason": f"by {by}: {found.title}", "incident": found.incident_id, "by": by},
    )  # fmt: skip
    with ledger.transaction():
        ledger.add("events", [made], "event_id")
        crashpoint("runbook.after_freeze")
        return record(ledger, found, "freeze", by, now, _command(found, "unfreeze"), freeze_id, freeze_id=freeze_id)


def unfreeze(ledger: Ledger, incident_id: str, by: str, now: datetime) -> Event:
    """Ends the freezes that were made for an incident. Raises NotFound, Refused where there is none."""
    found = load(ledger, incident_id)
    ends = unfreezing(ledger, found, now)
    if not ends:
        raise Refused("no freeze of this incident holds", where=found.incident_id[:8], next_command="agentre slo")
    with ledger.transaction():
        ledger.add("events", ends, "event_id")
        return record(ledger, found, "unfreeze", by, now, _command(found, "freeze"), ends[0].subject)


def name_tests(ledger: Ledger, incident_id: str, tasks: list[str], by: str, now: datetime) -> Event:
    """Names golden tasks that show this failure: what closes an incident of behaviour.

    Raises NotFound for an incident or a task that no golden run of its agent has tried; UsageError without a task;
    Refused when closed.
    """
    found = load(ledger, incident_id)
    check_open(found, "acted upon")
    if not tasks:
        raise UsageError("no golden task is named", accepted="--task ID, once for each that shows this failure")
    known = {row["task_id"] for row in ledger.rows("incidents/incident_known_tasks", tasks=tasks, agent=found.agent)}
    if missing := [task for task in tasks if task not in known]:
        raise NotFound(
            "no golden run of this agent has tried that task", got=", ".join(missing),
            next_command=f"agentre golden run SET --agent {found.agent or 'AGENT'}",
        )  # fmt: skip
    return record(ledger, found, "test", by, now, "a test that was named stays", *sorted(tasks), tasks=sorted(tasks))


def record(
    ledger: Ledger, incident: Incident, step: str, by: str, now: datetime, undo: str, *parts: object, **payload: object
) -> Event:
    """Writes what was done, and how it is undone; the same step with the same `parts` is one. Raises Refused if closed.

    `payload.proposal_id` links a proposal to the incident: while it is open, no freeze of its agent holds that back.
    """
    if step not in STEPS:
        raise UsageError("no such step", got=step, accepted=", ".join(STEPS))
    if step != "unfreeze":
        check_open(incident, "acted upon")
    made = event("incident_action", incident, now, step, *parts, step=step, by=by, undo=undo, **payload)
    ledger.add("events", [made], "event_id")
    return made


def suspect_change(ledger: Ledger, incident: Incident) -> dict[str, Any]:
    """The change of the agent that is the nearest cause: the row of `changes` to be rolled back.

    The causes are in order of nearness; the first that is a change made with AgentRE is it. Raises NotFound where
    none is: a person's own commit is taken back with git.
    """
    times = [cause["at"] for cause in incident.causes if cause["kind"] == "config"]
    for at in times:
        rows = ledger.rows("incidents/incident_change_at", agent=incident.agent, at=datetime.fromisoformat(str(at)))
        if rows:
            return rows[0]
    raise NotFound(
        "no change made with AgentRE is among the causes", got=", ".join(str(c["what"]) for c in incident.causes[:3]),
        accepted="--change ID of `agentre proposals list`; a commit of your own is taken back with git revert",
        next_command=f"agentre incidents show {incident.incident_id[:8]}",
    )  # fmt: skip


def failing_runs(ledger: Ledger, incident: Incident, most: int, now: datetime) -> list[str]:
    """Runs that failed since it began and whose request is recorded, the worst of each kind first; at most so many."""
    begun = incident.started_at or incident.detected_at
    rows = ledger.rows("incidents/incident_failing_runs", agent=incident.agent, since=begun, now=now, most=most)
    return [row["run_id"] for row in rows]


def _command(incident: Incident, step: str) -> str:
    return f"agentre incidents act {incident.incident_id[:8]} {step}"
