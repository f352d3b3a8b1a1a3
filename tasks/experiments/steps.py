"""Experiments as steps of a flow."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from storage.opening import writing
from storage.workspace import Workspace
from tasks.common.steps import show_table, step
from tasks.experiments import run
from tasks.experiments.experiment import Experiment, interval
from tasks.experiments.transfer import Transferred, run_transfer


@step()
def measure_changes(workspace: Workspace, now: datetime) -> list[Experiment]:
    """imp@skill, imp@config and imp@model of the changes whose two weeks are over."""
    with writing(workspace, "measuring changes") as ledger:
        done = run.measure_changes(workspace, ledger, now)
    rows = [{"agent": e.agent, "kind": e.kind, "change": e.name, "verdict": e.verdict, "said": e.said} for e in done]
    show_table("changes-measured", rows, "What the changes did whose two weeks are over")
    return done


@step()
def measure_transfer(workspace: Workspace, file: Path, now: datetime, sd: float | None) -> Transferred:
    """A transfer experiment, by the practitioners' YAML."""
    with writing(workspace, "measuring a transfer") as ledger:
        done = run_transfer(workspace, ledger, file, now, sd)
    rows = [{"dimension": name} | interval(each) for name, each in done.comparisons.items()]
    show_table("transfer", rows, f"{done.experiment.name}: {done.experiment.said}")
    return done
