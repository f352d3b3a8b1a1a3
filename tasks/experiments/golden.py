"""What a change did to the same golden tasks, with it and without it: asked for, and read once the pair has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from storage.ledger import Ledger
from storage.records import Event, stable_id
from storage.workspace import Workspace
from tasks.experiments.experiment import Changed, Experiment, as_json, benchmark, experiment_id, imp_record
from tasks.experiments.keeping import Effect
from tasks.metrics import effects
from tasks.metrics.imp import OVERALL

METHOD: Final = "golden"
ASKED_FOR: Final = timedelta(weeks=2)
"""A change older than this when it is first seen is left to the scores of production."""
Trials = dict[str, dict[str, list[float]]]
"""Dimension to golden task to the scores of its trials."""


def ask_for_pairs(workspace: Workspace, ledger: Ledger, every: Sequence[Changed], now: datetime) -> None:
    """Asks that the golden tasks of new changes are run with and without them, where their agent can be run."""
    settings = workspace.settings
    runnable = {agent.name for agent in settings.agents if agent.runner and settings.golden.pairs}
    today = now.astimezone(workspace.zone).date()
    due = [
        pair_due(each, now)
        for each in every
        if each.commit and not each.takes_back and each.agent in runnable and each.day >= today - ASKED_FOR
    ]
    ledger.add("events", due, "event_id")


def pair_due(changed: Changed, now: datetime) -> Event:
    """The event that asks for a change's golden pair, once."""
    return Event(
        event_id=stable_id("golden_pair_due", changed.subject), kind="golden_pair_due", at=now, agent=changed.agent,
        subject=changed.subject, payload={"commit": changed.commit, "name": changed.name},
    )  # fmt: skip


def measured(ledger: Ledger, changed: Changed, now: datetime) -> Effect | None:
    """What the golden pairs of a change say of it; None where none has ended.

    Paired by task: each is compared with itself, at the commit before the change and at its own.
    """
    rows = ledger.rows("experiments/pair_trials", change_id=changed.subject) if changed.commit else []
    if len({row["with_change"] for row in rows}) < 2:
        return None
    without, with_change = (_trials(rows, flag) for flag in (False, True))
    compared = effects.compare_tasks(without, with_change)
    verdict, identical = effects.verdict_of(compared), without == with_change
    said = _said(rows) + (" Every task ended alike with it and without it." if identical else "")
    said += "" if identical else f" {effects.effect_sentence(compared, None)}"
    labels = _label(rows, False), _label(rows, True)
    sets = ", ".join(sorted({row["golden_set"] for row in rows}))
    seeds = ", ".join(str(seed) for seed in sorted({row["seed"] for row in rows}))
    window = f"golden set {sets}: the same tasks without and with it, in one random order (seed {seeds})"
    record = imp_record(changed, compared, labels, window, verdict, said)
    record |= {"identical": identical, "passed": {"without": [*_passed(rows, False)], "with": [*_passed(rows, True)]}}
    done = Experiment(
        experiment_id=experiment_id(changed, METHOD), kind=changed.kind, agent=changed.agent, subject=changed.subject,
        name=changed.name, before_period=labels[0], after_period=labels[1], verdict=verdict,
        seed_verdict=compared[OVERALL].seed_label, reason=compared[OVERALL].reason, said=said, record=record,
        closed_at=max(row["ended_at"] for row in rows), made_at=now, method=METHOD,
    )  # fmt: skip
    files = {"imp.json": as_json(record), "benchmark.json": as_json(benchmark(rows) or {})}
    return Effect(changed, done, compared, files)


def _trials(rows: Sequence[Mapping[str, Any]], flag: bool) -> Trials:
    found: Trials = defaultdict(lambda: defaultdict(list))
    for row in rows:
        for name in effects.ALL:
            if row["with_change"] is flag and row[name] is not None:
                found[name][row["task"]].append(row[name])
    return {name: dict(tasks) for name, tasks in found.items()}


def _said(rows: Sequence[Mapping[str, Any]]) -> str:
    told = [f"{passed} of {n}" for passed, n in (_passed(rows, False), _passed(rows, True))]
    return f"Golden trials passed: {told[0]} without it, {told[1]} with it."


def _passed(rows: Sequence[Mapping[str, Any]], flag: bool) -> tuple[int, int]:
    """Trials of a side that passed, and how many were decided."""
    side = [row["passed"] for row in rows if row["with_change"] is flag]
    return sum(side), len(side)


def _label(rows: Sequence[Mapping[str, Any]], flag: bool) -> str:
    row = next(row for row in rows if row["with_change"] is flag)
    return f"{'with' if flag else 'without'}, at {(row['config_commit'] or '')[:12]}"
