"""Transfer experiments: registered, measured when the treatment is over, told, and offered to similar agents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from storage.errors import NothingMeasured
from storage.ledger import Ledger
from storage.records import DIMENSIONS, Event, Record, stable_id
from storage.workspace import Workspace
from tasks.experiments.experiment import Experiment, as_json, interval
from tasks.experiments.keeping import keep, write_files
from tasks.experiments.run import changes, scores_of
from tasks.experiments.transfer_file import Figures, TransferExperiment, read_transfer, written
from tasks.metrics import effects
from tasks.metrics.anytime import compare_anytime
from tasks.metrics.compare import Comparison, Summary, compare_summaries, summarise
from tasks.metrics.effects import Period
from tasks.metrics.transfer import TransferVerdict, seed_verdict, transfer_verdict

KIND: Final = "transfer"
USUAL_SD: Final = 1.0
"""Spread of one score that is assumed where nobody knows it; nothing is claimed on it."""
_ROUNDING: Final = 0.051
"""Averages are written with one decimal."""


class Transferred(Record, frozen=True, kw_only=True):
    """A transfer experiment as measured. `offered`: similar agents that the change is offered for."""

    experiment: Experiment
    comparisons: dict[str, Comparison]
    verdict: TransferVerdict
    offered: list[str]


class _Side(Record, frozen=True, kw_only=True):
    summaries: dict[str, Summary]
    problem: str | None  # why nothing may be claimed on them


def run_transfer(
    workspace: Workspace, ledger: Ledger, path: Path, now: datetime, sd: float | None = None
) -> Transferred:
    """Measures the experiment in a file. Safe to repeat.

    Its hypothesis is registered (hashed) before any score of the treatment is read. Figures are the file's, spreads
    those of the ledger's scores of the target in the two periods; `sd` is the spread of one score where the ledger has
    none. Raises UsageError for a file that is not as it has to be, and NothingMeasured before the treatment is over
    (with the day) and where neither file nor ledger has a score of a period.
    """
    asked = read_transfer(path)
    baseline, treatment = asked.periods
    registered, changed = _register(ledger, asked, now)
    if now < treatment.closes(workspace.zone):
        name = _target(workspace, asked)
        raise NothingMeasured(
            "the treatment is not over; its hypothesis is registered", where=str(path),
            got=_so_far(scores_of(ledger, name, baseline), scores_of(ledger, name, treatment)),
            accepted=f"from {treatment.after} on, when {treatment.label} is over",
        )  # fmt: skip
    before = _side(workspace, ledger, asked, asked.target.baseline, baseline, sd)
    after = _side(workspace, ledger, asked, asked.target.treatment, treatment, sd)
    if not any(side.n for side in (*before.summaries.values(), *after.summaries.values())):
        raise NothingMeasured("neither the file nor the ledger has a score of these periods", where=str(path))
    reason = changed or _confounded(workspace, ledger, asked, baseline) or before.problem or after.problem
    compared = [compare_summaries(before.summaries[name], after.summaries[name]) for name in DIMENSIONS]
    judged = effects.judged(compared, DIMENSIONS)
    judged = effects.withheld(judged, reason) if reason else judged
    verdict = "Inconclusive" if reason else transfer_verdict(judged)
    return _told(workspace, ledger, path, asked, judged, verdict, reason, registered, now)


def _so_far(before: effects.Scores, after: effects.Scores) -> str:
    """What a running treatment shows: intervals that may be looked at after every task (`compare_anytime`).

    Each dimension's interval holds alone, at 95 % over all looks; the experiment's verdict is still that of its end.
    """
    parts = []
    for name in DIMENSIONS:
        old, new = ([one.score for one in side.get(name, ())] for side in (before, after))
        each = compare_anytime(old, new)
        if each.ci_low is None or each.ci_high is None or math.isinf(each.ci_low):
            parts.append(f"{name}: not enough yet, {each.before.n} and {each.after.n} scores")
        else:
            told = "not decided" if each.verdict == "inconclusive" else f"decided, {each.verdict}"
            parts.append(f"{name}: {each.delta:+.2f}, {each.ci_low:+.2f} to {each.ci_high:+.2f}, {told}")
    return "; ".join(parts)


def _register(ledger: Ledger, asked: TransferExperiment, now: datetime) -> tuple[datetime, str | None]:
    """When the hypothesis was first registered, and why it cannot carry a verdict, or None."""
    event = Event(
        event_id=stable_id("hypothesis_registered", asked.experiment_id, asked.sha256), kind="hypothesis_registered",
        at=now, agent=asked.target.agent, subject=asked.experiment_id,
        payload={"sha256": asked.sha256, "name": asked.name, "hypothesis": asked.hypothesis},
    )  # fmt: skip
    ledger.add("events", [event], "event_id")
    first = ledger.rows("experiments/registered", experiment_id=asked.experiment_id)[0]
    if first["sha256"] != asked.sha256:
        return first["at"], f"the hypothesis, agents or periods are not those registered on {first['at']:%Y-%m-%d}"
    return first["at"], None


def _confounded(workspace: Workspace, ledger: Ledger, asked: TransferExperiment, baseline: Period) -> str | None:
    """Which change of the target lies inside the baseline, or None."""
    name = _target(workspace, asked)
    for each in changes(workspace, ledger):
        if each.agent == name and baseline.first <= each.day <= baseline.last:
            return f"a change is inside the baseline: {each.kind.removeprefix('imp@')} `{each.name}`, on {each.day}"
    return None


def _target(workspace: Workspace, asked: TransferExperiment) -> str:
    """The target as the ledger names it."""
    known = workspace.agent(asked.target.agent)
    return known.name if known else asked.target.agent


def _side(
    workspace: Workspace, ledger: Ledger, asked: TransferExperiment, given: Figures, period: Period, sd: float | None
) -> _Side:
    """A period's mean, spread and number on each dimension, and why nothing may be claimed on them."""
    scores = scores_of(ledger, _target(workspace, asked), period)
    summaries, problem = dict[str, Summary](), None
    for name in DIMENSIONS:
        found = summarise([each.score for each in scores.get(name, ())])
        summaries[name] = _figures(given, name, found, sd)
        problem = problem or _disagreement(given, name, found, period)
        if not problem and found.n < 2 and sd is None and given.average(name) is not None:
            problem = (
                f"the spread of the scores is not known, as the ledger has none of {period.label}; "
                f"the intervals assume an SD of {USUAL_SD:g} a score"
            )
    return _Side(summaries=summaries, problem=problem)


def _figures(given: Figures, dimension: str, found: Summary, sd: float | None) -> Summary:
    """The file's mean and number where it has them, the ledger's where not."""
    mean, n = given.average(dimension), given.tasks_evaluated
    if mean is None or (found.n == n and found.mean is not None and abs(found.mean - mean) <= _ROUNDING):
        return found
    spread = found.sd if found.n > 1 else sd if sd is not None else USUAL_SD
    return Summary(n=found.n if n is None else n, mean=mean, sd=spread)


def _disagreement(given: Figures, dimension: str, found: Summary, period: Period) -> str | None:
    mean, n = given.average(dimension), given.tasks_evaluated
    if not found.n or found.mean is None or (mean is None and n is None):
        return None
    if (n is None or n == found.n) and (mean is None or math.isclose(mean, found.mean, abs_tol=_ROUNDING)):
        return None
    return (
        f"file and ledger disagree on {dimension} of {period.label}: "
        f"{mean} from {n} tasks, but {found.mean:.2f} from {found.n}"
    )


def _told(
    workspace: Workspace, ledger: Ledger, path: Path, asked: TransferExperiment, judged: Mapping[str, Comparison],
    verdict: TransferVerdict, reason: str | None, registered: datetime, now: datetime,
) -> Transferred:  # fmt: skip
    """Writes the result into the ledger and beside it as files, and offers a change that transferred."""
    deltas = {name: each.delta for name, each in judged.items()}
    seed, said = seed_verdict(deltas), said_of(verdict, judged, reason)
    before, after = asked.periods
    if registered >= after.closes(workspace.zone):
        said += " The hypothesis was registered after the treatment had ended."
    record: dict[str, Any] = {
        "hypothesis_sha256": asked.sha256, "registered_at": registered.isoformat(),
        "verdict": verdict, "seed_verdict": seed, "reason": reason,
        "intervals": {name: interval(each) for name, each in judged.items()},
    }  # fmt: skip
    done = Experiment(
        experiment_id=asked.experiment_id, kind=KIND, agent=asked.target.agent, subject=asked.source.improvement,
        name=asked.name, before_period=before.label, after_period=after.label, verdict=verdict, seed_verdict=seed,
        reason=reason, said=said, record=record, closed_at=after.closes(workspace.zone), made_at=now,
    )  # fmt: skip
    labels = (before.label, after.label)
    keep(ledger, done, effects.as_measurements(KIND, done.agent, done.experiment_id, judged, labels, now))
    result = written(path, deltas, verdict, f"{said} Practitioners' rule: {seed or 'cannot be told'}.")
    write_files(workspace, done, {"experiment.yaml": result, "result.json": as_json(record)})
    offered = _offer(workspace, ledger, asked, now) if verdict == "Transfer" else []
    return Transferred(experiment=done, comparisons=dict(judged), verdict=verdict, offered=offered)


def said_of(verdict: TransferVerdict, judged: Mapping[str, Comparison], reason: str | None) -> str:
    """The result in a sentence for an engineer."""
    if reason:
        return f"Inconclusive: {reason}."
    words = {
        "Transfer": "It transfers: all three dimensions are surely better, each by more than 0.2.",
        "Weak Transfer": "It transfers in part: one dimension is surely better, and none surely fell by 0.2 or more.",
        "Neutral": "It changes nothing: all three dimensions surely stayed within 0.2.",
        "Regression": "It does harm: a dimension surely fell, by more than 0.2.",
    }
    reach = [each.mde for each in judged.values() if each.mde is not None]
    if verdict in words:
        return words[verdict]
    if not reach:
        return "Inconclusive: " + "; ".join(f"{name}: {each.reason}" for name, each in judged.items()) + "."
    return f"Inconclusive: only a change of {max(reach):.2f} or more is found reliably from so many tasks."


def _offer(workspace: Workspace, ledger: Ledger, asked: TransferExperiment, now: datetime) -> list[str]:
    """Tells that the change is a candidate for the other agents of the target's type; returns their names."""
    taken = {asked.source.agent.casefold(), asked.target.agent.casefold()}
    similar = [
        agent.name
        for agent in workspace.settings.agents
        if agent.type == asked.target.agent_type and agent.name.casefold() not in taken
    ]
    payload: dict[str, object] = {"improvement": asked.source.improvement, "from": asked.source.agent}
    events = [
        Event(
            event_id=stable_id("transfer_offered", asked.experiment_id, name), kind="transfer_offered", at=now,
            agent=name, subject=asked.experiment_id, payload=payload,
        )
        for name in similar
    ]  # fmt: skip
    ledger.add("events", events, "event_id")
    return similar
