"""The page of key figures and maturity does nothing but be read."""

from __future__ import annotations

from overview_rows import END, event
from page_tags import Tags

from storage.ledger import Ledger
from storage.workspace import Workspace
from tasks.overview.page import write_overview


def test_what_a_log_named_stays_text(workspace: Workspace, ledger: Ledger) -> None:
    """A severity and a ticket file that would be markup are words; the page asks for nothing but its neighbour."""
    bad = "<script src=//evil></script>"
    about = {"kind": "cost", "severity": bad, "fingerprint": "f", "title": bad, "owner": bad}
    ledger.add("events", [event("incident_opened", END, "i", bad, **about)], "event_id")
    (workspace.root / "tickets").mkdir()
    (workspace.root / "tickets" / "<img src=x>.csv").write_text("date\nnever\n")
    page = Tags(write_overview(workspace, ledger, END).read_text())
    assert not page.tags & {"script", "img"}
    assert page.addresses == {"data:,", "latest.html"}
