"""imp@skill, imp@config, imp@model: the scores of the two weeks after a change against those of the two before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from storage.errors import UsageError
from storage.records import DIMENSIONS, Measurement, Record, stable_id
from tasks.metrics.compare import Comparison, Verdict, compare_samples, sentence
from tasks.metrics.designs import Trials, compare_clustered, compare_paired, compare_stratified
from tasks.metrics.holm import holm
from tasks.metrics.imp import OVERALL

WEEKS: Final = 2
"""Weeks on each side of a change: the practitioners' measurement window."""
ALL: Final = (*DIMENSIONS, OVERALL)


class ScoredTask(Record, frozen=True, kw_only=True):
    """A score with the task that it is of, the same for repeats, and the kind of that task ("": not known)."""

    task: str
    kind: str
    score: float


Scores = Mapping[str, Sequence[ScoredTask]]
"""Dimension to the scores of a period; `overall` has those of tasks scored on all three."""


class Period(Record, frozen=True, kw_only=True):
    """Some whole days in the workspace's time zone, both ends included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Period:
        """`2026-03-01 to 2026-03-14`. Raises UsageError for other text, and for an end before its start."""
        try:
            first, last = map(date.fromisoformat, text.strip().split(" to "))
        except ValueError as error:
            raise UsageError("not a period", got=text, accepted="two days: 2026-03-01 to 2026-03-14") from error
        if last < first:
            raise UsageError("a period that ends before it begins", got=text, accepted="the earlier day first")
        return cls(first=first, last=last)

    @property
    def label(self) -> str:
        """As the practitioners write it."""
        return f"{self.first} to {self.last}"

    @property
    def after(self) -> date:
        """The day after its last."""
        return self.last + timedelta(days=1)

    def closes(self, zone: ZoneInfo) -> datetime:
        """The instant it is over, in UTC."""
        return datetime.combine(self.after, time(), zone).astimezone(UTC)

    def overlaps(self, other: Period) -> bool:
        """Whether a day is in both."""
        return self.first <= other.last and other.first <= self.last


def around(day: date, weeks: int = WEEKS) -> tuple[Period, Period]:
    """The weeks before and after a change. Its own day is in neither: part of it was worked before the change."""
    length, one = timedelta(weeks=weeks), timedelta(days=1)
    return Period(first=day - length, last=day - one), Period(first=day + one, last=day + length)


def compare_periods(before: Scores, after: Scores, dimensions: Sequence[str] = ALL) -> dict[str, Comparison]:
    """Dimension to its comparison, better and worse decided over all of them together (Holm)."""
    return judged([compare_scored(before.get(name, ()), after.get(name, ())) for name in dimensions], dimensions)


def compare_scored(before: Sequence[ScoredTask], after: Sequence[ScoredTask]) -> Comparison:
    """Two periods by the design that their tasks call for, never by their scores.

    Where a task was scored more than once, clustered by task; else, where two kinds of tasks or more are in both
    periods with two scores each, within the kinds (post-stratified), so that another mix is no change; else Welch.
    """
    if len({each.task for each in (*before, *after)}) < len(before) + len(after):
        return compare_clustered(_by_task(before), _by_task(after))
    counts = [Counter(each.kind for each in side if each.kind) for side in (before, after)]
    shared = [kind for kind in counts[0] if min(counts[0][kind], counts[1][kind]) > 1]
    if len(shared) > 1 and all(each.kind for each in (*before, *after)):
        old, new = ([(each.kind, each.score) for each in side] for side in (before, after))
        return compare_stratified(old, new)
    return compare_samples([each.score for each in before], [each.score for each in after])


def _by_task(scored: Sequence[ScoredTask]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for each in scored:
        found[each.task].append(each.score)
    return found


def compare_tasks(
    before: Mapping[str, Trials], after: Mapping[str, Trials], dimensions: Sequence[str] = ALL
) -> dict[str, Comparison]:
    """Dimension to its comparison on the same golden tasks (paired by task), decided over all of them (Holm)."""
    return judged([compare_paired(before.get(name, {}), after.get(name, {})) for name in dimensions], dimensions)


def judged(comparisons: Sequence[Comparison], dimensions: Sequence[str]) -> dict[str, Comparison]:
    """Dimension to its comparison, decided over all of them together (Holm)."""
    return dict(zip(dimensions, holm(comparisons), strict=True))


def withheld(comparisons: Mapping[str, Comparison], reason: str) -> dict[str, Comparison]:
    """The same figures without any verdict, and why none can be given."""
    return {
        name: replace(each, verdict="inconclusive", reason=each.reason or reason) for name, each in comparisons.items()
    }


def verdict_of(comparisons: Mapping[str, Comparison]) -> Verdict:
    """One word for all dimensions: worse where one is, else better where one is, else equivalent where all are."""
    said = {each.verdict for each in comparisons.values()}
    if "worse" in said:
        return "worse"
    if "better" in said:
        return "better"
    return "equivalent" if said == {"equivalent"} else "inconclusive"


def effect_sentence(comparisons: Mapping[str, Comparison], reason: str | None) -> str:
    """What a change did, in a line: the dimensions that were decided, else why nothing can be told."""
    if reason:
        return f"Nothing can be concluded: {reason}."
    decided = [f"{name}: {sentence(c)}" for name, c in comparisons.items() if c.verdict in ("better", "worse")]
    return " ".join(decided) or sentence(comparisons.get(OVERALL) or next(iter(comparisons.values())))


def as_measurements(
    kind: str, agent: str, subject: str, comparisons: Mapping[str, Comparison], periods: tuple[str, str], now: datetime
) -> list[Measurement]:
    """The comparisons as the ledger keeps them; each has the same id whenever it is made."""
    return [
        Measurement(
            measurement_id=stable_id(kind, agent, subject, name), kind=kind, agent=agent, dimension=name,
            before_mean=each.before.mean, before_n=each.before.n, after_mean=each.after.mean, after_n=each.after.n,
            delta=each.delta, ci_low=each.ci_low, ci_high=each.ci_high, mde=each.mde, verdict=each.verdict,
            seed_label=each.seed_label, made_at=now, before_period=periods[0], after_period=periods[1],
        )
        for name, each in comparisons.items()
    ]  # fmt: skip
