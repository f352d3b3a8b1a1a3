"""Memory as a step of a flow."""

from __future__ import annotations

from datetime import datetime

from storage.errors import UsageError
from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import show_table, step
from tasks.memory import run
from tasks.memory.wording import due_for_wording, store, word


@step()
def consolidate_memory(workspace: Workspace, now: datetime) -> list[run.Consolidated]:
    """Brings each agent's MEMORY.md up to its daily logs; with a model and a key, has lines worded for a proposal.

    Nothing where there is no config repository yet.
    """
    with writing(workspace, "consolidating memory") as ledger:
        try:
            done = run.consolidate(workspace, ledger, now)
        except UsageError as error:
            return [run.Consolidated(agent.name, "refused", error.what) for agent in workspace.settings.agents]
        due = due_for_wording(workspace, ledger)
    if due:
        worded = word(workspace, due, now)
        with writing(workspace, "storing worded memory") as ledger:
            store(ledger, worded, now)
    rows = [
        {"agent": one.agent, "state": one.state, "logs": one.logs, **one.counts, "reason": one.reason} for one in done
    ]
    show_table("memory", rows, "Daily logs consolidated into MEMORY.md")
    return done
