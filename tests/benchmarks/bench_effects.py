"""Measured effects: null changes that are called a change, forecasts that hold, transfers that are claimed.

Each figure has one standard error of the simulation; seeds are in this file.
"""

from __future__ import annotations

import time

from tests.benchmarks import effect_trials as trials
from tests.benchmarks.bench_trend import line
from tests.benchmarks.trend_trials import Share


def main() -> None:
    """Prints how often nothing is called something, and how often forecasts hold."""
    begun = time.perf_counter()
    print(f"{'case':<70} {'measured':>15} {'must be':>12}")
    for name, judge, cases, seed in (
        ("production, 20 and 20 tasks", trials.production_null, 2000, 51),
        ("golden, 20 tasks x 3 a side", trials.golden_null, 2000, 52),
        ("the scripted agent, 10 golden tasks x 2 a side", trials.scripted_null, 400, 53),
    ):
        for word, share in trials.judged(judge, cases, seed).items():
            line(f"null change called {word}: {name}", share, 0.05)
    held = trials.forecasts_held(100, 54)
    for name in ("all", "fewer than five measured", "five or more"):
        line(f"80 % forecasts that hold: {name}", held[name], None, band=(0.70, 0.90))
    width = held["width"]
    print(f"{'width of a forecast, score points':<70} {width.value:.2f}; the noise alone {trials.naive_width():.2f}")
    for before, after in ((5, 5), (10, 10), (18, 21), (28, 31), (60, 60), (200, 200)):
        found = trials.transfers(before, after, 0.0, 1000, 55)
        line(
            f"no effect, {before} and {after} tasks: Transfer, Weak Transfer or Regression", _claimed(found, 1000), 0.05
        )
    print("\nTransfer verdicts by true gain on all three dimensions")
    for before, after, gain in ((28, 31, 0.3), (28, 31, -0.3), (60, 60, 0.5), (200, 200, 0.3), (200, 200, 0.0)):
        words = trials.transfers(before, after, gain, 400, 56)
        shown = "  ".join(f"{word} {share.value:.2f}" for word, share in words.items())
        print(f"  {gain:+.1f}, {before} and {after} tasks: {shown}")
    print(f"\n{time.perf_counter() - begun:.0f} s")


def _claimed(found: dict[str, Share], cases: int) -> Share:
    value = trials.claims(found)
    return Share(value, (value * (1 - value) / cases) ** 0.5)
