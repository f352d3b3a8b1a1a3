"""The sample fleet is what it says: repeatable, synthetic wherever it shows, and counted exactly."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from storage.errors import UsageError
from storage.workspace import Workspace
from storage.yaml_files import parse_yaml
from tasks.common.failure_text import normalised
from tasks.sample.cast import CAST, EFFECTS
from tasks.sample.fleet import Fleet, write_fleet
from tasks.sample.homes import config_files
from tasks.sample.jobs import calendar, jobs_of
from tasks.sample.scoring import Key, drop_week, latent_mean, scored_week
from tasks.sample.truth import WeekScore

UNTIL = datetime(2026, 11, 22, 12, tzinfo=UTC)  # Sunday of 2026-W47


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Twelve weeks of the sample fleet."""
    return write_fleet(tmp_path_factory.mktemp("sample"), until=UNTIL, seed=7)


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by relative path."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def session_lines(fleet: Fleet, agent: str) -> dict[str, list[dict[str, Any]]]:
    """The lines of every session and subagent file of an agent, by path."""
    files = sorted((fleet.root / "logs" / agent).rglob("*.jsonl"))
    return {
        str(path.relative_to(fleet.root)): [json.loads(line) for line in path.read_text().splitlines()]
        for path in files
    }


def table_rows(fleet: Fleet) -> list[list[str]]:
    """The cells of every row of every score table, the week first."""
    tables = {path.stem: path.read_text() for path in sorted((fleet.root / "scores").glob("*.md"))}
    return [
        [week, *(cell.strip() for cell in line.strip("|").split("|"))]
        for week, text in tables.items()
        for line in text.splitlines()[4:]
    ]


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """Two fleets of one seed are equal to the byte and in their truth; another seed's files all differ."""
    first = write_fleet(tmp_path / "a", until=UNTIL, weeks=3, runs_per_week=6, seed=1)
    again = write_fleet(tmp_path / "b", until=UNTIL, weeks=3, runs_per_week=6, seed=1)
    other = write_fleet(tmp_path / "c", until=UNTIL, weeks=3, runs_per_week=6, seed=2)
    assert digests(first.root) == digests(again.root)
    assert (first.runs, first.planted, first.scores) == (again.runs, again.planted, again.scores)
    common = digests(first.root).items() & digests(other.root).items()
    assert {name for name, _ in common} == {
        "agentre.yaml",
        *(f"golden-sets/{name}.yaml" for name in ("label-press", "label-service")),
    }


def test_longer_history_keeps_the_ids_of_the_common_weeks(tmp_path: Path, fleet: Fleet) -> None:
    """A job depends on seed, agent, week and number alone: unplanted runs are the same in a longer history."""
    longer = write_fleet(tmp_path / "long", until=UNTIL, weeks=15, seed=7)
    planted = {run for plant in (*fleet.planted, *longer.planted) for run in plant.runs}
    common = [run for run in fleet.runs if not {run.native_id, run.parent} & planted]
    assert len(common) > 400
    assert set(common) <= set(longer.runs)


def test_settings_are_a_valid_synthetic_workspace(fleet: Fleet) -> None:
    """The workspace opens, says it is synthetic, holds the four types, and each source names files."""
    workspace = Workspace(fleet.root)
    assert workspace.settings.synthetic
    assert [a.type for a in workspace.settings.agents] == ["engineer", "ops", "research", "orchestrator"]
    assert all(files for _, files in workspace.sources())
    assert all(2 >= len(agent.slis) >= 1 for agent in workspace.settings.agents)


def test_everything_says_that_it_is_synthetic(fleet: Fleet) -> None:
    """Every file of the history and every agent's identity carries the word."""
    for path in fleet.root.rglob("*"):
        assert path.is_dir() or b"synthetic" in path.read_bytes(), path
    identities = {n: data for n, data in fleet.config_files.items() if n.endswith("IDENTITY.md")}
    assert len(identities) == 4
    assert all(b"Synthetic: yes" in data for data in identities.values())
    assert all(row[-1] == "synthetic" for row in table_rows(fleet))


@pytest.mark.parametrize("agent", ["ada", "opal", "rita"])
def test_session_counts_are_what_the_lines_say(fleet: Fleet, agent: str) -> None:
    """Counted again from the lines, each message id once with its last usage, every session has its truth."""
    truths = {run.file: run for run in fleet.runs if run.agent.lower() == agent}
    files = session_lines(fleet, agent)
    assert set(files) == set(truths)
    for name, lines in files.items():
        truth = truths[name]
        last = {line["message"]["id"]: line["message"]["usage"] for line in lines if line["type"] == "assistant"}
        blocks = [b for line in lines if line["type"] == "assistant" for b in line["message"]["content"]]
        results = [
            line["message"]["content"][0]
            for line in lines
            if line["type"] == "user" and isinstance(line["message"]["content"], list)
        ]
        assert truth.model_calls == len(last)
        assert truth.tool_calls == sum(block["type"] == "tool_use" for block in blocks) == len(results)
        assert truth.tool_errors == sum(result["is_error"] for result in results)
        assert truth.output_tokens == sum(usage["output_tokens"] for usage in last.values())
        assert truth.cache_read_tokens == sum(usage["cache_read_input_tokens"] for usage in last.values())
        assert truth.cache_write_tokens == sum(usage["cache_creation_input_tokens"] for usage in last.values())
        fresh = sum(usage["input_tokens"] for usage in last.values())
        assert truth.input_tokens == fresh + truth.cache_read_tokens + truth.cache_write_tokens
        stamps = [datetime.fromisoformat(line["timestamp"]) for line in lines if "timestamp" in line]
        assert (min(stamps), max(stamps)) == (truth.started_at, truth.ended_at)
        typed = [line for line in lines if line["type"] == "user" and isinstance(line["message"]["content"], str)]
        assert truth.human_turns == sum(not line["isSidechain"] for line in typed)
        assert truth.parent == (lines[0]["sessionId"] if "/subagents/" in name else None)


def test_sessions_have_the_traps_of_real_ones(fleet: Fleet) -> None:
    """Repeated usage would count too much, partial usage too little; subagents and progress lines occur."""
    lines = [line for own in session_lines(fleet, "ada").values() for line in own]
    calls = [line["message"] for line in lines if line["type"] == "assistant"]
    truth = [run for run in fleet.runs if run.agent == "Ada"]
    assert len(calls) > 1.5 * sum(run.model_calls for run in truth)
    assert sum(c["usage"]["cache_read_input_tokens"] for c in calls) > 1.5 * sum(
        run.cache_read_tokens or 0 for run in truth
    )
    assert {"progress", "file-history-snapshot"} <= {line["type"] for line in lines}
    assert any(run.parent for run in truth)
    by_uuid = [line["uuid"] for line in lines if "uuid" in line]
    assert len(by_uuid) == len(set(by_uuid))


def test_simulation_counts_are_what_the_messages_say(fleet: Fleet) -> None:
    """Counted again from the result files, every simulation has its truth, and its cost adds up."""
    truths = {run.native_id: run for run in fleet.runs if run.agent == "Signora"}
    seen = 0
    for path in (fleet.root / "logs" / "signora").glob("*.json"):
        for simulation in json.loads(path.read_text())["simulations"]:
            truth = truths[simulation["id"]]
            own = [m for m in simulation["messages"] if m["role"] == "assistant"]
            tools = [m for m in simulation["messages"] if m["role"] == "tool"]
            assert truth.model_calls == len(own)
            assert truth.tool_calls == len(tools) == sum(len(m["tool_calls"] or []) for m in own)
            assert truth.tool_errors == sum(m["error"] for m in tools)
            assert truth.input_tokens == sum(m["usage"]["prompt_tokens"] for m in own)
            assert truth.output_tokens == sum(m["usage"]["completion_tokens"] for m in own)
            assert truth.cost_nano_usd == sum(round(m["cost"] * 1e9) for m in own)
            assert truth.cost_nano_usd == round(simulation["agent_cost"] * 1e9)
            assert (truth.outcome == "success") == (simulation["reward_info"]["reward"] >= 1)
            seen += 1
    assert seen == len(truths)


def test_scores_are_what_the_tables_say(fleet: Fleet) -> None:
    """Totals and n of every agent, week and dimension are those of the written rows; 5 to 10 tasks each."""
    counted: dict[tuple[str, str, str], list[int]] = {}
    for week, _, agent, _, *scores, _ in table_rows(fleet):
        for dimension, score in zip(("success", "autonomy", "efficiency"), scores, strict=True):
            counted.setdefault((agent, week, dimension), []).append(int(score))
    assert {key: (sum(own), len(own)) for key, own in counted.items()} == {
        key: (score.total, score.n) for key, score in fleet.scores.items()
    }
    assert all(5 <= score.n <= 10 and 1 <= score.mean <= 5 for score in fleet.scores.values())


def test_score_tables_are_the_practitioners(fleet: Fleet) -> None:
    """Heading with the week's Monday, the seven columns, dates as MM-DD."""
    text = (fleet.root / "scores" / "2026-W46.md").read_text().splitlines()
    assert text[0] == "# Agent Evals - Week of 2026-11-09"
    assert text[2] == "| Date | Agent | Task | Success | Autonomy | Efficiency | Notes |"
    assert re.match(r"\| 11-09 \| \w+ \| .+ \([a-z]+-2026-w46-\d\d\) \| [1-5] \| [1-5] \| [1-5] \|", text[4])


def test_scores_around_new_year_have_full_dates(tmp_path: Path) -> None:
    """In the week that spans two years every date carries its year, so none can be misread."""
    until = datetime(2026, 1, 11, 23, tzinfo=UTC)
    root = write_fleet(tmp_path / "new-year", until=until, weeks=3, runs_per_week=10, seed=3).root
    rows = (root / "scores" / "2026-W01.md").read_text().splitlines()[4:]
    assert {row[2:6] for row in rows} == {"2025", "2026"}


def test_planted_failures_recur_as_often_as_said(fleet: Fleet) -> None:
    """Exactly two failures recur in three or more runs; doubles and singles are there as well."""
    runs = {(p.agent, p.key): len(p.runs) for p in fleet.planted}
    weekly = {key for key, n in runs.items() if n >= 3}
    assert weekly == {("Ada", "dependencies-not-synced"), ("Opal", "deploy-lock")}
    assert {runs[key] for key in weekly} == {13}  # twelve closed weeks and the running one
    assert Counter(runs.values()) == {13: 2, 2: 5, 1: 4}
    assert sum(p.errors for p in fleet.planted) == sum(run.tool_errors for run in fleet.runs)
    assert all(len(set(p.runs)) == len(p.runs) for p in fleet.planted)


def test_planted_errors_are_in_the_runs_named(fleet: Fleet) -> None:
    """A marker occurs in exactly the files of the runs that are said to hold it."""
    files = {run.native_id: run.file for run in fleet.runs}
    for plant in fleet.planted:
        if plant.marker and plant.agent != "Signora":
            folder = fleet.root / "logs" / plant.agent.lower()
            holding = {
                str(path.relative_to(fleet.root))
                for path in folder.rglob("*.jsonl")
                if plant.marker in path.read_text()
            }
            assert holding == {files[run] for run in plant.runs}, plant.key


def test_unusual_sessions_stand_out(fleet: Fleet) -> None:
    """The planted long session is the longest run, the planted costly one writes most to the cache."""
    planted = {p.key: p.runs for p in fleet.planted}
    longest = max(fleet.runs, key=lambda run: run.ended_at - run.started_at)
    costliest = max(fleet.runs, key=lambda run: run.cache_write_tokens or 0)
    assert [longest.native_id] == planted["unusually-long"]
    assert [costliest.native_id] == planted["unusually-costly"]


def test_wrong_hand_overs_fail(fleet: Fleet) -> None:
    """A request that was routed to the wrong agent has no reward."""
    wrong = next(p.runs for p in fleet.planted if p.key == "wrong-agent")
    assert {run.outcome for run in fleet.runs if run.native_id in wrong} == {"failure"}


def test_only_what_had_ended_is_written(tmp_path: Path) -> None:
    """At noon on a Wednesday nothing of the running week is later than that, and closed weeks are whole."""
    until = datetime(2026, 11, 18, 12, tzinfo=UTC)
    fleet = write_fleet(tmp_path / "mid", until=until, weeks=3, runs_per_week=10, seed=5)
    assert max(run.ended_at for run in fleet.runs) <= until
    own = Counter((run.agent, run.week) for run in fleet.runs if run.parent is None)
    assert {n for (_, week), n in own.items() if week != "2026-W47"} == {10}
    assert all(0 < own[agent, "2026-W47"] < 10 for agent in ("Ada", "Opal", "Rita", "Signora"))


def test_weeks_are_cut_in_the_workspace_zone() -> None:
    """23:30 UTC on Sunday is Monday in Berlin, so the running week is the next one."""
    weeks = calendar(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), 3, ZoneInfo("Europe/Berlin"))
    assert [week.label for week in weeks] == ["2026-W45", "2026-W46", "2026-W47", "2026-W48"]


@pytest.mark.parametrize(("target", "sd"), [(3.7, 0.94), (4.2, 0.94), (3.9, 1.4)])
def test_latent_scores_average_the_level(target: float, sd: float) -> None:
    """100 000 draws of the clipped, rounded score average the level that was asked for."""
    rng = Random(11)
    mean = latent_mean(target, sd)
    draws = [min(5, max(1, round(mean + rng.choice(EFFECTS) + sd * rng.gauss()))) for _ in range(100_000)]
    assert sum(draws) / len(draws) == pytest.approx(target, abs=0.017)  # 4.5 standard errors at SD 1.2


def test_planted_effects_show_in_long_histories() -> None:
    """With many scores, Rita's half point and Ada's gain are in the means as written, and Opal is stable."""
    weeks = 90
    zone = ZoneInfo("Europe/Berlin")
    scores: dict[Key, WeekScore] = {}
    for week in calendar(UNTIL, weeks, zone)[:-1]:
        jobs = [job for c in CAST for job in jobs_of(c, week, runs=10, weeks=weeks, seed=13, zone=zone)]
        scores |= scored_week(week, jobs, weeks, 13)[1]
    labels, cut = sorted({week for _, week, _ in scores}), drop_week(weeks)

    def mean(agent: str, part: list[str]) -> float:
        own = [scores[agent, week, "success"] for week in part]
        return sum(score.total for score in own) / sum(score.n for score in own)

    # SD about 1, n about 60 x 7.5 and 30 x 7.5: SE = sqrt(1/450 + 1/225) = 0.08; the bounds are 3 SE
    assert mean("Rita", labels[cut:]) - mean("Rita", labels[:cut]) == pytest.approx(-0.5, abs=0.24)
    assert mean("Opal", labels[cut:]) - mean("Opal", labels[:cut]) == pytest.approx(0, abs=0.24)
    assert mean("Ada", labels[60:]) - mean("Ada", labels[:30]) == pytest.approx(0.5 * 60 / 89, abs=0.28)


@pytest.mark.parametrize(
    ("weeks", "runs", "until"), [(2, 10, UNTIL), (12, 5, UNTIL), (12, 10, UNTIL.replace(tzinfo=None))]
)
def test_histories_that_cannot_be_made_are_refused(tmp_path: Path, weeks: int, runs: int, until: datetime) -> None:
    """Too short, too thin, or without a time zone: refused, and nothing is written."""
    with pytest.raises(UsageError, match="cannot be made"):
        write_fleet(tmp_path / "none", until=until, weeks=weeks, runs_per_week=runs, seed=1)
    assert not (tmp_path / "none").exists()


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    """Nobody's files are written over; the workspace's own state folder may be there already."""
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="empty folder"):
        write_fleet(tmp_path / "used", until=UNTIL, seed=1)
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["mine.txt"]
    (tmp_path / "own" / ".agentre").mkdir(parents=True)
    assert write_fleet(tmp_path / "own", until=UNTIL, weeks=3, runs_per_week=6, seed=1).runs


def test_config_homes_have_ten_days_of_logs() -> None:
    """Each agent has its five files, a skill, and the daily logs of the last ten days; no placeholder is left."""
    today = date(2026, 11, 22)
    files = config_files(today)
    for agent in ("ada", "opal", "rita", "signora"):
        own = {name.removeprefix(f"{agent}/") for name in files if name.startswith(f"{agent}/")}
        assert {"SOUL.md", "IDENTITY.md", "config.yaml", "MEMORY.md"} <= own
        days = {(today - timedelta(days=ago)).isoformat() for ago in range(10)}
        assert {name for name in own if name.startswith("memory/")} == {f"memory/{day}.md" for day in days}
    assert not any(b"$" in data for data in files.values())


def test_daily_logs_hold_what_consolidation_needs() -> None:
    """Per agent a lesson said at least twice, a decision that replaces another, and a dated incident."""
    files = config_files(date(2026, 11, 22))
    for agent in ("ada", "opal", "rita", "signora"):
        logs = "".join(data.decode() for name, data in files.items() if name.startswith(f"{agent}/memory/"))
        lessons = Counter(line for line in logs.splitlines() if line.startswith("- Lesson:"))
        assert lessons.most_common(1)[0][1] >= 2, agent
        assert "This replaces" in logs
        assert re.search(r"- Incident 2026-11-\d\d:", logs)


def test_skills_follow_the_agent_skills_rules() -> None:
    """The name is the folder's, the description says when, no other keys, and the body has the six headings."""
    skills = {name: data for name, data in config_files(date(2026, 11, 22)).items() if name.endswith("SKILL.md")}
    assert len(skills) == 4
    for name, data in skills.items():
        _, head, body = data.decode().split("---\n", 2)
        front = parse_yaml(head.encode(), dict[str, Any], where=name)
        assert front["name"] == Path(name).parent.name
        assert "Use it when" in front["description"]
        assert set(front) <= {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}
        assert re.findall(r"^## (.+)$", body, re.MULTILINE) == [
            "Description", "Triggers", "Prerequisites", "Steps", "Rollback", "Notes",
        ]  # fmt: skip


def test_planted_errors_read_the_same_each_time() -> None:
    """With other parts, numbers and keys a planted error normalises to one text, and no two plants share it."""
    texts: dict[str, tuple[str, str]] = {}
    for character in CAST:
        for plant in character.plants:
            seen = {
                normalised(use.filled({"part": part, "n": n, "key": f"{part}-2026-w41-{n[:2]}"}).result)
                for use in plant.uses
                for part in character.parts
                for n in ("100", "482", "999")
                if use.failed
            }
            assert len(seen) == (plant.marker is not None), plant.key
            assert not seen & texts.keys()
            texts |= dict.fromkeys(seen, (character.name, plant.key))
    assert len(texts) == 8  # Ada 2, Opal 2, Rita 3, Signora 1
