"""What a change will do to an agent's scores, as an interval: from what earlier changes did, and what there is to gain.

What is forecast is the difference that will be *measured*, noise of its two samples included: that is what a
measurement can be held against.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

from storage.records import Record

LEVEL: Final = 0.8
GAINED: Final = 0.25
"""Share of what there is to gain that a change is expected to gain while nothing was measured."""
EFFECT_SD: Final = 0.15
"""How far, in score points, the mean effect of changes may plausibly lie from that."""
SPREAD_SD: Final = 0.25
"""Scale of the half-normal prior of how far single changes differ from their mean."""
_SPREADS: Final = tuple(step * 0.05 for step in range(25))
_NORMAL: Final = NormalDist()


class Effect(Record, frozen=True, kw_only=True):
    """What an earlier change did, as measured: score points, and the standard error of that figure."""

    delta: float
    error: float


class Touched(Record, frozen=True, kw_only=True):
    """Scores of an agent on one dimension, those of runs with the failure (or task) apart; None: no such score.

    `sd`: of all of them together; `share`: of the agent's runs that are touched.
    """

    touched_n: int
    touched_mean: float | None
    other_n: int
    other_mean: float | None
    sd: float | None
    share: float

    @property
    def gain(self) -> float:
        """What the mean would gain if touched runs scored like the others: share times the gap, never below 0."""
        if self.touched_mean is None or self.other_mean is None:
            return 0.0
        return max(0.0, self.share * (self.other_mean - self.touched_mean))


class Forecast(Record, frozen=True, kw_only=True):
    """The measured change lies between `low` and `high` with probability `level`. `n`: effects that it rests on."""

    low: float
    high: float
    mean: float
    level: float
    n: int
    basis: str


def forecast(history: Sequence[Effect], touched: Touched, before_n: float, after_n: float) -> Forecast | None:
    """The predictive interval of a change's measured effect; None where the scores' spread or number is unknown.

    Effects are normal around a mean that is N(GAINED * gain, EFFECT_SD²), with a spread between changes τ that is
    half-normal(SPREAD_SD); a measured effect adds its own error, the one to come sd² (1/before_n + 1/after_n). τ is
    integrated on a grid, the rest is conjugate: a mixture of normals, whose quantiles are found by bisection.
    `before_n`, `after_n`: scores expected in the two windows. Source: Gelman et al., Bayesian Data Analysis, 5.4.
    """
    if not touched.sd or before_n <= 0 or after_n <= 0:
        return None
    noise = touched.sd**2 * (1 / before_n + 1 / after_n)
    parts = _mixture(history, GAINED * touched.gain, noise)
    mean = sum(weight * centre for weight, centre, _ in parts)
    low, high = (_quantile(parts, side) for side in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Forecast(low=low, high=high, mean=mean, level=LEVEL, n=len(history), basis=_basis(history, touched))


def _mixture(history: Sequence[Effect], prior: float, noise: float) -> list[tuple[float, float, float]]:
    """Weight, mean and standard deviation of the predictive normal for each spread on the grid."""
    logs, shapes = list[float](), list[tuple[float, float]]()
    for spread in _SPREADS:
        precision, weighted, log = 1 / EFFECT_SD**2, prior / EFFECT_SD**2, -0.5 * (spread / SPREAD_SD) ** 2
        for effect in history:
            variance = spread**2 + effect.error**2
            centre, width = weighted / precision, 1 / precision + variance
            log -= 0.5 * (math.log(width) + (effect.delta - centre) ** 2 / width)  # each given those before it
            precision, weighted = precision + 1 / variance, weighted + effect.delta / variance
        logs.append(log)
        shapes.append((weighted / precision, math.sqrt(1 / precision + spread**2 + noise)))
    top = max(logs)
    weights = [math.exp(log - top) for log in logs]
    return [(weight / sum(weights), *shape) for weight, shape in zip(weights, shapes, strict=True)]


def _quantile(parts: Sequence[tuple[float, float, float]], share: float) -> float:
    low = min(mean - 9 * sd for _, mean, sd in parts)
    high = max(mean + 9 * sd for _, mean, sd in parts)
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(weight * _NORMAL.cdf((middle - mean) / sd) for weight, mean, sd in parts)
        low, high = (middle, high) if below < share else (low, middle)
    return (low + high) / 2


def _basis(history: Sequence[Effect], touched: Touched) -> str:
    earlier = f"{len(history)} measured effects of earlier changes" if history else "no earlier change was measured"
    if touched.touched_mean is None or touched.other_mean is None:
        gap = f"what there is to gain is not known ({touched.touched_n} touched and {touched.other_n} other scores)"
    else:
        gap = (
            f"{100 * touched.share:.0f} % of the runs are touched; they scored {touched.touched_mean:.2f} "
            f"(n = {touched.touched_n}), the others {touched.other_mean:.2f} (n = {touched.other_n})"
        )
    prior = "" if history else "; without history the interval is a prior's"
    return f"{earlier}; {gap}{prior}"
