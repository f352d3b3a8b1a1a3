"""Failures are found once per run and kind, with the practitioners' classes, however often one looks."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.ledger import Ledger
from storage.records import Event
from storage.workspace import Workspace
from tasks.common.failure_text import KEPT, normalised
from tasks.incidents.run import detect_failures

Put = Callable[..., str]


def findings(ledger: Ledger) -> list[dict[str, Any]]:
    found = ledger.typed("SELECT * FROM findings ORDER BY failure_class, run_id")[1]
    return [row | {"evidence": json.loads(row["evidence"])} for row in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lock held by job 812 since 10:31:07", "lock held by job 7 since 09:00:59"),
        ("no such file: /home/ada/src/gate.py", "no such file: /srv/x/y.txt"),
        ("reference 'Smith 2021' has no source", 'reference "Li" has no source'),
        ("session 3f2b8c1d-1111-4222-8333-123456789abc ended", "session 9a9a9a9a-0000-4000-8000-0123456789ab ended"),
        ("<tool_use_error>String not found</tool_use_error>", "String   not\nfound"),
        ("\x1b[31mfailed\x1b[0m: order #W2378156", "failed: order #W99"),
        ("GET https://a.example.com/x?id=1 refused", "GET http://b.org/ refused"),
        ("key <aws-access-token:1f2e3d4c> was rejected", "key <aws-access-token:00000000> was rejected"),
        ("mail to sam@example.org bounced", "mail to li@corp.example.com bounced"),
    ],
)
def test_accidents_do_not_matter(one: str, other: str) -> None:
    """Numbers, paths, quotes, ids, markup, colours, addresses and keyed secrets make no new kind of failure."""
    assert normalised(one) == normalised(other)


def test_what_went_wrong_matters() -> None:
    """Exit codes and HTTP statuses stay: 429 and 503 are different failures."""
    assert normalised("Request failed with status code 429") == "Request failed with status code 429"
    assert normalised("Exit code 4\nModuleNotFoundError: No module named 'labelkit'") == (
        "Exit code 4 ModuleNotFoundError: No module named [quoted]"
    )
    assert normalised(None) == ""


@given(st.text(max_size=3000))
def test_normalised_is_plain(text: str) -> None:
    """Whatever an agent logged: one short line, without markup, control or invisible characters; stable."""
    found = normalised(text)
    assert len(found) <= KEPT and found.isprintable() and "://" not in found
    assert not set(found) & set("\u200b\u202e\u2066\ufeff\u00ad\U000e0041")


def test_normalising_is_bounded_in_time() -> None:
    """Hostile text of the usual kinds is normalised in well under a second."""
    for text in (
        "a." * 100_000,
        "/" * 100_000,
        "<" * 100_000,
        "1:" * 100_000,
        "a-1" * 50_000,
        "'" * 99_999,
        "@" * 99_999,
    ):
        normalised(text)


def test_tool_errors_are_found_once(workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime) -> None:
    """Two errors of one kind in a run are one finding; P3 where the tool worked later, P2 where it did not."""
    overcome = put_run("r1", ("Bash", "lock held by job 1"), ("Bash", "lock held by job 2"), ("Bash", None))
    lost = put_run("r2", ("Bash", None), ("Bash", "lock held by job 3"))
    assert detect_failures(workspace, ledger, now).found == 2
    first, second = sorted(findings(ledger), key=lambda row: row["severity"])
    assert (first["run_id"], first["severity"]) == (lost, "P2")
    assert (second["run_id"], second["severity"], second["evidence"]["steps"]) == (overcome, "P3", [0, 1])
    assert first["fingerprint"] == second["fingerprint"] and first["failure_class"] == "tool misuse"
    assert second["evidence"]["text"] == "lock held by job [n]" and second["evidence"]["tool"] == "Bash"


def test_looking_twice_changes_nothing(workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime) -> None:
    """A second look examines nothing, and the findings are the same."""
    put_run("r1", ("Bash", "lock held"), outcome="failure")
    assert detect_failures(workspace, ledger, now).examined == 1
    before = findings(ledger)
    assert detect_failures(workspace, ledger, now).examined == 0
    assert findings(ledger) == before and len(before) == 2


def test_a_run_that_grew_is_examined_again(workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime) -> None:
    """Only the run that changed is looked at, its findings are made anew, no finding is doubled."""
    put_run("r1", ("Bash", "lock held"))
    put_run("r2", ("Bash", "lock held"))
    detect_failures(workspace, ledger, now)
    ledger._connection.execute("DELETE FROM runs WHERE run_id = (SELECT min(run_id) FROM runs)")
    ledger._connection.execute("DELETE FROM tool_calls WHERE run_id NOT IN (SELECT run_id FROM runs)")
    gone = {row["run_id"] for row in findings(ledger)} - {
        row["run_id"] for row in ledger.typed("SELECT run_id FROM runs")[1]
    }
    name = "r1" if put_run("r1", ("Bash", "lock held"), ("Bash", None)) in gone else "r2"
    if name == "r2":
        put_run("r2", ("Bash", "lock held"), ("Bash", None))
    detected = detect_failures(workspace, ledger, now)
    assert (detected.examined, detected.found) == (1, 0)
    assert sorted(row["severity"] for row in findings(ledger)) == ["P2", "P3"]


def test_identical_calls_in_a_row(workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime) -> None:
    """Three identical calls with one result are a retry loop; two are not, nor three with other calls between."""
    loop = put_run("r1", *[("Read", None)] * 3, same=True)
    put_run("r2", *[("Read", None)] * 2, same=True)
    put_run("r3", ("Read", None), ("List", None), ("Read", None), ("List", None), ("Read", None), same=True)
    put_run("r4", *[("Read", None)] * 5)  # arguments differ
    detect_failures(workspace, ledger, now)
    assert [(f["run_id"], f["failure_class"], f["severity"]) for f in findings(ledger)] == [(loop, "retry loop", "P3")]
    assert findings(ledger)[0]["evidence"]["longest"] == 3


def test_bad_endings(workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime) -> None:
    """Broken off is a hard failure, P1; wrong at the end is wrong output, P2; success and unknown are nothing."""
    put_run("r1", outcome="infrastructure_error")
    put_run("r2", outcome="failure", ended_by="max_steps")
    put_run("r3", outcome="failure", ended_by="user_stop", task_id="7")
    put_run("r4", outcome="failure", task_id="7")
    put_run("r5", outcome="success")
    put_run("r6", outcome="unknown")
    detect_failures(workspace, ledger, now)
    found = sorted((f["failure_class"], f["severity"]) for f in findings(ledger))
    assert found == [("hard failure", "P1")] * 2 + [("wrong output", "P2")] * 2


def test_a_run_without_agent_has_findings(workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime) -> None:
    """A run that no agent owns is examined as well, and only once."""
    put_run("r1", ("Bash", None), ("Bash", "x"), agent=None)
    assert detect_failures(workspace, ledger, now).found == 1
    assert detect_failures(workspace, ledger, now).examined == 0


def test_a_confirmed_watch_is_found_once(workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime) -> None:
    """In the run before the answer; other runs, and one of before the answer that is told late, find nothing anew."""
    put_run("r1")
    payload: dict[str, object] = {"dimension": "success", "week": "2026-W46", "since": "2026-W46"}
    for kind, subject in (("watch_opened", "success"), ("watch_confirmed", "watch_opened")):
        told = Event(event_id=kind, kind=kind, at=now, agent="Ada", subject=subject, payload=payload)
        ledger.add("events", [told], "event_id")
    assert [detect_failures(workspace, ledger, now).found for _ in range(2)] == [1, 0]
    put_run("r2")
    assert detect_failures(workspace, ledger, now).found == 0
    assert [row["failure_class"] for row in findings(ledger)] == ["silent regression"]


def test_killed_while_detecting(workspace: Workspace) -> None:
    """kill -9 in the middle leaves nothing half done; the next run finds everything."""
    script = Path(__file__).parent / "detect_once.py"
    crashes = (("detect.before_mark:1", b""), ("detect.before_commit:1", b""), ("", b"1 1\n"), ("", b"0 0\n"))
    for crash, found in crashes:
        done = subprocess.run(
            [sys.executable, script, str(workspace.root)], capture_output=True,
            env={"AGENTRE_CRASH": crash, "PYTHONPATH": "."},
            cwd=Path(__file__).parents[3], check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (-9 if crash else 0, found), done.stderr.decode()
