"""A demo fleet after a night, with something recorded for each of the twenty key figures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from overview_rows import END, add_events, add_incidents, add_trials, examine, write_tickets

from storage.config_repo import ConfigRepo
from storage.ledger import open_ledger
from storage.workspace import Workspace
from tasks.ingest.run import ingest_sources
from tasks.sample.fleet import write_fleet
from tasks.slo.run import evaluate_slos


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace that `agentre demo` makes, as its first night leaves it, and a month of events."""
    workspace = Workspace(tmp_path_factory.mktemp("overview") / "demo")
    workspace.root.mkdir()
    write_fleet(workspace.root, until=END, weeks=5, runs_per_week=10, seed=20261122)
    ConfigRepo.create(workspace.configs, {"README.md": b"configs"}, END)
    ingest_sources(workspace, now=END)
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        examine(ledger)
        evaluate_slos(workspace, ledger, END - timedelta(hours=1))
        add_events(ledger)
        add_incidents(ledger)
        add_trials(ledger)
    write_tickets(workspace)
    return workspace
