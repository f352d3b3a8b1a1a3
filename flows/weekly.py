"""The `weekly` flow: what changed this week, what to do about it, and the review that says both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.console import now
from flows.quiet import flow
from flows.reconcile import Reconciled, reconcile
from flows.resumable import resumable
from storage.records import Event, Measurement
from storage.workspace import Workspace
from tasks.approve.steps import Settled, settle_proposals
from tasks.common.steps import publish_read_copy
from tasks.improve.run import Drafted
from tasks.improve.steps import draft_proposals, propose_worded_memory
from tasks.memory.run import Consolidated
from tasks.memory.steps import consolidate_memory
from tasks.metrics.steps import Written, choose_week, measure_week, watch_trends, write_weekly_review
from tasks.overview.steps import write_overview

STEPS: Final = (
    "consolidate memory",
    "choose week",
    "measure week",
    "watch trends",
    "draft proposals",
    "propose worded memory",
    "write weekly review",
    "write overview",
    "settle proposals",
    "reconcile",
    "publish read copy",
)


@dataclass(frozen=True)
class WeekDone:
    """What a weekly run did."""

    memory: list[Consolidated]
    measured: list[Measurement]
    watched: list[Event]
    drafted: Drafted
    review: Written
    overview: Path
    settled: Settled
    approvals: Reconciled


@flow(name="weekly", persist_result=False, log_prints=False)
def weekly(workspace: str, week: str | None = None) -> WeekDone:
    """Distils memory, measures a week (2026-W47; default: the newest with data), drafts proposals, writes the review
    and the overview, asks people."""
    fleet, moment = Workspace.find(workspace), now()
    chosen = f" --week {week}" if week else ""
    with resumable(f"agentre weekly --workspace {fleet.root}{chosen}", STEPS):
        memory = consolidate_memory(fleet, moment)
        reviewed = choose_week(fleet, week, moment)
        measured = measure_week(fleet, reviewed, moment)
        watched = watch_trends(fleet, moment)
        drafted = draft_proposals(fleet, moment)
        propose_worded_memory(fleet, moment)
        review = write_weekly_review(fleet, reviewed, moment)
        overview = write_overview(fleet, moment)
        settled = settle_proposals(fleet, moment)
        approvals = reconcile(fleet, settled.waiting, moment)
        publish_read_copy(fleet)
    return WeekDone(memory, measured, watched, drafted, review, overview, settled, approvals)
