"""Proposals in the ledger, with the exact bytes of their files: what drafting hands over to approving."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from storage.crashpoint import crashpoint
from storage.errors import NotFound, UsageError
from storage.ledger import Ledger
from storage.records import Event, FileChange, Proposal, Record, stable_id

PERSON: Final = "person:"
"""What the name of a drafter begins with who is a person; every other drafter is a rule or a model."""


class StoredFile(Record, frozen=True, kw_only=True):
    """A file of a proposal as the ledger keeps it."""

    proposal_id: str
    path: str
    mode: str
    old_blob: str | None
    new_blob: str
    content: bytes


def store(ledger: Ledger, proposal: Proposal) -> None:
    """Writes a proposal with its files and the event that it was drafted; a known id changes nothing.

    To be called within a transaction.
    """
    if not ledger.add("proposals", [proposal], "proposal_id"):
        return
    crashpoint("store.after_proposal")
    files = [
        StoredFile(
            proposal_id=proposal.proposal_id, path=f.path, mode=f.mode, old_blob=f.old_blob, new_blob=f.new_blob,
            content=f.content,
        )
        for f in proposal.files
    ]  # fmt: skip
    with ledger.staged(new_files=files):
        ledger.run("proposals/add_files")
    crashpoint("store.after_files")
    payload: dict[str, object] = {"kind": proposal.kind, "digest": proposal.digest, "title": proposal.title}
    event = Event(
        event_id=stable_id("proposal_drafted", proposal.proposal_id), kind="proposal_drafted",
        at=proposal.created_at, agent=proposal.agent, subject=proposal.proposal_id, payload=payload,
    )  # fmt: skip
    ledger.add("events", [event], "event_id")
    crashpoint("store.after_event")


LISTS: Final = {
    "proposal": "agentre proposals list",
    "change": 'agentre query "SELECT change_id, agent, kind, commit, applied_at FROM changes"',
    "incident": "agentre incidents list",
    "action item": "agentre incidents actions list",
}
"""What lists the ids of each kind of thing."""


def load(ledger: Ledger, proposal_id: str) -> Proposal:
    """The proposal with its files; the first 8 characters of an id are enough where they are its only.

    Raises NotFound, and UsageError where several ids begin so.
    """
    return _with_files(ledger, [only_row(ledger, "proposals/by_prefix", proposal_id, "proposal")])[0]


def only_row(ledger: Ledger, query: str, prefix: str, what: str) -> dict[str, Any]:
    """The one row of a query by an id's first 8 characters or more; `what` it is stands in the messages.

    Raises NotFound, and UsageError where several ids begin so.
    """
    found = ledger.rows(query, prefix=prefix) if len(prefix) >= 8 else []
    if not found:
        raise NotFound(
            f"no such {what}", got=prefix, accepted="an id, or its first 8 characters or more", next_command=LISTS[what]
        )
    if len(found) > 1:
        raise UsageError(f"several {what}s begin so", got=prefix, accepted="more characters of the id")
    return found[0]


def in_state(ledger: Ledger, state: str) -> list[Proposal]:
    """The proposals in one state with their files, oldest first."""
    return _with_files(ledger, ledger.rows("proposals/in_state", state=state))


def every(ledger: Ledger) -> list[Proposal]:
    """All proposals without their files, newest first."""
    return [Proposal(**row) for row in ledger.rows("proposals/every")]


def _with_files(ledger: Ledger, rows: list[dict[str, Any]]) -> list[Proposal]:
    files: dict[str, list[FileChange]] = defaultdict(list)
    for row in ledger.rows("proposals/files", ids=[row["proposal_id"] for row in rows]):
        files[row.pop("proposal_id")].append(FileChange(**row))
    return [Proposal(**row, files=files[row["proposal_id"]]) for row in rows]
