"""Runs that are unlike the agent's others: longer, dearer, or with an action far larger than is usual.

Each is a conformal test: for exchangeable runs it alarms at most at the stated rate, whatever the distribution
(Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005). Below 1 / rate - 1 runs there is no claim.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime

from storage.records import Finding
from tasks.incidents.detectors.finding import Row, found


def p_value(at_least: int, n: int) -> float:
    """How often a run that is like the n others is as extreme: `at_least` of them are. From 1 / (n + 1) to 1."""
    return (1 + at_least) / (n + 1)


def least_n(rate: float) -> int:
    """Other runs that a test at this rate needs before it can alarm at all: 19 at 5 %, 99 at 1 %."""
    return math.ceil(1 / rate - 1e-9) - 1


def measures(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Trajectory-length outlier or excessive cost, P3: beyond what the agent's runs of this task type need."""
    for row in rows:
        is_cost = row["measure"] == "cost_usd"
        name = "excessive cost" if is_cost else "trajectory-length outlier"
        usual = {key: row[key] for key in ("measure", "value", "median", "n", "task_type")}
        evidence = usual | {"p": p_value(row["at_least"], row["n"])}
        unit = "US dollars" if is_cost else "steps"
        text = f"{row['value']:g} {unit} where {row['median']:g} are usual"
        yield found(
            row, name, "P3", "cost-outlier" if is_cost else "length-outlier", now, kind=str(row["task_type"]),
            text=text, evidence=evidence,
        )  # fmt: skip


def over_budget(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Excessive cost, P3: more than `budgets.task` allows for one task."""
    for row in rows:
        evidence = {"cost_usd": float(row["cost_usd"]), "limit_usd": row["limit_usd"]}
        yield found(row, "excessive cost", "P3", "task-budget", now, kind="over budget", evidence=evidence)


def actions(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Action outlier, P2: an argument far larger than the agent gives this tool, as 1,000 rows where 5 are usual."""
    for row in rows:
        usual = {key: row[key] for key in ("argument", "size", "median", "n")}
        yield found(
            row, "action outlier", "P2", "action-size", now, steps=row["steps"], tool=row["tool_name"],
            kind=row["argument"], text=f"{row['argument']}: {row['size']:g} where {row['median']:g} is usual",
            evidence=usual | {"p": p_value(row["at_least"], row["n"])},
        )  # fmt: skip
