"""How unlikely a count is by chance, and since when a series is another one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

LEVEL: Final = 1e-4
"""Chance that a count which opens an incident arises with nothing changed, for each agent, kind of count and night."""
PRIOR_BAD, PRIOR_GOOD = 1.0, 19.0
"""What is believed of a rate before anything was seen: about one in twenty, by the weight of twenty runs."""


def chance(bad: int, n: int, bad_before: int, n_before: int) -> float:
    """P(at least `bad` of `n`), given how many of `n_before` there were: the beta-binomial tail.

    The rate before is not known but estimated, and that counts: K ~ BetaBinomial(n, bad_before + 1, good_before + 19).
    """
    return _tail(bad, n, bad_before + PRIOR_BAD, n_before - bad_before + PRIOR_GOOD)


def beyond_chance(beyond: int, n: int, rank: int, n_before: int) -> float:
    """P(at least `beyond` of `n` new values exceed the `rank`-th smallest of `n_before` earlier ones).

    Exact for exchangeable values whatever their distribution: K ~ BetaBinomial(n, n_before + 1 - rank, rank).
    """
    return _tail(beyond, n, n_before + 1 - rank, rank)


def failing_chance(bad: int, n: int, rate: float) -> float:
    """P(at least `bad` of `n`) where each fails with a known rate: the binomial tail."""
    terms = (_log_ways(n, k) + k * math.log(rate) + (n - k) * math.log1p(-rate) for k in range(bad, n + 1))
    return min(1.0, math.fsum(math.exp(term) for term in terms))


def better_chance(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Fisher's exact test, one-sided: P(at least so many of those that passed came after), nothing having changed.

    Each side is passed and failed: C(before, passed before) * C(after, passed after) / C(all, passed), summed.
    """
    first, last, passed = sum(before), sum(after), before[0] + after[0]
    ways = [math.comb(first, passed - k) * math.comb(last, k) for k in range(after[0], min(last, passed) + 1)]
    return sum(ways) / math.comb(first + last, passed)


def _tail(bad: int, n: int, alpha: float, beta: float) -> float:
    """P(K >= bad) for K ~ BetaBinomial(n, alpha, beta); the logarithms of its terms by the gamma function."""
    if bad <= 0:
        return 1.0
    terms = (_log_ways(n, k) + _log_beta(k + alpha, n - k + beta) for k in range(bad, n + 1))
    return min(1.0, math.fsum(math.exp(term - _log_beta(alpha, beta)) for term in terms))


def _log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def change_point(values: Sequence[float]) -> int:
    """Index of the first value after the likeliest single shift of level upwards; 0 for fewer than four values.

    The k that maximises (mean of ranks from k on - mean of ranks before k) * sqrt(k (n - k) / n): the least-squares
    split of the ranks, so that it holds for yes and no as for money, whose largest values would decide alone.
    """
    import numpy as np  # imported late: most commands about incidents need none

    n = len(values)
    if n < 4:
        return 0
    _, kind, counts = np.unique(np.asarray(values, dtype=float), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[kind]  # equal values share the mean of their ranks
    k = np.arange(1, n)
    before = np.cumsum(ranks)[:-1]
    rise = (ranks.sum() - before) / (n - k) - before / k
    gain = rise * np.sqrt(k * (n - k) / n)
    best = int(np.argmax(gain))
    return int(k[best]) if gain[best] > 0 else 0
