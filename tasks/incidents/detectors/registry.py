"""Every detector: what it claims, how grave, what it needs, and how well it was measured to tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from storage.records import Finding
from tasks.incidents.detectors import conduct, endings, loops, outliers, probes, tool_contracts, tool_errors
from tasks.incidents.detectors.finding import Row

VERSION: Final = "2"
"""Of the rules; a new one has every run examined again."""
FEW: Final = 3
"""A tool that fewer other runs use may be no tool: the Rule of Three."""
DEEPEST: Final = 3
"""Hand-overs below the first run that practitioners allow."""
EXACT: Final = "exact"


@dataclass(frozen=True)
class Detector:
    """One way to find failures. `find` makes findings of the rows of `queries/incidents/<query>.sql`.

    `parameters`: names of the query's parameters. `claims`: what a finding of it says, no more. `measured`: precision
    and recall as `make bench` printed them (tests/benchmarks/RESULTS.md), or why there are none. `of_run`: its
    findings depend on the run and on what it is compared with, so they are made anew when the run is examined again.
    """

    names: tuple[str, ...]
    failure_class: str
    severity: str
    claims: str
    measured: str
    query: str
    find: Callable[[Iterable[Row], datetime], Iterator[Finding]]
    parameters: tuple[str, ...] = field(default=())
    of_run: bool = True


DETECTORS: Final = (
    Detector(
        ("run-outcome",), "hard failure, wrong output, partial completion", "P1, P2",
        "the source's own verdict: broken off, wrong, or right in part", EXACT, "bad_endings", endings.bad_endings,
    ),
    Detector(
        ("low-score",), "wrong output", "P2",
        "a person, or a judge that was found to agree with people, scored success 2 or less; no score, no claim",
        "as good as the scorer: the judge's kappa is shown by `agentre golden`", "low_scores", endings.low_scores,
    ),
    Detector(
        ("confirmed-watch",), "silent regression", "P2", "weekly scores sank and a golden rerun confirmed it",
        "found within 4 weeks: .91 of drops by .5 (benchmark trend)", "silent_regressions",
        endings.silent_regressions, of_run=False,
    ),
    Detector(
        ("tool-error",), "tool misuse", "P2, P3", "a tool call ended in an error; whether the tool worked later",
        "of a failed task: precision .33-.75, recall .23-.31; always: .25-.58, 1", "tool_errors",
        tool_errors.tool_errors,
    ),
    Detector(
        ("hidden-error",), "error hidden in text", "P3", "a result begins as an error does, and is flagged as none",
        "not measured on labelled runs: too few fired", "hidden_errors", tool_errors.hidden_errors,
    ),
    Detector(
        ("refused-tool",), "hallucinated tool", "P2", "the harness answered that there is no such tool", EXACT,
        "refused_tools", tool_errors.refused_tools,
    ),
    Detector(
        ("unknown-tool", "bad-arguments"), "hallucinated tool, tool misuse", "P2, P3",
        "a call against the tools that the source declares (P2), else unlike the agent's other runs (P3, at most at "
        "`detect.unseen_rate`)", "injected: 236/236 and 236/236 found, 0 false in 236", "faults", tool_contracts.faults,
    ),
    Detector(
        ("schema-drift",), "tool-schema drift", "P2", "a tool's declared schema, or the arguments in all runs of a "
        "day, are other than on earlier days", EXACT, "schema_drifts", tool_contracts.schema_drifts,
    ),
    Detector(
        ("repeated-call",), "retry loop", "P3",
        "the same call, or circle of two or three, three times in a row to the same effect",
        "injected: 236/236 found, 0 false in 236",
        "repeated_calls", loops.repeated_calls, ("in_a_row",),
    ),
    Detector(
        ("known-answer",), "context loss", "P3", "the same call with the same answer three times, others between",
        "not measured on labelled runs: too few fired", "forgotten", loops.forgotten, ("asked_again",),
    ),
    Detector(
        ("asked-again",), "context loss", "P3", "a question that a person answered asked again word for word",
        "not measured on labelled runs: too few fired", "asked_again", loops.asked_again,
    ),
    Detector(
        ("length-outlier", "cost-outlier"), "trajectory-length outlier, excessive cost", "P3",
        "more steps or money than the agent's other runs of the task type, at most at `detect.outlier_rate`",
        "alarms on .009 of ordinary runs at .01; thrice as long: .50-.55 found", "unusual_measures",
        outliers.measures, ("rate",),
    ),
    Detector(
        ("task-budget",), "excessive cost", "P3", "one run cost more than `budgets.task`", EXACT, "over_budget",
        outliers.over_budget, ("limit_usd",),
    ),
    Detector(
        ("action-size",), "action outlier", "P2",
        "an argument ten times the usual and beyond the agent's other runs, at most at `detect.outlier_rate`",
        "not measured on labelled runs: too few fired", "unusual_actions", outliers.actions, ("rate",),
    ),
    Detector(
        ("declared-scope",), "boundary violation", "P1", "a call outside `detect.scope`; undeclared, no claim", EXACT,
        "out_of_scope", conduct.boundaries,
    ),
    Detector(
        ("asked-for-help",), "autonomy failure", "P3", "a person was asked in a task marked routine or easy", EXACT,
        "asked_for_help", conduct.asked_for_help,
    ),
    Detector(
        ("delegation",), "recursive delegation", "P2", "work came back to an agent above, or is over three deep", EXACT,
        "delegations", conduct.delegations, ("deepest",),
    ),
    Detector(
        ("golden-probe",), "drift under pressure, impossible goal accepted", "P2",
        "a golden attempt failed under the set's follow-up turns, or did not decline the impossible", EXACT, "probes",
        probes.probes,
    ),
)  # fmt: skip

UNCLAIMED: Final = (
    (
        "plan corruption",
        "only a judge that agrees with people could tell, and none is calibrated for it",
    ),
    ("right tool, wrong value", "arguments are not stored; what comes of it shows as wrong output"),
)
"""Failures that no rule here can tell, and why: they are never claimed."""


def catalogue() -> list[dict[str, str]]:
    """One row per detector: `detector`, `failure_class`, `severity`, `claims`, `measured`; then what is not claimed."""
    told = [
        {
            "detector": ", ".join(one.names), "failure_class": one.failure_class, "severity": one.severity,
            "claims": one.claims, "measured": one.measured,
        }
        for one in DETECTORS
    ]  # fmt: skip
    return told + [
        {"detector": "none", "failure_class": name, "severity": "", "claims": "not claimed", "measured": why}
        for name, why in UNCLAIMED
    ]
