"""From git alone: who approved what; and what does not agree with the ledger is told."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from approval_trials import HOMES, asked_by, key_of

from storage.config_repo import ConfigRepo
from storage.ledger import Ledger
from storage.workspace import Workspace
from tasks.approve.apply import KIND, PROPOSAL, TRAILER
from tasks.approve.audit import faults, rebuild
from tasks.approve.run import apply, broken_answer, decide, rollback
from tasks.improve.gather import bounds


@pytest.fixture
def changed(workspace: Workspace, ledger: Ledger, now: datetime) -> ConfigRepo:
    """Two changes that were approved and applied."""
    repo = ConfigRepo.create(workspace.configs, HOMES, now)
    for value in (0.2, 0.3):
        asked = asked_by(workspace, ledger, now, value=value)
        decide(workspace, ledger, asked.proposal_id, asked.digest, "approve", "sam", "terminal", "", now)
        apply(workspace, ledger, asked.proposal_id, now)
    return repo


def test_all_is_well(workspace: Workspace, ledger: Ledger, changed: ConfigRepo) -> None:
    """Approved and applied by the rules, nothing is to be told, and nothing to be rebuilt."""
    assert list(faults(workspace, ledger)) == [] and rebuild(workspace, ledger).changes == 0


@pytest.mark.parametrize(
    ("statement", "told"),
    [("UPDATE approvals SET approver = 'eve' WHERE position = 1", "answer 1"),
     ("DELETE FROM approvals WHERE position = 1", "claims approval"),
     ("UPDATE changes SET commit = repeat('a', 40)", "not on the branch")],
)  # fmt: skip
def test_what_was_altered_is_told(
    workspace: Workspace, ledger: Ledger, changed: ConfigRepo, statement: str, told: str
) -> None:
    """An altered or removed answer, and a change whose commit is gone, are found."""
    ledger._connection.execute(statement)
    assert any(told in fault for fault in faults(workspace, ledger))


def test_a_forged_claim_is_told(workspace: Workspace, ledger: Ledger, changed: ConfigRepo, now: datetime) -> None:
    """A commit that claims an approval that nobody gave is found."""
    changed.commit({"rita/SOUL.md": b"x"}, f"claim\n\nAgentRE-Approval: {'a' * 64}\n", now)
    assert len(list(faults(workspace, ledger))) == 1


def test_rebuilt_from_the_trailers(workspace: Workspace, ledger: Ledger, changed: ConfigRepo, now: datetime) -> None:
    """With the ledger's tables lost, the commits give back changes, approvers and files; a rollback works again."""
    about = "SELECT change_id, proposal_id, agent, kind, digest, commit, approver FROM changes ORDER BY commit"
    before = ledger.typed(about)
    for table in ("changes", "approvals", "proposals", "proposal_files"):
        ledger._connection.execute(f"DELETE FROM {table}")
    assert [rebuild(workspace, ledger).changes for _ in range(2)] == [2, 0]
    assert ledger.typed(about) == before and broken_answer(ledger) is None and not list(faults(workspace, ledger))
    answers = ledger.typed("SELECT approver, channel, decision FROM approvals")[1]
    assert answers == [{"approver": "sam", "channel": "commit", "decision": "approve"}] * 2
    assert bounds(workspace, ledger, now)["Ada"].left == 1, "what was rebuilt holds up no drafting"
    newest = ledger.typed(f"SELECT change_id FROM changes WHERE commit = '{changed.head()}'")[1][0]["change_id"]
    rollback(workspace, ledger, newest, "sam", now, "r" * 32)
    assert changed.read("ada/config.yaml") == b"temperature: 0.2 # warm\n"


def test_only_what_the_service_signed_is_put_back(
    workspace: Workspace, ledger: Ledger, tmp_path: Path, now: datetime
) -> None:
    """With a service key a forged trailer, unsigned or signed by another key, does not become an approved change."""
    keys = {name: key_of(tmp_path, name) for name in ("service", "other")}
    (workspace.root / "agentre.yaml").write_text(
        f"agents: [{{name: Ada}}]\napprovers: [sam]\napproval: {{commit_key: {keys['service']}}}\n"
    )
    signing = Workspace(workspace.root)
    repo = ConfigRepo.create(signing.configs, HOMES, now)
    asked = asked_by(signing, ledger, now)
    decide(signing, ledger, asked.proposal_id, asked.digest, "approve", "sam", "terminal", "", now)
    made = apply(signing, ledger, asked.proposal_id, now).change
    forged = []
    for number, key in enumerate((None, keys["other"])):
        claim = f"{PROPOSAL}: {'f' * 32}\n{KIND}: config\nApproved-by: sam\n{TRAILER}: {str(number) * 64}\n"
        by = ConfigRepo(signing.configs, signing_key=key)
        forged.append(by.commit({"ada/config.yaml": b"temperature: %d\n" % number}, f"Forged\n\n{claim}", now))
    for table in ("changes", "approvals", "proposals", "proposal_files"):
        ledger._connection.execute(f"DELETE FROM {table}")
    done = rebuild(signing, ledger)
    assert (done.changes, done.unproved) == (1, forged) and repo.head() == forged[-1]
    assert ledger.typed("SELECT commit FROM changes")[1] == [{"commit": made.commit}]
    assert sum("claims approval" in fault for fault in faults(signing, ledger)) == 2
