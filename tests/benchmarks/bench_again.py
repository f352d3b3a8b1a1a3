"""The table of trends again: by another generator, and with weeks that are good or bad as a whole.

Each figure has one standard error of the simulation; seeds are in this file.
"""

from __future__ import annotations

import time

from tests.benchmarks import other_model
from tests.benchmarks import trend_trials as trials
from tests.benchmarks.bench_trend import DRIFT, STEP_3, STEP_5, line
from tests.benchmarks.trend_trials import MEAN, Setting

CASES = 300


def main() -> None:
    """Prints the rows by the other generator, then what week shocks do to those of the first."""
    begun = time.perf_counter()
    print(f"{'case':<70} {'measured':>15} {'must be':>12}")
    with trials.drawn_by(other_model):
        line("other generator: weeks with better/worse, 1 agent", trials.weekly_claims(1, 10, 2000, 61), 0.05)
        line("other generator: 4 agents judged together", trials.weekly_claims(4, 10, 500, 62), 0.05)
        for before, after in ((5, 5), (18, 21), (60, 60)):
            line(f"other generator: no effect, {before} and {after} tasks: any claim",
                 trials.transfer_claims(before, after, 1000, 63), 0.05)  # fmt: skip
        line("other generator: looked at after each of tasks 5 to 40", trials.peeked(300, 64), 0.05)
        watched("other generator", Setting())
    for shock in (0.1, 0.2):
        watched(f"week shocks of {shock}", Setting(shock=shock))
    print(f"\n{time.perf_counter() - begun:.0f} s")


def watched(name: str, setting: Setting) -> None:
    """The rows of watches and investigations."""
    year = trials.investigations(setting, [MEAN] * 52, 150, 65)
    line(f"{name}: false investigations per agent-year", trials.a_year(year).times(3), 0.25, rate=True)
    line(f"{name}: watches a year (stated: 2)", trials.a_year(year, confirmed=False).times(3), None, rate=True)
    for case, after, weeks, seed, least in (
        ("step of -0.5 within 4 weeks", STEP_5, 4, 66, 0.90),
        ("step of -0.3 within 8 weeks", STEP_3, 8, 67, 0.75),
        ("drift 4.2 to 3.5 within 8 weeks", DRIFT, 8, 68, 0.95),
    ):
        found = trials.within(trials.investigations(setting, after, CASES, seed), weeks)
        line(f"{name}: {case}", found, least, least=True)
    harder = trials.investigations(setting, [MEAN] * 8, CASES, 69, harder=True)
    line(f"{name}: permanent harder mix, 8 weeks", trials.within(harder, 8), 0.05)
