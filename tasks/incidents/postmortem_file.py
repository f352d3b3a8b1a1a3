"""A postmortem as a file of the workspace, which is the team's from then on, and its action items in the ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.records import sha256_hex
from storage.whole_file import write_whole
from storage.workspace import Workspace
from tasks.incidents.book import event
from tasks.incidents.handling import ask
from tasks.incidents.incident import Incident
from tasks.incidents.postmortem import Draft

FOLDER: Final = "postmortems"


def path_of(workspace: Workspace, incident: Incident) -> Path:
    """Where the postmortem of an incident is: by its day and id, names from logs are not in it."""
    day = f"{incident.detected_at.astimezone(workspace.zone):%Y-%m-%d}"
    return workspace.root / FOLDER / f"{day}-{incident.incident_id[:8]}.md"


def keep(
    workspace: Workspace, ledger: Ledger, incident: Incident, made: Draft, by: str, now: datetime
) -> tuple[Path, bool]:
    """Writes the draft where there is none, leaves its action items, and records both; False: a file was there.

    Safe to repeat: the same item is one, and a file that is there, perhaps edited, is never written over.
    """
    path = path_of(workspace, incident)
    new = not path.exists()
    if new:
        write_whole(path, made.text.encode())
    crashpoint("postmortem.after_file")
    shown = f"{FOLDER}/{path.name}"
    kept = event("incident_postmortem", incident, now, path=shown, drafter=made.drafter, by=by,
                 sha256=sha256_hex(path.read_bytes()))  # fmt: skip
    with ledger.transaction():
        first = ledger.add("events", [kept], "event_id")
        for what in made.actions if first else []:
            ask(workspace, ledger, incident.incident_id, what, incident.owner or by, None, by, now)
    return path, new
