"""The `nightly` flow: what every night does with what the day left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flows.console import now
from flows.quiet import flow
from flows.reconcile import Reconciled, reconcile
from flows.resumable import resumable
from storage.records import Event, Proposal
from storage.workspace import Workspace
from tasks.approve.steps import Settled, propose_rollbacks, settle_proposals
from tasks.common.steps import publish_read_copy
from tasks.escalation.steps import escalate
from tasks.experiments.experiment import Experiment
from tasks.experiments.steps import measure_changes
from tasks.golden.steps import make_golden_drafts
from tasks.improve.steps import retry_drafts
from tasks.incidents.response import Responded
from tasks.incidents.run import Detection
from tasks.incidents.steps import detect_failures, respond_to_signals
from tasks.ingest.run import Ingested
from tasks.ingest.steps import ingest_sources
from tasks.metrics.steps import close_weeks, watch_trends
from tasks.metrics.weeks import Week
from tasks.slo.run import Evaluated
from tasks.slo.steps import evaluate_slos

STEPS: Final = (
    "ingest sources",
    "detect failures",
    "make golden drafts",
    "close weeks",
    "watch trends",
    "measure changes",
    "propose rollbacks",
    "evaluate slos",
    "respond to signals",
    "retry drafts",
    "settle proposals",
    "reconcile",
    "escalate",
    "publish read copy",
)


@dataclass(frozen=True)
class Night:
    """What a night did."""

    ingested: Ingested
    detected: Detection
    closed: list[Week]
    watched: list[Event]
    measured: list[Experiment]
    rollbacks: list[Proposal]
    slos: Evaluated
    incidents: Responded
    settled: Settled
    approvals: Reconciled


@flow(name="nightly", persist_result=False, log_prints=False)
def nightly(workspace: str) -> Night:
    """New logs in, with prices; failures found; weeks closed, trends watched, changes measured; SLOs and incidents;
    approvals settled, people told; published."""
    fleet, moment = Workspace.find(workspace), now()
    with resumable(f"agentre nightly --workspace {fleet.root}", STEPS):
        ingested = ingest_sources(fleet, moment)
        detected = detect_failures(fleet, moment)
        make_golden_drafts(fleet, moment)
        closed = close_weeks(fleet, moment)
        watched = watch_trends(fleet, moment)
        measured = measure_changes(fleet, moment)
        rollbacks = propose_rollbacks(fleet, moment)
        slos = evaluate_slos(fleet, moment)
        incidents = respond_to_signals(fleet, moment)
        retry_drafts(fleet, moment)
        settled = settle_proposals(fleet, moment)
        approvals = reconcile(fleet, settled.waiting, moment)
        escalate(fleet, moment)
        publish_read_copy(fleet)
    return Night(ingested, detected, closed, watched, measured, rollbacks, slos, incidents, settled, approvals)
