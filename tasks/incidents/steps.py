"""Failure detection and incidents as steps of a flow."""

from __future__ import annotations

from datetime import datetime

from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import show_table, step
from tasks.incidents import response, run
from tasks.incidents.response import Responded


@step()
def detect_failures(workspace: Workspace, now: datetime) -> run.Detection:
    """Examines every run that is new or has grown."""
    with writing(workspace, "detecting failures") as ledger:
        return run.detect_failures(workspace, ledger, now)


@step()
def respond_to_signals(workspace: Workspace, now: datetime) -> Responded:
    """Opens incidents for what the night found, tells the open ones what is new, and closes those that are over."""
    with writing(workspace, "looking after incidents") as ledger:
        done = response.respond_to_signals(workspace, ledger, now)
    rows = [
        {"incident": each.incident_id[:8], "severity": each.severity, "what": each.title, "owner": each.owner}
        for each in done.opened
    ]
    show_table("incidents-opened", rows, "Incidents that were opened")
    return done
