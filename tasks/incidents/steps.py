"""Failure detection as a step of a flow."""

from __future__ import annotations

from datetime import datetime

from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import step
from tasks.incidents import run


@step()
def detect_failures(workspace: Workspace, now: datetime) -> run.Detection:
    """Examines every run that is new or has grown."""
    with writing(workspace, "detecting failures") as ledger:
        return run.detect_failures(workspace, ledger, now)
