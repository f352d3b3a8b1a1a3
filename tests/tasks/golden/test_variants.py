"""imp@k on the real scripted agent: chosen on visible tasks, told on sealed ones, nothing committed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from golden_fleet import SCRIPTED, fleet, query

from flows.transcripts import LedgerTranscripts
from storage.config_repo import ConfigRepo
from storage.errors import NothingMeasured
from storage.ledger import open_ledger
from tasks.golden.sets import find_set, read_set
from tasks.golden.variants import WantedBest, run_best_of, split
from tasks.metrics.improver import improver_figures

LOCKS = {"skills/locks/SKILL.md": b"---\nname: locks\ndescription: Avoids the lock timeout of a deploy.\n---\n"}
OTHER = {"skills/other/SKILL.md": b"---\nname: other\ndescription: Waters the plants.\n---\n"}


def test_the_best_draft_is_told_on_tasks_that_did_not_choose_it(tmp_path: Path, now: datetime) -> None:
    """Of two drafts the one that helps is chosen; the other never sees a sealed task; the improver's score has it."""
    tasks = [
        {
            "id": f"deploy-{i}", "description": f"Deploy the queue{i}",
            "fixtures": {"deploy.lock": "job 1, finished\n"},
            "checks": [{"type": "file_contains", "path": f"releases/queue{i}.txt", "text": "released"}],
        }
        for i in range(4)
    ]  # fmt: skip
    workspace = fleet(tmp_path, SCRIPTED, tasks)
    repo = ConfigRepo.create(workspace.configs, {"ada/SOUL.md": b"I am Ada."}, now)
    head = repo.head()
    wanted = WantedBest("tiny", "Ada", {"other": OTHER, "locks": LOCKS}, seed=5, trials=1, concurrency=2)
    done = run_best_of(workspace, wanted, LedgerTranscripts(workspace), now=now)
    assert (done.name, done.visible, done.sealed, done.found.choice.k) == ("locks", 2, 2, 2)
    gained = done.found.sealed.delta
    assert gained and gained > 0 and done.found.optimism == done.found.choice.gain - gained
    assert repo.head() == head
    visible, sealed = split(read_set(find_set(workspace, "tiny")))
    tried = query(workspace, "SELECT task_id, count(*) AS n FROM golden_trials GROUP BY ALL")
    counts = {task.id: 3 for task in visible} | {task.id: 2 for task in sealed}
    assert {row["task_id"]: row["n"] for row in tried} == counts
    again = run_best_of(workspace, wanted, LedgerTranscripts(workspace), now=now)
    assert again.found == done.found and len(query(workspace, "SELECT * FROM golden_trials")) == 10
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        known = ledger.rows("metrics/golden_results", agent="Ada", dimension="success")
        assert sorted(row["task_id"] for row in known) == sorted(counts), "a draft's trials are not the agent's"
        told = improver_figures(ledger)[-1]
    assert (told.name, told.value, told.n) == ("imp@k", gained, 2) and "best of 2" in told.said


def test_without_drafts_or_tasks_nothing_is_measured(tmp_path: Path, now: datetime) -> None:
    """No variant, and a set too small to be split, are refused before anything runs."""
    workspace = fleet(tmp_path, SCRIPTED, [{"id": "a", "description": "x"}])
    for variants in ({}, {"locks": LOCKS}):
        with pytest.raises(NothingMeasured):
            run_best_of(workspace, WantedBest("tiny", "Ada", variants, 1), LedgerTranscripts(workspace), now=now)
