"""Finds failures in runs that were not examined yet, and records them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from storage.crashpoint import crashpoint
from storage.detector_settings import DetectorSettings
from storage.ledger import Ledger
from storage.records import Event, Finding, Record, stable_id
from storage.workspace import Workspace
from tasks.incidents.detectors.loops import ASKED_AGAIN, IN_A_ROW
from tasks.incidents.detectors.registry import DEEPEST, DETECTORS, FEW, VERSION, Detector

DRAFT_DUE: Final = "golden_draft_due"
"""Kind of the event that hands the first run with a class of failure over, to become a golden draft."""
KNOWN_BEFORE: Final = 20
"""Runs of an agent from which on new ones are compared with these alone, not with each other."""
_OF_RUN: Final = [name for detector in DETECTORS if detector.of_run for name in detector.names]


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
    low_scores: int


class ScopeRule(Record, frozen=True, kw_only=True):
    """One rule of an agent's declared scope. `tool` is a glob; `argument` and `most` bound what may be given."""

    agent: str
    rule: str
    tool: str
    argument: str | None = None
    most: float | None = None


def detect_failures(workspace: Workspace, ledger: Ledger, now: datetime) -> Detection:
    """Examines every run that is new or has changed since it was examined. Safe to repeat.

    The findings of a run that has changed are made anew, so an error that was overcome meanwhile is told so.
    """
    due = [Examined(**row) for row in ledger.rows("incidents/due_runs", detectors=VERSION)]
    watched = [one for one in DETECTORS if not one.of_run]
    if not due:
        return Detection(0, ledger.add("findings", list(_findings(ledger, watched, {}, now)), "finding_id"))
    with ledger.transaction(), ledger.staged(due_runs=due):
        known = {row["finding_id"] for row in ledger.rows("incidents/known_findings", detectors=_OF_RUN)}
        _prepare(ledger, workspace.settings.detect)
        findings = list(_findings(ledger, DETECTORS, _parameters(workspace), now))
        ledger.run("incidents/drop_findings", detectors=_OF_RUN)
        ledger.add("findings", findings, "finding_id")
        ledger.add("events", _drafts_due(ledger, now), "event_id")
        crashpoint("detect.before_mark")
        ledger.run("incidents/drop_examined")
        ledger.add("examined_runs", due, "run_id")
        crashpoint("detect.before_commit")
    return Detection(len(due), sum(finding.finding_id not in known for finding in findings))


def scope_rules(settings: DetectorSettings) -> list[ScopeRule]:
    """The declared scopes as rules, each of which a call can break."""
    rules = []
    for agent, scope in settings.scope.items():
        rules += [ScopeRule(agent=agent, rule="tool not allowed", tool=tool) for tool in scope.tools]
        rules += [ScopeRule(agent=agent, rule="tool forbidden", tool=tool) for tool in scope.forbidden]
        rules += [
            ScopeRule(agent=agent, rule="argument too large", tool=tool, argument=argument, most=most)
            for tool, bounds in scope.most.items()
            for argument, most in bounds.items()
        ]
    return rules


def _prepare(ledger: Ledger, settings: DetectorSettings) -> None:
    """What the detectors share: the calls of the runs that are due, what these use, and the runs to compare with."""
    ledger.keep("scope_rules", ScopeRule, scope_rules(settings))
    for name in ("due_calls", "drop_used_tools", "drop_faults", "note_used_tools", "note_tool_versions"):
        ledger.run(f"incidents/{name}")
    ledger.run("incidents/reference_runs", least=KNOWN_BEFORE, most=settings.reference_runs)
    ledger.run("incidents/declared_faults")
    ledger.run("incidents/history_faults", few=FEW, rate=settings.unseen_rate)


def _parameters(workspace: Workspace) -> dict[str, object]:
    return {
        "rate": workspace.settings.detect.outlier_rate, "limit_usd": workspace.settings.budgets.task,
        "in_a_row": IN_A_ROW, "asked_again": ASKED_AGAIN, "deepest": DEEPEST,
    }  # fmt: skip


def _findings(
    ledger: Ledger, detectors: Iterable[Detector], parameters: Mapping[str, Any], now: datetime
) -> Iterator[Finding]:
    for one in detectors:
        rows = ledger.rows(f"incidents/{one.query}", **{name: parameters[name] for name in one.parameters})
        yield from one.find(rows, now)


def _drafts_due(ledger: Ledger, now: datetime) -> list[Event]:
    """One event for each class of failure that is new to an agent: tasks/golden makes a draft of the run."""
    return [
        Event(
            event_id=stable_id(DRAFT_DUE, row["agent"], row["failure_class"]), kind=DRAFT_DUE, at=now,
            agent=row["agent"], subject=row["run_id"],
            payload={"failure_class": row["failure_class"], "finding_id": row["finding_id"]},
        )
        for row in ledger.rows("incidents/drafts_due")
    ]  # fmt: skip
