"""How far a fleet has come, from 1 (demo) to 4 (reliable), by artefacts that one can point to and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from storage.handbook import FOLDER, page, section
from storage.ledger import Ledger
from storage.records import Record
from storage.workspace import Workspace
from tasks.metrics.weeks import Week, span

STAGES: Final = {1: "demo", 2: "beta", 3: "production", 4: "reliable"}
RECENT: Final = timedelta(days=28)
TASKS: Final = 10
"""Golden tasks that make a curated set, and scored tasks in 28 days that make a sample of the traffic."""
REVIEWS: Final = 4
"""Weekly reviews of the last six weeks that make them regular."""
DAYS: Final = 2
"""Days with an evaluated budget that show that it is tracked, not looked at once."""


class Criterion(Record, frozen=True, kw_only=True):
    """What a stage asks for. `artefact`: what one can point to now, met or not. `next`: what makes it."""

    stage: int
    name: str
    met: bool
    artefact: str
    next: str


class Maturity(Record, frozen=True, kw_only=True):
    """The stage that is reached, 0 before the first run; a stage needs everything that stands below it too."""

    stage: int
    name: str
    criteria: list[Criterion]

    @property
    def missing(self) -> list[Criterion]:
        """What the next stage lacks."""
        return [each for each in self.criteria if each.stage == self.stage + 1 and not each.met]


def maturity(workspace: Workspace, ledger: Ledger, now: datetime) -> Maturity:
    """The stage at `now`, from the ledger and the workspace's files. Source of the stages: practitioners' checklists
    of agents in production; the thresholds are ours and stand above."""
    facts = ledger.rows("overview/maturity", now=now, since=now - RECENT)[0]
    criteria = [*_from_ledger(facts), *_from_files(workspace, now)]
    criteria.sort(key=lambda each: each.stage)
    stage = next((s - 1 for s in STAGES if any(not c.met for c in criteria if c.stage == s)), max(STAGES))
    return Maturity(stage=stage, name=STAGES.get(stage, "nothing ingested"), criteria=criteria)


_LEDGER: Final = (
    (1, "Runs are recorded", "runs", 1, "{} runs in the ledger", "agentre ingest"),
    (2, "A curated evaluation set", "golden_tasks", TASKS, "{} golden tasks with a verdict",
     "agentre golden run SET --agent A (sets of 10 tasks and more)"),
    (2, "Basic tracing", "traced_runs", 1, "{} runs with their calls", "agentre ingest (a format with calls)"),
    (2, "Failure modes named", "failure_classes", 1, "{} failure classes found", "agentre nightly"),
    (3, "SLIs and SLOs", "slos", 1, "{} SLOs with events in 28 days", "`slis:` in agentre.yaml, then agentre nightly"),
    (3, "Error budgets tracked", "budget_days", DAYS, "budgets evaluated on {} days of 28", "agentre serve (nightly)"),
    (3, "Offline evaluations in CI", "gates", 1, "{} gates in 28 days", "agentre gate SET --agent A --baseline main"),
    (3, "Online evaluations on sampled traffic", "scored_tasks", TASKS, "{} scored tasks in 28 days", "agentre score"),
    (3, "Postmortems that end in test cases", "incidents_with_tests", 1, "{} closed incidents with a golden test",
     "capture the failing runs of an incident as golden tasks"),
    (4, "Automated rollback on regression", "proposed_rollbacks", 1, "{} rollbacks proposed by the pipeline",
     "agentre nightly (it measures changes and proposes to take back what is worse)"),
)  # fmt: skip
"""Stage, name, fact, how many of it, the artefact in words, what makes it."""


def _from_ledger(facts: Mapping[str, Any]) -> Iterator[Criterion]:
    for stage, name, fact, least, said, after in _LEDGER:
        number = facts[fact]
        asked = f", {least} are asked for" if least > 1 and number < least else ""
        yield Criterion(
            stage=stage, name=name, met=number >= least, artefact=said.format(f"{number:,}") + asked, next=after
        )


def _from_files(workspace: Workspace, now: datetime) -> Iterator[Criterion]:
    for stage, name, look, after in _FILES:
        met, artefact = look(workspace, now)
        yield Criterion(stage=stage, name=name, met=met, artefact=artefact, next=after)


def _fallbacks(workspace: Workspace, _now: datetime) -> tuple[bool, str]:
    found = section(workspace.root, "readiness.md", "Graceful degradation")
    return found.done and found.boxes > 0, f"{found.path}: {found.ticked} of {found.boxes} fallback boxes ticked"


def _on_call(workspace: Workspace, _now: datetime) -> tuple[bool, str]:
    sheet, settings = page(workspace.root, "on-call.md"), workspace.settings.escalation
    told = bool(settings.policies) and all(
        settings.policy("P1", name) for name in ([agent.name for agent in workspace.settings.agents] or [""])
    )
    filled = "filled in" if sheet.done else f"{sheet.blanks} blanks" if sheet.exists else "missing"
    return sheet.done and told, f"{sheet.path} {filled}; P1 of {'every' if told else 'not every'} agent is told"


def _runbooks(workspace: Workspace, _now: datetime) -> tuple[bool, str]:
    """The charter and the team's own choice of runbooks: none of them with a blank, and one at least."""
    names = sorted(f"runbooks/{path.name}" for path in (workspace.root / FOLDER / "runbooks").glob("*.md"))
    found = [page(workspace.root, name) for name in ("charter.md", *names)]
    done = sum(each.done for each in found)
    return bool(names) and done == len(found), f"{done} of {len(found)} pages filled in"


def _reviews(workspace: Workspace, now: datetime) -> tuple[bool, str]:
    weeks = span(Week.of(now, workspace.zone), 6)
    written = sum((workspace.reports / f"{week.label}.html").is_file() for week in weeks)
    return written >= REVIEWS, f"{written} weekly reviews of the last six weeks, {REVIEWS} are asked for"


def _shadow(workspace: Workspace, _now: datetime) -> tuple[bool, str]:
    found = section(workspace.root, "readiness.md", "Shadow tests")
    return found.done, f"{found.path}, Shadow tests: {'filled in' if found.done else 'nothing said'}"


_Look = Callable[[Workspace, datetime], tuple[bool, str]]
_FILES: Final[tuple[tuple[int, str, _Look, str], ...]] = (
    (3, "Fallback layers", _fallbacks, "tick `Graceful degradation` in handbook/readiness.md"),
    (3, "On-call", _on_call, "`escalation:` in agentre.yaml, and fill in handbook/on-call.md"),
    (3, "Charter and runbooks", _runbooks, "fill in handbook/charter.md and handbook/runbooks/"),
    (4, "Regular reliability reviews", _reviews, "agentre serve (weekly), or agentre weekly"),
    (4, "Shadow tests", _shadow, "say in handbook/readiness.md where they can be seen"),
)
