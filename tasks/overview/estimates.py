"""Figures with 95 % intervals from rows of (value, units): shares, means, ratios, counts, quantiles, trends."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

from storage.records import Record
from tasks.metrics.intervals import wilson

Method = Literal["share", "mean", "ratio", "count", "p95", "p99", "trend"]
Rows = Sequence[tuple[float, float]]
"""Value and units of each row."""
MONTH: Final = 28.0
"""Days that a count is told for."""


class Figure(Record, frozen=True, kw_only=True):
    """A figure with its 95 % interval; None: not recorded (see `n`), or no bound can be told from so few."""

    value: float | None
    low: float | None
    high: float | None
    n: int


NOTHING: Final = Figure(value=None, low=None, high=None, n=0)


def estimate(method: Method, rows: Rows, days: float) -> Figure:
    """The figure of a method; `days` is the length of the period, which only a count needs."""
    if not rows:
        return NOTHING
    if method == "share":
        return _share([value for value, _ in rows])
    if method == "ratio":
        return _ratio(rows)
    if method == "count":
        return _count(round(sum(value * units for value, units in rows)), days)
    if method == "trend":
        return _trend(round(sum(u for v, u in rows if v)), round(sum(u for v, u in rows if not v)))
    if method == "mean":
        return _mean([value for value, _ in rows])
    return _quantile([value for value, _ in rows], 0.95 if method == "p95" else 0.99)


def _share(values: Sequence[float]) -> Figure:
    hits, n = round(sum(values)), len(values)
    low, high = wilson(hits, n) or (None, None)
    return Figure(value=hits / n, low=low, high=high, n=n)


def _mean(values: Sequence[float]) -> Figure:
    """Mean ± t(.975, n-1) s/√n, not below 0; no interval for n < 2 or without spread. Source: Student 1908."""
    n, mean = len(values), math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return _around(mean, math.sqrt(squares / (n - 1) / n) if n > 1 else 0.0, n)


def _ratio(rows: Rows) -> Figure:
    """Σvalue / Σunits with the variance n/(n-1) Σ(value - r units)² / (Σunits)²; None where no unit is. Source:
    W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 6.3 (ratio estimate, linearised)."""
    n, units = len(rows), math.fsum(u for _, u in rows)
    if not units:
        return Figure(value=None, low=None, high=None, n=n)
    ratio = math.fsum(value for value, _ in rows) / units
    squares = math.fsum((value - ratio * u) ** 2 for value, u in rows)
    return _around(ratio, math.sqrt(n / (n - 1) * squares) / units if n > 1 else 0.0, n)


def _around(value: float, error: float, n: int) -> Figure:
    if not error:
        return Figure(value=value, low=None, high=None, n=n)
    from scipy.special import stdtrit  # imported late: it costs most of a second

    half = float(stdtrit(n - 1, 0.975)) * error
    return Figure(value=value, low=max(0.0, value - half), high=value + half, n=n)


def _count(events: int, days: float) -> Figure:
    """Events in 28 days with the exact Poisson interval. Source: F. Garwood, Biometrika 28 (1936) 437-442."""
    from scipy.special import gammaincinv

    scale = MONTH / days
    low = float(gammaincinv(events, 0.025)) if events else 0.0
    high = float(gammaincinv(events + 1, 0.975))
    return Figure(value=events * scale, low=low * scale, high=high * scale, n=events)


def _quantile(values: Sequence[float], q: float) -> Figure:
    """The smallest value that at least q of all do not exceed; its interval between order statistics, whose ranks are
    binomial quantiles. No upper bound where n is too small for one. Source: W. J. Conover, Practical Nonparametric
    Statistics, 3rd ed. (1999), section 3.2."""
    ordered, n = sorted(values), len(values)
    low, high = _binomial_quantile(0.025, n, q), _binomial_quantile(0.975, n, q) + 1
    return Figure(
        value=ordered[max(math.ceil(q * n - 1e-9), 1) - 1], low=ordered[low - 1] if low else None,
        high=ordered[high - 1] if high <= n else None, n=n,
    )  # fmt: skip


def _binomial_quantile(p: float, n: int, rate: float) -> int:
    """The smallest k with P(X <= k) >= p; scipy.stats has it too, and takes a second to be imported."""
    from scipy.special import bdtr, bdtrik

    k = max(math.ceil(float(bdtrik(p, n, rate))), 0)  # the inverse is of real numbers, so it may be one too high
    return k - 1 if k and bdtr(k - 1, n, rate) >= p else k


def _trend(now: int, before: int) -> Figure:
    """now / before - 1 for two periods of one length; given their sum, `now` is binomial, so Wilson's interval of its
    share p gives one of p/(1-p) - 1. None where there was nothing before. Source: Przyborowski and Wilenski, Biometrika
    31 (1940) 313-323."""
    n = now + before
    bounds = wilson(now, n)
    if bounds is None:
        return NOTHING
    low, high = (p / (1 - p) - 1 if p < 1 else None for p in bounds)
    return Figure(value=now / before - 1 if before else None, low=low, high=high, n=n)
