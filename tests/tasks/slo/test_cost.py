"""Cost: to the last nanodollar, what is missing is never 0, and what is said rests on enough."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slo_rows import StoredCall, StoredRun, run, with_slis

from reports.cost import cost_text
from storage.ledger import Ledger
from storage.workspace import Workspace
from tasks.slo.cheapest import choices, newcombe
from tasks.slo.cost import CostReport, cost_report, differences
from tasks.slo.forecast import month_end

SLI = '{metric: success_rate, target: "> 95%"}'


def put(ledger: Ledger, rows: list[StoredRun], calls: list[StoredCall]) -> None:
    """Stores runs and their model calls."""
    ledger.add("runs", rows, "run_id")
    ledger.add("model_calls", calls, "call_id")


def call(name: str, run_id: str, cost: str | None, **more: object) -> StoredCall:
    """A model call; a cost of None is missing."""
    source = "missing" if cost is None else "priced"
    fields: dict[str, object] = {"call_id": name, "run_id": run_id, "cost_usd": cost, "cost_source": source}
    return StoredCall(**(fields | more))  # type: ignore[arg-type]  # fields of mixed types


def report(workspace: Workspace, ledger: Ledger, now: datetime, more: str = "") -> CostReport:
    """The cost of the running month, with these settings."""
    return cost_report(with_slis(workspace, SLI, more), ledger, now)


def test_nothing_is_not_zero(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """An empty ledger has no total and no forecast, and says so."""
    found = report(workspace, ledger, now)
    assert (found.total_usd, found.forecast.expected, found.by_agent) == (None, None, [])
    text = cost_text(found)
    assert "forecast: not recorded" in text and "$0.00" not in text


def test_reported_priced_missing_and_negative_are_told_apart(
    workspace: Workspace, ledger: Ledger, now: datetime
) -> None:
    """A model without a price and a negative cost are missing; the sum is exact where floats are not."""
    at = now - timedelta(days=2)
    calls = [
        call("1", "a", "0.1", cost_source="reported"),
        call("2", "a", "0.2"),
        call("3", "a", None, model="nobody-knows-1"),
        call("4", "a", "-3", model="odd"),
    ]
    put(ledger, [run("a", at)], calls)
    found = report(workspace, ledger, now)
    assert found.total_usd == Decimal("0.3")  # 0.1 + 0.2 in floats is 0.30000000000000004
    assert found.missing == 2
    (ada,) = found.by_agent
    assert (ada["reported_usd"], ada["priced_usd"], ada["missing"], ada["calls"]) == (
        Decimal("0.1"),
        Decimal("0.2"),
        2,
        4,
    )
    by_model = {row["model"]: row["cost_usd"] for row in found.by_model}
    assert by_model == {"claude-opus-4-6": Decimal("0.3"), "nobody-knows-1": None, "odd": None}
    assert found.sources[0]["negative_calls"] == 1
    text = cost_text(found)
    assert "without 2 calls whose cost is missing" in text and "1 negative cost counted as missing" in text


def test_the_month_is_the_workspaces(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """31 October, 23:30 UTC is 1 November in Berlin; 22:30 UTC is October."""
    late, early = datetime.fromisoformat("2026-10-31T23:30+00:00"), datetime.fromisoformat("2026-10-31T22:30+00:00")
    put(ledger, [run("a", late), run("b", early)], [call("1", "a", "2"), call("2", "b", "5")])
    found = report(workspace, ledger, now)
    assert found.total_usd == 2 and found.days[0]["day"] == date(2026, 11, 1)


def test_budgets_of_task_agent_day_and_month(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Each budget against what is known; an earlier day is listed only where it was exceeded."""
    rows = [run("a", now - timedelta(hours=1), cost_usd="3"), run("b", now - timedelta(days=3), "Rita", cost_usd="9")]
    put(ledger, rows, [call("1", "a", "3"), call("2", "b", "9"), call("3", "a", None)])
    found = report(workspace, ledger, now, "budgets: {task: 5, agent_day: 4, month: 10, agents: {Rita: 8}}\n")
    lines = {line.budget: (line.limit, line.spent, line.missing, line.over) for line in found.budgets}
    assert lines == {
        "organisation, this month": (10, 12, 1, True),
        "Ada, today": (4, 3, 1, False),
        "Rita, today": (8, 0, 0, False),
        "Rita, 2026-11-19": (8, 9, 0, True),
    }
    assert [row["run_id"] for row in found.over_task] == ["b"]
    assert "OVER  organisation, this month: $12.00 of $10.00" in cost_text(found)


def test_the_forecast_of_even_days_is_their_sum() -> None:
    """$2 every day: at the end of a month of 30 days $60, and no spread at all."""
    today = date(2026, 11, 22)
    costs = {today - timedelta(days=i): Decimal(2) for i in range(60)}
    found = month_end(costs, today, min(costs))
    assert (found.spent, found.days) == (44, 28)
    assert (found.expected, found.low, found.high) == (60.0, 60.0, 60.0)


def test_the_forecast_knows_weekends() -> None:
    """$10 on working days, nothing on weekends; from Friday 20 November six working days are left: $140 + $60."""
    today = date(2026, 11, 20)
    days = [today - timedelta(days=i) for i in range(40)]
    costs = {day: Decimal(10) for day in days if day.weekday() < 5}
    found = month_end(costs, today, min(costs))
    # working days of 1 to 20 November: 15; of 21 to 30: 6
    assert (found.spent, found.expected) == (150, 210.0)


def test_too_little_history_gives_no_forecast() -> None:
    """Six closed days are too few."""
    today = date(2026, 11, 22)
    costs = {today - timedelta(days=i): Decimal(2) for i in range(7)}
    assert month_end(costs, today, min(costs)).expected is None


def test_forecasts_hold_what_they_say() -> None:
    """Of 400 simulated months, the 90 % interval made on the 15th holds the month's cost in 84 to 96 %."""
    import numpy as np

    rng = np.random.default_rng(5)
    today, held = date(2026, 11, 15), 0
    for _ in range(400):
        days = [date(2026, 10, 10) + timedelta(days=i) for i in range(52)]
        costs = {day: Decimal(f"{max(0.0, rng.normal(20 if day.weekday() < 5 else 8, 4)):.4f}") for day in days}
        known = {day: cost for day, cost in costs.items() if day < today}
        found = month_end(known, today, min(costs))
        total = float(sum(cost for day, cost in costs.items() if day.month == 11))
        assert found.low is not None and found.high is not None
        held += found.low <= total <= found.high
    assert 0.84 <= held / 400 <= 0.96


def test_anomalies_stand_on_enough_earlier_runs(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """The conformal bound of 19 earlier runs is their largest; 18 give none; another task type has its own."""
    old, new = now - timedelta(days=30), now - timedelta(days=1)
    rows = [run(f"o{i}", old, task_type="a", cost_usd=f"0.{10 + i}") for i in range(19)]
    rows += [run(f"p{i}", old, task_type="b", cost_usd="0.1") for i in range(18)]
    rows += [
        run("same", new, task_type="a", cost_usd="0.28"),
        run("more", new, task_type="a", cost_usd="0.29"),
        run("few", new, task_type="b", cost_usd="9"),
        run("negative", new, task_type="a", cost_usd="-9"),
    ]
    put(ledger, rows, [])
    found = report(workspace, ledger, now)
    assert [(row["run_id"], row["level"], row["bound"], row["n"]) for row in found.anomalies] == [
        ("more", "note", Decimal("0.28"), 19)
    ]


def test_an_anomaly_alerts_from_ninety_nine_earlier_runs(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """With 99 the bound of 1 % is the largest of them."""
    old = now - timedelta(days=30)
    rows = [run(f"o{i}", old, task_type="a", cost_usd=f"0.{100 + i}") for i in range(99)]
    rows.append(run("more", now - timedelta(days=1), task_type="a", cost_usd="0.5"))
    put(ledger, rows, [])
    assert [(row["level"], row["bound"]) for row in report(workspace, ledger, now).anomalies] == [
        ("alert", Decimal("0.198"))
    ]


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 80), m=st.integers(1, 80), data=st.data())
def test_newcombes_interval_holds_the_difference(n: int, m: int, data: st.DataObject) -> None:
    """The difference lies in its interval, the interval within -1 to 1, and swapping sides mirrors it."""
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    difference, low, high = newcombe(a, n, b, m)
    assert -1 - 1e-9 <= low <= difference + 1e-9 and difference - 1e-9 <= high <= 1 + 1e-9
    assert newcombe(b, m, a, n)[1:] == pytest.approx((-high, -low))


def test_newcombes_published_example() -> None:
    """56 of 70 against 48 of 80: 0.2000, 95 % interval 0.0524 to 0.3339 (Newcombe 1998, table II (a), method 10)."""
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_the_cheapest_model_has_to_be_not_inferior() -> None:
    """A cheap model that fails is inferior, one with few runs inconclusive; the cheap one that holds is chosen."""

    def row(model: str, n: int, good: int, cost: str) -> dict[str, object]:
        return {"task_type": "refund", "model": model, "n": n, "successes": good, "costs": [Decimal(cost)] * n}

    rows = [
        row("big", 500, 475, "1"),
        row("small", 400, 384, "0.2"),
        row("tiny", 200, 120, "0.01"),
        row("new", 5, 5, "0.001"),
    ]
    found = {each.model: each for each in choices(rows)}
    assert {name: each.verdict for name, each in found.items()} == {
        "big": "reference", "small": "not inferior", "tiny": "inferior", "new": "inconclusive",
    }  # fmt: skip
    assert [name for name, each in found.items() if each.cheapest] == ["small"]
    assert found["small"].difference == pytest.approx(0.01) and found["small"].low is not None
    assert choices([row("alone", 10, 10, "1")]) == []


def test_differences_between_sources_and_prices_are_listed(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A reported cost that the price table does not give is a difference; one within a cent in sum is none."""
    from storage.prices import price_table

    # claude-opus-4-6: 5 and 25 dollars per million tokens: 1000 in and 100 out cost 0.005 + 0.0025 = 0.0075
    at = now - timedelta(days=1)
    calls = [
        call("1", "a", "0.0075", cost_source="reported", started_at=at),
        call("2", "a", "0.5", cost_source="reported", model="claude-sonnet-4-6", started_at=at),
        call("3", "a", "0.1", cost_source="reported", model="unheard-of", started_at=at),
    ]
    put(ledger, [run("a", at)], calls)
    rows = ledger.rows("cost/reported_calls", start=at - timedelta(days=1), end=now)
    found = {each.model: each for each in differences(rows, price_table(workspace))}
    assert set(found) == {"claude-sonnet-4-6", "unheard-of"}
    # claude-sonnet-4-6: 3 and 15: 0.003 + 0.0015
    assert (found["claude-sonnet-4-6"].reported, found["claude-sonnet-4-6"].by_table) == (
        Decimal("0.5"),
        Decimal("0.0045"),
    )
    assert (found["unheard-of"].unpriced, found["unheard-of"].unpriced_usd) == (1, Decimal("0.1"))
    assert not found["unheard-of"].differs and "as reported: unheard-of $0.1000" in cost_text(
        report(workspace, ledger, now)
    )
    assert "every call at 111 times the table" in found["claude-sonnet-4-6"].why  # 0.5 / 0.0045


def test_a_difference_by_more_than_prices_is_told_apart(workspace: Workspace) -> None:
    """Calls at different factors are not explained by other prices."""
    from storage.prices import price_table

    known = {"run_id": "a", "seq": 1, "model": "claude-sonnet-4-6", "started_at": None, "ended_at": None}
    tokens = {"input_tokens": 1000, "output_tokens": 100}
    rows = [known | tokens | {"call_id": cost, "cost_usd": Decimal(cost)} for cost in ("0.0045", "0.09")]
    (found,) = differences(rows, price_table(workspace))
    assert "calls at 1 to 20 times the table" in found.why


def test_a_run_with_a_call_without_a_cost_is_said_to_be_partial(
    workspace: Workspace, ledger: Ledger, now: datetime
) -> None:
    """Its own cost is unknown; what its other calls cost is told as at least."""
    at = now - timedelta(days=1)
    put(ledger, [run("a", at, cost_usd=None, cost_source="missing")], [call("1", "a", "0.5"), call("2", "a", None)])
    assert "at least $0.5000, 1 call missing" in cost_text(report(workspace, ledger, now))
