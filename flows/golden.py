"""The `golden` flow: sets tried by agents in a sandbox, on demand, by schedule, or because an agent changed.

What was changed is tried with and without the change first: the run with it is then the agent's newest.
"""

from __future__ import annotations

import secrets
from typing import Final

from flows.console import now
from flows.quiet import flow
from flows.resumable import resumable
from flows.transcripts import LedgerTranscripts
from storage.workspace import Workspace
from tasks.common.steps import publish_read_copy
from tasks.experiments.steps import measure_changes
from tasks.golden.results import Summary
from tasks.golden.steps import choose_golden_pairs, choose_golden_runs, run_golden_pair, run_golden_set

STEPS: Final = (
    "choose golden pairs", "run golden pair", "measure changes", "choose golden runs", "run golden set",
    "publish read copy",
)  # fmt: skip


@flow(name="golden", persist_result=False, log_prints=False)
def golden(
    workspace: str, golden_set: str | None = None, agent: str | None = None, trials: int | None = None
) -> list[Summary]:
    """Runs a set with an agent; where neither is named, what is due: new changes with and without them, then sets whose
    agent's prompt, model or tools, or which themselves, changed."""
    fleet, moment = Workspace.find(workspace), now()
    with resumable(f"agentre golden run --workspace {fleet.root} {golden_set or 'SET'} --agent {agent or 'A'}", STEPS):
        found, pairs = [], [] if golden_set or agent else choose_golden_pairs(fleet, moment)
        for pair in pairs:
            run_golden_pair(fleet, pair, LedgerTranscripts(fleet), moment, secrets.randbelow(2**31))
        if pairs:
            measure_changes(fleet, moment)
        for wanted in choose_golden_runs(fleet, golden_set, agent, trials):
            found.append(run_golden_set(fleet, wanted, LedgerTranscripts(fleet), moment, secrets.randbelow(2**31)))
        if found or pairs:
            publish_read_copy(fleet)
    return found
