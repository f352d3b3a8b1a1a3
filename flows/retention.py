"""The `retention` flow: what every week does so that the ledger keeps no more than it should, and all that it must."""

from __future__ import annotations

from typing import Final

from flows.console import now
from flows.quiet import flow
from flows.resumable import resumable
from storage.workspace import Workspace
from tasks.ingest.retention import Retained
from tasks.ingest.steps import retain

STEPS: Final = ("retain",)


@flow(name="retention", persist_result=False, log_prints=False)
def retention(workspace: str) -> Retained:
    """Old texts aged out, the ledger checked against its sources and backed up."""
    fleet, moment = Workspace.find(workspace), now()
    with resumable(f"agentre retention --workspace {fleet.root}", STEPS):
        return retain(fleet, moment)
