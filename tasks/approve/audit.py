"""Who approved what: ledger and branch held against each other, and the ledger rebuilt from the branch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from storage.config_history import Commit, commits, parent, touched
from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.proposals import store
from storage.records import Approval, Change, FileChange, Proposal, stable_id
from storage.workspace import Workspace
from tasks.approve.apply import KIND, PROPOSAL, TRAILER
from tasks.approve.decision import broken_link, chained

REBUILT: Final = "rebuilt from the commit's trailers; the answer itself is lost"


def faults(workspace: Workspace, ledger: Ledger) -> Iterator[str]:
    """What does not hold: the chain of answers, a commit without its approval, a change without its commit."""
    broken = broken_link(Approval(**row) for row in ledger.rows("approve/chain"))
    if broken is not None:
        yield f"answer {broken.position} of the approvals was changed, moved or lost its predecessor"
    history = commits(ConfigRepo(workspace.configs))
    approved = {row["digest"] for row in ledger.rows("approve/chain") if row["decision"] == "approve"}
    for commit in history:
        for digest in commit.trailers.get(TRAILER, []):
            if digest not in approved:
                yield f"commit {commit.id[:12]} claims approval {digest[:12]}, which the ledger does not have"
    known = {commit.id for commit in history}
    for row in ledger.rows("approve/every_change"):
        if row["commit"] not in known:
            yield f"change {row['change_id'][:8]} is commit {row['commit'][:12]}, which is not on the branch"


def rebuild(workspace: Workspace, ledger: Ledger) -> int:
    """Changes that were put back into the ledger from the commits that carry an approval, oldest first.

    What the commits do not have is lost: the manifest, the feedback, the signature. Safe to repeat.
    """
    repo = ConfigRepo(workspace.configs)
    known = {row["digest"] for row in ledger.rows("approve/every_change")}
    made = 0
    for commit in reversed(commits(repo)):
        digest = commit.trailer(TRAILER)
        if digest and digest not in known and _put_back(workspace, ledger, repo, commit, digest):
            known.add(digest)
            made += 1
    return made


def _put_back(workspace: Workspace, ledger: Ledger, repo: ConfigRepo, commit: Commit, digest: str) -> bool:
    base = parent(repo, commit.id)
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
