"""The overview as one HTML page in the workspace's reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from reports.overview import overview_html
from storage.ledger import Ledger
from storage.whole_file import write_whole
from storage.workspace import Workspace
from tasks.overview.maturity import maturity
from tasks.overview.run import overview

PERIOD: Final = timedelta(days=28)
NAME: Final = "overview.html"
"""Beside `latest.html`, which links to it."""


def write_overview(workspace: Workspace, ledger: Ledger, now: datetime) -> Path:
    """Writes key figures of the last 28 days and maturity, whole or not at all; returns the page's path."""
    page = overview_html(
        overview(workspace, ledger, now - PERIOD, now), maturity(workspace, ledger, now), zone=workspace.zone,
        synthetic=workspace.settings.synthetic, made_at=now,
    )  # fmt: skip
    path = workspace.reports / NAME
    write_whole(path, page.encode(), folder_mode=0o700)
    return path
