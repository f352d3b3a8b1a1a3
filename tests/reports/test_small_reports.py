"""Reports of a workspace that has little in it yet: nothing is left blank, and nothing unknown is a zero."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from reports.cost import cost_text
from reports.memory import memory_text


def test_memory_of_no_agent_says_what_to_do() -> None:
    """Without agents the answer is not an empty line; without daily logs it says where they are looked for."""
    assert "agents:" in memory_text([], [], dry_run=False)
    bare: dict[str, Any] = {
        "agent": "Ada", "state": "unchanged", "reason": "", "commit": "", "counts": {}, "logs": 0, "diff": [],
        "skipped": {}, "unreadable": 0, "notices": [],
    }  # fmt: skip
    assert "memory/YYYY-MM-DD" in memory_text([bare], [], dry_run=False)


def test_a_forecast_of_nothing_known_is_not_zero_dollars() -> None:
    """No call with a known cost in the month or the history: the forecast is not recorded, and no heading is empty."""
    quiet = SimpleNamespace(spent=Decimal(0), days=28, expected=0.0, low=0.0, high=0.0)
    report = SimpleNamespace(
        first_day="2026-11-01", today="2026-11-23", total_usd=None, missing=0, by_agent=[], by_model=[],
        forecast=quiet, budgets=[], over_task=[], anomalies=[], models=[], sources=[], untimed={"calls": 0},
        differences=[], partial_runs=[],
    )  # fmt: skip
    told = cost_text(report)
    assert "forecast: not recorded" in told and "$0" not in told
    assert not told.endswith("sources")
