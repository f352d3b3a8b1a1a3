"""SLOs as a step of a flow."""

from __future__ import annotations

from datetime import datetime

from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import show_table, step
from tasks.slo import run


@step()
def evaluate_slos(workspace: Workspace, now: datetime) -> run.Evaluated:
    """Writes the status of every SLO, recomputes what late data changed, and opens or ends freezes."""
    with writing(workspace, "evaluating SLOs") as ledger:
        done = run.evaluate_slos(workspace, ledger, now)
    rows = [
        {
            "slo": each.objective.name, "total": each.total, "value": each.value, "budget spent": each.budget_spent,
            "P(violated)": each.p_violated, "alert": each.alert, "reason": each.rule or each.reason,
        }
        for each in done.evaluations
    ]  # fmt: skip
    show_table("slo-status", rows, "SLOs and their budgets")
    return done
