"""How a run ended: broken off, wrong by its source's own verdict or by who scored it, or right in part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from storage.records import Finding
from tasks.common.failure_text import normalised
from tasks.incidents.detectors.finding import Row, found

_BROKEN_OFF: Final = re.compile(r"error|exception|crash|time.?out|timed|max|limit|kill|abort|infrastructure", re.I)


def bad_endings(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Hard failure (broken off) P1; partial completion (the grader gave a part) P2; else wrong output P2.

    Where the output is wrong, the same task is the same kind.
    """
    for row in rows:
        hard = row["outcome"] == "infrastructure_error" or bool(_BROKEN_OFF.search(row["ended_by"] or ""))
        partly = not hard and row["reward"] is not None and 0 < row["reward"] < 1
        name = "hard failure" if hard else "partial completion" if partly else "wrong output"
        ended_by = normalised(row["ended_by"])
        yield found(
            row, name, "P1" if hard else "P2", "run-outcome", now, error_type=ended_by or None, text=ended_by,
            kind="" if hard else str(row["task_id"]), evidence={"task_id": row["task_id"], "reward": row["reward"]},
        )  # fmt: skip


def low_scores(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """Wrong output, P2: a person, or a judge that agrees with people, scored success 2 or less.

    A judge that abstains or is not trusted gives no score, and so no finding.
    """
    for row in rows:
        evidence = {"task_id": row["task_id"], "score": row["score"], "scorer_kind": row["scorer_kind"]}
        yield found(
            row, "wrong output", "P2", "low-score", now, kind=f"scored {row['task_id']}", text=row["scorer_kind"],
            evidence=evidence,
        )  # fmt: skip


def silent_regressions(rows: Iterable[Row], now: datetime) -> Iterator[Finding]:
    """P2, in the agent's latest run before a golden rerun confirmed that its scores sank; no single run shows it."""
    for row in rows:
        evidence = {key: row[key] for key in ("watch_id", "dimension", "week", "since")}
        yield found(row, "silent regression", "P2", "confirmed-watch", now, kind=row["watch_id"], evidence=evidence)
