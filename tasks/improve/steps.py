"""Drafting as a step of a flow."""

from __future__ import annotations

import secrets
from datetime import datetime

from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import show_table, step
from tasks.improve import run


@step()
def draft_proposals(workspace: Workspace, now: datetime) -> run.Drafted:
    """Drafts a proposal for each failure that recurred often enough."""
    with writing(workspace, "drafting proposals") as ledger:
        drafted = run.draft_proposals(workspace, ledger, now, lambda: secrets.token_hex(16))
    rows = [
        {"proposal": p.proposal_id[:8], "agent": p.agent, "kind": p.kind, "title": p.title} for p in drafted.proposals
    ]
    show_table("proposals", rows, "Proposals drafted now; each waits for a person in an `approve` run")
    return drafted
