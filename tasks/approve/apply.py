"""The one way an approved proposal becomes a commit: checked again from the stored bytes, once, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reports.text import clean
from storage.config_keys import check_config
from storage.config_repo import REMOVED, BranchMoved, ConfigRepo
from storage.crashpoint import crashpoint
from storage.errors import Refused
from storage.manifest import Manifest, check_paths, verify
from storage.records import Approval, FileChange, Proposal
from storage.workspace import Workspace
from tasks.approve.decision import check_approver, intact, needed
from tasks.approve.signature import check_signature

TRAILER: Final = "AgentRE-Approval"
PROPOSAL: Final = "AgentRE-Proposal"
KIND: Final = "AgentRE-Kind"
_ATTEMPTS: Final = 5


class Stale(Refused):
    """A file that the proposal touches has changed since it was drafted: it needs a new approval."""


class Expired(Refused):
    """The approval came, or is applied, after the proposal's end."""


class Altered(Refused):
    """Something stored is not what was drafted: it can never be applied."""


def verified(workspace: Workspace, proposal: Proposal) -> Manifest:
    """The manifest of a proposal whose stored bytes, columns and paths all agree. Raises Refused otherwise."""
    try:
        manifest = verify(proposal.manifest, proposal.digest, proposal.files)
        p = proposal
        told = (p.proposal_id, p.agent, p.kind, p.base_commit, p.drafter, p.expires_at)
        meant = (
            manifest.proposal_id,
            manifest.agent,
            manifest.kind,
            manifest.base_commit,
            manifest.drafter,
            manifest.expiry,
        )
        if told != meant:
            raise Refused("the proposal is not as its manifest says", got=proposal.proposal_id)
        agent = workspace.agent(manifest.agent)
        if agent is not None:
            check_paths(manifest, agent.slug)
    except Refused as error:
        raise Altered(error.what, where=error.where, got=error.got, accepted=error.accepted) from error
    if agent is None or agent.name != manifest.agent:
        raise Refused("the proposal is for no agent of agentre.yaml", got=manifest.agent)
    return manifest


def approvals_of(workspace: Workspace, proposal: Proposal, answers: Sequence[Approval]) -> list[Approval]:
    """The answers that approve exactly this digest, as many people's as it needs, first to last.

    Raises Refused where there are too few or another answer too, one was changed, its approver may not answer any more,
    or its signature no longer holds.
    """
    found = [answer for answer in answers if answer.digest == proposal.digest]
    people, wanted = {answer.approver for answer in found}, needed(workspace, proposal)
    if not found or len(people) < wanted or any(answer.decision != "approve" for answer in found):
        raise Refused(
            "a second person has to approve this" if found else "no person approved this proposal",
            got=f"state {proposal.state}, approved by {', '.join(sorted(people)) or 'nobody'}",
            next_command=f"agentre proposals approve {proposal.proposal_id[:8]}",
        )  # fmt: skip
    for answer in found:
        if not intact(answer):
            raise Refused("the stored approval was changed after it was given", got=answer.approval_id)
        check_approver(workspace, proposal, answer.approver, answer.channel)
        check_signature(workspace, proposal, answer.approver, answer.signature, answer.channel)
    return found


def check_content(repo: ConfigRepo, proposal: Proposal) -> None:
    """Refuses a change of config that is not exactly one allow-listed key within its range, whoever approved it."""
    if proposal.kind != "config":
        return
    for file in proposal.files:
        check_config(repo.blob(file.old_blob or ""), file.content, where=file.path)


def committed(repo: ConfigRepo, proposal: Proposal) -> str | None:
    """The commit that carries this approval; None: not applied yet.

    Raises Refused where a commit carries the approval but not the approved bytes.
    """
    found = repo.find_trailer(TRAILER, proposal.digest)
    for commit in reversed(found):
        if _holds(repo, commit, proposal.files):
            return commit
    if found:
        raise Refused("a commit carries this approval, but other bytes than the approved ones", where=found[0])
    return None


def check_fresh(repo: ConfigRepo, files: Sequence[FileChange], head: str) -> None:
    """Raises Stale where a file is not what the proposal was drafted upon."""
    for file in files:
        entry = repo.entry(file.path, head)
        if (None if entry is None else entry.blob) != file.old_blob:
            raise Stale(
                "the proposal is stale: a file that it touches has changed since", where=file.path,
                accepted="a new proposal, drafted upon the file as it is now",
            )  # fmt: skip


def commit(repo: ConfigRepo, proposal: Proposal, approvals: Sequence[Approval], now: datetime) -> str:
    """Commits the approved files on the branch as it is, by compare-and-swap; tries again where others were first.

    Raises Stale where a touched file changed meanwhile, BranchMoved where others were first five times.
    """
    for attempt in range(_ATTEMPTS):
        head = repo.head()
        check_fresh(repo, proposal.files, head)
        crashpoint("apply.before_objects")
        new = repo.build(head, proposal.files, message(proposal, approvals), approvals[0].approver, now)
        if not _holds(repo, new, proposal.files):
            raise Refused("the commit does not read back as the approved bytes", where=new)
        crashpoint("apply.before_branch")
        try:
            repo.advance(head, new)
        except BranchMoved:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        crashpoint("apply.after_branch")
        return new
    raise AssertionError("unreachable")


def message(proposal: Proposal, approvals: Sequence[Approval]) -> str:
    """The commit's message: what, for whom, and the trailers that bind it to the approval."""
    people = "".join(f"Approved-by: {approval.approver}\n" for approval in approvals)
    return (
        f"{clean(proposal.title, 72)}\n\n{proposal.kind} for {proposal.agent}, drafted by {clean(proposal.drafter)}\n\n"
        f"{TRAILER}: {proposal.digest}\n{people}{PROPOSAL}: {proposal.proposal_id}\n"
        f"{KIND}: {proposal.kind}\n"
    )


def _holds(repo: ConfigRepo, commit: str, files: Sequence[FileChange]) -> bool:
    """Whether every file reads back from the commit as the approved bytes, or is gone where that was approved."""
    for file in files:
        entry = repo.entry(file.path, commit)
        if file.mode == REMOVED:
            if entry is not None:
                return False
        elif entry is None or entry != (file.mode, file.new_blob) or repo.read(file.path, commit) != file.content:
            return False
    return True
