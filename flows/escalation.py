"""The `escalation` flow: every five minutes, who has to be told of an incident, and who is next if nobody answered."""

from __future__ import annotations

from typing import Final

from flows.console import now
from flows.quiet import flow
from flows.resumable import resumable
from storage.errors import LedgerBusy
from storage.workspace import Workspace
from tasks.escalation.run import Escalated
from tasks.escalation.steps import escalate

STEPS: Final = ("escalate",)


@flow(name="escalation", persist_result=False, log_prints=False)
def escalation(workspace: str) -> Escalated:
    """Tells people of incidents as the policies say; where the ledger is in use for long, the next run does."""
    fleet, moment = Workspace.find(workspace), now()
    with resumable("the next scheduled run, in five minutes", STEPS):
        try:
            return escalate(fleet, moment)
        except LedgerBusy:
            return Escalated()
