"""What measurements and forecasts say of drawn changes: the counts that bench_effects prints and tests check."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np

from tasks.golden.sets import read_set
from tasks.golden.task import GoldenTask
from tasks.metrics import effects
from tasks.metrics.compare import Verdict, compare_samples
from tasks.metrics.designs import Trials
from tasks.metrics.forecast import Effect, Touched, forecast
from tasks.metrics.transfer import transfer_verdict
from tasks.sample.agent import work_on
from tasks.sample.fleet import SETS
from tests.benchmarks import score_model as model
from tests.benchmarks.trend_trials import MEAN, Share

DIMENSIONS = ("success", "autonomy", "efficiency")
Judge = Callable[[np.random.Generator], Verdict]
"""One null change, measured."""


def judged(judge: Judge, cases: int, seed: int) -> dict[str, Share]:
    """Share of null changes that are called better, and worse."""
    rng = np.random.default_rng(seed)
    found = [judge(rng) for _ in range(cases)]
    return {word: Share.of([float(verdict == word) for verdict in found]) for word in ("better", "worse")}


def production_null(rng: np.random.Generator) -> Verdict:
    """Twenty tasks in two weeks before and twenty after, on three dimensions and overall; nothing changed."""
    return effects.verdict_of(effects.compare_periods(_period(rng, MEAN, 20), _period(rng, MEAN, 20)))


def golden_null(rng: np.random.Generator) -> Verdict:
    """Twenty golden tasks, three trials a side, whose trials vary as people score them; nothing changed."""
    hard = model.golden_effects(rng, 20)
    before, after = ({name: model.golden(rng, MEAN, hard, 3) for name in DIMENSIONS} for _ in range(2))
    return effects.verdict_of(effects.compare_tasks(before, after, DIMENSIONS))


def scripted_null(rng: np.random.Generator) -> Verdict:
    """The sample's real agent on its ten golden tasks, two trials a side, a change that it does not react to.

    Each trial has a seed of its own, so its luck varies between the sides as that of a model does; with one seed a
    task, as pairs are run, a byte-identical agent gives byte-identical sides and never a verdict.
    """
    before, after = ({"success": scripted(rng)} for _ in range(2))
    return effects.verdict_of(effects.compare_tasks(before, after, ("success",)))


def scripted(rng: np.random.Generator, known: str = "", trials: int = 2) -> Trials:
    """Scores on success of the scripted agent on its golden tasks: 5 where its files are as the task wants them."""
    seeds = rng.integers(2**31, size=(len(_tasks()), trials)).tolist()
    return {task.id: [_tried(task, known, seed) for seed in row] for task, row in zip(_tasks(), seeds, strict=True)}


@cache
def _tasks() -> list[GoldenTask]:
    return read_set(SETS / "label-service.yaml").tasks


def _tried(task: GoldenTask, known: str, seed: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, data in task.fixtures.items():
            (folder / path).write_bytes(data)
        _, said = work_on(task.description, folder, known, seed)
        held = [_holds(check.arguments, folder, said) for check in task.checks]
    return 5.0 if all(held) else 1.0


def _holds(check: Mapping[str, object], folder: Path, said: str) -> bool:
    if "path" not in check:
        return str(check["matches"]) in said
    path = folder / str(check["path"])
    return path.is_file() and str(check["text"]) in path.read_text()


def _period(rng: np.random.Generator, mean: float, n: int) -> dict[str, list[effects.ScoredTask]]:
    rows = model.three_dimensions(rng, mean, n)
    named = zip((*DIMENSIONS, "overall"), (*rows.tolist(), rows.mean(axis=0).tolist()), strict=True)
    tasks = rng.integers(2**62, size=n).tolist()
    return {
        name: [effects.ScoredTask(task=str(t), kind="", score=s) for t, s in zip(tasks, row, strict=True)]
        for name, row in named
    }


def forecasts_held(fleets: int, seed: int, *, changes: int = 12, n: int = 20) -> dict[str, Share]:
    """Share of 80 % forecasts in which the measured change lies, over synthetic fleets that learn from their history.

    The fleet's truth is no part of the forecast's model: three changes in ten do nothing, the others gain between a
    loss of a fifth and the whole of what their failures cost (runs touched times how much worse they score).
    """
    rng, first, later, widths = np.random.default_rng(seed), list[float](), list[float](), list[float]()
    for _ in range(fleets):
        history: list[Effect] = []
        for _ in range(changes):
            held, effect, width = _one_change(rng, history, n)
            (later if len(history) >= 5 else first).append(held)
            widths.append(width)
            history.append(effect)
    return {
        "all": Share.of(first + later), "fewer than five measured": Share.of(first), "five or more": Share.of(later),
        "width": Share.of(widths),
    }  # fmt: skip


def _one_change(rng: np.random.Generator, history: list[Effect], n: int) -> tuple[float, Effect, float]:
    share, gap, before = rng.uniform(0.05, 0.4), rng.uniform(0.5, 1.8), rng.uniform(3.6, 4.3)
    truth = 0.0 if rng.random() < 0.3 else share * gap * rng.uniform(-0.2, 1.0)
    seen = model.tasks(rng, round(before, 2), 4 * n)[0]
    touched_n = max(1, round(share * len(seen)))
    touched = model.tasks(rng, round(before - (1 - share) * gap, 2), touched_n)[0]
    others = model.tasks(rng, min(4.9, round(before + share * gap, 2)), len(seen) - touched_n)[0]
    known = Touched(
        touched_n=touched_n, touched_mean=float(np.mean(touched)), other_n=len(others),
        other_mean=float(np.mean(others)), sd=float(np.std(seen, ddof=1)), share=share,
    )  # fmt: skip
    told = forecast(history, known, n, n)
    sides = [model.tasks(rng, min(4.9, round(mean, 2)), n)[0] for mean in (before, before + truth)]
    compared = compare_samples(*sides)
    assert told is not None and compared.delta is not None and compared.mde is not None
    error = math.sqrt(sum(float(np.var(side, ddof=1)) / n for side in sides))
    return (
        float(told.low <= compared.delta <= told.high),
        Effect(delta=compared.delta, error=error),
        told.high - told.low,
    )


def naive_width(n: int = 20) -> float:
    """Width of an 80 % interval for the noise of two samples of n scores alone (SD .91): no forecast is narrower."""
    return 2 * NormalDist().inv_cdf(0.9) * 0.91 * math.sqrt(2 / n)


def transfers(before: int, after: int, gain: float, cases: int, seed: int) -> dict[str, Share]:
    """Share of each transfer verdict where the true change is `gain` on all three dimensions."""
    rng, words = np.random.default_rng(seed), list[str]()
    for _ in range(cases):
        pairs = zip(
            model.three_dimensions(rng, MEAN - gain, before), model.three_dimensions(rng, MEAN, after), strict=True
        )
        compared = [compare_samples(old.tolist(), new.tolist()) for old, new in pairs]
        words.append(transfer_verdict(effects.judged(compared, DIMENSIONS)))
    every = ("Transfer", "Weak Transfer", "Neutral", "Regression", "Inconclusive")
    return {word: Share.of([float(said == word) for said in words]) for word in every}


def claims(found: Mapping[str, Share]) -> float:
    """Share of verdicts that claim a change."""
    return sum(found[word].value for word in ("Transfer", "Weak Transfer", "Regression"))
