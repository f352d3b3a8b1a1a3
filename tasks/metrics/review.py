"""The weekly review: built by SQL out of the ledger, written as Markdown and as one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from reports.markdown import review_markdown
from reports.page import review_html
from reports.review import Boxes, ImpLine, MemoryNews, OutcomeLine, Review, Row, ScoreLine, Usage
from storage.errors import UsageError
from storage.ledger import Ledger
from storage.records import DIMENSIONS
from storage.whole_file import write_whole
from storage.workspace import Workspace
from tasks.metrics.compare import seed_label, sentence
from tasks.metrics.imp import OVERALL, Summaries, as_measurement, compare_weeks
from tasks.metrics.intervals import wilson
from tasks.metrics.run import TREND_WEEKS, bounds, summaries, weekly_outcomes
from tasks.metrics.series import point, weekly_series
from tasks.metrics.trend_lines import trend_lines
from tasks.metrics.weeks import Week, span

THURSDAY: Final = 3
"""As `weekday()` counts."""


def latest_week(ledger: Ledger, workspace: Workspace, now: datetime) -> Week:
    """The week of the newest run or score up to `now`; the running week of an empty ledger.

    The running week is reviewed from its Thursday on: before that, the newest week before it, where there is one.
    """
    running = Week.of(now, workspace.zone)
    newest = _newest(ledger, workspace, now) or running
    if newest == running and now.astimezone(workspace.zone).weekday() < THURSDAY:
        return _newest(ledger, workspace, running.start(workspace.zone) - timedelta(microseconds=1)) or newest
    return newest


def _newest(ledger: Ledger, workspace: Workspace, until: datetime) -> Week | None:
    today = until.astimezone(workspace.zone).date()
    found = ledger.rows("metrics/latest_day", now=until, today=today)[0]
    days = [found["run_at"] and found["run_at"].astimezone(workspace.zone).date(), found["scored_day"]]
    return max((Week.of_day(day) for day in days if day), default=None)


def build_review(ledger: Ledger, workspace: Workspace, week: Week, now: datetime) -> Review:
    """Everything the review of a week says, read from its twelve weeks; levels from the twelve before as well.

    Raises UsageError for a week that has not begun.
    """
    zone = workspace.zone
    if now < week.start(zone):
        raise UsageError("that week has not begun", got=week.label, accepted=f"up to {Week.of(now, zone).label}")
    weeks = span(week, TREND_WEEKS)
    history = summaries(ledger, weeks[0].plus(-TREND_WEEKS), week)
    found = {key: summary for key, summary in history.items() if key[1] in weeks}
    outcomes = weekly_outcomes(ledger, workspace, weeks[0], week).rows(named=True)
    agents = _agents(workspace, found, outcomes)
    boxes = _boxes(ledger, workspace, weeks, found)
    return Review(
        week=week.label,
        first_day=week.monday,
        last_day=week.monday + timedelta(days=6),
        made_at=now.astimezone(zone),
        time_zone=str(zone),
        provisional=not week.closed(now, zone),
        synthetic=workspace.settings.synthetic,
        reopened=ledger.rows("reports/reopened_weeks", week=week.label),
        coverage=ledger.rows("reports/coverage")[0],
        scored=bool(found),
        weeks=[each.label for each in weeks],
        scores=[_score_line(agent, week, found) for agent in agents],
        imp=[
            ImpLine(measurement=as_measurement(agent, dimension, week, each, now), sentence=sentence(each))
            for agent, dimension, each in compare_weeks(found, week)
        ],
        outcomes=[_outcome_line(row) for row in outcomes if row["week"] == week.label],
        series=weekly_series(ledger, workspace, agents, weeks, history, outcomes),
        trends=trend_lines(ledger, workspace, weeks, now),
        boxes=boxes,
        usage=_usage(ledger, workspace, [week] if found else weeks, untimed=not found),
        slos=ledger.rows("reports/slo_status", moment=min(now, week.end(zone))),
        frozen=ledger.rows("reports/frozen", moment=min(now, week.end(zone))),
        incidents=ledger.rows("reports/incidents", moment=min(now, week.end(zone)), start=week.start(zone)),
        memory=_memory(ledger, workspace, week),
    )


def _memory(ledger: Ledger, workspace: Workspace, week: Week) -> MemoryNews:
    return MemoryNews(
        changed=ledger.rows("reports/memory", **bounds(workspace, week, week)),
        lines=ledger.rows("reports/memory_lines"),
        quoted=ledger.rows("reports/memory_quoted", first_day=week.monday, last_day=week.monday + timedelta(days=6)),
    )


def write_review(workspace: Workspace, review: Review, now: datetime) -> tuple[Path, Path]:
    """Writes `<week>.md` and `<week>.html` under the workspace's reports, each whole or not at all.

    `latest.html` is the same page if no newer week was reviewed yet. Returns the paths of the first two.
    `now` is not written anywhere: the review names when it was made.
    """
    markdown, page = review_markdown(review), review_html(review)
    folder = workspace.reports
    write_whole(folder / f"{review.week}.md", markdown.encode(), folder_mode=0o700)
    write_whole(folder / f"{review.week}.html", page.encode())
    if review.week == max(path.stem for path in folder.glob("*-W*.html")):
        write_whole(folder / "latest.html", page.encode())
    return folder / f"{review.week}.md", folder / f"{review.week}.html"


def _agents(workspace: Workspace, found: Summaries, outcomes: Sequence[Row]) -> list[str]:
    """The workspace's agents in its order, then others that the ledger knows, by name."""
    named = [agent.name for agent in workspace.settings.agents]
    seen = {agent for agent, _, _ in found} | {row["agent"] for row in outcomes}
    return named + sorted(seen - set(named))


def _score_line(agent: str, week: Week, found: Summaries) -> ScoreLine:
    points = {name: point(week, found, agent, name) for name in (*DIMENSIONS, OVERALL)}
    now, before = points[OVERALL].value, point(week.previous(), found, agent, OVERALL).value
    label = None if now is None or before is None else seed_label(before, now)
    return ScoreLine(agent=agent, tasks=max(point.n for point in points.values()), points=points, label=label)


def _outcome_line(row: Row) -> OutcomeLine:
    names = set(OutcomeLine.__struct_fields__) & set(row)
    figures = {name: row[name] for name in names}
    return OutcomeLine(rate=row["success_rate"], low=row["ci_low"], high=row["ci_high"], **figures)


def _boxes(ledger: Ledger, workspace: Workspace, weeks: Sequence[Week], found: Summaries) -> Boxes:
    """What SQL can answer of the review's five boxes."""
    week = bounds(workspace, weeks[-1], weeks[-1])
    history = {"history": weeks[0].start(workspace.zone), **week}
    return Boxes(
        hard_failures=ledger.rows("reports/hard_failures", **week),
        new_patterns=ledger.rows("reports/new_patterns", **week),
        long_runs=ledger.rows("reports/long_runs", **history),
        wrong_agent=ledger.rows("reports/wrong_agent", **week),
        applied=ledger.rows("reports/applied_changes", **week),
        new_models=ledger.rows("reports/new_models", **history),
        measured=ledger.rows("reports/measured_changes", **week),
        offered=ledger.rows("reports/transfer_offers", **week),
        waiting=ledger.rows("reports/waiting_proposals"),
        recurring=ledger.rows("reports/recurring", **week),
        three_weeks=list(_three_weeks(found, weeks)),
    )


def _three_weeks(found: Summaries, weeks: Sequence[Week]) -> list[Row]:
    """Agents and dimensions whose last three weeks were each labelled regressing: the practitioners' rule."""
    pairs = sorted({(agent, dimension) for agent, _, dimension in found})
    return [
        {"agent": agent, "dimension": dimension}
        for agent, dimension in pairs
        if all(_label(found, agent, dimension, week) == "regressing" for week in weeks[-3:])
    ]


def _label(found: Summaries, agent: str, dimension: str, week: Week) -> str | None:
    now, before = (found.get((agent, at, dimension)) for at in (week, week.previous()))
    if now is None or before is None or now.mean is None or before.mean is None:
        return None
    return seed_label(before.mean, now.mean)


def _usage(ledger: Ledger, workspace: Workspace, weeks: Sequence[Week], *, untimed: bool) -> Usage:
    """What the fleet used: in the week, or, in a fleet that scored nothing yet, in all that is known of twelve."""
    range_ = bounds(workspace, weeks[0], weeks[-1])
    period: dict[str, Any] = {**range_, "untimed": untimed}
    by_agent = ledger.rows("reports/usage", **period)
    for row in by_agent:
        judged = row["success"] + row["failure"]
        row.update(judged=judged, interval=wilson(row["success"], judged))
    return Usage(
        first_day=weeks[0].monday,
        last_day=weeks[-1].monday + timedelta(days=6),
        untimed=untimed,
        totals=next(row for row in by_agent if row["agent"] is None),
        by_agent=[row for row in by_agent if row["agent"] is not None],
        by_model=ledger.rows("reports/usage_by_model", **period),
        tools=ledger.rows("reports/tool_errors", **period),
        repeated=ledger.rows("reports/repeated_calls", **period),
        longest=ledger.rows("reports/longest_runs", **range_),
        costliest=ledger.rows("reports/costliest_runs", **period),
        activity=ledger.rows("reports/activity", zone=str(workspace.zone), **range_),
    )
