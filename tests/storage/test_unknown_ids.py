"""An id that nothing has: the message says what an id is and which command lists them."""

from __future__ import annotations

import pytest

from storage.errors import NotFound
from storage.ledger import open_ledger
from storage.proposals import only_row
from storage.workspace import Workspace


@pytest.mark.parametrize(
    ("query", "what", "lists"),
    [
        ("proposals/by_prefix", "proposal", "agentre proposals list"),
        ("approve/changes", "change", "FROM changes"),
        ("incidents/incident_by_prefix", "incident", "agentre incidents list"),
        ("incidents/incident_item_by_prefix", "action item", "agentre incidents actions list"),
    ],
)
@pytest.mark.parametrize("given", ["cf78", "0" * 8])
def test_an_unknown_id_says_where_ids_are_listed(
    workspace: Workspace, query: str, what: str, lists: str, given: str
) -> None:
    """Too short or unknown, of a proposal, a change, an incident or an action: each leads to its own list."""
    with open_ledger(workspace.ledger, purpose="test") as ledger, pytest.raises(NotFound) as told:
        only_row(ledger, query, given, what)
    assert told.value.got == given and lists in (told.value.next_command or "")
    assert "first 8 characters" in (told.value.accepted or "")
