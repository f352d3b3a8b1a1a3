"""Freezes: while an agent's error budget is exhausted its changes wait, and what takes a change back does not."""

from __future__ import annotations

from datetime import datetime

from reports.text import clean
from storage.errors import Refused
from storage.ledger import Ledger
from storage.records import Proposal


class Frozen(Refused):
    """The agent is frozen: the proposal waits until it recovers, an incident needs it, or a person overrides."""


def holds(ledger: Ledger, asked: Proposal, now: datetime) -> list[str]:
    """Why the proposal cannot be applied now, a line for each freeze; empty: nothing holds it.

    A rollback always passes. So does a proposal whose fingerprint an open incident of its agent was told of, or that
    was made from that incident: code links the two, no text does.
    """
    if asked.kind == "rollback":
        return []
    rows = ledger.rows(
        "approve/holds", agent=asked.agent, fingerprint=asked.fingerprint, proposal_id=asked.proposal_id, now=now
    )
    return [
        f"{asked.agent} is frozen since {row['frozen_at']:%Y-%m-%d %H:%M} UTC by {clean(row['slo'])}: "
        f"{clean(row['reason'], 400)}"
        for row in rows
    ]


def check_free(ledger: Ledger, asked: Proposal, now: datetime) -> None:
    """Raises Frozen with the reason where a freeze holds the proposal."""
    if found := holds(ledger, asked, now):
        raise Frozen(
            "the proposal waits: its agent's error budget is exhausted", got="; ".join(found),
            accepted="recovery of the SLO, a fix of an open incident of this agent, a rollback, or a person's override",
            next_command=f"agentre slo override {asked.agent} --until DATE --reason TEXT",
        )  # fmt: skip
