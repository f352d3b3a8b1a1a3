"""The `approve` flow: one run per waiting proposal. It shows the change, suspends, and acts on the answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import Field, create_model

from flows.console import now
from flows.quiet import Completed, Failed, FlowRunContext, RunInput, State, flow, runtime, suspend_flow_run
from flows.reconcile import reconcile, suspend_key
from reports.proposal import review_markdown
from reports.text import code, plural
from storage.records import Proposal
from storage.workspace import Workspace
from tasks.approve.steps import Answer, Outcome, Shown, apply_answer, settle_proposals, show
from tasks.common.steps import show_markdown


@flow(name="approve", persist_result=False, log_prints=False)
def approve(workspace: str, proposal: str) -> State[Any]:
    """Asks a person about one proposal, and applies what was approved.

    The flow starts from the top when it is answered, so nothing before the form has an effect, and everything
    after it may run twice. It is a messenger: who may approve what, and that it is applied once, is checked where
    the answer is recorded and applied.
    """
    fleet, moment = Workspace.find(workspace), now()
    shown = show(fleet, proposal, moment)
    answer: Answer | None = None
    if shown.proposal.state == "waiting":
        answer = ask(shown)
    elif shown.proposal.state != "approved":
        return Completed(message=f"nothing to decide: the proposal is {shown.proposal.state}")
    outcome = apply_answer(fleet, shown, answer, moment)
    report(shown.proposal, outcome)
    if outcome.name == "Refused":
        return Failed(name=outcome.name, message=outcome.message + ask_again(fleet, proposal, moment))
    again = ask_again(fleet, proposal, moment) if outcome.name == "Seconded" else ""
    return Completed(name=outcome.name, message=outcome.message + again)


def ask(shown: Shown) -> Answer:
    """Suspends until a person answers, days later if need be; the change can be read in the run's artifacts too."""
    text, key = review_markdown(shown.proposal, shown.base, shown.named), suspend_key(shown.proposal.proposal_id)
    this = FlowRunContext.get()
    asked = this and this.flow_run and key in (this.flow_run.empirical_policy.pause_keys or ())
    if not asked:  # a run that was resumed has shown it
        show_markdown(f"change-{shown.proposal.proposal_id[:8]}", text, f"To decide: {shown.proposal.title}")
    top = "*Scroll down for the exact change, or read it in the tab Artifacts of this run.*"  # the box is low
    if shown.named:
        top += f" **{plural(len(shown.named), 'flag')}**, first: {code(shown.named[0])}"
    return cast(
        Answer, suspend_flow_run(wait_for_input=form(shown.proposal, f"{top}\n\n{text}", shown.signed), key=key)
    )


def form(proposal: Proposal, description: str, signed: str | None = None) -> type[RunInput]:
    """The form for one proposal: it accepts the digest of exactly this change, and nothing else.

    Prefect's first UI draws a constant as an empty box that cannot be filled; a list of one can be picked.
    """
    decision = Literal["approve", "reject"]
    digest = Literal[proposal.digest]  # type: ignore[name-defined]  # a type made for this one change
    fields: dict[str, Any] = {
        "decision": (decision, Field(title="1. Decision")),
        "digest": (digest, Field(title="2. Digest: the change that you read", json_schema_extra=_list_of_one)),
        "approver": (str, Field(title="3. Your name, as listed in agentre.yaml under approvers", min_length=1)),
        "feedback": (str, Field("", title="Feedback (kept with the answer; later drafts are told)")),
    }
    if signed:
        fields["signature"] = (str, Field(title=f"4. Signature: the .sig file that this makes: {signed}"))
    return create_model("Answer", __base__=RunInput, **fields).with_initial_data(description=description)


def _list_of_one(schema: dict[str, Any]) -> None:
    schema["enum"] = [schema.pop("const")]


def report(proposal: Proposal, outcome: Outcome) -> None:
    """What became of the answer, as an artifact of the run."""
    text = f"# {outcome.name}\n\n{outcome.message}\n\nDigest `{proposal.digest}`\n\n{proposal.document}"
    show_markdown(f"decision-{proposal.proposal_id[:8]}", text, f"{outcome.name}: {proposal.title}")


def ask_again(fleet: Workspace, proposal_id: str, moment: datetime) -> str:
    """Has a new run ask, where the proposal still waits after an answer that did not count; says so."""
    this_run = UUID(runtime.flow_run.id) if runtime.flow_run.id else None
    again = reconcile(fleet, settle_proposals(fleet, moment).waiting, moment, ending=this_run)
    return "; a new run asks again" if proposal_id in again.started else ""
