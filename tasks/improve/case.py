"""What a proposal is drafted from, whatever was found: one shape for failures, tasks, falls and transfers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from reports.environment import environment
from reports.text import fenced
from storage.records import FileChange
from storage.settings import Agent
from tasks.common.reach import Broken
from tasks.metrics.forecast import Forecast

EVIDENCE_RUNS: Final = 50
"""Runs that a proposal names as its evidence; the document says how many more there are."""
SHOWN_RUNS: Final = 10


@dataclass(frozen=True)
class RulesDraft:
    """A skill that the rules drafted: its name, its bytes, and its steps for the document."""

    slug: str
    content: str
    steps: list[str]
    said: str


@dataclass(frozen=True)
class Case:
    """Something that is worth a proposal, with all that is known of it.

    `title`, `problem`, `frequency` and `known` are composed here, of counts and names; `quoted` is text from logs,
    normalised. `rows`: the evidence, a run each, newest first. `facts`: the same and more as data for a model.
    `rules`: what the rules would draft; None: they cannot. `broken`: why nothing may be drafted, whoever does.
    `touched`: all runs that a change would touch, for its forecast.
    """

    kind: Literal["failure", "task", "fall", "transfer"]
    agent: Agent
    fingerprint: str
    attempt: int
    title: str
    slug: str
    problem: str
    quoted: str
    frequency: str
    rows: list[dict[str, Any]]
    run_ids: list[str]
    known: list[str]
    facts: dict[str, Any]
    made_at: datetime
    rules: RulesDraft | None = None
    broken: list[Broken] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Solution:
    """What is proposed for a case, for its document. `said`: what it is, in a sentence of ours.

    `words`: what a model wrote, by heading, unchecked; `left_out`: sentences of it that state what nobody counted.
    """

    said: str
    steps: Sequence[str]
    drafter: str
    words: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0


def document(
    case: Case, solution: Solution, file: FileChange, forecasts: Mapping[str, Forecast], unforecast: Mapping[str, str]
) -> str:
    """The improvement proposal under the practitioners' headings; every figure in it is the ledger's.

    `forecasts`: by dimension; `unforecast`: dimension and why it has none.
    """
    return rendered(
        "proposal.md.j2",
        case=case,
        solution=solution,
        path=file.path,
        new=file.old_blob is None,
        bytes=len(file.content),
        quoted=fenced(case.quoted) if case.quoted else "",
        rows=case.rows[:SHOWN_RUNS],
        more=max(0, len(case.rows) - SHOWN_RUNS),
        words={heading: fenced(text) for heading, text in solution.words.items()},
        forecasts=forecasts,
        unforecast=unforecast,
    )


def rendered(template: str, **values: object) -> str:
    """A template's text, blank lines folded, with one line feed at its end."""
    lines = environment().get_template(template).render(values).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip() + "\n"


def evidence_row(row: dict[str, Any], reason: str) -> dict[str, object]:
    """A run as the document's table has it."""
    score = "not scored" if row["score"] is None else f"{row['score']:g}"
    return {"run_id": row["run_id"], "task": row["task_id"] or "", "score": score, "reason": reason}


def period(first: datetime | None, last: datetime | None) -> str:
    """From when to when, in words that follow a count."""
    if first is None or last is None:
        return ", at times that were not recorded"
    return f", from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
