"""Golden runs: every trial counted once and in its place, whatever an agent, the bench or a power cut does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from golden_fleet import SCRIPTED, WRITES, fleet, query, run, shell

from flows.commands.golden import as_data, exit_code, told
from storage.config_repo import ConfigRepo
from storage.ledger import open_ledger
from storage.records import Event
from storage.workspace import Workspace
from tasks.golden.estimators import Design
from tasks.golden.run import due_sets
from tasks.golden.task import GoldenTask
from tasks.golden.trials import planned

ROOT = Path(__file__).parents[3]
CHECKED = {"id": "t", "description": "Do it", "checks": [{"type": "exit_code"}]}


def test_the_order_is_random_and_repeats() -> None:
    """Rounds of all tasks, each in an order of its own; the same seed gives the same order and agents' seeds."""
    tasks = [GoldenTask(id=str(i), name="", description="") for i in range(12)]
    plans = planned(tasks, 3, seed=1)
    assert [(p.task.id, p.trial, p.seed) for p in plans] == [(p.task.id, p.trial, p.seed) for p in planned(tasks, 3, 1)]
    rounds = [[p.task.id for p in plans[i : i + 12]] for i in (0, 12, 24)]
    assert all(sorted(one) == sorted(t.id for t in tasks) for one in rounds)
    assert rounds[0] != rounds[1] != [t.id for t in tasks]
    assert len({p.seed for p in plans}) == 36
    assert [p.task.id for p in planned(tasks, 1, seed=2)] != rounds[0]


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        ("exit 0", "pass", ""),
        ("exit 3", "fail", "the agent ended with 3"),
        ("sleep 60", "fail", "limit: wall"),
        ("yes", "fail", "limit: output"),
        ("setsid sleep 77 & exit 0", "pass", ""),
        ("rm -rf ../work; exit 0", "pass", ""),
        ("printf '\\377\\376\\000'; exit 1", "fail", "ended with 1"),
        ("kill -9 $$", "fail", "ended with 137"),
        (":(){ :|:& };:; exit 1", "fail", "ended with"),
        ("rmdir ../work; ln -s /etc ../work; exit 4", "fail", "ended with 4"),
    ],
)
def test_every_agent_has_a_defined_outcome(
    script: str, outcome: str, reason: str, tmp_path: Path, now: datetime
) -> None:
    """An agent that floods, hangs, forks, deletes its folder, prints no text or dies: never the bench's."""
    workspace = fleet(tmp_path, shell(script, timeout_seconds=1.5), [CHECKED])
    found = run(workspace, now)
    assert found.bench_errors == 0
    (row,) = query(workspace, "SELECT outcome, reason FROM golden_trials")
    assert row["outcome"] == outcome
    assert reason in row["reason"]


@pytest.mark.parametrize(
    ("script", "check"),
    [
        ("mkfifo hidden; rm -rf tests; ln -s /etc tests", "sh tests/check.sh"),
        ("rm -rf tests; echo evil > tests", "sh tests/check.sh"),
        ("echo 'exit 0' > tests/check.sh", "sh tests/check.sh"),
        (
            "head -c 8m /dev/zero > full 2>/dev/null; i=0; while echo x > f$i 2>/dev/null; do i=$((i+1)); done",
            "sh tests/check.sh",
        ),
    ],
)
def test_checks_are_out_of_an_agents_reach(script: str, check: str, tmp_path: Path, now: datetime) -> None:
    """What an agent leaves in the way of a check neither changes the check nor turns a failure into the bench's."""
    task = {
        "id": "t", "description": "x", "fixtures": {"tests/readme": "x"}, "check_files": {"tests/check.sh": "exit 1"},
        "checks": [{"type": "command", "run": check}],
    }  # fmt: skip
    found = run(fleet(tmp_path, shell(script, disk_mb=8), [task]), now)
    assert (found.rate.value, found.bench_errors) == (0.0, 0), found.tasks[0].reason


def test_failures_of_the_bench_are_counted_apart(tmp_path: Path, now: datetime) -> None:
    """An agent that could not start, and a set-up that failed, are in no rate; alone they end with exit code 3."""
    broken = {**CHECKED, "id": "set-up", "setup": ["exit 9"]}
    found = run(fleet(tmp_path / "a", shell("exit 0"), [CHECKED, broken]), now, trials=2)
    assert (found.rate.value, found.rate.tasks, found.bench_errors) == (1.0, 1, 2)
    assert exit_code(found) == 0
    assert "set-up of task set-up failed" in told(found)
    found = run(fleet(tmp_path / "b", {"command": ["no-such-agent"]}, [CHECKED]), now)
    assert (found.rate.value, found.bench_errors, exit_code(found)) == (None, 1, 3)
    prose = {"id": "p", "description": "x", "success_criteria": ["It is nice"]}
    found = run(fleet(tmp_path / "c", shell("exit 0"), [prose]), now)
    assert (found.needs_human, exit_code(found)) == (1, 5)


def test_an_agent_that_cannot_begin_is_told(tmp_path: Path, now: datetime) -> None:
    """A program that ends with an error fails its task with its last words; if it always does, a note says so."""
    found = run(fleet(tmp_path / "a", {"command": ["/bin/sh", "not-there.sh"]}, [WRITES]), now, trials=2)
    assert found.rate.value == 0.0 and "not-there.sh" in found.tasks[0].reason
    assert "ended with an error in all of 2 trials" in told(found) and "read_only" in told(found)
    found = run(fleet(tmp_path / "b", shell("echo hello > greeting.txt; exit 3"), [WRITES]), now)
    assert found.rate.value == 1.0 and not found.notices and found.tasks[0].reason == ""


def test_a_bundle_fixtures_and_set_up_come_first(tmp_path: Path, now: datetime) -> None:
    """The agent finds the cloned bundle with the fixtures over it, and what the set-up made."""
    repo = tmp_path / "repo"
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.invalid", "-C", str(repo)]
    subprocess.run(["git", "init", "-q", "-b", "main", str(repo)], check=True)
    (repo / "a.txt").write_text("from the bundle")
    (repo / "b.txt").write_text("old")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "x"], check=True)
    (tmp_path / "golden-sets").mkdir()
    subprocess.run([*git, "bundle", "create", "-q", str(tmp_path / "golden-sets" / "r.bundle"), "main"], check=True)
    task = {
        "id": "t", "description": "x", "bundle": "r.bundle", "fixtures": {"b.txt": "new"},
        "setup": ["cat b.txt > c.txt"],
        "checks": [{"type": "answer", "matches": "^from the bundle new new main$"}],
    }  # fmt: skip
    script = "echo $(cat a.txt) $(cat b.txt) $(cat c.txt) $(git rev-parse --abbrev-ref HEAD)"
    found = run(fleet(tmp_path, shell(script), [task]), now)
    assert found.rate.value == 1.0, found.tasks[0].reason


def test_flaky_and_broken_tasks_are_named(tmp_path: Path, now: datetime) -> None:
    """A task that passes at times is flaky, one that never does is broken; the table and the data say so."""
    flaky = {**CHECKED, "id": "flaky", "description": "flaky"}
    broken = {**CHECKED, "id": "broken", "description": "broken"}
    script = 'read task; test "$task" = flaky && exit $(($1 % 2)); exit 1'
    runner = {"command": ["/bin/sh", "-c", script, "sh", "{seed}"]}
    found = run(fleet(tmp_path, runner, [flaky, broken]), now, trials=8, seed=6)
    assert [task.label for task in found.tasks] == ["flaky", "broken"]
    assert "broken     broken: exit_code: the agent ended with 1" in told(found)
    assert as_data(found)["tasks"][0]["n"] == 8


def test_an_early_stop_says_what_it_saved(tmp_path: Path, now: datetime) -> None:
    """A healthy agent against .90 or .75: ln(.05/.95)... SPRT ends at the 13th pass in a row, 60 planned, 47 saved."""
    # ln(.1/.95) / ln(.75/.90) = -2.2513 / -.18232 = 12.35
    workspace = fleet(tmp_path, shell("exit 0"), [CHECKED])
    found = run(workspace, now, trials=60, concurrency=1, design=Design(0.90, 0.75))
    assert (found.run.state, found.run.decision, found.made, found.saved) == ("stopped early", "healthy", 13, 47)
    assert "13 of 60 trials: 47 saved" in told(found)
    later = run(workspace, now + timedelta(days=1), trials=3, stop_early=True)
    assert "13 earlier trials of this set, 20 are needed" in told(later)


def test_an_early_stop_from_the_agents_own_history(tmp_path: Path, now: datetime) -> None:
    """With twenty earlier trials the healthy rate is estimated from them; a broken agent is found in a few runs."""
    workspace = fleet(tmp_path, shell("exit 0"), [CHECKED])
    run(workspace, now, trials=20)
    fleet(tmp_path, shell("exit 1"), [CHECKED])
    found = run(Workspace(tmp_path), now + timedelta(days=1), trials=40, concurrency=1, stop_early=True)
    assert found.run.decision == "regressed"
    assert found.made <= 3
    assert found.tasks[0].label == "regressed"


def test_secrets_do_not_reach_the_ledger(tmp_path: Path, now: datetime) -> None:
    """A key that an agent prints, or a check finds, is a placeholder in everything that is kept."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    check = {"type": "command", "run": f"echo {secret}; exit 1"}
    workspace = fleet(tmp_path, shell(f"echo {secret}"), [{**CHECKED, "checks": [check]}])
    run(workspace, now)
    assert query(workspace, "SELECT text FROM messages WHERE role = 'assistant'")
    for file in workspace.state.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


CHILD = """
import sys
import time
from datetime import datetime
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from golden_fleet import run
from storage.records import Event
from storage.workspace import Workspace
run(Workspace(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]), trials=6, seed=None)
"""


def start(workspace: Workspace, now: datetime, **environment: str) -> subprocess.Popen[bytes]:
    """A golden run in a process of its own."""
    command = [sys.executable, "-c", CHILD, str(workspace.root), now.isoformat(), str(ROOT), str(Path(__file__).parent)]
    return subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.PIPE)


@pytest.mark.parametrize("point", ["golden.before_trials:2", "golden.after_trials:1", "golden.before_trials:1"])
def test_a_killed_run_goes_on_where_it_was(point: str, tmp_path: Path, now: datetime) -> None:
    """kill -9 at any moment: the next run makes what is missing, once, and no trial or run is there twice."""
    tasks = [{**CHECKED, "id": str(i)} for i in range(3)]
    workspace = fleet(tmp_path, shell("sleep 0.05"), tasks)
    child = start(workspace, now, AGENTRE_CRASH=point)
    assert child.wait(60) == -signal.SIGKILL
    before = query(workspace, "SELECT task_id, trial, seed, started_at FROM golden_trials")
    found = run(workspace, now + timedelta(hours=1), trials=6, seed=None)
    rows = query(workspace, "SELECT task_id, trial, seed, started_at, golden_run FROM golden_trials")
    assert len(rows) == len({(r["task_id"], r["trial"]) for r in rows}) == 18
    assert len({r["golden_run"] for r in rows}) == 1
    assert all(any(b.items() <= r.items() for r in rows) for b in before)
    assert found.made == 18
    (runs,) = query(workspace, "SELECT count(*) AS n, count(DISTINCT run_id) AS ids FROM runs")
    assert runs == {"n": 18, "ids": 18}
    assert run(workspace, now + timedelta(hours=2), trials=6).run.golden_run != found.run.golden_run


def test_nothing_runs_on_after_a_killed_bench(tmp_path: Path, now: datetime) -> None:
    """Agents end with the bench that started them, even when it is killed."""
    mark = f"77{os.getpid()}"
    workspace = fleet(tmp_path, shell(f"sleep {mark}", timeout_seconds=60), [CHECKED])
    child = start(workspace, now)
    alive = f"sleep\0{mark}\0".encode()

    def running() -> bool:
        found = False
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    found = found or (entry / "cmdline").read_bytes() == alive
                except OSError:
                    continue
        return found

    deadline = time.monotonic() + 30
    while not running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running()
    child.kill()
    child.wait()
    time.sleep(1)
    assert not running()


def test_sets_are_due_when_something_changed(tmp_path: Path, now: datetime) -> None:
    """Never run, changed skill, changed set: due, with the reason; changed memory, or nothing: not."""
    workspace = fleet(tmp_path, SCRIPTED, [WRITES])
    repo = ConfigRepo.create(workspace.configs, {"ada/SOUL.md": b"I am Ada.", "ada/MEMORY.md": b"old"}, now)

    def due() -> list[str]:
        with open_ledger(workspace.ledger, purpose="test") as ledger:
            return [f"{one.golden_set} {one.agent}: {one.reason}" for one in due_sets(ledger, workspace)]

    assert due() == ["tiny Ada: never run"]
    found = run(workspace, now)
    assert found.run.config_commit == repo.head()
    assert due() == []
    repo.commit({"ada/MEMORY.md": b"new", "rita/SOUL.md": b"x"}, "memory", now)
    assert due() == []
    repo.commit({"ada/skills/a/SKILL.md": b"skill"}, "skill", now)
    assert due() == ["tiny Ada: its prompt, model or tools changed"]
    run(workspace, now + timedelta(hours=1))
    fleet(tmp_path, SCRIPTED, [{**WRITES, "tags": ["new"]}])
    assert due() == ["tiny Ada: the set changed"]
    run(workspace, now + timedelta(hours=2))
    for name, reasons in (("tone", []), ("autonomy", ["tiny Ada: a watch waits for it"])):
        watch = {"dimension": name, "week": "2026-W46", "rule": "cusum"}
        opened = Event(event_id=name, kind="watch_opened", agent="Ada", at=now + timedelta(hours=3), payload=watch)
        with open_ledger(workspace.ledger, purpose="test") as ledger:
            ledger.add("events", [opened], "event_id")
        assert due() == reasons, "golden trials are scored on autonomy, and on no tone"


def test_the_config_is_that_of_the_commit(tmp_path: Path, now: datetime) -> None:
    """The agent sees its files as they are at the commit that was named, and no other agent's."""
    runner = shell('cat "$0"/SOUL.md; ls "$0"')
    runner["command"].append("{config}")
    task = {**CHECKED, "checks": [{"type": "answer", "matches": "^first$", "lacks": "rita"}]}
    workspace = fleet(tmp_path, runner, [task])
    repo = ConfigRepo.create(workspace.configs, {"ada/SOUL.md": b"first\n", "rita/SOUL.md": b"x"}, now)
    first = repo.head()
    repo.commit({"ada/SOUL.md": b"second\n"}, "change", now)
    assert run(workspace, now, commit=first).rate.value == 1.0
    assert run(workspace, now).rate.value == 0.0


def test_two_trials_with_one_seed_are_two_runs(tmp_path: Path, now: datetime) -> None:
    """The same set, seed and config once more is another golden run with runs of its own."""
    workspace = fleet(tmp_path, SCRIPTED, [WRITES])
    run(workspace, now, trials=2)
    run(workspace, now + timedelta(hours=1), trials=2)
    (counted,) = query(workspace, "SELECT count(*) AS n, count(DISTINCT golden_run) AS runs FROM golden_trials")
    assert counted == {"n": 4, "runs": 2}
    assert query(workspace, "SELECT count(DISTINCT run_id) AS n FROM runs") == [{"n": 4}]


def test_the_command_line(tmp_path: Path) -> None:
    """`agentre golden run` prints the table or one JSON document, and its exit code means what it says."""
    fleet(tmp_path, shell("exit 0"), [CHECKED])
    command = [sys.executable, "-m", "flows", "golden", "run", "tiny", "--agent", "ada", "--workspace", str(tmp_path)]
    done: Any = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pass rate  100.0%" in done.stdout
    done = subprocess.run([*command, "--json", "--trials", "1"], cwd=ROOT, capture_output=True, text=True)
    assert '"decided": 1' in done.stdout
    fleet(tmp_path, {"command": ["no-such-agent"]}, [CHECKED])
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 3
