"""The sample fleet through the real ingest: the ledger holds exactly what was written and planted."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.ledger import open_ledger, open_read_copy
from storage.records import stable_id
from storage.workspace import Workspace
from tasks.improve.run import draft_proposals
from tasks.incidents.run import detect_failures
from tasks.ingest.run import Ingested, ingest_paths, ingest_sources
from tasks.sample.agent import known_failures, work_on
from tasks.sample.fleet import Fleet, write_fleet
from tasks.sample.truth import RunTruth

ROOT = Path(__file__).parents[3]
UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOW = UNTIL + timedelta(hours=1)
COUNTS = (
    "model_calls", "tool_calls", "tool_errors", "input_tokens", "output_tokens", "cache_read_tokens",
    "cache_write_tokens", "started_at", "ended_at", "outcome",
)  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Fleet, Ingested]:
    """Twelve weeks of the sample fleet, taken in and examined."""
    fleet = write_fleet(tmp_path_factory.mktemp("sample"), until=UNTIL, seed=7)
    workspace = Workspace(fleet.root)
    ingested = ingest_sources(workspace, now=NOW)
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        detect_failures(workspace, ledger, NOW)
    return fleet, ingested


def rows(fleet: Fleet, text: str) -> list[dict[str, Any]]:
    """What a query on the ledger gives."""
    with open_ledger(Workspace(fleet.root).ledger, purpose="test") as ledger:
        return ledger.typed(text)[1]


def run_id(run: RunTruth) -> str:
    """The run's id as the ledger makes it: a stable hash of source system and native id."""
    if run.agent == "Signora":
        return stable_id("tau2-bench", run.native_id)
    return stable_id("claude-code", *([run.parent] if run.parent else []), run.native_id)


def test_every_run_has_exactly_its_counts(loaded: tuple[Fleet, Ingested]) -> None:
    """Runs, calls, errors, tokens, times and outcomes of each run are those that were written, and no others."""
    fleet, _ = loaded
    stored = {row["run_id"]: row for row in rows(fleet, "SELECT * FROM runs")}
    assert stored.keys() == {run_id(run) for run in fleet.runs}
    for run in fleet.runs:
        row = stored[run_id(run)]
        assert {name: row[name] for name in COUNTS} == {name: getattr(run, name) for name in COUNTS}, run.file
        assert (row["agent"], row["source_file"]) == (run.agent, run.file)
        assert row["parent_run_id"] == (stable_id("claude-code", run.parent) if run.parent else None)
        if run.human_turns is not None:
            assert row["human_turns"] == run.human_turns
        if run.cost_nano_usd is not None:
            assert row["cost_usd"].scaleb(9) == run.cost_nano_usd
            assert row["cost_source"] == "reported"


def test_sessions_are_priced(loaded: tuple[Fleet, Ingested]) -> None:
    """Every session has a cost from the price table: the sample's models are in it."""
    fleet, _ = loaded
    sources = rows(fleet, "SELECT DISTINCT cost_source FROM runs WHERE source_format = 'claude-code'")
    assert sources == [{"cost_source": "priced"}]


def test_every_score_is_stored(loaded: tuple[Fleet, Ingested]) -> None:
    """Weekly totals and n per agent and dimension are those of the tables."""
    fleet, _ = loaded
    found = rows(
        fleet,
        "SELECT agent, isoyear(day) AS year, week(day) AS week, dimension, sum(score) AS total, count(*) AS n,"
        " any_value(scorer_kind) AS kind FROM scores GROUP BY ALL",
    )
    assert {(r["agent"], f"{r['year']}-W{r['week']:02d}", r["dimension"]): (r["total"], r["n"]) for r in found} == {
        key: (score.total, score.n) for key, score in fleet.scores.items()
    }
    assert {row["kind"] for row in found} == {"human"}


def test_all_input_is_accounted_for(loaded: tuple[Fleet, Ingested]) -> None:
    """Every written file is taken in, nothing is quarantined, and a second ingest reads nothing."""
    fleet, ingested = loaded
    written = {run.file for run in fleet.runs} | {f"scores/{week}.md" for _, week, _ in fleet.scores}
    assert {file.path for file in ingested.files} == written
    assert ingested.quarantined == 0
    assert ingested.units == ingested.stored + ingested.merged + ingested.ignored
    again = ingest_sources(Workspace(fleet.root), now=NOW)
    assert (again.read, again.known) == ([], len(written))


def test_planted_errors_are_found(loaded: tuple[Fleet, Ingested]) -> None:
    """Each planted tool error is one fingerprint, in exactly the runs named; there is no other tool error."""
    fleet, _ = loaded
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows(fleet, "SELECT fingerprint, run_id FROM findings WHERE detector = 'tool-error'"):
        found[row["fingerprint"]].add(row["run_id"])
    ids = {run.native_id: run_id(run) for run in fleet.runs}
    planted = [frozenset(ids[run] for run in plant.runs) for plant in fleet.planted if plant.marker]
    assert Counter(map(frozenset, found.values())) == Counter(planted)


def test_only_the_planted_loop_is_a_loop(loaded: tuple[Fleet, Ingested]) -> None:
    """The retry loop is found in its run, and everyday repetition, long and costly sessions are not one."""
    fleet, _ = loaded
    loops = rows(fleet, "SELECT run_id FROM findings WHERE failure_class = 'retry loop'")
    wanted = next(plant.runs for plant in fleet.planted if plant.key == "retry-loop")
    assert [row["run_id"] for row in loops] == [stable_id("claude-code", native_id) for native_id in wanted]


def test_exactly_two_failures_recur(loaded: tuple[Fleet, Ingested]) -> None:
    """By the Rule of Three the history asks for two proposals: Ada's dependencies and Opal's deploy lock."""
    fleet, _ = loaded
    recurring = rows(
        fleet,
        "SELECT agent, count(DISTINCT run_id) AS runs FROM findings GROUP BY agent, fingerprint"
        " HAVING runs >= 3 ORDER BY agent",
    )
    assert recurring == [{"agent": "Ada", "runs": 13}, {"agent": "Opal", "runs": 13}]


def test_the_read_copy_is_published(loaded: tuple[Fleet, Ingested]) -> None:
    """What was taken in can be read from the copy."""
    fleet, _ = loaded
    with open_read_copy(Workspace(fleet.root).read_copy) as ledger:
        assert ledger.typed("SELECT count(*) AS n FROM runs")[1] == [{"n": len(fleet.runs)}]


def test_the_scripted_agents_transcript_is_a_run(workspace: Workspace, tmp_path: Path) -> None:
    """What the scripted agent leaves behind is taken in as any session: one run, its failed call, its task."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "deploy.lock").write_text("job 481, finished\n")
    transcript = tmp_path / "session.jsonl"
    options = ["--config", str(tmp_path), "--transcript", str(transcript), "--seed", "1", "--now", NOW.isoformat()]
    subprocess.run(
        [sys.executable, "-m", "tasks.sample.agent", *options],
        input="Deploy the queue", cwd=work, env={"PYTHONPATH": str(ROOT)}, text=True, check=True, timeout=60,
    )  # fmt: skip
    ingested = ingest_paths(workspace, [transcript], agent="Ada", now=NOW)
    assert [(file.format, file.quarantined) for file in ingested.files] == [("claude-code", 0)]
    with open_read_copy(workspace.read_copy) as ledger:
        run = ledger.typed("SELECT agent, model_calls, tool_calls, tool_errors, human_turns, started_at FROM runs")[1]
        errors = ledger.typed("SELECT error_text FROM tool_calls")[1]
    assert run == [
        {"agent": "Ada", "model_calls": 2, "tool_calls": 1, "tool_errors": 1, "human_turns": 1, "started_at": NOW}
    ]
    assert "lock timeout" in errors[0]["error_text"]


def test_the_history_leads_to_two_skills_that_help(loaded: tuple[Fleet, Ingested], tmp_path: Path) -> None:
    """Two skills are drafted, for Ada and Opal, and with its skill the scripted agent no longer fails that way."""
    fleet, _ = loaded
    workspace = Workspace(fleet.root)
    commit(workspace.configs, fleet.config_files)
    nonces = iter(f"{i:032x}" for i in range(100))
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        drafted = draft_proposals(workspace, ledger, NOW, lambda: next(nonces))
    failures = [proposal for proposal in drafted.proposals if "failure" in proposal.title]
    assert sorted(proposal.agent for proposal in failures) == ["Ada", "Opal"]
    assert len(drafted.proposals) <= len(failures) + 3, "at most one task done by hand for each agent besides"
    tasks = {"Ada": "Repair the failing tests", "Opal": "Deploy the queue"}
    for proposal in failures:
        skill = tmp_path / proposal.agent / "skills" / "new" / "SKILL.md"
        skill.parent.mkdir(parents=True)
        (work := tmp_path / f"work of {proposal.agent}").mkdir()
        (work / "vendor").mkdir()
        (work / "vendor" / "labelkit.py").touch()
        (work / "check.py").write_text("import labelkit")
        (work / "deploy.lock").write_text("job 481, finished")
        before = work_on(tasks[proposal.agent], work, known_failures(tmp_path / proposal.agent), seed=1)[0]
        skill.write_bytes(proposal.files[0].content)
        after = work_on(tasks[proposal.agent], work, known_failures(tmp_path / proposal.agent), seed=1)[0]
        assert any(use.failed for use in before)
        assert after
        assert not any(use.failed for use in after)


def commit(folder: Path, files: dict[str, bytes]) -> None:
    """A git repository with the files in one commit on `main`."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    git = ["git", "-C", str(folder), "-c", "user.name=Sam", "-c", "user.email=sam@example.invalid"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "As found"]):
        subprocess.run([*git, *command], check=True)
