"""What was measured, written down at once: the experiment, its comparisons, its forecasts' scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.records import Measurement, Record
from storage.work_tree import write_file
from storage.workspace import Workspace
from tasks.experiments.experiment import Changed, Experiment
from tasks.metrics import effects
from tasks.metrics.compare import Comparison

FOLDER: Final = "experiments"


@dataclass(frozen=True)
class Effect:
    """What a change did, before it is written: its row, the comparisons behind it, and files by name."""

    changed: Changed
    done: Experiment
    compared: Mapping[str, Comparison]
    files: Mapping[str, bytes]


class MeasuredDelta(Record, frozen=True, kw_only=True):
    """What a dimension changed by, as measured."""

    dimension: str
    delta: float


def keep_effect(workspace: Workspace, ledger: Ledger, effect: Effect) -> bool:
    """Writes an effect with what it says of its forecasts; False where the ledger has it with these figures.

    A forecast is of the scores of production, so only they score it, and not where another change is in the window.
    """
    done, changed = effect.done, effect.changed
    labels = (done.before_period, done.after_period)
    kind = done.kind if done.method == "production" else f"{done.kind} ({done.method})"
    measured = effects.as_measurements(kind, done.agent, done.subject, effect.compared, labels, done.made_at)
    with ledger.transaction():
        new = _write(ledger, done, measured)
        crashpoint("measure.after_rows")
        if new and changed.proposal_id and done.method == "production":
            _score_forecasts(ledger, changed.proposal_id, effect)
    crashpoint("measure.before_files")
    write_files(workspace, done, effect.files)
    return new


def keep(ledger: Ledger, done: Experiment, measured: Sequence[Measurement]) -> bool:
    """Writes an experiment with its comparisons; False where the ledger has them with these figures."""
    with ledger.transaction():
        return _write(ledger, done, measured)


def kept(ledger: Ledger, wanted: str) -> Experiment:
    """An experiment as the ledger has it."""
    [row] = ledger.rows("experiments/kept", experiment_id=wanted)
    return Experiment(**row | {"record": msgspec.json.decode(row["record"])})


def write_files(workspace: Workspace, done: Experiment, files: Mapping[str, bytes]) -> None:
    """Writes an experiment's files below `.agentre/experiments`, each whole."""
    for name, content in files.items():
        write_file(workspace.state, f"{FOLDER}/{done.folder}/{name}", content)


def _write(ledger: Ledger, done: Experiment, measured: Sequence[Measurement]) -> bool:
    old = ledger.rows("experiments/kept", experiment_id=done.experiment_id)
    if old and msgspec.json.decode(old[0]["record"]) == done.record:
        return False
    with ledger.staged(new_measurements=measured):
        ledger.run("metrics/replace_measurements")
    with ledger.staged(new_experiments=[done]):
        ledger.run("experiments/replace")
    return True


def _score_forecasts(ledger: Ledger, proposal_id: str, effect: Effect) -> None:
    """Holds the proposal's forecasts against the changes that were measured, in place of what was found before."""
    ledger.run("experiments/forget_forecast_scores", experiment_id=effect.done.experiment_id)
    found = [
        MeasuredDelta(dimension=name, delta=each.delta)
        for name, each in effect.compared.items()
        if each.delta is not None and each.reason is None
    ]
    if found:
        with ledger.staged(measured_deltas=found):
            ledger.run(
                "experiments/score_forecasts", proposal_id=proposal_id, experiment_id=effect.done.experiment_id,
                now=effect.done.made_at,
            )  # fmt: skip
