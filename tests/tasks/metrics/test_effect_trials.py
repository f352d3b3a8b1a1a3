"""Nothing is seldom called something, and forecasts hold as often as they say: bench_effects, in small."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.metrics import effects
from tests.benchmarks import effect_trials as trials


@pytest.mark.parametrize("judge", [trials.production_null, trials.golden_null, trials.scripted_null])
def test_null_changes_are_seldom_called_a_change(judge: trials.Judge) -> None:
    """Of 100 changes that change nothing at most 5 are called better and at most 5 worse (expected: 1 to 2 each)."""
    found = trials.judged(judge, 100, seed=3)
    assert found["better"].value <= 0.05 and found["worse"].value <= 0.05


def test_a_skill_is_found_by_the_same_measurement() -> None:
    """The scripted agent with the skill against without it is better in 9 of 10 pairs: the nulls are not just blind."""
    rng, found = np.random.default_rng(5), []
    for _ in range(20):
        before, after = ({"success": trials.scripted(rng, known)} for known in ("", "lock timeout"))
        found.append(effects.verdict_of(effects.compare_tasks(before, after, ("success",))) == "better")
    assert sum(found) >= 18


def test_forecasts_hold_as_often_as_they_say() -> None:
    """Of 80 % forecasts on synthetic fleets 70 to 90 % hold (240 forecasts: error .026)."""
    assert 0.70 <= trials.forecasts_held(20, seed=4)["all"].value <= 0.90


def test_no_transfer_is_seldom_claimed() -> None:
    """With no effect a transfer is claimed in at most 5 % of cases, at any number of tasks (200 cases: error .015)."""
    for before, after in ((5, 5), (18, 21), (60, 60)):
        assert trials.claims(trials.transfers(before, after, 0.0, 200, seed=6)) <= 0.06
