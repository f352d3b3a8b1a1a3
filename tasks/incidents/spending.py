"""When limits on money were passed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from storage.ledger import Ledger
from storage.records import Record
from storage.workspace import Workspace


class Overspent(Record, frozen=True, kw_only=True):
    """A limit that was passed. `agent` None: the organisation's month. `passed_at`: with which call."""

    agent: str | None
    period: str  # 2026-11-22, or 2026-11
    limit_usd: Decimal
    spent_usd: Decimal
    passed_at: datetime


def overspent(workspace: Workspace, ledger: Ledger, since: datetime, now: datetime) -> list[Overspent]:
    """The limits of `agentre.yaml` that were passed from `since` on, once for each agent and day and for a month.

    `spent_usd` is the whole of that day or month up to now.
    """
    budgets = workspace.settings.budgets
    if not (budgets.agents or budgets.agent_day or budgets.month):
        return []
    local = since.astimezone(workspace.zone)
    start = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = ledger.rows(
        "incidents/incident_spending", zone=str(workspace.zone), start=start, now=now, agents=list(budgets.agents),
        limits=[repr(limit) for limit in budgets.agents.values()], agent_day=_text(budgets.agent_day),
        month=_text(budgets.month),
    )  # fmt: skip
    return [Overspent(**row) for row in rows if row["passed_at"] >= since]


def _text(limit: float | None) -> str | None:
    """A limit as the decimal that was written."""
    return None if limit is None else repr(limit)
