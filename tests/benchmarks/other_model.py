"""Weekly scores from another generator than score_model, with the same names: no normal distribution in it.

A task has a chance p of being well done at each of four steps, p ~ Beta(12 m, 12 (1 - m)) around its kind's mean m, and
every trial scores 1 + the steps that were well done, each step with p itself shaken uniformly by ±.08. Kinds differ by
up to .12 in m. At a mean of 4.2 the SD of a score is about .95, of which about .67 is a trial's own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
KINDS = ("a", "b", "c", "d", "e", "f")
OFFSETS = np.array([-0.12, -0.07, -0.02, 0.02, 0.07, 0.12])
EVEN = (1 / 6,) * 6
HARD = (0.40, 0.25, 0.15, 0.10, 0.05, 0.05)
WEIGHT, SHAKE = 12.0, 0.08


def _chance(mean: float) -> float:
    """The mean chance of a step that gives this mean score: E[score] = 1 + 4 m."""
    return (mean - 1) / 4


def _tasks(rng: np.random.Generator, mean: float, offsets: Floats) -> Floats:
    m = np.clip(_chance(mean) + offsets, 0.02, 0.98)
    return np.asarray(rng.beta(WEIGHT * m, WEIGHT * (1 - m)), dtype=np.float64)


def _scored(rng: np.random.Generator, chances: Floats) -> Floats:
    shaken = np.clip(chances + rng.uniform(-SHAKE, SHAKE, chances.shape), 0, 1)
    return np.asarray(1.0 + rng.binomial(4, shaken), dtype=np.float64)


def tasks(rng: np.random.Generator, mean: float, n: int, mix: Sequence[float] = EVEN) -> tuple[list[float], list[str]]:
    """Scores of n fresh tasks, each with its kind."""
    kind = rng.choice(6, size=n, p=mix)
    return _scored(rng, _tasks(rng, mean, OFFSETS[kind])).tolist(), [KINDS[i] for i in kind]


def three_dimensions(rng: np.random.Generator, mean: float, n: int) -> Floats:
    """Scores of n fresh tasks on three dimensions, a row each: the task's chance is shared, its trials are not."""
    chances = _tasks(rng, mean, OFFSETS[rng.integers(6, size=n)])
    return np.array([_scored(rng, chances) for _ in range(3)])


def golden_effects(rng: np.random.Generator, m: int) -> Floats:
    """How m golden tasks differ from the mean: all kinds alike, each with its own luck, kept as a quantile."""
    return np.stack([np.resize(OFFSETS, m), rng.random(m)])


def golden(rng: np.random.Generator, mean: float, effects: Floats, trials: int) -> dict[str, list[float]]:
    """Scores of so many trials of each golden task; the same task has the same quantile at every mean."""
    from scipy.special import betaincinv  # imported late: it costs most of a second

    m = np.clip(_chance(mean) + effects[0], 0.02, 0.98)
    chances = betaincinv(WEIGHT * m, WEIGHT * (1 - m), effects[1])
    return {str(task): _scored(rng, np.full(trials, chance)).tolist() for task, chance in enumerate(chances.tolist())}
