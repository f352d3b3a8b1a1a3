"""People are told of incidents: each message once, tried again, given up in writing, quiet at night."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from escalation_rows import MINUTE, NIGHT, NOON, Fleet
from receivers import Mailbox, Receiver

from flows.escalating import escalating
from storage.ledger import open_ledger
from storage.workspace import SETTINGS_FILE
from tasks.escalation.run import retry


def test_a_p1_is_paged_at_once_and_goes_on_when_nobody_answers(
    fleet: Fleet, pager: Receiver, team: Receiver, mail: Mailbox
) -> None:
    """P1: the pager at once, team and mail after fifteen minutes without an acknowledgement, nobody twice; all are
    told of the acknowledgement and of the end, PagerDuty in its own form under one dedup_key."""
    fleet.opens("i1", "P1")
    assert fleet.looks(NOON).sent == 1
    assert fleet.looks(NOON + 14 * MINUTE).sent == 0
    assert fleet.looks(NOON + 15 * MINUTE).sent == 3
    assert fleet.looks(NOON + 90 * MINUTE).sent == 0
    fleet.answered("i1", NOON + 91 * MINUTE)
    assert fleet.looks(NOON + 92 * MINUTE).sent == 4
    fleet.answered("i1", NOON + 93 * MINUTE, "closed")
    assert fleet.looks(NOON + 94 * MINUTE).sent == 4
    assert fleet.looks(NOON + 95 * MINUTE).sent == 0
    assert [(body["event_action"], body["dedup_key"]) for body in pager.bodies] == [
        ("trigger", "i1"), ("acknowledge", "i1"), ("resolve", "i1")
    ]  # fmt: skip
    assert pager.bodies[0]["routing_key"] == "key-secret-4711"
    assert pager.bodies[0]["payload"]["severity"] == "critical"
    assert pager.bodies[0]["payload"]["summary"] == "P1 Ada: Spent: needs somebody"
    assert [body["text"].splitlines()[0] for body in team.bodies] == [
        "P1 Ada: Spent: needs somebody (step 2: nobody acknowledged it)",
        "P1 Ada: Spent: was acknowledged", "P1 Ada: Spent: is closed",
    ]  # fmt: skip
    assert sorted(str(m["To"]) for m in mail.mails) == ["kim@example.org"] * 3 + ["sam@example.org"] * 3
    assert len({m["Message-ID"] for m in mail.mails}) == 6


def test_quiet_hours_are_kept_but_not_for_p1(fleet: Fleet, pager: Receiver, team: Receiver) -> None:
    """At midnight P1 is paged; P2 waits until seven in the workspace's zone, and its hour begins then."""
    fleet.opens("bad", "P1", NIGHT)
    fleet.opens("worse-than-usual", "P2", NIGHT)
    assert fleet.looks(NIGHT).sent == 1
    assert [body["dedup_key"] for body in pager.bodies] == ["bad"]
    fleet.answered("bad", NIGHT + MINUTE)
    seven = NIGHT + timedelta(hours=7)  # 06:00 UTC is 07:00 in Berlin
    fleet.looks(seven - MINUTE)
    assert team.bodies == []
    fleet.looks(seven)
    assert len(team.bodies) == 1
    assert fleet.looks(seven + 59 * MINUTE).sent == 0
    assert fleet.looks(seven + 60 * MINUTE).sent == 2  # two addresses


def test_what_ended_in_quiet_hours_is_not_told(fleet: Fleet, team: Receiver) -> None:
    """A P2 that opened and closed at night is dropped: nobody reads of it in the morning."""
    fleet.opens("i1", "P2", NIGHT)
    fleet.looks(NIGHT)
    fleet.answered("i1", NIGHT + 10 * MINUTE, "closed")
    done = fleet.looks(NIGHT + 20 * MINUTE)
    assert (done.dropped, done.queued) == (1, 0)
    assert fleet.looks(NIGHT + timedelta(hours=8)).sent == 0
    assert team.bodies == []
    assert [row["state"] for row in fleet.outbox()] == ["dropped"]


def test_a_failing_route_is_tried_again_and_then_given_up(fleet: Fleet, team: Receiver, mail: Mailbox) -> None:
    """503, 503, 200: sent at the third attempt, after one and two minutes. Always 404: a dead letter after three, and
    the next step is taken at once. No error names the address."""
    team.statuses = [503, 503, 200]
    fleet.opens("i1", "P2")
    assert fleet.looks(NOON).failed == ["team: answered 503"]
    assert fleet.looks(NOON + 0.9 * MINUTE).failed == []
    assert fleet.looks(NOON + MINUTE).failed == ["team: answered 503"]
    assert fleet.looks(NOON + 3 * MINUTE).sent == 1
    team.statuses = [404]
    fleet.opens("i2", "P2", NOON + 4 * MINUTE)
    for minute in (4, 5, 7):
        done = fleet.looks(NOON + minute * MINUTE)
    assert done.dead == ["team: answered 404"]
    assert fleet.looks(NOON + 8 * MINUTE).sent == 2
    assert len(mail.mails) == 2
    (dead,) = fleet.outbox("state = 'dead'")
    assert (dead["incident_id"], dead["attempts"], dead["error"]) == ("i2", 3, "answered 404")
    assert "secret" not in str(fleet.outbox())


def test_a_slow_route_is_bounded_and_tried_once_a_look(fleet: Fleet, team: Receiver) -> None:
    """A server that drips its answer for ever costs one timeout a look, however many messages wait for it; the rest
    of that route is postponed with it."""
    team.drip = 30
    fleet.set("timeout_seconds: 20", "timeout_seconds: 0.5")
    for i in range(10):
        fleet.opens(f"i{i}", "P2")
    begun = time.monotonic()
    done = fleet.looks(NOON)
    assert time.monotonic() - begun < 4.5  # nine more timeouts, if each message had its own
    assert done.failed == ["team: TimeoutError"] * 10
    assert len(team.bodies) == 1


@pytest.mark.parametrize(
    ("variable", "why"), [(None, "holds no http:// or https://"), ("http://127.0.0.1:1/", "ConnectError")]
)
def test_a_route_that_leads_nowhere_is_said(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, variable: str | None, why: str
) -> None:
    """An unset variable and a refused connection: tried again as any other failure, with a reason."""
    if variable:
        monkeypatch.setenv("TEAM_HOOK", variable)
    else:
        monkeypatch.delenv("TEAM_HOOK")
    fleet.opens("i1", "P2")
    (said,) = fleet.looks(NOON).failed
    assert why in said


def test_mail_that_is_refused_is_a_refusal_of_that_mail(fleet: Fleet, mail: Mailbox) -> None:
    """Each address is a message of its own: one that is refused is tried again without the others getting it twice."""
    mail.refuse = 550
    fleet.opens("i1", "P2", agent="Rita")
    assert sorted(fleet.looks(NOON).failed) == ["mail: SMTPRecipientsRefused"] * 2
    mail.refuse = None
    assert fleet.looks(NOON + MINUTE).sent == 2
    assert fleet.looks(NOON + 2 * MINUTE).sent == 0
    assert len(mail.mails) == 2


def test_a_worse_signal_begins_the_policy_anew(fleet: Fleet, pager: Receiver, team: Receiver) -> None:
    """P2 at night waits; when it becomes P1 it is paged at once, and the waiting message is dropped."""
    fleet.opens("i1", "P2", NIGHT)
    assert fleet.looks(NIGHT).sent == 0
    fleet.worsens("i1", "P1", NIGHT + 5 * MINUTE)
    done = fleet.looks(NIGHT + 6 * MINUTE)
    assert (done.sent, done.dropped) == (1, 1)
    assert pager.bodies[0]["payload"]["severity"] == "critical"
    assert team.bodies == []


def test_an_acknowledgement_of_a_closed_incident_changes_nothing(fleet: Fleet, pager: Receiver) -> None:
    """Closed first, acknowledged later (a late click): the end is told once, the acknowledgement never."""
    fleet.opens("i1", "P1")
    fleet.looks(NOON)
    fleet.answered("i1", NOON + MINUTE, "closed")
    fleet.answered("i1", NOON + 2 * MINUTE)
    fleet.looks(NOON + 3 * MINUTE)
    fleet.looks(NOON + 4 * MINUTE)
    assert [body["event_action"] for body in pager.bodies] == ["trigger", "resolve"]


def test_nothing_leaves_but_a_clean_title(fleet: Fleet, team: Receiver, pager: Receiver) -> None:
    """A title with a secret, a mention, a link, a line break and placeholders of the library that sends it: redacted,
    harmless, and text; the key is only where it belongs."""
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    title = f"{token} <!channel> <http://evil|ok>\nX: {{{{key}}}} {{{{ $PAGER_KEY }}}} @all \x1b[31m"
    fleet.opens("i1", "P2", title=title)
    fleet.opens("i2", "P1", title=title)
    fleet.looks(NOON)
    text = team.bodies[0]["text"]
    assert token not in text
    assert "<!channel>" not in text
    assert "\x1b" not in text
    assert "&lt;!channel&gt;" in text
    assert "(at)all" in text
    assert "{{key}} {{ $PAGER_KEY }}" in text
    assert len(text.splitlines()) == 2
    summary = pager.bodies[0]["payload"]["summary"]
    assert "4711" not in summary + text
    assert token not in summary
    files = [path for path in fleet.workspace.root.rglob("*") if path.is_file()]
    assert not [path for path in files if b"secret-4711" in path.read_bytes()]


def test_without_policies_nothing_is_opened(fleet: Fleet) -> None:
    """A workspace that says nothing of escalation pays nothing for it: not even its ledger is made."""
    (fleet.workspace.root / SETTINGS_FILE).write_text("agents: [{name: Ada}]\n")
    fleet.workspace.ledger.unlink()
    fleet.set("Ada", "Ada")
    assert fleet.looks(NOON).queued == 0
    assert not fleet.workspace.ledger.exists()


def test_what_was_given_up_can_be_tried_again(fleet: Fleet, team: Receiver) -> None:
    """After the address was mended, `retry` lets the dead letter be sent; a second retry finds nothing."""
    team.statuses = [404]
    fleet.set("attempts: 3", "attempts: 1")
    fleet.opens("i1", "P2")
    assert fleet.looks(NOON).dead == ["team: answered 404"]
    team.statuses = [200]
    with open_ledger(fleet.workspace.ledger, purpose="test") as ledger:
        assert (retry(ledger, NOON + MINUTE), retry(ledger, NOON + MINUTE)) == (1, 0)
    fleet.looks(NOON + 2 * MINUTE)
    assert [row["state"] for row in fleet.outbox("route = 'team'")] == ["sent"]


def test_an_alarm_of_what_is_over_is_not_sent_again(fleet: Fleet, team: Receiver) -> None:
    """Given up, then the incident closed: `retry` brings back no alarm of it, whatever was told of its end."""
    team.statuses = [404]
    fleet.set("attempts: 3", "attempts: 1")
    fleet.opens("i1", "P2")
    assert fleet.looks(NOON).dead == ["team: answered 404"]
    fleet.answered("i1", NOON + MINUTE, "closed")
    fleet.looks(NOON + 2 * MINUTE)
    team.statuses, heard = [200], len(team.bodies)
    with open_ledger(fleet.workspace.ledger, purpose="test") as ledger:
        assert retry(ledger, NOON + 3 * MINUTE) == 2  # the alarm, and that it is closed
    done = fleet.looks(NOON + 4 * MINUTE)
    assert (done.dropped, [body["text"].splitlines()[0] for body in team.bodies[heard:]]) == (
        1, ["P2 Ada: Spent: is closed"]
    )  # fmt: skip


def test_serving_looks_again_and_again(fleet: Fleet, team: Receiver) -> None:
    """While a workspace is served an incident is told once, without a flow run, and a trouble is said once."""
    said: list[str] = []
    fleet.opens("i1", "P2", datetime.now(UTC))
    fleet.set('  quiet: {start: "22:00", end: "07:00"}\n', "")
    with escalating(fleet.workspace, said.append, every=0.05):
        until = time.monotonic() + 20
        while not said and time.monotonic() < until:
            time.sleep(0.05)
        fleet.set("team: {webhook", "team: {webhok")  # a mistake in the file is no end of it
        while len(said) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
    assert said[0] == "told of incidents: 1 message"
    assert len(said) == 2
    assert "webhok" in said[1]
    assert len(team.bodies) == 1
