"""A forecast is an interval of what will be measured: it holds as often as it says, and rests on what it names."""

from __future__ import annotations

import math
import random

import pytest

from tasks.metrics.forecast import EFFECT_SD, Effect, Touched, forecast

KNOWN = Touched(touched_n=8, touched_mean=2.5, other_n=24, other_mean=4.1, sd=0.9, share=0.25)


def test_without_history_it_is_the_prior_s() -> None:
    """A quarter of what there is to gain is expected; the noise of both samples alone is already wider than nothing."""
    told = forecast([], KNOWN, 20, 20)
    assert told is not None and told.level == 0.8 and told.n == 0
    assert told.mean == pytest.approx(0.25 * 0.25 * 1.6)  # a quarter of: share 0.25 x gap 1.6
    noise = 0.9 * math.sqrt(1 / 20 + 1 / 20)  # 0.285
    assert told.high - told.low > 2 * 1.2816 * math.hypot(noise, EFFECT_SD)  # at a spread of 0, the least
    assert "no earlier change was measured" in told.basis and "a prior's" in told.basis


def test_history_moves_it() -> None:
    """Twelve changes that each gained 0.5 make a forecast near 0.5, and a narrower one."""
    history = [Effect(delta=0.5, error=0.1)] * 12
    told, before = forecast(history, KNOWN, 40, 40), forecast([], KNOWN, 40, 40)
    assert told is not None and before is not None
    assert 0.4 < told.mean < 0.5 and told.high - told.low < before.high - before.low and told.n == 12


@pytest.mark.parametrize(("sd", "before", "after"), [(None, 9, 9), (0.0, 9, 9), (0.9, 0, 9), (0.9, 9, 0)])
def test_what_cannot_be_told(sd: float | None, before: float, after: float) -> None:
    """Scores that are too few, all alike or none: no forecast, not a wide one."""
    assert forecast([], Touched(touched_n=0, touched_mean=None, other_n=1, other_mean=4.0, sd=sd, share=0), before,
                    after) is None  # fmt: skip


def test_nothing_to_gain_is_no_loss() -> None:
    """Where touched runs scored better than the others, nothing is expected, and no fall either."""
    told = forecast([], Touched(touched_n=9, touched_mean=4.5, other_n=9, other_mean=4.0, sd=0.5, share=0.5), 9, 9)
    assert told is not None and told.mean == 0 and told.low == pytest.approx(-told.high)


def test_the_intervals_cover() -> None:
    """On a fleet whose changes gain 0.1 on average (spread 0.15), 70 to 90 % of the intervals hold what is measured.

    400 changes measured from 20 scores each side of SD 0.8; a change's history is the 8 before it.
    """
    draw, error = random.Random(20261122), 0.8 * math.sqrt(1 / 20 + 1 / 20)
    measured = [draw.gauss(0.1, 0.15) + draw.gauss(0, error) for _ in range(408)]
    held = 0
    for place in range(8, 408):
        history = [Effect(delta=each, error=error) for each in measured[place - 8 : place]]
        touched = Touched(touched_n=5, touched_mean=3.2, other_n=15, other_mean=3.8, sd=0.8, share=0.25)
        told = forecast(history, touched, 20, 20)
        assert told is not None
        held += told.low <= measured[place] <= told.high
    assert 0.70 <= held / 400 <= 0.90
