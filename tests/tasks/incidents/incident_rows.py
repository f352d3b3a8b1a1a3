"""Violations, runs with costs, and settings, as the tests of incidents put them into a real workspace."""

from __future__ import annotations

from datetime import datetime, timedelta

from planted_quarter import QuarterCall, QuarterRun

from storage.ledger import Ledger
from storage.records import Event, stable_id
from storage.workspace import SETTINGS_FILE, Workspace


def policy(ledger: Ledger, at: datetime, agent: str = "Ada", label: str = "mail") -> None:
    """A violation that a governance layer told of."""
    told = Event(event_id=stable_id(at, agent, label), kind="policy_violation", at=at, agent=agent, subject=label)
    ledger.add("events", [told], "event_id")


def failures(ledger: Ledger, first: datetime, count: int, *, outcome: str, cost: str) -> None:
    """Runs of Ada a minute apart, each with one call that cost so much."""
    times = [first + timedelta(seconds=60 * i if count < 1000 else i) for i in range(count)]
    runs = [
        QuarterRun(
            run_id=stable_id("row", at), agent="Ada", outcome=outcome, ended_by=None, task_id=None, task_type="code",
            started_at=at, config_commit=None, cost_usd=cost,
        )
        for at in times
    ]  # fmt: skip
    calls = [
        QuarterCall(call_id=run.run_id, run_id=run.run_id, started_at=run.started_at, cost_usd=cost) for run in runs
    ]
    ledger.add("runs", runs, "run_id")
    ledger.add("model_calls", calls, "call_id")


def slo_files(workspace: Workspace, more: str, slis: str = "[]") -> None:
    """The settings with these SLIs of Ada, and more."""
    (workspace.root / SETTINGS_FILE).write_text(
        f"time_zone: Europe/Berlin\nagents:\n  - {{name: Ada, type: engineer, slis: {slis}}}\n"
        f"  - {{name: Rita, type: research}}\napprovers: [sam]\n{more}"
    )
