"""Cost for the terminal: what is known, priced and missing, never added up in floats."""

from __future__ import annotations

from typing import Any

from reports.text import NOT_RECORDED, clean, count, money, plural, run_name

Row = dict[str, Any]
SHOWN = 10
"""Rows of a list that the terminal shows; --json has all."""


def cost_text(report: Any) -> str:
    """The report of a running month: totals, budgets, forecast, what is out of line, models, sources."""
    parts = [
        f"Cost {report.first_day} to {report.today}: {money(report.total_usd)}"
        + (f", without {plural(report.missing, 'call')} whose cost is missing" if report.missing else ""),
        _table(report.by_agent, "agent"), _table(report.by_model, "model"), _forecast(report),
        *_budgets(report), *_anomalies(report), *_models(report), *_sources(report),
    ]  # fmt: skip
    return "\n".join(part for part in parts if part)


def _table(rows: list[Row], name: str) -> str:
    if not rows:
        return f"no {name} has a model call in this month"
    lines = [f"\n{name:<32} {'calls':>8} {'cost':>14} {'reported':>14} {'priced':>14} {'missing':>8}"]
    for row in rows[:SHOWN]:
        told = " ".join(f"{_amount(row[each]):>14}" for each in ("cost_usd", "reported_usd", "priced_usd"))
        lines.append(f"{clean(row[name], 32):<32} {count(row['calls']):>8} {told} {count(row['missing']):>8}")
    return "\n".join([*lines, f"and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""]).rstrip()


def _amount(amount: Any) -> str:
    return "–" if amount is None else money(amount)


def _forecast(report: Any) -> str:
    forecast = report.forecast
    if report.total_usd is None and not forecast.expected:
        return "\nforecast: not recorded (no call of this month or of the days before has a known cost)"
    if forecast.expected is None:
        return f"\nforecast: not enough history (n = {plural(forecast.days, 'day')}, 7 are needed)"
    return (
        f"\nforecast to the end of the month: ${forecast.expected:,.2f} (90 % interval ${forecast.low:,.2f} to "
        f"${forecast.high:,.2f}; n = {plural(forecast.days, 'day')})"
    )


def _budgets(report: Any) -> list[str]:
    lines = (
        ["\nbudgets"] if report.budgets or report.over_task else ["\nbudgets: none set (`budgets:` in agentre.yaml)"]
    )
    for each in report.budgets:
        missing = f", without {plural(each.missing, 'call')} whose cost is missing" if each.missing else ""
        state = "OVER" if each.over else "ok"
        lines.append(f"  {state:<5} {clean(each.budget, 60)}: {money(each.spent)} of {money(each.limit)}{missing}")
    for row in report.over_task[:SHOWN]:
        lines.append(f"  OVER  task: {money(row['cost_usd'])} {clean(row['agent'], 40)} {clean(run_name(row), 60)}")
    return lines


def _anomalies(report: Any) -> list[str]:
    lines = ["\nout of line in the last 7 days, by agent and task type" + ("" if report.anomalies else ": none")]
    for row in report.anomalies[:SHOWN]:
        lines.append(
            f"  {row['level']:<5} {money(row['cost_usd'])} {clean(row['agent'], 40)} {clean(run_name(row), 60)}: "
            f"bound {money(row['bound'])} from {plural(row['n'], 'earlier run')}"
        )
    return lines


def _models(report: Any) -> list[str]:
    if not report.models:
        return ["\ncheapest model: no task type was done by two models with verdicts and costs"]
    lines = ["\ncheapest model that is not inferior, by task type (success within 5 points of the most used)"]
    for each in report.models:
        beside = each.verdict
        if each.difference is not None:
            beside += f" {100 * each.difference:+.0f} points ({100 * each.low:+.0f} to {100 * each.high:+.0f})"
        mark = "->" if each.cheapest else "  "
        lines.append(
            f"  {mark} {clean(each.task_type, 30)}: {clean(each.model, 40)} {money(each.mean_cost)} a task, "
            f"{each.successes} of {each.n}, {beside}"
        )
    return lines


def _sources(report: Any) -> list[str]:
    lines = ["\nsources"] if report.sources or report.untimed["calls"] else []
    for row in report.sources:
        negative = (
            f", {plural(row['negative_calls'], 'negative cost')} counted as missing" if row["negative_calls"] else ""
        )
        lines.append(
            f"  {clean(row['source_format'], 30)}: reported {_amount(row['reported_usd'])} in "
            f"{plural(row['reported_calls'], 'call')}, priced {_amount(row['priced_usd'])} in "
            f"{plural(row['priced_calls'], 'call')}, {plural(row['missing_calls'], 'call')} missing{negative}"
        )
    if report.untimed["calls"]:
        known = _amount(report.untimed["cost_usd"])
        lines.append(
            f"  in no month: {plural(report.untimed['calls'], 'call')} without a recorded time, known cost {known}"
        )
    for each in report.differences:
        if each.differs:
            lines.append(
                f"  differs: {clean(each.model, 40)} reported {money(each.reported)}, by the price table "
                f"{money(each.by_table)} ({plural(each.calls, 'call')}); {each.why}"
            )
        if each.unpriced:
            lines.append(
                f"  as reported: {clean(each.model, 40)} {money(each.unpriced_usd)} in {plural(each.unpriced, 'call')} "
                "that the price table lacks a rate for"
            )
    for row in report.partial_runs[:SHOWN]:
        known = NOT_RECORDED if row["calls_usd"] is None else f"at least {money(row['calls_usd'])}"
        lines.append(
            f"  partial: {clean(row['agent'], 40)} run {row['run_id'][:8]}: {known}, "
            f"{plural(row['missing'], 'call')} missing"
        )
    return lines
