"""What the trend, and every comparison, says of drawn histories: the counts that bench_trend prints and tests check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean
from types import ModuleType

import numpy as np

from tasks.metrics.adjusted import Normal
from tasks.metrics.anytime import compare_anytime
from tasks.metrics.compare import Comparison, Summary, compare_samples
from tasks.metrics.confirm import confirm
from tasks.metrics.designs import compare_clustered, compare_paired, compare_stratified
from tasks.metrics.holm import holm
from tasks.metrics.level import DRIFT, levels
from tasks.metrics.trend import STAGES, Limit, ScoredWeek, calibrated, trend
from tasks.metrics.weeks import Week
from tests.benchmarks import score_model

model: ModuleType = score_model
"""What scores are drawn by; see `drawn_by`."""
MEAN = 4.2
FIRST = Week(2024, 1)
HALF_A_YEAR = STAGES[-1] + STAGES[0]
"""Weeks of history with which the baseline is as long as it gets."""


@dataclass(frozen=True)
class Share:
    """A share of cases with its Monte-Carlo error (one standard error); `scale` turns it into a rate."""

    value: float
    error: float

    @classmethod
    def of(cls, cases: Sequence[float]) -> Share:
        """The mean of cases."""
        return cls(fmean(cases), float(np.std(cases)) / len(cases) ** 0.5)

    def times(self, factor: float) -> Share:
        """The same for so many at once."""
        return Share(self.value * factor, self.error * factor)


@dataclass(frozen=True)
class Setting:
    """One way to watch: weeks of history, tasks a week, watches a year and dimension, golden tasks and trials.

    `shock`: SD of what a week adds to all its scores alike, which nobody models.
    """

    history: int = HALF_A_YEAR
    n: int = 10
    per_year: float = 2 / 3
    golden: int = 20
    trials: int = 3
    before: int = 6
    shock: float = 0.0


def limits(setting: Setting, seed: int) -> Limit:
    """Thresholds by length of baseline: the mean of six calibrations, each of a drawn workspace of its own."""
    found = {stage: _threshold(stage, setting.n, setting.per_year, seed, setting.shock) for stage in STAGES}

    def limit(_base: Normal, weeks: Sequence[ScoredWeek]) -> float:
        return found[len(weeks)]

    return limit


@lru_cache(maxsize=64)
def _threshold(stage: int, n: int, per_year: float, seed: int, shock: float) -> float:
    from tasks.metrics.adjusted import normal

    rng, found = np.random.default_rng(seed), []
    for _ in range(6):
        weeks = history(rng, [MEAN] * stage, n, shock=shock)
        base = normal([s for w in weeks for s in w.scores], [k for w in weeks for k in w.kinds])
        if base is not None:
            found.append(calibrated(per_year, seed)(base, weeks))
    return fmean(found)


@contextmanager
def drawn_by(generator: ModuleType) -> Iterator[None]:
    """Draws all scores of the block by another generator of the same names; thresholds are calibrated to it."""
    global model
    before, model = model, generator
    _threshold.cache_clear()
    try:
        yield
    finally:
        model = before
        _threshold.cache_clear()


def history(
    rng: np.random.Generator, means: Sequence[float], n: int, hard_from: int | None = None, shock: float = 0.0
) -> list[ScoredWeek]:
    """Weeks whose tasks have these mean scores, with a harder mix from one of them on, and shocks of whole weeks."""
    if shock:
        means = [round(min(4.8, mean + rng.normal(0, shock)), 2) for mean in means]
    drawn = [
        model.tasks(rng, mean, n, model.HARD if hard_from is not None and i >= hard_from else model.EVEN)
        for i, mean in enumerate(means)
    ]
    return [ScoredWeek(week=FIRST.plus(i), scores=scores, kinds=kinds) for i, (scores, kinds) in enumerate(drawn)]


def investigations(
    setting: Setting, after: Sequence[float], cases: int, seed: int, *, harder: bool = False
) -> list[list[tuple[int, bool]]]:
    """Per case the watches after the change: weeks since it, and whether the golden rerun confirmed."""
    rng, limit, found = np.random.default_rng(seed), limits(setting, 1), []
    quiet = setting.history
    for _ in range(cases):
        means = [MEAN] * quiet + list(after)
        weeks = history(rng, means, setting.n, quiet if harder else None, setting.shock)
        effects = model.golden_effects(rng, setting.golden)
        before = model.golden(rng, MEAN, effects, setting.before)
        opened = [
            round((w.week.monday - FIRST.monday).days / 7) for w in trend(weeks, limit).watches if w.rule == "cusum"
        ]
        found.append(
            [
                (week - quiet, bool(confirm(before, model.golden(rng, means[week], effects, setting.trials)).confirmed))
                for week in opened
                if week >= quiet
            ]
        )
    return found


def within(found: Sequence[Sequence[tuple[int, bool]]], weeks: int, *, confirmed: bool = True) -> Share:
    """Share of cases with an investigation (or a watch) within so many weeks of the change."""
    return Share.of([float(any(at < weeks and (yes or not confirmed) for at, yes in case)) for case in found])


def a_year(found: Sequence[Sequence[tuple[int, bool]]], *, confirmed: bool = True) -> Share:
    """Investigations (or watches) in the 52 weeks, for each case."""
    return Share.of([float(sum(yes or not confirmed for _, yes in case)) for case in found])


def weekly_claims(agents: int, n: int, weeks: int, seed: int) -> Share:
    """Share of weeks in which any line of imp@week says better or worse though nothing changed: per agent the three
    dimensions and overall, judged together over the fleet.
    """
    rng = np.random.default_rng(seed)
    return Share.of([float(_claims(_week_lines(rng, agents, n, n))) for _ in range(weeks)])


def transfer_claims(before: int, after: int, cases: int, seed: int) -> Share:
    """Share of before/after comparisons of three dimensions that claim any change though there is none."""
    rng = np.random.default_rng(seed)
    return Share.of([float(_claims(_week_lines(rng, 1, before, after)[:3])) for _ in range(cases)])


def _week_lines(rng: np.random.Generator, agents: int, before: int, after: int) -> list[Comparison]:
    lines = []
    for _ in range(agents):
        old, new = model.three_dimensions(rng, MEAN, before), model.three_dimensions(rng, MEAN, after)
        pairs = [*zip(old, new, strict=True), (old.mean(axis=0), new.mean(axis=0))]
        lines += [compare_samples(a.tolist(), b.tolist()) for a, b in pairs]
    return lines


def _claims(lines: Sequence[Comparison]) -> bool:
    return any(line.verdict in ("better", "worse") for line in holm(lines))


def peeked(cases: int, seed: int, last: int = 40) -> Share:
    """Share of growing comparisons, looked at after each of tasks 5 to 40, that ever claim a change that is none."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(cases):
        old, new = (model.tasks(rng, MEAN, last)[0] for _ in range(2))
        looks = (compare_anytime(old[:n], new[:n], last).verdict for n in range(5, last + 1))
        found.append(float(any(verdict != "inconclusive" for verdict in looks)))
    return Share.of(found)


Draw = Callable[[np.random.Generator], tuple[Comparison, float]]


def covered(draw: Draw, cases: int, seed: int) -> Share:
    """Share of intervals that hold the true difference; a comparison without an interval is no case."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(cases):
        comparison, truth = draw(rng)
        if comparison.ci_low is not None and comparison.ci_high is not None:
            found.append(float(comparison.ci_low <= truth <= comparison.ci_high))
    return Share.of(found)


def unpaired(rng: np.random.Generator) -> tuple[Comparison, float]:
    """Ten tasks against ten others, half a point lower."""
    return compare_samples(model.tasks(rng, MEAN, 10)[0], model.tasks(rng, 3.7, 10)[0]), -0.5


def paired(rng: np.random.Generator) -> tuple[Comparison, float]:
    """Twenty golden tasks three times, and again."""
    effects = model.golden_effects(rng, 20)
    return compare_paired(model.golden(rng, MEAN, effects, 3), model.golden(rng, MEAN, effects, 3)), 0.0


def clustered(rng: np.random.Generator) -> tuple[Comparison, float]:
    """Ten tasks five times, against ten fresh ones."""
    sides = [model.golden(rng, MEAN, model.golden_effects(rng, 60)[rng.permutation(60)[:10]], 5) for _ in range(2)]
    return compare_clustered(sides[0], {f"new {task}": scores for task, scores in sides[1].items()}), 0.0


def stratified(rng: np.random.Generator) -> tuple[Comparison, float]:
    """Thirty tasks of an even mix against thirty of a hard one; within each kind nothing changed."""
    sides = [model.tasks(rng, MEAN, 30, mix) for mix in (model.EVEN, model.HARD)]
    old, new = (list(zip(kinds, scores, strict=True)) for scores, kinds in sides)
    return compare_stratified(old, new), 0.0


def level_covered(cases: int, seed: int) -> Share:
    """Share of weekly bands, from the fourth of twelve on, that hold a level wandering by .07 a week."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(cases):
        truth = np.clip(3.9 + np.cumsum(rng.normal(0, DRIFT, 12)), 2, 4.6)
        scores = [model.tasks(rng, round(float(mean), 2), 10)[0] for mean in truth]
        line = levels([Summary(n=10, mean=fmean(s), sd=float(np.std(s, ddof=1))) for s in scores])
        found += [float(e.low <= t <= e.high) for e, t in list(zip(line, truth, strict=True))[3:] if e is not None]
    return Share.of(found)
