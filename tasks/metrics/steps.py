"""Weeks and reviews as steps of a flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reports.terminal import review_text
from storage.opening import writing
from storage.records import Event, Measurement
from storage.workspace import Workspace
from tasks.common.steps import show_markdown, show_table, step
from tasks.metrics import run, watching
from tasks.metrics.review import build_review, latest_week, write_review
from tasks.metrics.weeks import Week


@dataclass(frozen=True)
class Written:
    """A review on disk, and as text for the terminal."""

    week: Week
    markdown: Path
    html: Path
    text: str


@step()
def close_weeks(workspace: Workspace, now: datetime) -> list[Week]:
    """Closes the weeks that ended, and reopens those that late data changed."""
    with writing(workspace, "closing weeks") as ledger:
        return run.close_weeks(workspace, ledger, now)


@step()
def watch_trends(workspace: Workspace, now: datetime) -> list[Event]:
    """Opens and answers watches, and opens investigations."""
    with writing(workspace, "watching trends") as ledger:
        return watching.watch_trends(workspace, ledger, now)


@step()
def choose_week(workspace: Workspace, text: str | None, now: datetime) -> Week:
    """The week that was asked for (`2026-W47`), else the newest with data. Raises UsageError."""
    if text:
        return Week.parse(text)
    with writing(workspace, "choosing the week") as ledger:
        return latest_week(ledger, workspace, now)


@step()
def measure_week(workspace: Workspace, week: Week, now: datetime) -> list[Measurement]:
    """imp@week of every agent and dimension."""
    with writing(workspace, "measuring the week") as ledger:
        measured = run.measure_week(workspace, ledger, week, now)
    show_table("imp-week", [_row(m) for m in measured], f"imp@week of {week.label}")
    return measured


@step()
def write_weekly_review(workspace: Workspace, week: Week, now: datetime) -> Written:
    """Writes the review as Markdown and as one HTML page."""
    with writing(workspace, "writing the review") as ledger:
        review = build_review(ledger, workspace, week, now)
    markdown, html = write_review(workspace, review, now)
    show_markdown("weekly-review", markdown.read_text(encoding="utf-8"), f"The review of {week.label}")
    return Written(week, markdown, html, review_text(review))


def _row(m: Measurement) -> dict[str, object]:
    """A measurement as a row for people: no data is shown as such, with its n."""
    interval = "not enough data" if m.ci_low is None or m.ci_high is None else f"{m.ci_low:+.2f} to {m.ci_high:+.2f}"
    return {
        "agent": m.agent,
        "dimension": m.dimension,
        "before (n)": f"{_figure(m.before_mean)} ({m.before_n})",
        "after (n)": f"{_figure(m.after_mean)} ({m.after_n})",
        "delta": "-" if m.delta is None else f"{m.delta:+.2f}",
        "95% interval": interval,
        "verdict": m.verdict,
        "label": m.seed_label or "-",
    }


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
