"""Failures of a class that is new to an agent become golden drafts: the detectors hand them over through the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from storage.errors import AgentREError
from storage.ledger import Ledger
from storage.records import Event, stable_id
from storage.workspace import Workspace
from tasks.golden.production import Added, add_from_run

MADE: Final = "golden_draft_made"


def make_due_drafts(workspace: Workspace, ledger: Ledger, now: datetime) -> list[Added]:
    """Makes the drafts that are due, and notes each as an event; returns those that are new. Safe to repeat.

    A run that no draft can be made of (its request was not recorded, or aged out) is noted with the reason, once.
    """
    added = []
    for row in ledger.rows("golden/drafts_due"):
        told: dict[str, object] = {"run_id": row["run_id"], "failure_class": row["failure_class"]}
        try:
            draft = add_from_run(workspace, ledger, row["run_id"])
            told |= {"task_id": draft.task_id}
            added += [draft] if draft.new else []
        except AgentREError as error:
            told |= {"refused": error.text().splitlines()[0]}
        event_id = stable_id(MADE, row["event_id"])
        event = Event(event_id=event_id, kind=MADE, at=now, agent=row["agent"], subject=row["event_id"], payload=told)
        ledger.add("events", [event], "event_id")
    return added
