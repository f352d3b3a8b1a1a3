"""A person at the Prefect UI: reads the change, picks, submits; and the commit is there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from served_fleet import Day, ask, commits_of, state_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tasks" / "approve"))

from approval_trials import key_of, signed

from flows.environment import login, server_url
from storage.ledger import open_ledger
from storage.records import Event, stable_id
from storage.workspace import Workspace
from tasks.approve import run as approval

pytestmark = [pytest.mark.prefect, pytest.mark.browser]
CHROMIUM = Path("/usr/bin/chromium")
ALONE = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SELECT, OPTION, TEXT = ".p-modal .p-select-button__control", ".p-select-option", ".p-modal textarea"


@pytest.fixture
def page(day: Day) -> Iterator[Page]:
    """A browser that is logged in, and remembers whom it asked for anything."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM} (apt install chromium)")
    asked: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ALONE))
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.on("request", lambda request: asked.add(request.url.split("/")[2]))
        opened.on("websocket", lambda socket: asked.add(socket.url.split("/")[2]))
        opened.goto(server_url(day.workspace))
        opened.get_by_placeholder("admin:pass").fill(login(day.workspace))
        opened.keyboard.press("Enter")
        opened.wait_for_url("**/dashboard")
        yield opened
        browser.close()
    assert asked == {server_url(day.workspace).removeprefix("http://")}


def shot(page: Page, name: str) -> None:
    """A picture for people, where AGENTRE_SCREENSHOTS names a folder."""
    if folder := os.environ.get("AGENTRE_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def pick(page: Page, select: int, choice: str) -> None:
    """Opens a select of the form and picks a choice."""
    page.locator(SELECT).nth(select).focus()
    page.keyboard.press("ArrowDown")
    page.locator(OPTION, has_text=choice).click()


def test_a_change_is_read_and_approved_in_the_ui(day: Day, page: Page) -> None:
    """The form shows digest and exact change; nothing is picked beforehand; the answer becomes one commit.

    No request leaves this machine, from the login on.
    """
    proposal = day.proposals["Fetch"]
    run = day.api.suspended(proposal)
    page.goto(f"{server_url(day.workspace)}/runs/flow-run/{run['id']}")
    shown = opened_form(page)
    added = proposal.files[0].content.decode().splitlines()
    assert proposal.digest[:32] in shown and proposal.digest[32:] in shown
    assert all(f"+{line}" in shown for line in added if line)
    assert shown.index(proposal.digest[:32]) < shown.index("+++ ada/skills/") < shown.index("Improvement Proposal")
    page.get_by_role("button", name="Submit").click()  # nothing is picked: nothing is sent
    page.locator(".p-modal").get_by_text("required").first.wait_for()
    assert day.api.run(run)["state_name"] == "Suspended"
    page.reload()
    opened_form(page)
    shot(page, "approval-form")
    page.get_by_role("heading", name="The exact change").evaluate("it => it.scrollIntoView()")
    shot(page, "approval-diff")
    pick(page, 0, "approve")
    pick(page, 1, proposal.digest)
    page.locator(TEXT).nth(0).fill("sam")
    shot(page, "approval-answered")
    page.get_by_role("button", name="Submit").click()
    assert day.api.ended(run)["name"] == "Applied"
    page.reload()
    page.get_by_text("approved by sam").first.wait_for()
    shot(page, "approval-applied")
    page.get_by_text("Artifacts", exact=True).click()
    page.get_by_text(f"change-{proposal.proposal_id[:8]}", exact=True).click()  # there is one, though the run restarted
    page.get_by_text("The exact change").first.wait_for()
    shot(page, "approval-change")
    assert state_of(day.workspace, proposal) == "applied" and commits_of(day.workspace, proposal) == 1


@pytest.fixture
def strict(day: Day, tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Ada is critical and frozen, and approvals need a signature; the keys of sam and kim."""
    settings, keys = day.workspace.root / "agentre.yaml", {name: key_of(tmp_path, name) for name in ("sam", "kim")}
    before = settings.read_text()
    changed = before.replace("type: engineer}", "type: engineer, critical: true}").replace("[sam]", "[sam, kim]")
    settings.write_text(changed + "approval: {require_signature: true, allowed_signers: signers}\n")
    listed = "".join(f"{name} {key.with_suffix('.pub').read_text()}" for name, key in keys.items())
    (day.workspace.root / "signers").write_text(listed)
    yield keys
    settings.write_text(before)


@pytest.mark.timeout(600)
def test_a_frozen_agents_change_is_held(day: Day, page: Page, strict: dict[str, Path]) -> None:
    """The form says that the agent is frozen; a signed approval is refused with the reason, and a new run asks."""
    freeze(day, "freeze", "incident 1", "budget spent 400 % of 95 % of task_success >= 1")
    [proposal] = ask(day.workspace, ("Glob",))
    run = day.api.suspended(proposal)  # the nightly flow of the next minute asks
    page.goto(f"{server_url(day.workspace)}/runs/flow-run/{run['id']}")
    shown = opened_form(page)
    assert "Ada is frozen since" in shown and "ssh-keygen -Y sign" in shown
    pick(page, 0, "approve")
    pick(page, 1, proposal.digest)
    page.locator(TEXT).nth(0).fill("sam")
    page.locator(TEXT).nth(2).fill(signed(strict["sam"], proposal.manifest))
    shot(page, "approval-frozen")
    page.get_by_role("button", name="Submit").click()
    told = day.api.ended(run)
    assert told["name"] == "Refused" and "error budget is exhausted" in told["message"], told
    assert "asks again" in told["message"] and day.api.suspended(proposal)["id"] != run["id"]
    assert commits_of(day.workspace, proposal) == 0 and state_of(day.workspace, proposal) == "waiting"
    freeze(day, "freeze_ended", stable_id("freeze", "incident 1"))
    with open_ledger(day.workspace.ledger, purpose="test", wait_seconds=60) as ledger:  # leaves nothing that waits
        given = (proposal.proposal_id, proposal.digest, "reject", "sam", "terminal", "", datetime.now(UTC))
        approval.decide(Workspace(day.workspace.root), ledger, *given)


def freeze(day: Day, kind: str, subject: str, reason: str = "") -> None:
    """Freezes Ada, or ends it."""
    now = datetime.now(UTC)
    event = Event(event_id=stable_id(kind, subject), kind=kind, at=now, agent="Ada", subject=subject,
                  payload={"reason": reason, "incident": "1"})  # fmt: skip
    with open_ledger(day.workspace.ledger, purpose="test", wait_seconds=60) as ledger:
        ledger.add("events", [event], "event_id")


def opened_form(page: Page) -> str:
    """Opens the form of the run on the page; what it says."""
    page.get_by_role("button", name="Resume").click()
    page.locator(SELECT).nth(1).wait_for()
    return page.locator(".p-modal").inner_text()
