"""One objective at one moment: its budget, and whether anybody should be told."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Any, Final, Literal

from storage.records import Record, stable_id
from storage.slo_settings import SloSettings
from tasks.slo.budget import Budget, event_budget, mean_budget
from tasks.slo.burn import SPARSE, TRAFFIC, BurnRule, burning, dense, rules, unlikely
from tasks.slo.objective import Objective
from tasks.slo.stream import Counter, Stream, exact_sum

Alert = Literal["none", "warn", "page", "no data"]
REPORTED: Final = 0.95
"""P(objective violated) from which a sparse SLO warns."""


class Evaluation(Record, frozen=True, kw_only=True):
    """What is known of an objective at `evaluated_at`, of events before that.

    `good` None: the objective is of a mean or a sum. `value`: share of good events, mean or sum. `budget_spent`,
    `spent_low`, `spent_high`: 1 is the whole budget; the interval is of 90 %. None: not recorded, see `total`, which is
    the number of events. `rule` names what alerted, `reason` says which rules were used and why.
    """

    objective: Objective
    window_start: datetime
    evaluated_at: datetime
    total: int
    good: int | None = None
    value: float | None = None
    budget_spent: float | None = None
    spent_low: float | None = None
    spent_high: float | None = None
    p_violated: float | None = None
    alert: Alert = "no data"
    rule: str | None = None
    reason: str = "not recorded: no events in the window"
    exhausted: bool = False

    @property
    def status_id(self) -> str:
        """Of the row in `slo_status`: the objective as it is defined, and the time."""
        o = self.objective
        return stable_id(
            "slo", o.name, o.agent, o.workflow, o.label, o.indicator, o.aggregate, o.op, o.limit, o.target,
            o.window.name, self.evaluated_at.isoformat(),
        )  # fmt: skip


def evaluate(objective: Objective, stream: Stream, now: datetime, settings: SloSettings) -> Evaluation:
    """The objective as it stands at `now`; later events are not seen."""
    if objective.aggregate != "share":
        return _of_values(objective, stream, now, settings)
    counter = stream.bad(objective)
    start = objective.window.start(now)
    bad, total = counter.count(start, now)
    if total == 0:
        return Evaluation(objective=objective, window_start=start, evaluated_at=now, total=0)
    if objective.invariant:
        alert, rule, reason = _invariant(bad)
        budget = Budget()
    else:
        budget = event_budget(bad, total, objective.target)
        alert, rule, reason = _alert(objective, counter, now, budget, settings)
    return Evaluation(
        objective=objective, window_start=start, evaluated_at=now, total=total, good=total - bad,
        value=(total - bad) / total, **_figures(budget), alert=alert, rule=rule, reason=reason,
        exhausted=bad > 0 if objective.invariant else _exhausted(budget, settings),
    )  # fmt: skip


def _invariant(bad: int) -> tuple[Alert, str | None, str]:
    broken = f"{bad} broke an invariant" if bad else None
    return "page" if bad else "none", broken, "an invariant: one is too many, and there is no budget"


def _alert(
    objective: Objective, counter: Counter, now: datetime, budget: Budget, settings: SloSettings
) -> tuple[Alert, str | None, str]:
    chosen = rules(settings.page_factor, settings.warn_factor)
    _, seen = counter.count(now - TRAFFIC, now)
    a_day = f"{seen / TRAFFIC.days:.3g} events a day in the last {TRAFFIC.days} days"
    if dense(seen, TRAFFIC, 1 - objective.target, chosen):
        alert, rule = _dense(counter, now, 1 - objective.target, chosen)
        return alert, rule, f"dense traffic ({a_day}): burn rates in two windows"
    alert, rule = _sparse(counter, now, 1 - objective.target, budget)
    return alert, rule, f"sparse traffic ({a_day}): binomial tail"


def _dense(
    counter: Counter, now: datetime, allowed: Fraction, chosen: tuple[BurnRule, ...]
) -> tuple[Alert, str | None]:
    """The first rule that fires; pages stand before warnings."""
    for rule in chosen:
        if burning(counter, now, allowed, rule):
            return rule.severity, f"burn above {float(rule.factor):g} in {rule.long} and {rule.short}"
    return "none", None


def _sparse(counter: Counter, now: datetime, allowed: Fraction, budget: Budget) -> tuple[Alert, str | None]:
    for window in SPARSE:
        if unlikely(counter, now, allowed, window):
            bad, total = counter.count(now - window.length, now)
            return "page", f"{bad} of {total} failed in {window.length.days} d: by chance under once in 1000"
    if (budget.p_violated or 0) > REPORTED:
        return "warn", f"violated with probability {budget.p_violated:.2f}"
    return "none", None


def _of_values(objective: Objective, stream: Stream, now: datetime, settings: SloSettings) -> Evaluation:
    """A mean or a sum: its budget is its limit."""
    start = objective.window.start(now)
    values, units = stream.between(start, now)
    weight, total = int(units.sum()), exact_sum(values)
    if len(values) == 0 or (objective.aggregate == "mean" and weight == 0):
        return Evaluation(objective=objective, window_start=start, evaluated_at=now, total=len(values))
    upper = objective.op in ("lt", "lte")
    if objective.aggregate == "mean":
        budget, value = mean_budget(total, values, units, objective.limit, upper=upper), total / weight
    else:
        value = total
        budget = Budget(spent=total / objective.limit if upper and objective.limit > 0 else None)
    broken = value >= objective.limit if upper else value < objective.limit
    sure = budget.p_violated is not None and budget.p_violated > settings.freeze_probability
    counts = broken and (sure or objective.aggregate == "total")
    return Evaluation(
        objective=objective, window_start=start, evaluated_at=now, total=len(values), value=float(value),
        **_figures(budget), alert="warn" if counts else "none", exhausted=counts,
        rule=f"{objective.aggregate} {float(value):.4g} is beyond {float(objective.limit):g}" if counts else None,
        reason=f"a {objective.aggregate}: compared with its limit, no burn rates",
    )  # fmt: skip


def _figures(budget: Budget) -> dict[str, Any]:
    return {
        "budget_spent": None if budget.spent is None else float(budget.spent),
        "spent_low": budget.low,
        "spent_high": budget.high,
        "p_violated": budget.p_violated,
    }


def _exhausted(budget: Budget, settings: SloSettings) -> bool:
    """All spent, and hardly by chance: one failure in three tasks has spent 667 % of 5 %, and says little."""
    return budget.spent is not None and budget.spent >= 1 and (budget.p_violated or 0) > settings.freeze_probability
