"""A class of failure that is new to an agent becomes a draft of the set, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from storage.ledger import Ledger
from storage.records import Event, Message
from storage.workspace import Workspace
from tasks.golden.drafts_due import make_due_drafts
from tasks.golden.sets import FOLDER


def test_due_drafts_are_made_once(
    workspace: Workspace, ledger: Ledger, put_run: Callable[..., str], now: datetime
) -> None:
    """The run is a draft; one without a recorded request is noted as refused; then nothing is due."""
    told, silent = put_run("told"), put_run("silent")
    ledger.add("messages", [
        Message(message_id="m", run_id=told, seq=0, role="user", text="Cancel order 7.", is_human=True)
    ], "message_id")  # fmt: skip
    ledger.add("events", [
        Event(event_id=run, kind="golden_draft_due", at=now, agent="Ada", subject=run,
              payload={"failure_class": "retry loop"})
        for run in (told, silent)
    ], "event_id")  # fmt: skip
    assert [draft.task_id for draft in make_due_drafts(workspace, ledger, now)] == [f"prod-{told[:12]}"]
    assert "Cancel order 7." in (workspace.root / FOLDER / "drafts.yaml").read_text()
    rows = ledger.typed("SELECT subject, payload FROM events WHERE kind = 'golden_draft_made'")[1]
    assert {row["subject"]: "refused" in json.loads(row["payload"]) for row in rows} == {told: False, silent: True}
    assert make_due_drafts(workspace, ledger, now) == []
