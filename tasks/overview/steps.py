"""The overview as a step of a flow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import step
from tasks.overview import page


@step()
def write_overview(workspace: Workspace, now: datetime) -> Path:
    """Writes the page of key figures and maturity beside the weekly review."""
    with writing(workspace, "writing the overview") as ledger:
        return page.write_overview(workspace, ledger, now)
