"""Approving as steps of a flow: what waits, an answer, and the change that it allows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from storage.config_repo import ConfigRepo
from storage.errors import AgentREError, Refused
from storage.opening import writing
from storage.records import Proposal
from storage.workspace import Workspace
from tasks.approve import offers, run
from tasks.approve.differences import named
from tasks.approve.holds import holds
from tasks.approve.homes import drifted
from tasks.approve.signature import how_to_sign
from tasks.common.steps import show_table, step


@dataclass(frozen=True)
class Shown:
    """A proposal as it is put before a person: with the bytes that its files have now (absent: new).

    `named`: what holds it back, and what the change means beyond its lines. `signed`: whether an answer needs a
    signature, and how to make it.
    """

    proposal: Proposal
    base: dict[str, bytes]
    named: list[str]
    signed: str | None = None


class Answer(Protocol):
    """What the form sends back: a request, which counts for what the ledger's rules make of it.

    It has a `signature` besides where the workspace asks for one.
    """

    decision: str
    digest: str
    approver: str
    feedback: str


@dataclass(frozen=True)
class Outcome:
    """What became of an answer, with a line that says it."""

    name: Literal["Applied", "Rejected", "Refused", "Seconded"]
    message: str


@dataclass(frozen=True)
class Settled:
    """What a look at all proposals did, and which still wait. `stuck`: approved, but not applied, and why."""

    waiting: list[Proposal]
    applied: list[str]
    expired: list[str]
    stuck: dict[str, str]


def show(workspace: Workspace, proposal_id: str, now: datetime) -> Shown:
    """Reads a proposal, and what holds it back now. Raises NotFound."""
    with writing(workspace, "reading a proposal") as ledger:
        proposal = run.proposal(ledger, proposal_id)
        held = holds(ledger, proposal, now)
    repository = ConfigRepo(workspace.configs)
    head = repository.head()
    found = ((file.path, repository.read(file.path, head)) for file in proposal.files)
    base = {path: raw for path, raw in found if raw is not None}
    signed = how_to_sign(proposal) if workspace.settings.approval.require_signature else None
    moved = drifted(workspace, proposal.agent, proposal.files) if proposal.state == "waiting" else []
    return Shown(proposal, base, held + moved + named(proposal, base), signed)


@step()
def apply_answer(workspace: Workspace, shown: Shown, answer: Answer | None, now: datetime) -> Outcome:
    """Records what a person answered and applies what that allows, once. None: it was answered elsewhere.

    A refusal is an outcome, not an error: the answer did not count, or the change may not be applied any more.
    """
    proposal = shown.proposal
    with writing(workspace, "applying an answer") as ledger:
        try:
            if answer:
                decided = run.decide(
                    workspace, ledger, proposal.proposal_id, answer.digest, answer.decision, answer.approver,
                    "prefect", answer.feedback, now, getattr(answer, "signature", ""),
                )  # fmt: skip
                if decided.missing:
                    return Outcome("Seconded", f"approved by {answer.approver}; a second person has to approve it too")
            if answer and answer.decision == "reject":
                return Outcome("Rejected", f"rejected by {answer.approver}")
            change = run.apply(workspace, ledger, proposal.proposal_id, now).change
            return Outcome("Applied", f"approved by {change.approver}, applied as commit {change.commit}")
        except Refused as error:
            return Outcome("Refused", str(error))


@step()
def propose_rollbacks(workspace: Workspace, now: datetime) -> list[Proposal]:
    """Offers to take back what did harm, as measured; each waits for a person like every proposal."""
    with writing(workspace, "proposing rollbacks") as ledger:
        made = offers.propose_rollbacks(workspace, ledger, now, lambda: secrets.token_hex(16))
    rows = [{"proposal": p.proposal_id[:8], "agent": p.agent, "title": p.title} for p in made]
    show_table("rollbacks", rows, "Changes that did harm, offered to be taken back; each waits for a person")
    return made


@step()
def settle_proposals(workspace: Workspace, now: datetime) -> Settled:
    """Expires what waited too long, applies what a crash left approved, and tells what still waits."""
    applied, stuck = [], {}
    with writing(workspace, "settling proposals") as ledger:
        expired = run.expire(ledger, now)
        for proposal in run.approved(ledger):
            try:
                run.apply(workspace, ledger, proposal.proposal_id, now)
                applied.append(proposal.proposal_id)
            except AgentREError as error:  # one that cannot be applied holds nothing else up
                stuck[proposal.proposal_id] = str(error)
        return Settled(run.waiting(ledger), applied, expired, stuck)
