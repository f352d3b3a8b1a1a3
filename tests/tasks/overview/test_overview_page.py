"""The page of key figures and maturity: complete, inert, whole or not at all."""

from __future__ import annotations

from html.parser import HTMLParser

from overview_rows import END, event

from storage.ledger import Ledger, open_ledger
from storage.workspace import Workspace
from tasks.overview.kpis import KPIS
from tasks.overview.page import write_overview


class Tags(HTMLParser):
    """Elements, addresses and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str | None] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses |= {value for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_figure_stands_on_the_page(demo: Workspace) -> None:
    """Each of the twenty by name, the improver's, the stage, and that the data is synthetic."""
    with open_ledger(demo.ledger, purpose="test") as ledger:
        page = Tags(write_overview(demo, ledger, END).read_text())
    assert all(kpi.name in page.text for kpi in KPIS)
    for part in ("Forecast coverage", "imp@k", "stage: demo", "SYNTHETIC DATA", "P2 2 (n = 2)", "not rising"):
        assert part in page.text
    assert [path.name for path in demo.reports.iterdir()] == ["overview.html"]


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
