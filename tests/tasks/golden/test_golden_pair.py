"""Golden pairs: the same tasks with a change and without it, in one random order, once; killed or not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from golden_fleet import SCRIPTED, WRITES, fleet, query, shell

from flows.transcripts import LedgerTranscripts
from storage.config_repo import ConfigRepo
from storage.errors import UsageError
from storage.ledger import open_ledger
from storage.records import Event
from storage.workspace import Workspace
from tasks.golden.pair import GoldenPair, WantedPair, pairs_due, run_pair
from tasks.golden.run import due_sets
from tasks.golden.steps import run_golden_pair

ROOT = Path(__file__).parents[3]
CHECKED = {"description": "Do it", "checks": [{"type": "exit_code"}]}
SKILL = b"---\nname: locks\ndescription: Avoids the lock timeout of a deploy.\n---\n# Locks\n"
DEPLOY = {
    "description": "Deploy the queue", "fixtures": {"deploy.lock": "job 1, finished\n"},
    "checks": [{"type": "file_contains", "path": "releases/queue.txt", "text": "released"}],
}  # fmt: skip


def changed(workspace: Workspace, now: datetime) -> str:
    """A config repository whose newest commit gave Ada a skill; the commit."""
    repo = ConfigRepo.create(workspace.configs, {"ada/SOUL.md": b"I am Ada."}, now)
    return repo.commit({"ada/skills/locks/SKILL.md": SKILL}, "skill", now)


def run(workspace: Workspace, commit: str, now: datetime, **wanted: Any) -> GoldenPair:
    """Runs the pair of a change with the set `tiny`."""
    asked = WantedPair("c1", "Ada", commit, "tiny", **{"trials": 1, "concurrency": 2, "seed": 5, **wanted})
    return run_pair(workspace, asked, LedgerTranscripts(workspace), now=now, fresh_seed=9)


def test_a_skill_shows_on_the_real_scripted_agent(tmp_path: Path, now: datetime) -> None:
    """Deploys fail without the skill and pass with it, the plain task is as before; each side has its commit."""
    tasks = [{**DEPLOY, "id": f"deploy-{i}"} for i in range(3)] + [WRITES]
    workspace = fleet(tmp_path, SCRIPTED, tasks)
    commit = changed(workspace, now)
    found = run(workspace, commit, now)
    assert (found.tasks, found.trials, found.seed, found.new) == (4, 1, 5, True)
    assert (found.without.passed, found.with_change.passed) == (1, 4)
    rows = query(workspace, "SELECT config_commit, position, task_id, seed FROM golden_trials ORDER BY position")
    before = ConfigRepo(workspace.configs).commit_of(f"{commit}^")
    assert {row["config_commit"] for row in rows} == {commit, before}
    assert [row["position"] for row in rows] == list(range(8)), "one order over both sides"
    first = [row["config_commit"] == commit for row in rows[:4]]
    assert any(first) and not all(first), "neither side goes first"
    assert len({(row["task_id"], row["seed"]) for row in rows}) == 4, "a task has one seed on both sides"
    assert query(workspace, "SELECT count(*) AS n FROM scores WHERE dimension = 'success'") == [{"n": 8}]


def test_a_pair_is_run_once(tmp_path: Path, now: datetime) -> None:
    """Asked again, it is told again and nothing runs; another seed is refused, other trials are another pair."""
    workspace = fleet(tmp_path, shell("exit 0"), [{**CHECKED, "id": "t"}])
    commit = changed(workspace, now)
    assert run(workspace, commit, now).new
    again = run(workspace, commit, now + timedelta(hours=1), seed=None)
    assert (again.new, again.seed, again.with_change.n) == (False, 5, 1)
    assert query(workspace, "SELECT count(*) AS n FROM golden_trials") == [{"n": 2}]
    with pytest.raises(UsageError, match="once is what counts"):
        run(workspace, commit, now, seed=6)
    assert run(workspace, commit, now, seed=6, trials=2).new


def test_due_until_it_has_ended(tmp_path: Path, now: datetime) -> None:
    """Asked for by an event: due for two weeks, not once it ended; and the agent's newest run is the one with it."""
    workspace = fleet(tmp_path, shell("exit 0"), [{**CHECKED, "id": "t"}])
    commit = changed(workspace, now)
    asked = Event(event_id="e", kind="golden_pair_due", at=now, agent="Ada", subject="c1", payload={"commit": commit})

    def due(moment: datetime) -> list[str]:
        with open_ledger(workspace.ledger, purpose="test") as ledger:
            ledger.add("events", [asked], "event_id")
            return [one.golden_set for one in pairs_due(ledger, workspace, moment)]

    assert due(now + timedelta(days=1)) == ["tiny"]
    assert due(now + timedelta(days=15)) == []
    run(workspace, commit, now)
    assert due(now + timedelta(days=1)) == []
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        assert due_sets(ledger, workspace) == [], "the pair was the run that the new config waited for"


def test_a_bench_that_fails_leaves_the_pair_due(tmp_path: Path, now: datetime) -> None:
    """Nothing was decided: no end is noted, and the next night tries those trials again."""
    workspace = fleet(tmp_path, {"command": ["no-such-agent"]}, [{**CHECKED, "id": "t"}])
    commit = changed(workspace, now)
    assert run(workspace, commit, now).with_change.n == 0
    assert query(workspace, "SELECT * FROM events WHERE kind = 'golden_pair_ended'") == []
    fleet(tmp_path, shell("exit 0"), [{**CHECKED, "id": "t"}])
    assert run(Workspace(tmp_path), commit, now).with_change.n == 1


def test_a_pair_that_cannot_run_holds_up_nothing(tmp_path: Path, now: datetime) -> None:
    """No such set, or a change without a commit before it: the step says so and returns None, the flow goes on."""
    workspace = fleet(tmp_path, shell("exit 0"), [{**CHECKED, "id": "t"}])
    repo = ConfigRepo.create(workspace.configs, {"ada/SOUL.md": b"I am Ada."}, now)
    for golden_set in ("gone", "tiny"):
        wanted = WantedPair("c1", "Ada", repo.head(), golden_set)
        assert run_golden_pair(workspace, wanted, LedgerTranscripts(workspace), now, 1) is None


CHILD = """
import sys
from datetime import datetime
from pathlib import Path
sys.path[:0] = sys.argv[4:]
from test_golden_pair import run
from storage.workspace import Workspace
run(Workspace(Path(sys.argv[1])), sys.argv[2], datetime.fromisoformat(sys.argv[3]), seed=None)
"""


@pytest.mark.parametrize("point", ["golden.after_trials:2", "pair.before_state:1"])
def test_a_killed_pair_goes_on_where_it_was(point: str, tmp_path: Path, now: datetime) -> None:
    """kill -9 at any moment: the next run makes what is missing, with the first one's seed, and ends once."""
    workspace = fleet(tmp_path, shell("exit 0"), [{**CHECKED, "id": str(i)} for i in range(2)])
    commit = changed(workspace, now)
    arguments = [str(workspace.root), commit, now.isoformat(), str(ROOT), str(Path(__file__).parent)]
    died = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], env=os.environ | {"AGENTRE_CRASH": point}, capture_output=True
    )
    assert died.returncode == -signal.SIGKILL, died.stderr
    found = run(workspace, commit, now + timedelta(hours=1), seed=None)
    assert (found.seed, found.without.n, found.with_change.n) == (9, 2, 2)
    assert query(workspace, "SELECT count(*) AS n FROM golden_trials") == [{"n": 4}]
    assert query(workspace, "SELECT subject FROM events WHERE kind = 'golden_pair_ended'") == [{"subject": "c1"}]
    assert query(workspace, "SELECT DISTINCT state FROM golden_runs") == [{"state": "finished"}]
