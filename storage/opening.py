"""The one way in which a workspace's ledger is opened for writing."""

from __future__ import annotations

from contextlib import AbstractContextManager

from storage.ledger import Ledger, open_ledger
from storage.workspace import Workspace


def writing(workspace: Workspace, purpose: str) -> AbstractContextManager[Ledger]:
    """The workspace's ledger for writing: opened late, closed early, waited for as `agentre.yaml` says.

    `purpose` is what a waiting process is told. Raises as `open_ledger`.
    """
    return open_ledger(workspace.ledger, purpose=purpose, wait_seconds=workspace.settings.limits.ledger_wait_seconds)
