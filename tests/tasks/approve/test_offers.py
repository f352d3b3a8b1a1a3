"""What did harm is offered to be taken back, once, and by nobody but a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from storage.config_repo import ConfigRepo
from storage.ledger import Ledger
from storage.records import DIMENSIONS, Change, Proposal, Score, stable_id
from storage.workspace import Workspace
from tasks.approve.offers import propose_rollbacks
from tasks.approve.run import apply, decide, proposal, rollback
from tasks.experiments.run import measure_changes
from tasks.improve.run import draft_proposals
from tasks.incidents.run import detect_failures

Put = Callable[..., str]
LATER = timedelta(days=16)


@pytest.fixture
def repo(workspace: Workspace, now: datetime) -> ConfigRepo:
    """A config repository with Ada's home."""
    return ConfigRepo.create(workspace.configs, {"ada/SOUL.md": b"# Ada\n"}, now)


@pytest.fixture
def made(workspace: Workspace, ledger: Ledger, put_run: Put, repo: ConfigRepo, now: datetime) -> Change:
    """A skill that was approved, applied, and did harm: every task falls from about 5 to about 2."""
    for i in range(3):
        put_run(f"r{i}", ("Bash", "lock held"), ("Bash", None))
    detect_failures(workspace, ledger, now)
    [asked] = draft_proposals(workspace, ledger, now, lambda: "n" * 32).proposals
    decide(workspace, ledger, asked.proposal_id, asked.digest, "approve", "sam", "terminal", "", now)
    done = apply(workspace, ledger, asked.proposal_id, now).change
    marks = [
        Score(
            score_id=stable_id(days, name), agent="Ada", day=now.date() + timedelta(days=days), dimension=name,
            score=(5 if days < 0 else 2) - days % 2, scorer_kind="human", task_id=f"t{days}",
        )
        for days in (*range(-14, 0), *range(1, 15))
        for name in DIMENSIONS
    ]  # fmt: skip
    ledger.add("scores", marks, "score_id")
    measure_changes(workspace, ledger, now + LATER)
    return done


def offers(workspace: Workspace, ledger: Ledger, now: datetime) -> list[Proposal]:
    """What is offered after the two weeks."""
    return propose_rollbacks(workspace, ledger, now + LATER, lambda: "o" * 32)


def test_harm_is_offered_to_be_taken_back_once(
    workspace: Workspace, ledger: Ledger, made: Change, repo: ConfigRepo, now: datetime
) -> None:
    """One proposal that waits for a week, with the measured figures; approved by its digest like every proposal, it
    takes exactly the skill's file away again."""
    head = repo.head()
    [offer] = offers(workspace, ledger, now)
    assert (offer.kind, offer.state, offer.drafter, repo.head()) == ("rollback", "waiting", "rules", head)
    assert "Really worse" in offer.document and "| success | -3.00 |" in offer.document
    assert offer.expires_at > now + LATER + timedelta(days=6)
    assert offers(workspace, ledger, now) == []
    path = proposal(ledger, made.proposal_id).files[0].path
    decide(workspace, ledger, offer.proposal_id, offer.digest, "approve", "sam", "terminal", "", now + LATER)
    back = apply(workspace, ledger, offer.proposal_id, now + LATER).change
    assert (back.kind, repo.read(path)) == ("rollback", None)
    assert repo.paths(repo.head()) == repo.paths(made.base_commit)
    assert offers(workspace, ledger, now) == []


def test_what_was_taken_back_by_hand_is_not_offered(
    workspace: Workspace, ledger: Ledger, made: Change, now: datetime
) -> None:
    """A person was faster: that is noted once, and no proposal is made."""
    rollback(workspace, ledger, made.change_id, "sam", now + timedelta(days=15), "r" * 32)
    assert offers(workspace, ledger, now) == [] == offers(workspace, ledger, now)
    assert ledger.typed("SELECT subject FROM events WHERE kind = 'rollback_impossible'")[1] == [
        {"subject": made.change_id}
    ]
