"""Judgements and calibrations in the ledger: a judge decides nothing until it is known to agree with people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from storage.errors import Refused, UsageError
from storage.ledger import Ledger
from storage.opening import writing
from storage.prices import price_table
from storage.records import Record, Score, stable_id
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.common.llm import Model, ModelFailed
from tasks.golden.agreement import GOOD, agreement, why_not
from tasks.golden.bench import TrialOutcome, Tried
from tasks.golden.judge import DIMENSIONS, Judge, Judged, Work
from tasks.golden.task import GoldenTask


class Judgement(Record, frozen=True, kw_only=True):
    """A row of `judgements`; `samples` is JSON; `score` None: the judge abstained."""

    judgement_id: str
    run_id: str
    dimension: str
    judge: str
    model: str
    prompt_sha256: str
    rubric_version: str
    samples: str
    score: float | None
    reason: str
    judged_at: datetime


class Calibration(Record, frozen=True, kw_only=True):
    """A row of `judge_calibrations`: see `agreement.Agreement`. `reason`: why it is not trusted, else empty."""

    calibration_id: str
    judge: str
    model: str
    rubric_version: str
    dimension: str
    n: int
    abstained: int
    agreement: float | None
    human_rate: float | None
    judge_rate: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    bar: float
    is_trusted: bool
    reason: str
    made_at: datetime


@dataclass(frozen=True)
class DueRun:
    """A run to be judged, with everything that the judge is shown."""

    run_id: str
    work: Work


def judge_of(workspace: Workspace) -> Judge:
    """The workspace's judge. Raises UsageError where the settings name no model."""
    settings = workspace.settings.judge
    if settings.model is None:
        raise UsageError(
            "there is no judge", where=str(workspace.root / SETTINGS_FILE), accepted="`judge: {model: NAME}`"
        )
    return Judge(Model(settings.model, workspace.settings.models, price_table(workspace)), settings.samples)


def due_runs(ledger: Ledger, judge: Judge, golden_set: str, tasks: Sequence[GoldenTask], most: int) -> list[DueRun]:
    """Runs of the set that people scored or have to score and that this judge has not judged, at most so many."""
    by_id = {task.id: task for task in tasks}
    rows = ledger.rows("golden/judge_due", golden_set=golden_set, judge=judge.identity, most=most)
    return [
        DueRun(row["run_id"], work_of(by_id[row["task_id"]], _answers(ledger, row["run_id"])))
        for row in rows
        if row["task_id"] in by_id
    ]


def trusted_judge(workspace: Workspace) -> Judge:
    """The workspace's judge for a gate. Raises Refused unless it may decide success."""
    judge = judge_of(workspace)
    with writing(workspace, "gate") as ledger:
        require_trusted(ledger, judge, "success", workspace.settings.judge.kappa)
    return judge


def judged(judge: Judge, task: GoldenTask, answers: Sequence[str], tried: Tried, now: datetime) -> Tried:
    """A trial that checks could not decide, with the judge's word; as it was where the judge abstains or is silent."""
    try:
        found = judge.judge(work_of(task, answers), now)
    except ModelFailed as error:
        return replace(tried, reason=f"{tried.reason}; no judge: {error.what}")
    score = found.scores["success"]
    if score is None:
        return replace(tried, reason=f"{tried.reason}; the judge abstains")
    outcome: TrialOutcome = "pass" if score >= GOOD else "fail"
    return replace(tried, outcome=outcome, reason=f"judged {score:g} of 5 by {judge.model.name}: {found.reason}")


def work_of(task: GoldenTask, answers: Sequence[str]) -> Work:
    """A task as the judge is shown it: graded by its rubric, else by its criteria."""
    criteria = "\n".join(f"- {check.criterion}" for check in task.checks)
    turns = "\n".join([task.description, *(f"[then the user says] {turn}" for turn in task.followups)])
    return Work(turns, task.rubric or criteria or "Whether the task was done.", list(answers))


def _answers(ledger: Ledger, run_id: str) -> list[str]:
    return [row["text"] for row in ledger.rows("golden/answers", run_id=run_id)]


def keep_judged(ledger: Ledger, judge: Judge, run_id: str, judged: Judged, now: datetime) -> None:
    """Keeps what the judge said of a run; nothing is kept where no sample came, so that it is asked again."""
    if not judged.samples:
        return
    rows = [
        Judgement(
            judgement_id=stable_id("judgement", judge.identity, run_id, dimension), run_id=run_id, dimension=dimension,
            judge=judge.identity, model=judge.model.name, prompt_sha256=judged.prompt_sha256,
            rubric_version=judge.rubric_version, samples=msgspec.json.encode(judged.samples).decode(),
            score=judged.scores[dimension], reason=judged.reason, judged_at=now,
        )
        for dimension in DIMENSIONS
    ]  # fmt: skip
    ledger.add("judgements", rows, "judgement_id")


def calibrate(ledger: Ledger, judge: Judge, dimension: str, bar: float, now: datetime) -> Calibration:
    """Compares the judge with people on the runs that both scored, and keeps what was found."""
    pairs = [(row["human"], row["judge"]) for row in ledger.rows(
        "golden/judged_pairs", judge=judge.identity, dimension=dimension)]  # fmt: skip
    found = agreement(pairs)
    reason = why_not(found, bar)
    made = Calibration(
        calibration_id=stable_id("calibration", judge.identity, dimension, bar, now), judge=judge.identity,
        model=judge.model.name, rubric_version=judge.rubric_version, dimension=dimension, n=found.n,
        abstained=found.abstained, agreement=found.agreement, human_rate=found.human_rate, judge_rate=found.judge_rate,
        kappa=found.kappa, kappa_low=found.low, kappa_high=found.high, bar=bar, is_trusted=reason is None,
        reason=reason or "", made_at=now,
    )  # fmt: skip
    ledger.add("judge_calibrations", [made], "calibration_id")
    return made


def require_trusted(ledger: Ledger, judge: Judge, dimension: str, bar: float) -> None:
    """Raises Refused unless the last calibration is of this very judge and reached the bar that stands now."""
    last = next(iter(ledger.rows("golden/last_calibration", judge=judge.identity, dimension=dimension)), None)
    if last and last["is_current"] and last["is_trusted"] and last["kappa"] >= bar:
        return
    if last is None:
        why = "it was never compared with people"
    elif not last["is_current"]:
        why = f"its calibration of {last['made_at']:%Y-%m-%d} is stale: model, prompt, samples or rubric changed since"
    else:
        why = last["reason"] or f"kappa {last['kappa']:.2f} is below the bar of {bar:.2f}"
    raise Refused(
        f"the judge may not decide {dimension}", got=why, accepted=f"Cohen's kappa of {bar:g} or more against people",
        next_command="agentre judge SET",
    )  # fmt: skip


def keep_scores(ledger: Ledger, workspace: Workspace, judge: Judge, dimension: str) -> int:
    """Writes the judgements of a trusted judge as scores of kind judge; how many are new. Raises Refused otherwise."""
    require_trusted(ledger, judge, dimension, workspace.settings.judge.kappa)
    scores = [
        Score(
            score_id=stable_id("judge score", row["judgement_id"]), agent=row["agent"],
            day=(row["started_at"] or row["judged_at"]).astimezone(workspace.zone).date(), dimension=dimension,
            score=row["score"], scorer_kind="judge", task_id=row["task_id"], run_id=row["run_id"],
            scorer=judge.model.name, rubric_version=judge.rubric_version, scored_at=row["judged_at"],
            note=row["reason"][:500],
        )
        for row in ledger.rows("golden/judged_scores", judge=judge.identity, dimension=dimension)
    ]  # fmt: skip
    return ledger.add("scores", scores, "score_id")
