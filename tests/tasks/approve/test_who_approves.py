"""Who approved is who may, as many as it takes, with the proof that the workspace asks for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from approval_trials import HOMES, asked_by, key_of, mutants, replays, signed

from storage.config_repo import ConfigRepo
from storage.errors import Refused
from storage.ledger import Ledger
from storage.records import Proposal
from storage.workspace import Workspace
from tasks.approve.decision import answer, chained
from tasks.approve.run import Applied, Decided, apply, broken_answer, decide, proposal, rollback

Answer = Callable[..., Decided]


@pytest.fixture
def repo(workspace: Workspace, now: datetime) -> ConfigRepo:
    """A config repository."""
    return ConfigRepo.create(workspace.configs, HOMES, now)


def fleet(workspace: Workspace, settings: str) -> Workspace:
    """The workspace with other settings."""
    (workspace.root / "agentre.yaml").write_text(settings)
    return Workspace(workspace.root)


TWO = "agents: [{name: Ada, critical: true}]\napprovers: [sam, kim, li]\n"
SIGNED = "agents: [{name: Ada}]\napprovers: [sam, kim]\napproval: {require_signature: true, allowed_signers: signers}\n"


def say(
    workspace: Workspace, ledger: Ledger, asked: Proposal, now: datetime, approver: str = "sam",
    decision: str = "approve", signature: str = "",
) -> Decided:  # fmt: skip
    given = (asked.proposal_id, asked.digest, decision, approver, "terminal", "", now, signature)
    return decide(workspace, ledger, *given)


def test_nobody_approves_their_own(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, now: datetime) -> None:
    """Who drafted a change may take it back, not approve it, unless the workspace says so."""
    asked = asked_by(workspace, ledger, now, "person:sam")
    with pytest.raises(Refused, match="does not approve it"):
        say(workspace, ledger, asked, now)
    own = fleet(workspace, "agents: [{name: Ada}]\napprovers: [sam]\napproval: {self_approval: true}\n")
    assert say(own, ledger, asked, now).approval.approver == "sam"


def test_a_critical_agent_needs_two(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, now: datetime) -> None:
    """One approval is recorded and applies nothing; a second person's does; both stand in the commit."""
    two, head = fleet(workspace, TWO), repo.head()
    asked = asked_by(two, ledger, now)
    assert [say(two, ledger, asked, now).missing for _ in range(3)] == [1, 1, 1]
    with pytest.raises(Refused, match="second person"):
        apply(two, ledger, asked.proposal_id, now)
    assert repo.head() == head and proposal(ledger, asked.proposal_id).state == "waiting"
    with pytest.raises(Refused, match="does not approve it"):
        say(two, ledger, asked, now, "li")
    assert say(two, ledger, asked, now, "kim").missing == 0
    done = apply(two, ledger, asked.proposal_id, now)
    message = repo.git.run("cat-file", "commit", done.change.commit).decode()
    assert "\nApproved-by: sam\nApproved-by: kim\n" in message and done.change.approver == "sam, kim"
    assert broken_answer(ledger) is None


def test_one_rejection_ends_it(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, now: datetime) -> None:
    """The second person may reject what the first approved; nothing is applied then."""
    two = fleet(workspace, TWO)
    asked = asked_by(two, ledger, now)
    say(two, ledger, asked, now)
    say(two, ledger, asked, now, "kim", "reject")
    with pytest.raises(Refused):
        apply(two, ledger, asked.proposal_id, now)
    assert proposal(ledger, asked.proposal_id).state == "rejected"


@pytest.fixture
def proved(workspace: Workspace, tmp_path: Path) -> tuple[Workspace, Path]:
    """A workspace that asks for signatures, and sam's key."""
    key, other = key_of(tmp_path, "sam"), key_of(tmp_path, "kim")
    lines = [f"{name} {path.with_suffix('.pub').read_text()}" for name, path in (("sam", key), ("kim", other))]
    (workspace.root / "signers").write_text("".join(lines))
    return fleet(workspace, SIGNED), key


def test_a_signature_is_the_proof(
    proved: tuple[Workspace, Path], ledger: Ledger, repo: ConfigRepo, now: datetime, tmp_path: Path
) -> None:
    """Only a listed key's signature by who answers, over exactly this manifest, for this purpose, counts."""
    workspace, key = proved
    asked, other = asked_by(workspace, ledger, now), asked_by(workspace, ledger, now, value=0.3)
    mallory = key_of(tmp_path, "mallory")
    wrong = [
        "", "x", signed(mallory, asked.manifest), signed(key, asked.manifest, "git"),
        signed(key, asked.manifest, "file"),
        signed(key, other.manifest), signed(key, asked.manifest + "\n"), signed(tmp_path / "key-kim", asked.manifest),
        signed(key, asked.digest), "x" * 20_000,
    ]  # fmt: skip
    for signature in wrong:
        with pytest.raises(Refused):
            say(workspace, ledger, asked, now, signature=signature)
    say(workspace, ledger, asked, now, signature=signed(key, asked.manifest))
    assert apply(workspace, ledger, asked.proposal_id, now).change.approver == "sam"
    assert say(workspace, ledger, other, now, decision="reject").approval.decision == "reject"
    assert broken_answer(ledger) is None


def test_a_revoked_key_applies_nothing(
    proved: tuple[Workspace, Path], ledger: Ledger, repo: ConfigRepo, now: datetime
) -> None:
    """The signature is checked again when it is applied: a key that was taken off the list meanwhile is refused."""
    workspace, key = proved
    asked, head = asked_by(workspace, ledger, now), repo.head()
    say(workspace, ledger, asked, now, signature=signed(key, asked.manifest))
    listed = (workspace.root / "signers").read_text()
    (workspace.root / "signers").write_text(listed.splitlines()[1] + "\n")
    with pytest.raises(Refused, match="not sam's"):
        apply(workspace, ledger, asked.proposal_id, now)
    assert repo.head() == head
    (workspace.root / "signers").write_text(listed)
    assert isinstance(apply(workspace, ledger, asked.proposal_id, now), Applied)


def test_an_answer_put_into_the_ledger_applies_nothing(
    proved: tuple[Workspace, Path], ledger: Ledger, repo: ConfigRepo, now: datetime
) -> None:
    """A well chained row by hand, as the demo, as nobody listed, or without a signature, is refused when applied."""
    workspace, _ = proved
    asked, head = asked_by(workspace, ledger, now), repo.head()
    for name, channel in (("demo", "demo"), ("sam", "demo"), ("mallory", "terminal"), ("sam", "terminal")):
        forged = chained(answer(asked, "approve", name, channel, "", now), 0, "")
        ledger._connection.execute("DELETE FROM approvals")
        ledger.add("approvals", [forged], "approval_id")
        ledger._connection.execute("UPDATE proposals SET state = 'approved'")
        assert broken_answer(ledger) is None
        with pytest.raises(Refused):
            apply(workspace, ledger, asked.proposal_id, now)
        assert repo.head() == head


def test_who_may_not_approve_any_more(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, now: datetime) -> None:
    """An approver who was taken off the list between answer and commit does not count."""
    asked, head = asked_by(workspace, ledger, now), repo.head()
    say(workspace, ledger, asked, now)
    without = fleet(workspace, "agents: [{name: Ada}]\napprovers: [kim]\n")
    with pytest.raises(Refused, match="may not answer"):
        apply(without, ledger, asked.proposal_id, now)
    assert repo.head() == head


def test_a_signed_rollback(proved: tuple[Workspace, Path], ledger: Ledger, repo: ConfigRepo, now: datetime) -> None:
    """A rollback then waits for its own signature, and is approved like any other proposal."""
    workspace, key = proved
    asked = asked_by(workspace, ledger, now)
    say(workspace, ledger, asked, now, signature=signed(key, asked.manifest))
    done = apply(workspace, ledger, asked.proposal_id, now)
    with pytest.raises(Refused, match=r"agentre proposals approve \w{8} --as sam --signature \w{8}.manifest.sig"):
        rollback(workspace, ledger, done.change.change_id, "sam", now, "r" * 32)
    (row,) = ledger.typed("SELECT proposal_id FROM proposals WHERE kind = 'rollback'")[1]
    back = proposal(ledger, row["proposal_id"])
    say(workspace, ledger, back, now, signature=signed(key, back.manifest))
    apply(workspace, ledger, back.proposal_id, now)
    assert repo.read("ada/config.yaml") == HOMES["ada/config.yaml"]


def test_the_service_signs_its_commits(
    workspace: Workspace, ledger: Ledger, repo: ConfigRepo, now: datetime, tmp_path: Path
) -> None:
    """With a key of its own, the service's commits verify against it, in the environment that runs nothing else."""
    key = key_of(tmp_path, "service")
    settings = f"agents: [{{name: Ada}}]\napprovers: [sam]\napproval: {{commit_key: {key}}}\n"
    keyed = fleet(workspace, settings)
    asked = asked_by(keyed, ledger, now)
    say(keyed, ledger, asked, now)
    done = apply(keyed, ledger, asked.proposal_id, now)
    (tmp_path / "listed").write_text(f"agentre@localhost {key.with_suffix('.pub').read_text()}")
    command = [
        "git",
        "-C",
        workspace.configs,
        "-c",
        "gpg.format=ssh",
        "-c",
        f"gpg.ssh.allowedSignersFile={tmp_path}/listed",
    ]
    checked = subprocess.run(
        [*command, "verify-commit", done.change.commit], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0 and "Good" in checked.stderr


def test_single_byte_mutants(proved: tuple[Workspace, Path], ledger: Ledger, repo: ConfigRepo, now: datetime) -> None:
    """A byte changed in manifest, file, base, expiry, nonce, answer or signature: refused; unchanged: accepted."""
    workspace, key = proved
    asked = asked_by(workspace, ledger, now)
    given = say(workspace, ledger, asked, now, signature=signed(key, asked.manifest)).approval
    tried, passed = mutants(workspace, asked, given, number=400, seed=20261122)
    assert tried.total() == 400 and passed == []
    apply(workspace, ledger, asked.proposal_id, now)


def test_replays(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, now: datetime) -> None:
    """Answered and applied again in every way, with a ledger that forgot, and late: no further commit."""
    assert replays(workspace, ledger, asked_by(workspace, ledger, now), now + timedelta(hours=1), number=35) == 0
