"""What may have made an agent fall: everything that changed around then, the likeliest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from storage.records import Record
from tasks.metrics.trend import ScoredWeek, Watch
from tasks.metrics.weeks import Week

BEFORE: Final = timedelta(days=14)
"""How long before the first plausible week a change may lie and still be a cause."""
MIX_LEVEL: Final = 0.01


class Candidate(Record, frozen=True, kw_only=True):
    """A thing that changed: config, model, new tool, lost tool, task mix, or an event's own kind."""

    kind: str
    what: str
    at: datetime


class Cause(Record, frozen=True, kw_only=True):
    """A candidate with why it may be the cause; `days` from the start of the week in which the fall began."""

    kind: str
    what: str
    at: datetime
    days: int
    why: str


def window(watch: Watch, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The time in which a cause of this fall must lie."""
    return watch.earliest.start(zone) - BEFORE, watch.latest.end(zone)


def rank(candidates: Sequence[Candidate], watch: Watch, zone: ZoneInfo) -> list[Cause]:
    """The candidates of the window, those of the week of the fall and just before it first, a later one last.

    Time alone ranks; it proves nothing. What came after the fall's last plausible week is left out.
    """
    start, end = window(watch, zone)
    ranked = sorted(
        (each for each in candidates if start <= each.at < end),
        key=lambda each: (*_distance(each.at, watch, zone), each.what),
    )
    return [_cause(each, watch, zone) for each in ranked]


def mix_shift(normal: Sequence[ScoredWeek], since: Sequence[ScoredWeek], at: datetime) -> Candidate | None:
    """A changed mix of task kinds, as a candidate; None where chance would change it as much in 1 of 100 cases.

    Pearson's chi-square test of kinds by time; kinds expected fewer than five times are counted together.
    """
    before, after = (Counter(kind for week in weeks for kind in week.kinds) for weeks in (normal, since))
    total = sum(before.values()) + sum(after.values())
    smaller = min(sum(before.values()), sum(after.values()))
    cells: dict[str, list[int]] = {}
    for kind in before.keys() | after.keys():
        rare = (before[kind] + after[kind]) * smaller < 5 * total
        cell = cells.setdefault("other kinds" if rare else kind or "without a type", [0, 0])
        cell[0] += before[kind]
        cell[1] += after[kind]
    if len(cells) < 2 or smaller == 0 or _chi_square_p(list(cells.values())) > MIX_LEVEL:
        return None
    shares = {kind: (old / sum(before.values()), new / sum(after.values())) for kind, (old, new) in cells.items()}
    kind = max(shares, key=lambda name: abs(shares[name][1] - shares[name][0]))
    return Candidate(
        kind="task mix", what=f"{kind}: {shares[kind][0]:.0%} of the tasks, now {shares[kind][1]:.0%}", at=at
    )


def _chi_square_p(cells: Sequence[Sequence[int]]) -> float:
    import numpy as np  # imported late, both: they cost a good part of a second
    from scipy.special import chdtrc

    seen = np.asarray(cells, dtype=float)
    expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    return float(chdtrc(len(cells) - 1, ((seen - expected) ** 2 / expected).sum()))


def _distance(at: datetime, watch: Watch, zone: ZoneInfo) -> tuple[int, timedelta]:
    begins, ends = watch.since.start(zone), watch.since.end(zone)
    if begins <= at < ends:
        return 0, at - begins
    return (1, begins - at) if at < begins else (2, at - ends)


def _cause(candidate: Candidate, watch: Watch, zone: ZoneInfo) -> Cause:
    days = (candidate.at - watch.since.start(zone)).days
    order = _distance(candidate.at, watch, zone)[0]
    why = ("in the week of the fall", f"{-days} days before it", "after the likeliest week")[order]
    return Cause(kind=candidate.kind, what=candidate.what, at=candidate.at, days=days, why=why)


def weeks_between(weeks: Sequence[ScoredWeek], first: Week, last: Week) -> list[ScoredWeek]:
    """The weeks from `first` to `last`, both included."""
    return [week for week in weeks if first <= week.week <= last]
