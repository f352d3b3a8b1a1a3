"""The commands as a person runs them: what they print, what they refuse, and their exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from program import AGENTRE, agentre, answer_json, environment, on_terminal

from flows.cli import COMMANDS
from flows.cli import agentre as commands


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home folder."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def demo(home: Path) -> Iterator[Path]:
    """A workspace that the demo made, in a pipe, with nobody to ask: both proposals wait."""
    result = agentre("demo", "made", home=home)
    assert result.returncode == 0, result.stderr
    yield home / "made"


def waiting(demo: Path, home: Path) -> list[dict[str, str]]:
    """The proposals that wait for an answer."""
    found = answer_json("proposals", "list", "--workspace", demo, home=home)["proposals"]
    return [proposal for proposal in found if proposal["state"] == "waiting"]


def commits(demo: Path) -> list[str]:
    """Commits of the config repository with an approval's trailer."""
    log = ["git", "-C", str(demo / "agent-configs"), "log", "--format=%H", "--grep=^AgentRE-Approval: "]
    return subprocess.run(log, capture_output=True, text=True, check=True).stdout.split()


def test_every_command_explains_itself_at_once(home: Path) -> None:
    """`--help` lists every command, and each command has a help of its own."""
    listed = agentre("--help", home=home).stdout
    for name in COMMANDS:
        assert f"\n  {name} " in listed
        shown = CliRunner().invoke(commands, [name, "--help"])
        assert shown.exit_code == 0 and "Usage:" in shown.output


@pytest.mark.parametrize("arguments", [["--help"], ["query", "SELECT 1"], ["doctor"]])
def test_commands_without_prefect_never_import_it(demo: Path, home: Path, arguments: list[str]) -> None:
    """`--help`, `query` and `doctor` start without Prefect, Polars or SciPy, which is what makes them quick."""
    run = environment(home, AGENTRE_WORKSPACE=str(demo), PYTHONPROFILEIMPORTTIME="1")
    result = subprocess.run([AGENTRE, *arguments], env=run, capture_output=True, text=True, timeout=60)
    imported = {line.rsplit("|", 1)[-1].strip() for line in result.stderr.splitlines() if "|" in line}
    assert "click" in imported
    assert not imported & {"prefect", "polars", "scipy", "anthropic", "pydantic"}


def test_init_makes_a_workspace_that_the_doctor_understands(home: Path) -> None:
    """`init` makes settings, folders and a git repository; a second `init` there changes nothing and says so."""
    made = agentre("init", "fresh", "--time-zone", "Europe/Berlin", home=home)
    assert made.returncode == 0, made.stderr
    assert (home / "fresh" / "agent-configs" / ".git").is_dir()
    settings = (home / "fresh" / "agentre.yaml").read_bytes()
    again = agentre("init", "fresh", home=home)
    assert again.returncode == 2 and "workspace already" in again.stderr
    assert (home / "fresh" / "agentre.yaml").read_bytes() == settings
    checks = answer_json("doctor", "--workspace", home / "fresh", home=home)["checks"]
    assert {check["name"] for check in checks} >= {"sources", "ledger", "configs", "prefect"}
    assert not [check for check in checks if check["state"] == "bad"]


def test_init_discovers_the_agents_of_this_machine(tmp_path: Path, demo: Path) -> None:
    """`init --discover` finds Claude Code's sessions, loads them, and ends with a review of a fleet without scores."""
    project = tmp_path / ".claude" / "projects" / "-synthetic-shop"
    shutil.copytree(demo / "logs" / "ada", project)
    sessions = len([path for path in project.rglob("*.jsonl") if not path.name.startswith("agent-")])
    result = agentre("init", "mine", "--discover", "--yes", home=tmp_path)
    assert result.returncode == 0, result.stderr
    assert f"found     {sessions} claude-code sessions" in result.stdout
    assert "costliest" in result.stdout and "agentre score" in result.stdout
    page = (tmp_path / "mine" / ".agentre" / "reports" / "latest.html").read_text()
    assert "<svg" in page or "model" in page
    asked = agentre("init", "other", "--discover", home=tmp_path)
    assert asked.returncode == 0 and not (tmp_path / "other" / ".agentre" / "ledger.duckdb").exists()


def test_a_command_outside_of_a_workspace_says_where_to_go(tmp_path: Path) -> None:
    """Exit code 2, the folder, and the command that makes a workspace; as JSON where that was asked for."""
    result = agentre("doctor", home=tmp_path)
    assert result.returncode == 2
    assert str(tmp_path) in result.stderr and "agentre init" in result.stderr and not result.stdout
    assert answer_json("doctor", home=tmp_path)["error"]["exit_code"] == 2


def test_a_mistake_in_the_settings_is_named_with_its_line(home: Path) -> None:
    """An unknown key in `agentre.yaml` is refused with file, line and the accepted keys, and nothing is written."""
    folder = home / "wrong"
    folder.mkdir()
    (folder / "agentre.yaml").write_text("time_zone: UTC\nsorces: []\n")
    result = agentre("ingest", "--workspace", folder, home=home)
    assert result.returncode == 2
    assert f"{folder}/agentre.yaml:2" in result.stderr and "sources" in result.stderr
    assert not (folder / ".agentre").exists()


def test_query_reads_the_copy_and_cannot_write_or_look_elsewhere(demo: Path, home: Path) -> None:
    """`query --json` is columns and rows; writing, files and settings are refused with exit code 2."""
    answer = answer_json(
        "query", "SELECT agent, count(*) AS runs FROM runs GROUP BY 1 ORDER BY 1", "--workspace", demo, home=home
    )
    assert answer["columns"] == ["agent", "runs"]
    assert [row["agent"] for row in answer["rows"]] == ["Ada", "Opal", "Rita", "Signora"]
    before = (demo / ".agentre" / "ledger-read.duckdb").read_bytes()
    for text in ("DELETE FROM runs", "SELECT * FROM read_text('/etc/passwd')", "SET memory_limit = '1GB'", "nonsense"):
        refused = agentre("query", text, "--workspace", demo, home=home)
        assert refused.returncode == 2, text
    assert (demo / ".agentre" / "ledger-read.duckdb").read_bytes() == before


def test_ingest_names_what_it_cannot_take(demo: Path, home: Path) -> None:
    """A missing path and an unknown format are usage errors that list what is accepted."""
    missing = agentre("ingest", home / "absent.jsonl", "--workspace", demo, home=home)
    assert missing.returncode == 2 and "absent.jsonl" in missing.stderr
    unknown = agentre("ingest", demo / "logs", "--format", "cobol", "--workspace", demo, home=home)
    assert unknown.returncode == 2 and "claude-code" in unknown.stderr


def test_ingesting_again_reads_nothing(demo: Path, home: Path) -> None:
    """All sources again: every file is known, and the totals are zero."""
    totals = answer_json("ingest", "--workspace", demo, home=home)["totals"]
    assert totals["files"] == 0 and totals["known"] > 100 and totals["units"] == 0


def test_retention_by_hand_backs_up_and_finds_no_fault(demo: Path, home: Path) -> None:
    """It says what it removed, what it checked and where the backup is, which is there."""
    done = answer_json("retention", "--workspace", demo, home=home)
    assert (done["uneven"], done["lost"]) == ([], 0) and done["files"] > 0
    assert (demo / ".agentre" / "backups" / done["backup"]).stat().st_size > 0


def test_nobody_answers_in_a_pipe(demo: Path, home: Path) -> None:
    """Approving, rejecting, scoring and rolling back need a terminal: in a pipe they are refused."""
    chosen = waiting(demo, home)[0]["proposal_id"]
    for command in (
        ["proposals", "approve", chosen],
        ["proposals", "reject", chosen],
        ["rollback", "0" * 8],
        ["score"],
    ):
        result = agentre(*command, "--workspace", demo, home=home)
        assert result.returncode == 1 and "terminal" in result.stderr, command
    assert not commits(demo)


def test_approval_on_a_terminal_needs_the_digest(demo: Path, home: Path) -> None:
    """A wrong digest does nothing; the right one is one commit; rejecting needs it too; a rollback takes it back."""
    first, second = waiting(demo, home)
    at = ["--workspace", demo]
    wrong, screen = on_terminal(
        "proposals", "approve", first["proposal_id"], *at, home=home, typed=[("Type the first", "00000000")]
    )
    assert wrong == 1 and "nothing was done" in screen and not commits(demo)
    typed = [("Type the first", first["digest"][:8])]
    done, screen = on_terminal("proposals", "approve", first["proposal_id"], *at, home=home, typed=typed)
    assert done == 0 and "applied as commit" in screen and len(commits(demo)) == 1
    assert "SKILL.md" in screen and first["digest"] in screen
    typed = [("Type the first", second["digest"][:8])]
    done, screen = on_terminal("proposals", "reject", second["proposal_id"], *at, home=home, typed=typed)
    assert done == 0 and "rejected" in screen and len(commits(demo)) == 1
    [change] = answer_json("query", "SELECT digest FROM changes", *at, home=home)["rows"]
    assert change["digest"] == first["digest"]
    listed = answer_json("proposals", "list", *at, home=home)["proposals"]
    assert {proposal["state"] for proposal in listed} == {"applied", "rejected"}


def test_rolling_back_takes_the_change_out_again(demo: Path, home: Path) -> None:
    """`rollback` shows what it takes back, asks for the digest, and removes exactly the file that was added."""
    [row] = answer_json("query", "SELECT change_id, digest FROM changes", "--workspace", demo, home=home)["rows"]
    skills = demo / "agent-configs"
    before = set(skills.rglob("SKILL.md"))
    typed = [("Type the first", row["digest"][:8])]
    done, screen = on_terminal("rollback", row["change_id"], "--workspace", demo, home=home, typed=typed)
    assert done == 0, screen
    assert "+++ /dev/null" in screen and "  -## Steps" in screen
    assert len(before - set(skills.rglob("SKILL.md"))) == 1


def test_scores_are_asked_for_on_a_terminal(demo: Path, home: Path) -> None:
    """`score` shows randomly drawn runs one by one; the answers are in the ledger at once, those before a `q` too."""
    typed = [("success", "4"), ("autonomy", "9"), ("whole number", "5"), ("efficiency", "q")]
    done, screen = on_terminal("score", "-n", 2, "--seed", 3, "--workspace", demo, home=home, typed=typed)
    assert done == 0 and "1 of 2 runs scored" in screen
    text = "SELECT dimension, score FROM scores WHERE run_id IS NOT NULL AND scorer_kind = 'human' ORDER BY 1"
    rows = answer_json("query", text, "--workspace", demo, home=home)["rows"]
    assert rows == [{"dimension": "autonomy", "score": 5.0}, {"dimension": "success", "score": 4.0}]


def test_the_demo_makes_only_its_own_folder(home: Path) -> None:
    """A folder with anything else in it is left alone."""
    mine = home / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("keep")
    refused = agentre("demo", mine, home=home)
    assert refused.returncode == 2 and (mine / "notes.txt").read_text() == "keep"


def test_json_is_one_document(demo: Path, home: Path) -> None:
    """With --json a command prints one JSON document and nothing else, whatever it did."""
    for command in (["nightly"], ["doctor"]):
        json.loads(agentre(*command, "--json", "--workspace", demo, home=home).stdout)
