"""`agentre maturity`: the stage from demo to reliable, by artefacts, and what the next one lacks."""

from __future__ import annotations

import click
import msgspec

from flows.console import Reply, command, now, writing
from reports.overview import maturity_text
from storage.workspace import Workspace
from tasks.overview import maturity as stages


@click.command()
@command
def maturity(workspace: Workspace) -> Reply:
    """Say which stage the artefacts show, and by which command what is missing for the next one is made."""
    with writing(workspace, "maturity") as ledger:
        found = stages.maturity(workspace, ledger, now())
    data = msgspec.structs.asdict(found) | {"missing": found.missing}
    return Reply(maturity_text(found), data, exit_code=0 if found.stage else 5)
