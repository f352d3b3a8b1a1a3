"""Finds failures in runs that were not examined yet, and records them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.records import Record
from storage.workspace import Workspace
from tasks.incidents.detectors import IN_A_ROW, NAMES, VERSION, bad_endings, repeated_calls, tool_errors


@dataclass(frozen=True)
class Detection:
    """What one pass of the detectors did: runs examined, and failures found that were not known before."""

    examined: int
    found: int


class Examined(Record, frozen=True, kw_only=True):
    """A run as it was when the detectors saw it."""

    run_id: str
    tool_calls: int
    outcome: str
    ended_by: str | None
    agent: str | None
    detectors: str


def detect_failures(workspace: Workspace, ledger: Ledger, now: datetime) -> Detection:
    """Examines every run that is new or has changed since it was examined. Safe to repeat.

    The findings of a run that has changed are made anew, so an error that was overcome meanwhile is told so.
    """
    due = [Examined(**row) for row in ledger.rows("incidents/due_runs", detectors=VERSION)]
    if not due:
        return Detection(0, 0)
    with ledger.transaction(), ledger.staged(due_runs=due):
        known = {row["finding_id"] for row in ledger.rows("incidents/known_findings", detectors=list(NAMES))}
        findings = [
            *tool_errors(ledger.rows("incidents/tool_errors"), now),
            *repeated_calls(ledger.rows("incidents/repeated_calls", in_a_row=IN_A_ROW), now),
            *bad_endings(ledger.rows("incidents/bad_endings"), now),
        ]
        ledger.run("incidents/drop_findings", detectors=list(NAMES))
        ledger.add("findings", findings, "finding_id")
        crashpoint("detect.before_mark")
        ledger.run("incidents/drop_examined")
        ledger.add("examined_runs", due, "run_id")
        crashpoint("detect.before_commit")
    return Detection(len(due), sum(finding.finding_id not in known for finding in findings))
