"""Rollbacks that nobody asked for: a change that did harm, as measured, is offered to be taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from reports.environment import environment
from storage import proposals as stored
from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.errors import Refused
from storage.ledger import Ledger
from storage.records import Change, Event, Proposal, stable_id
from storage.workspace import Workspace
from tasks.approve.rollback import rollback_proposal

DRAFTER = "rules"


def propose_rollbacks(workspace: Workspace, ledger: Ledger, now: datetime, nonce: Callable[[], str]) -> list[Proposal]:
    """Proposes once, for each change whose measured effect is worse, to take it back; a person decides as ever.

    A change that was taken back already, or built upon, is noted as such and left. Safe to repeat.
    """
    due = ledger.rows("approve/rollbacks_due")
    repo = ConfigRepo(workspace.configs) if due else None
    return [made for row in due if repo and (made := _proposed(workspace, ledger, repo, row, now, nonce()))]


def _proposed(
    workspace: Workspace, ledger: Ledger, repo: ConfigRepo, row: Mapping[str, Any], now: datetime, nonce: str
) -> Proposal | None:
    made = Change(**stored.only_row(ledger, "approve/changes", row["change_id"], "change"))
    before = stored.load(ledger, made.proposal_id)
    lasts = timedelta(days=workspace.settings.proposals.expires_after_days)
    try:
        back = rollback_proposal(
            repo, before, made, now, nonce, drafter=DRAFTER, document=_document(before, made, row), lasts=lasts
        )
    except Refused as error:
        ledger.add("events", [_event("rollback_impossible", made, now, why=str(error))], "event_id")
        return None
    with ledger.transaction():
        stored.store(ledger, back)
        crashpoint("offer.in_store")
        ledger.add("events", [_event("rollback_proposed", made, now, proposal=back.proposal_id)], "event_id")
    return back


def _document(before: Proposal, made: Change, row: Mapping[str, Any]) -> str:
    names = ("said", "method", "before_period", "after_period")
    told = {name: row[name] for name in names}
    intervals = msgspec.json.decode(row["record"])["intervals"]
    return environment().get_template("rollback.md.j2").render(
        title=before.title, agent=made.agent, change_id=made.change_id, commit=made.commit, intervals=intervals, **told
    )  # fmt: skip


def _event(kind: str, made: Change, now: datetime, **payload: object) -> Event:
    return Event(
        event_id=stable_id(kind, made.change_id), kind=kind, at=now, agent=made.agent, subject=made.change_id,
        payload=payload,
    )  # fmt: skip
