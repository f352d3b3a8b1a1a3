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
    rows = ledger.rows("incidents/incident_spending", zone=str(workspace.zone), start=start, now=now)
    passed: dict[tuple[str | None, str], Overspent] = {}
    for row in rows:
        found = []
        limit = budgets.agents.get(row["agent"], budgets.agent_day)
        if row["agent"] is not None and limit is not None:
            found.append((row["agent"], f"{row['day']}", limit, row["day_usd"]))
        if budgets.month is not None:
            found.append((None, f"{row['day']:%Y-%m}", budgets.month, row["month_usd"]))
        for agent, period, most, spent in found:
            if spent > (limit_usd := Decimal(repr(most))):
                known = passed.get((agent, period))
                passed[agent, period] = Overspent(
                    agent=agent, period=period, limit_usd=limit_usd, spent_usd=spent,
                    passed_at=known.passed_at if known else row["at"],
                )  # fmt: skip
    return [each for each in passed.values() if each.passed_at >= since]
