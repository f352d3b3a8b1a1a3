"""Local receivers, and a fleet whose routes lead to them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from escalation_rows import Fleet, write_settings
from receivers import Mailbox, Receiver, http_receiver, mail_receiver

from storage.workspace import Workspace


@pytest.fixture
def team() -> Iterator[Receiver]:
    """A Slack-compatible webhook."""
    with http_receiver("hook-secret-4711") as receiver:
        yield receiver


@pytest.fixture
def pager() -> Iterator[Receiver]:
    """PagerDuty's Events API."""
    with http_receiver("v2/enqueue") as receiver:
        receiver.statuses = [202]
        yield receiver


@pytest.fixture
def mail() -> Iterator[Mailbox]:
    """A mail server."""
    with mail_receiver() as box:
        yield box


@pytest.fixture
def fleet(
    workspace: Workspace, empty_ledger: Path, team: Receiver, pager: Receiver, mail: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Fleet:  # fmt: skip
    """The fleet; its secrets are in the environment and nowhere else."""
    for name, value in (("TEAM_HOOK", team.url), ("PAGER_KEY", "key-secret-4711"), ("MAIL_SERVER", mail.url)):
        monkeypatch.setenv(name, value)
    workspace.ledger.parent.mkdir(mode=0o700, parents=True)
    shutil.copyfile(empty_ledger, workspace.ledger)
    return Fleet(write_settings(workspace, pager.url))
