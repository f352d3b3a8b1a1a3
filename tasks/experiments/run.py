"""imp@skill, imp@config and imp@model: measured once the two weeks after a change are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from storage.errors import NotFound, NothingMeasured
from storage.ledger import Ledger
from storage.workspace import Workspace
from tasks.experiments import golden
from tasks.experiments.experiment import Changed, Experiment, as_json, experiment_id, imp_record
from tasks.experiments.keeping import Effect, keep_effect, kept
from tasks.metrics import effects
from tasks.metrics.effects import Period, ScoredTask
from tasks.metrics.imp import OVERALL

AGAIN: Final = timedelta(weeks=12)
"""For so long after its end a window is measured again, as late data may change it."""


def measure_changes(workspace: Workspace, ledger: Ledger, now: datetime) -> list[Experiment]:
    """The effect of every change whose two weeks after it are over, or whose golden pair has ended. Safe to repeat.

    What `nightly` calls. Returns those that are new, or that late data changed. Asks for the golden pairs of new
    changes, by events that others answer; what is worse is offered to be taken back by whoever reads the experiments.
    """
    every = changes(workspace, ledger)
    golden.ask_for_pairs(workspace, ledger, every, now)
    found = [golden.measured(ledger, each, now) for each in every if _young(workspace, each, now)]
    found += [_measured(workspace, each, every, ledger, now) for each in every if _due(workspace, each, now)]
    return [one.done for one in found if one and keep_effect(workspace, ledger, one)]


def measure_change(workspace: Workspace, ledger: Ledger, named: str, now: datetime) -> Experiment:
    """The effect of one change, named by the beginning of its id, or of one model, named in full.

    Raises NotFound for a name that fits no change or several, and NothingMeasured, with the day on which it can be
    told, for a window that is not over.
    """
    every = changes(workspace, ledger)
    asked = named_among(every, named)
    _, after = effects.around(asked.day)
    if now < after.closes(workspace.zone):
        raise NothingMeasured(
            "the window is not over: two weeks after the change are compared with two before",
            got=f"{asked.name}, of {asked.day}", accepted=f"from {after.after} on, when {after.label} is over",
            next_command=f"agentre experiment change {asked.subject[:8]} --golden" if asked.commit else None,
        )  # fmt: skip
    keep_effect(workspace, ledger, _measured(workspace, asked, every, ledger, now))
    return kept(ledger, experiment_id(asked))


def measure_golden(workspace: Workspace, ledger: Ledger, asked: Changed, now: datetime) -> Experiment:
    """The effect of a change on its golden tasks. Raises NothingMeasured where no pair of it has ended."""
    found = golden.measured(ledger, asked, now)
    if found is None:
        raise NothingMeasured("no golden task was decided with this change and without it", got=asked.name)
    keep_effect(workspace, ledger, found)
    return kept(ledger, found.done.experiment_id)


def named_among(every: Sequence[Changed], named: str) -> Changed:
    """The change whose id begins so, or the model of that name. Raises NotFound for none, and for several."""
    fitting = [each for each in every if each.subject == named or (each.commit and each.subject.startswith(named))]
    if len(fitting) != 1:
        raise NotFound(
            "no change or new model of that name" if not fitting else "several changes begin like that", got=named,
            accepted=", ".join(each.subject if not each.commit else each.subject[:12] for each in every) or "none yet",
        )  # fmt: skip
    return fitting[0]


def changes(workspace: Workspace, ledger: Ledger) -> list[Changed]:
    """Every change of every agent whose effect can be measured, by agent and day."""
    rows = ledger.rows("experiments/changed", zone=str(workspace.zone))
    return [msgspec.convert(row, Changed) for row in rows]


def scores_of(ledger: Ledger, agent: str, period: Period) -> dict[str, list[ScoredTask]]:
    """Dimension to the scores that count of an agent in a period."""
    rows = ledger.rows("experiments/scores", agent=agent, first_day=period.first, after_day=period.after)
    return {row["dimension"]: msgspec.convert(row["scores"], list[ScoredTask]) for row in rows}


def _due(workspace: Workspace, changed: Changed, now: datetime) -> bool:
    end = effects.around(changed.day)[1].closes(workspace.zone)
    return end <= now < end + AGAIN


def _young(workspace: Workspace, changed: Changed, now: datetime) -> bool:
    return now < effects.around(changed.day)[1].closes(workspace.zone) + AGAIN


def _measured(
    workspace: Workspace, changed: Changed, every: Sequence[Changed], ledger: Ledger, now: datetime
) -> Effect:
    """What the scores of the two weeks before and after say of a change."""
    before, after = effects.around(changed.day)
    compared = effects.compare_periods(
        scores_of(ledger, changed.agent, before), scores_of(ledger, changed.agent, after)
    )
    if reason := _confounded(changed, every):
        compared = effects.withheld(compared, reason)
    verdict, said = effects.verdict_of(compared), effects.effect_sentence(compared, reason)
    window = f"{effects.WEEKS} weeks before and after {changed.day}"
    record = imp_record(changed, compared, (before.label, after.label), window, verdict, said)
    done = Experiment(
        experiment_id=experiment_id(changed), kind=changed.kind, agent=changed.agent, subject=changed.subject,
        name=changed.name, before_period=before.label, after_period=after.label, verdict=verdict,
        seed_verdict=compared[OVERALL].seed_label, reason=reason or compared[OVERALL].reason, said=said,
        record=record, closed_at=after.closes(workspace.zone), made_at=now,
    )  # fmt: skip
    return Effect(changed, done, compared, {"imp.json": as_json(record)})


def _confounded(changed: Changed, every: Sequence[Changed]) -> str | None:
    """Why the windows say nothing about this change alone, or None."""
    before, after = effects.around(changed.day)
    for other in every:
        if other.agent == changed.agent and other != changed and before.first <= other.day <= after.last:
            what = f"{other.kind.removeprefix('imp@')} `{other.name}`, on {other.day}"
            if other.day == changed.day:
                return f"another change came on the same day: {what}"
            return (
                f"another change is inside the {'baseline' if other.day < changed.day else 'two weeks after'}: {what}"
            )
    return None
