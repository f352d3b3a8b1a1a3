"""Drafting as steps of a flow: what is due is read, a model is asked without the ledger, what came of it is written."""

from __future__ import annotations

import secrets
from datetime import datetime

from storage.opening import writing
from storage.prices import price_table
from storage.records import Proposal
from storage.workspace import Workspace
from tasks.common.llm import Model, missing
from tasks.common.redact import Redactor
from tasks.common.steps import show_table, step
from tasks.improve import run, worded_memory
from tasks.improve.analyzer import Analyst


@step()
def draft_proposals(workspace: Workspace, now: datetime) -> run.Drafted:
    """Drafts a proposal for each failure, task and fall that recurred often enough."""
    return _drafted(workspace, now, again=False)


@step()
def retry_drafts(workspace: Workspace, now: datetime) -> run.Drafted:
    """Asks the model again about what it failed to draft in the last week; nothing where none failed."""
    return _drafted(workspace, now, again=True)


@step()
def propose_worded_memory(workspace: Workspace, now: datetime) -> list[Proposal]:
    """Proposes the memory lines that a model worded; lines taken word for word need no proposal."""
    with writing(workspace, "proposing worded memory") as ledger:
        return worded_memory.propose_worded_memory(workspace, ledger, now, _nonce)


def _drafted(workspace: Workspace, now: datetime, *, again: bool) -> run.Drafted:
    analyst = analyst_of(workspace)
    if again and analyst is None:
        return run.Drafted()
    with writing(workspace, "reading what recurs") as ledger:
        due = run.due(workspace, ledger, now, asked=analyst is not None, again=again)
    said = run.ask(due, analyst, now, _nonce) if analyst else {}
    with writing(workspace, "drafting proposals") as ledger:
        drafted = run.submit(workspace, ledger, due, said, now, _nonce)
    if analyst is None and workspace.settings.analyzer.model:
        drafted.notices.append(f"drafted by rules: {missing()}")
    rows = [
        {"proposal": p.proposal_id[:8], "agent": p.agent, "kind": p.kind, "title": p.title} for p in drafted.proposals
    ]
    show_table("proposals", rows, "Proposals drafted now; each waits for a person in an `approve` run")
    return drafted


def analyst_of(workspace: Workspace) -> Analyst | None:
    """The model that drafts; None where the settings name none, or there is no key: then the rules draft."""
    settings = workspace.settings.analyzer
    if settings.model is None or missing():
        return None
    model = Model(settings.model, workspace.settings.models, price_table(workspace))
    return Analyst(model, settings.requests, Redactor(workspace.secret("redaction-key")).text)


def _nonce() -> str:
    return secrets.token_hex(16)
