"""The human's side of the loop: what waits, what was answered, and the one way an answer becomes a commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from storage import proposals as stored
from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.errors import Refused
from storage.homes import deliver
from storage.ledger import Ledger
from storage.records import Approval, Change, Event, Proposal, ProposalState, stable_id
from storage.text import storable
from storage.workspace import Workspace
from tasks.approve.apply import (
    Altered,
    Expired,
    Stale,
    approvals_of,
    check_content,
    check_fresh,
    commit,
    committed,
    verified,
)
from tasks.approve.decision import (
    FEEDBACK_LENGTH,
    answer,
    broken_link,
    chained,
    check_answer,
    check_approver,
    check_not_own,
    needed,
)
from tasks.approve.holds import check_free
from tasks.approve.homes import check_home
from tasks.approve.rollback import rollback_proposal
from tasks.approve.signature import check_signature
from tasks.common.redact import Redactor


@dataclass(frozen=True)
class Decided:
    """An answer as recorded. `repeated`: the same answer was there already. `notices` are for the person.

    `missing`: how many people more have to approve before it can be applied.
    """

    approval: Approval
    repeated: bool
    notices: list[str] = field(default_factory=list)
    missing: int = 0


@dataclass(frozen=True)
class Applied:
    """A change as committed. `repeated`: it was in the history already, nothing was committed now."""

    change: Change
    repeated: bool
    notices: list[str] = field(default_factory=list)


def proposal(ledger: Ledger, proposal_id: str) -> Proposal:
    """The proposal with its files; a unique prefix of the id (8 or more) is enough. Raises NotFound."""
    return stored.load(ledger, proposal_id)


def waiting(ledger: Ledger) -> list[Proposal]:
    """Proposals that wait for an answer, oldest first, with their files."""
    return stored.in_state(ledger, "waiting")


def approved(ledger: Ledger) -> list[Proposal]:
    """Proposals that were approved and are not applied yet: what a crash left over; pass each to `apply`."""
    return stored.in_state(ledger, "approved")


def proposals(ledger: Ledger) -> list[Proposal]:
    """All proposals, newest first, without their files."""
    return stored.every(ledger)


def change(ledger: Ledger, change_id: str) -> Change:
    """The applied change; a unique prefix of its id (8 or more) is enough, or its proposal's whole id.

    Raises NotFound, and UsageError where several ids begin so.
    """
    return Change(**stored.only_row(ledger, "approve/changes", change_id, "change"))


def broken_answer(ledger: Ledger) -> Approval | None:
    """The first answer in the chain that was altered, moved or lost its predecessor; None: all is well."""
    return broken_link(Approval(**row) for row in ledger.rows("approve/chain"))


def expire(ledger: Ledger, now: datetime) -> list[str]:
    """Marks what waited too long as expired; returns the ids. Safe to repeat."""
    ids = [str(row["proposal_id"]) for row in ledger.rows("approve/expirable", now=now)]
    for one in ids:
        _close(ledger, stored.load(ledger, one), "expired", "nobody answered in time", now)
    return ids


def decide(
    workspace: Workspace, ledger: Ledger, proposal_id: str, digest: str, decision: str, approver: str,
    channel: str, feedback: str, now: datetime, signature: str = "",
) -> Decided:  # fmt: skip
    """Records a person's answer to a waiting proposal. The same answer twice is one answer.

    `decision` is exactly "approve" or "reject", `digest` the full SHA-256 that was shown, `channel` "terminal",
    "prefect" or "demo", `signature` an armoured ssh signature over the manifest where the workspace requires one.
    Raises NotFound for an unknown proposal, Refused for a wrong digest, an expired, stale or
    decided proposal, an approver who is not on the list, and everything that is not an exact answer.
    """
    crashpoint("decide.begin")
    asked = stored.load(ledger, proposal_id)
    check_answer(asked, digest, decision, channel)
    notices = check_approver(workspace, asked, approver, channel)
    given, wanted = _answers(ledger, asked), needed(workspace, asked)
    own = [one for one in given if one.approver == approver]
    if own or len(given) >= wanted or any(one.decision == "reject" for one in given):
        return _again((own or given)[-1], decision, notices, wanted - len(given))
    check_not_own(workspace, asked, decision, approver)
    _check_open(workspace, ledger, asked, decision, now)
    if decision == "approve":
        check_signature(workspace, asked, approver, signature, channel)
    crashpoint("decide.after_checks")
    kept = _redacted(workspace, feedback)
    last = ledger.rows("approve/last_answer")
    position, previous = (last[0]["position"] + 1, last[0]["sha256"]) if last else (0, "")
    approval = chained(answer(asked, decision, approver, channel, kept, now, signature), position, previous)
    missing = max(0, wanted - len(given) - 1) if decision == "approve" else 0
    _record(ledger, asked, approval, missing)
    return Decided(approval, repeated=False, notices=notices, missing=missing)


def _again(given: Approval, decision: str, notices: list[str], missing: int) -> Decided:
    if given.decision != decision:
        raise Refused(
            "this proposal was answered already", got=decision,
            accepted=f"{given.decision}, by {given.approver} at {given.answered_at:%Y-%m-%d %H:%M} UTC",
        )  # fmt: skip
    return Decided(given, repeated=True, notices=notices, missing=max(0, missing) if decision == "approve" else 0)


def _check_open(workspace: Workspace, ledger: Ledger, asked: Proposal, decision: str, now: datetime) -> None:
    """Refuses an answer to what cannot be answered any more; its state says why from then on."""
    if asked.state != "waiting":
        raise Refused("this proposal does not wait for an answer", got=f"state {asked.state}")
    if now >= asked.expires_at:
        _close(ledger, asked, "expired", "answered after its end", now)
        raise Refused("the proposal has expired", got=f"{asked.expires_at:%Y-%m-%d %H:%M} UTC")
    if decision == "reject":
        return
    try:
        verified(workspace, asked)
        repo = ConfigRepo(workspace.configs)
        check_fresh(repo, asked.files, repo.head())
        check_home(workspace, asked.agent, asked.files)
        check_content(repo, asked)
        check_free(ledger, asked, now)
    except Refused as error:
        _close_after(ledger, asked, error, now)
        raise


def _redacted(workspace: Workspace, feedback: object) -> str:
    if type(feedback) is not str or len(feedback) > FEEDBACK_LENGTH:
        raise Refused("feedback is text", got=repr(feedback)[:80], accepted=f"at most {FEEDBACK_LENGTH} characters")
    return Redactor(workspace.secret("redaction-key")).text(storable(feedback)) if feedback else ""


def _record(ledger: Ledger, asked: Proposal, approval: Approval, missing: int) -> None:
    state = "approved" if approval.decision == "approve" else "rejected"
    kind = "proposal_seconded" if missing else f"proposal_{state}"
    event = _event(kind, asked, approval.answered_at, approver=approval.approver, channel=approval.channel)
    crashpoint("decide.before_record")
    with ledger.transaction():
        ledger.add("approvals", [approval], "approval_id")
        crashpoint("decide.after_answer")
        if not missing:
            _set_state(ledger, asked, state, approval.answered_at)
        crashpoint("decide.after_state")
        ledger.add("events", [event], "event_id")
        crashpoint("decide.before_commit")
    crashpoint("decide.after_record")


def apply(workspace: Workspace, ledger: Ledger, proposal_id: str, now: datetime) -> Applied:
    """Commits exactly the approved bytes, once. Applied already: returns that change, commits nothing.

    Raises Refused where any byte differs from what was approved, no approval covers it, it expired, or a file that
    it touches has changed since (state stale); Frozen while its agent is frozen (it stays approved).
    """
    asked = stored.load(ledger, proposal_id)
    done = ledger.rows("approve/changes", prefix=asked.proposal_id)
    if done:
        return Applied(Change(**done[0]), repeated=True)
    try:
        return _apply(workspace, ledger, asked, now)
    except Refused as error:
        _close_after(ledger, asked, error, now)
        raise


def _apply(workspace: Workspace, ledger: Ledger, asked: Proposal, now: datetime) -> Applied:
    crashpoint("apply.before_checks")
    verified(workspace, asked)
    crashpoint("apply.after_verify")
    given = approvals_of(workspace, asked, _answers(ledger, asked))
    key = workspace.settings.approval.commit_key
    repo = ConfigRepo(workspace.configs, signing_key=workspace.root / Path(key).expanduser() if key else None)
    check_content(repo, asked)
    crashpoint("apply.after_approval")
    found = committed(repo, asked)  # a crash came between the commit and the ledger
    if found is None:
        crashpoint("apply.after_search")
        if asked.state != "approved":
            raise Refused("this proposal is not to be applied", got=f"state {asked.state}")
        if now >= asked.expires_at:
            raise Expired("the approval has expired", got=f"{asked.expires_at:%Y-%m-%d %H:%M} UTC")
        check_free(ledger, asked, now)
        check_home(workspace, asked.agent, asked.files)
        new = commit(repo, asked, given, now)
    else:
        new = found
    notices = [*repo.catch_up(asked.files), *deliver(workspace, asked.agent, asked.files)]
    crashpoint("apply.before_ledger")
    made = Change(
        change_id=stable_id("change", asked.digest), proposal_id=asked.proposal_id, agent=asked.agent, kind=asked.kind,
        digest=asked.digest, commit=new, base_commit=asked.base_commit, applied_at=now,
        approver=", ".join(one.approver for one in given),
    )  # fmt: skip
    with ledger.transaction():
        ledger.add("changes", [made], "change_id")
        crashpoint("apply.after_change")
        _set_state(ledger, asked, "applied", now)
        crashpoint("apply.after_state")
        ledger.add("events", [_event("change_applied", asked, now, commit=new, change_id=made.change_id)], "event_id")
        crashpoint("apply.before_commit")
    crashpoint("apply.after_ledger")
    return Applied(made, repeated=found is not None, notices=notices)


def rollback(workspace: Workspace, ledger: Ledger, change_id: str, approver: str, now: datetime, nonce: str) -> Applied:
    """Takes an applied change back with a new commit, approved by the person who types it (terminal).

    Raises NotFound for an unknown change, Refused where a file has changed since it was applied.
    """
    crashpoint("rollback.begin")
    made = change(ledger, change_id)
    before = stored.load(ledger, made.proposal_id)
    check_approver(workspace, before, approver, "terminal")
    back = rollback_proposal(ConfigRepo(workspace.configs), before, made, now, nonce)
    crashpoint("rollback.before_store")
    with ledger.transaction():
        stored.store(ledger, back)
        crashpoint("rollback.in_store")
    crashpoint("rollback.after_store")
    asked = stored.load(ledger, back.proposal_id)
    decide(workspace, ledger, asked.proposal_id, asked.digest, "approve", approver, "terminal", "", now)
    crashpoint("rollback.after_decision")
    done = apply(workspace, ledger, asked.proposal_id, now)
    crashpoint("rollback.after_apply")
    return done


def _state_after(error: Refused) -> ProposalState | None:
    """What a refusal makes of the proposal; None: the fault is not the proposal's, so it stays as it is."""
    states: dict[type[Refused], ProposalState] = {Stale: "stale", Expired: "expired", Altered: "refused"}
    return states.get(type(error))


def _answers(ledger: Ledger, asked: Proposal) -> list[Approval]:
    return [Approval(**row) for row in ledger.rows("approve/answers", proposal_id=asked.proposal_id)]


def _close_after(ledger: Ledger, asked: Proposal, error: Refused, now: datetime) -> None:
    state = _state_after(error)
    if state is not None and asked.state in ("waiting", "approved"):
        _close(ledger, asked, state, str(error), now)


def _close(ledger: Ledger, asked: Proposal, state: ProposalState, why: str, now: datetime) -> None:
    """Moves a proposal to a state that it does not leave, with the reason as an event."""
    crashpoint("close.begin")
    with ledger.transaction():
        _set_state(ledger, asked, state, now)
        crashpoint("close.after_state")
        ledger.add("events", [_event(f"proposal_{state}", asked, now, why=why)], "event_id")
    crashpoint("close.after")


def _set_state(ledger: Ledger, asked: Proposal, state: str, now: datetime) -> None:
    ledger.run("approve/set_state", proposal_id=asked.proposal_id, state=state, was=asked.state, decided_at=now)


def _event(kind: str, asked: Proposal, now: datetime, **payload: object) -> Event:
    return Event(
        event_id=stable_id(kind, asked.proposal_id, asked.digest), kind=kind, at=now, agent=asked.agent,
        subject=asked.proposal_id, payload={"digest": asked.digest, **payload},
    )  # fmt: skip
