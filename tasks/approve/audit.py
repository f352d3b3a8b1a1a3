"""Who approved what: ledger and branch held against each other, and the ledger rebuilt from the branch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from storage.commit_signature import is_signed, public_key
from storage.config_history import Commit, commits, touched
from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.proposals import store
from storage.records import Approval, Change, FileChange, Proposal, stable_id
from storage.workspace import Workspace
from tasks.approve.apply import KIND, PROPOSAL, TRAILER
from tasks.approve.decision import broken_link, chained
from tasks.approve.memory_audit import memory_faults

REBUILT: Final = "rebuilt from the commit's trailers; the answer itself is lost"


def faults(workspace: Workspace, ledger: Ledger) -> Iterator[str]:
    """What does not hold: the chain of answers, a commit without its approval, a change without its commit.

    A commit of memory needs no person, so it has to hold by itself: one MEMORY.md, every line verbatim from its source.
    """
    broken = broken_link(Approval(**row) for row in ledger.rows("approve/chain"))
    if broken is not None:
        yield f"answer {broken.position} of the approvals was changed, moved or lost its predecessor"
    repo = ConfigRepo(workspace.configs)
    history = commits(repo)
    approved = {row["digest"] for row in ledger.rows("approve/chain") if row["decision"] == "approve"}
    for commit in history:
        for digest in commit.trailers.get(TRAILER, []):
            if digest not in approved:
                yield f"commit {commit.id[:12]} claims approval {digest[:12]}, which the ledger does not have"
    for commit, wrong in memory_faults(repo, history):
        yield f"commit {commit.id[:12]} says it is memory from daily logs, but {wrong}"
    known = {commit.id for commit in history}
    for row in ledger.rows("approve/every_change"):
        if row["commit"] not in known:
            yield f"change {row['change_id'][:8]} is commit {row['commit'][:12]}, which is not on the branch"


@dataclass
class Rebuilt:
    """What a rebuild did. `unproved`: commits with an approval's trailer that the service's key did not sign."""

    changes: int = 0
    unproved: list[str] = field(default_factory=list)
    key: str | None = None  # the service's public key; None: the trailers themselves were believed


def rebuild(workspace: Workspace, ledger: Ledger) -> Rebuilt:
    """Puts back into the ledger the changes of the commits that carry an approval, oldest first.

    Where the workspace has a `commit_key`, only commits that it signed count: anybody can write a trailer. What the
    commits do not have is lost: the manifest, the feedback, the approver's signature. Safe to repeat.
    """
    repo, done = ConfigRepo(workspace.configs), Rebuilt()
    known = {row["digest"] for row in ledger.rows("approve/every_change")}
    private = workspace.settings.approval.commit_key
    done.key = public_key(workspace.root / Path(private).expanduser()) if private else None
    for commit in reversed(commits(repo)):
        digest = commit.trailer(TRAILER)
        if not digest or digest in known:
            continue
        if done.key and not is_signed(repo, commit.id, done.key):
            done.unproved.append(commit.id)
        elif _put_back(workspace, ledger, repo, commit, digest):
            known.add(digest)
            done.changes += 1
    return done


def _put_back(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, commit: Commit, digest: str) -> bool:
    base = commit.base
    paths = touched(repo, base, commit.id)
    agent = workspace.agent(next(iter(paths), "").split("/")[0])
    people, proposal_id = commit.trailers.get("Approved-by", []), commit.trailer(PROPOSAL)
    if base is None or agent is None or not people or not proposal_id:
        return False
    files = [_file(repo, path, base, commit.id, gone=what == "D") for path, what in paths.items()]
    change = Change(
        change_id=stable_id("change", digest), proposal_id=proposal_id, agent=agent.name, kind=commit.trailer(KIND),
        digest=digest, commit=commit.id, base_commit=base, applied_at=commit.at, approver=", ".join(people),
    )  # fmt: skip
    asked = Proposal(
        proposal_id=proposal_id, agent=agent.name, kind=change.kind, state="applied", title=commit.subject,
        document=f"{REBUILT}\n", manifest="", digest=digest, base_commit=base, drafter="unknown", fingerprint=None,
        created_at=commit.at, expires_at=commit.at + timedelta(hours=1), decided_at=commit.at, files=files,
    )  # fmt: skip
    crashpoint("rebuild.begin")
    with ledger.transaction():
        store(ledger, asked)
        ledger.run("approve/mark_applied", proposal_id=proposal_id, at=commit.at)
        ledger.add("changes", [change], "change_id")
        for person in people:
            _answer(ledger, change, person)
        crashpoint("rebuild.before_commit")
    crashpoint("rebuild.after_commit")
    return True


def _file(repo: ConfigRepo, path: str, base: str, commit: str, *, gone: bool) -> FileChange:
    return repo.removal(path, base) if gone else repo.change(path, repo.read(path, commit) or b"", base)


def _answer(ledger: Ledger, change: Change, person: str) -> None:
    """The answer as far as the commit tells it, at the end of the chain, if the ledger has none."""
    if any(row["approver"] == person for row in ledger.rows("approve/answers", proposal_id=change.proposal_id)):
        return
    last = ledger.rows("approve/last_answer")
    position, previous = (last[0]["position"] + 1, last[0]["sha256"]) if last else (0, "")
    told = Approval(
        approval_id=stable_id("approval", change.proposal_id, change.digest, "approve", person),
        proposal_id=change.proposal_id, digest=change.digest, decision="approve", approver=person, channel="commit",
        feedback=REBUILT, answered_at=change.applied_at,
    )  # fmt: skip
    ledger.add("approvals", [chained(told, position, previous)], "approval_id")
