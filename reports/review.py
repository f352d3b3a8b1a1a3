"""What a weekly review says: figures and rows, ready to be rendered. Everything here was computed before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from storage.records import Measurement, Record

Row = dict[str, Any]
"""One row of a query; its keys are the columns that the query file names."""


class Point(Record, frozen=True, kw_only=True):
    """One week of a series. `value` is None for a week without data, `low` and `high` where n is too small.

    `level`: what the weeks up to this one say together, with its 95 % band; None where no spread can be told, and
    before the first and after the last week with data.
    """

    week: str
    n: int
    value: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    level_low: float | None = None
    level_high: float | None = None


class Series(Record, frozen=True, kw_only=True):
    """Twelve weeks of one agent on one dimension (a score from 1 to 5), or of `outcome` (a share from 0 to 1)."""

    agent: str
    dimension: str
    points: list[Point]
    changes: list[str]  # weeks in which a change was applied to the agent
    watches: tuple[str, ...] = ()  # weeks that opened a watch


class ScoreLine(Record, frozen=True, kw_only=True):
    """An agent's quick scores: `tasks` scored this week, one point a dimension, and overall's seed label."""

    agent: str
    tasks: int
    points: dict[str, Point]
    label: str | None


class ImpLine(Record, frozen=True, kw_only=True):
    """imp@week of one agent on one dimension, with the sentence that says what it means."""

    measurement: Measurement
    sentence: str


class OutcomeLine(Record, frozen=True, kw_only=True):
    """An agent's runs of the week. `rate` is success / (success + failure); None where neither was recorded."""

    agent: str
    runs: int
    success: int
    failure: int
    infrastructure_error: int
    unknown: int
    rate: float | None
    low: float | None
    high: float | None
    tool_calls: int
    tool_errors: int
    cost_usd: Decimal | None
    cost_missing: int


class Usage(Record, frozen=True, kw_only=True):
    """What the fleet used in a period, whoever scored it or not. Every list is rows of the query of its name."""

    first_day: date
    last_day: date
    untimed: bool  # runs without a recorded time are in it too
    totals: Row
    by_agent: list[Row]
    by_model: list[Row]
    tools: list[Row]
    repeated: list[Row]
    longest: list[Row]
    costliest: list[Row]
    activity: list[Row]


class WatchLine(Record, frozen=True, kw_only=True):
    """A watch with what became of it. `state`: open, unconfirmed, or confirmed, which is an investigation.

    `said`: the watch in one sentence. `next`: what to do about it, or None. `causes`: what changed around the fall, the
    likeliest first.
    """

    agent: str
    dimension: str
    week: str
    rule: str
    state: str
    said: str
    next: str | None
    causes: list[str]


class Trends(Record, frozen=True, kw_only=True):
    """What the weeks of the review opened. `notes`: sentences; `unwatched`: rows of agent, dimension and reason."""

    watches: list[WatchLine]
    notes: list[str]
    unwatched: list[Row]


class Boxes(Record, frozen=True, kw_only=True):
    """The review's lists that SQL can answer; an empty list was looked for and not found."""

    hard_failures: list[Row]
    new_patterns: list[Row]
    long_runs: list[Row]
    wrong_agent: list[Row]
    applied: list[Row]
    new_models: list[Row]
    measured: list[Row]  # changes whose effect could be told in this week
    offered: list[Row]  # changes that transferred in this week, with the agents that they are offered to
    waiting: list[Row]
    recurring: list[Row]
    three_weeks: list[Row]


class MemoryNews(Record, frozen=True, kw_only=True):
    """What the week's daily logs brought into MEMORY.md. Every list is rows of the query of its name."""

    changed: Sequence[Row] = ()
    lines: Sequence[Row] = ()
    quoted: Sequence[Row] = ()


class Review(Record, frozen=True, kw_only=True):
    """One week's review of a fleet, as known at `made_at`."""

    week: str
    first_day: date
    last_day: date
    made_at: datetime  # in the workspace's time zone
    time_zone: str
    provisional: bool
    synthetic: bool
    reopened: list[Row]
    coverage: Row
    scored: bool  # whether any score exists in the twelve weeks
    weeks: list[str]
    scores: list[ScoreLine]
    imp: list[ImpLine]
    outcomes: list[OutcomeLine]
    series: list[Series]
    trends: Trends
    boxes: Boxes
    usage: Usage
    slos: list[Row]  # statuses, those that need somebody first
    frozen: list[Row]  # agents whose proposals wait
    incidents: list[Row]  # the open ones first, then those closed this week
    memory: MemoryNews = MemoryNews()
