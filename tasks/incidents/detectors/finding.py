"""How a detector says what it found: one finding per run and kind of failure, with the steps that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from storage.records import Finding, stable_id
from tasks.incidents.fingerprints import fingerprint

Row = dict[str, Any]
STEPS: Final = 50
"""Steps that a finding names at most; its count is of all."""


def found(
    row: Mapping[str, Any],
    failure_class: str,
    severity: str,
    detector: str,
    now: datetime,
    *,
    steps: Sequence[int] = (),
    tool: str | None = None,
    error_type: str | None = None,
    kind: str = "",
    text: str = "",
    evidence: Mapping[str, object] | None = None,
) -> Finding:
    """The finding in a run. Agent, class, `tool`, `error_type` and `kind` (default: `text`) make its fingerprint.

    `steps`: places (`seq`) of the tool calls that show it; none where the whole run does.
    """
    mark = fingerprint(row["agent"], failure_class, tool, error_type, kind or text)
    told: dict[str, object] = {"steps": list(steps[:STEPS]), "count": len(steps) or 1, "tool": tool, "text": text}
    return Finding(
        finding_id=stable_id("finding", row["run_id"], mark),
        run_id=row["run_id"],
        agent=row["agent"],
        failure_class=failure_class,
        severity=severity,
        detector=detector,
        fingerprint=mark,
        evidence=told | dict(evidence or {}),
        found_at=now,
    )
