"""How unlikely a count is by chance, and since when a series is another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

LEVEL: Final = 1e-4
"""Chance that a count which opens an incident arises with nothing changed, for each agent, kind of count and night."""
PRIOR_BAD, PRIOR_GOOD = 1.0, 19.0
"""What is believed of a rate before anything was seen: about one in twenty, by the weight of twenty runs."""


def chance(bad: int, n: int, bad_before: int, n_before: int) -> float:
    """P(at least `bad` of `n`), given how many of `n_before` there were: the beta-binomial tail.

    The rate before is not known but estimated, and that counts: K ~ BetaBinomial(n, bad_before + 1, good_before + 19).
    """
    from scipy.stats import betabinom  # imported late: it costs most of a second

    if bad == 0:
        return 1.0
    return float(betabinom.sf(bad - 1, n, bad_before + PRIOR_BAD, n_before - bad_before + PRIOR_GOOD))


def beyond_chance(beyond: int, n: int, rank: int, n_before: int) -> float:
    """P(at least `beyond` of `n` new values exceed the `rank`-th smallest of `n_before` earlier ones).

    Exact for exchangeable values whatever their distribution: K ~ BetaBinomial(n, n_before + 1 - rank, rank).
    """
    from scipy.stats import betabinom

    return float(betabinom.sf(beyond - 1, n, n_before + 1 - rank, rank)) if beyond else 1.0


def change_point(values: Sequence[float]) -> int:
    """Index of the first value after the likeliest single shift of level upwards; 0 for fewer than four values.

    The k that maximises (mean of ranks from k on - mean of ranks before k) * sqrt(k (n - k) / n): the least-squares
    split of the ranks, so that it holds for yes and no as for money, whose largest values would decide alone.
    """
    from scipy.stats import rankdata

    n = len(values)
    if n < 4:
        return 0
    ranks = rankdata(np.asarray(values, dtype=float))
    k = np.arange(1, n)
    before = np.cumsum(ranks)[:-1]
    rise = (ranks.sum() - before) / (n - k) - before / k
    gain = rise * np.sqrt(k * (n - k) / n)
    best = int(np.argmax(gain))
    return int(k[best]) if gain[best] > 0 else 0
