"""Real runs with labels: what each detector tells of them, beside constants that look at nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from storage.ledger import Ledger
from tasks.metrics.intervals import wilson

VERDICT = ("run-outcome", "low-score")
"""Detectors that read the label itself."""


def share(hits: int, n: int) -> str:
    """`.39 (.20-.61), 7/18`; a dash where n is 0."""
    bounds = wilson(hits, n)
    return "-" if bounds is None else f"{hits / n:.2f} ({bounds[0]:.2f}-{bounds[1]:.2f}), {hits}/{n}"


def failure_table(ledger: Ledger) -> list[str]:
    """Precision and recall of each detector for a failed run, with 95 % Wilson intervals."""
    failed = {row["run_id"]: row["outcome"] == "failure" for row in _rows(ledger, "SELECT run_id, outcome FROM runs")}
    bad, fired = sum(failed.values()), dict[str, set[str]]()
    for row in _rows(ledger, "SELECT run_id, detector, evidence ->> 'recovered' AS back FROM findings"):
        if row["detector"] not in VERDICT:
            fired.setdefault(row["detector"], set()).add(row["run_id"])
            if row["detector"] == "tool-error" and row["back"] == "false":
                fired.setdefault("tool-error, unmended", set()).add(row["run_id"])
    fired = dict(sorted(fired.items())) | {"always": set(failed), "never": set()}
    return [
        f"{name:<20} fired {len(runs):>3}   precision {share(sum(failed[run] for run in runs), len(runs)):<24}"
        f" recall {share(sum(failed[run] for run in runs), bad)}"
        for name, runs in fired.items()
    ]


def responsible_table(ledger: Ledger) -> list[str]:
    """Who&When: step and agent that people hold responsible, by the first error's author, beside constants."""
    runs = [_case(ledger, row) for row in _rows(ledger, "SELECT run_id, tags FROM runs ORDER BY run_id")]
    common_step = Counter(case["step"] for case in runs).most_common(1)[0][0]
    common_agent = Counter(case["agent"] for case in runs).most_common(1)[0][0]
    ruled = [case for case in runs if case["first"] is not None]
    rules: dict[str, tuple[int, int, int]] = {
        "first error's author": _hits(ruled, lambda case: case["first"]),
        "the same, else step 0": _hits(runs, lambda case: case["first"] or 0),
        "constant: step 0": _hits(runs, lambda _: 0),
    }
    lines = [
        f"{name:<38} step {share(step, n):<24} agent {share(agent, n)}" for name, (step, agent, n) in rules.items()
    ]
    steps, agents = sum(c["step"] == common_step for c in runs), sum(c["agent"] == common_agent for c in runs)
    named = f"constant: step {common_step}, {common_agent[:12]} (reads labels)"
    lines.append(f"{named:<38} step {share(steps, len(runs)):<24} agent {share(agents, len(runs))}")
    speaks = sum(case["agent"] == case["speaker"] for case in runs)
    return [*lines, f"{'most frequent speaker':<38} step {'-':<24} agent {share(speaks, len(runs))}"]


def _hits(cases: list[dict[str, Any]], step_of: Any) -> tuple[int, int, int]:
    steps = sum(step_of(case) == case["step"] for case in cases)
    agents = sum(case["said"].get(step_of(case)) == case["agent"] for case in cases)
    return steps, agents, len(cases)


def _case(ledger: Ledger, run: dict[str, Any]) -> dict[str, Any]:
    """The labels of a run, who said what, and the message before the first error that the detector found."""
    labels = dict(tag.split("=", 1) for tag in run["tags"])
    texts = [row for row in _rows(ledger, "SELECT run_id, seq, role, text FROM messages ORDER BY seq")
             if row["run_id"] == run["run_id"]]  # fmt: skip
    executed = [row["seq"] for row in texts if (row["text"] or "").startswith("exitcode: ")]
    errors = _rows(ledger, "SELECT run_id, (evidence -> 'steps')::BIGINT[] AS steps FROM findings "
                           "WHERE detector = 'tool-error'")  # fmt: skip
    first = min((min(row["steps"]) for row in errors if row["run_id"] == run["run_id"]), default=None)
    return {
        "step": int(labels["mistake_step"]), "agent": labels["mistake_agent"],
        "said": {row["seq"]: row["role"] for row in texts},
        "speaker": Counter(row["role"] for row in texts).most_common(1)[0][0],
        "first": None if first is None else executed[first] - 1,
    }  # fmt: skip


def _rows(ledger: Ledger, query: str) -> list[dict[str, Any]]:
    return ledger.typed(query)[1]
