"""The README promises nothing that does not work: its commands are run, its tables are complete."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.cli import COMMANDS
from flows.reconcile import FLOWS
from storage.ledger import open_read_copy
from storage.settings import WorkspaceSettings
from storage.workspace import Workspace
from storage.yaml_files import parse_yaml

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
LINES = [line[2:] for block in BLOCKS for line in block.splitlines() if line.startswith("$ ")]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of somebody who ran the demo and has agent logs on the machine."""
    home = tmp_path_factory.mktemp("reader")
    (home / "demo.txt").write_text(run("agentre demo demo --yes", home, home).stdout)
    shutil.copytree(home / "demo" / "logs" / "ada", home / ".claude" / "projects" / "-synthetic-shop")
    return home


def environment(home: Path) -> dict[str, str]:
    """A clean environment with the project's programs on the path."""
    return {"HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}", "TERM": "xterm", "TZ": "UTC"}


def run(line: str, home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a line of the README in a shell."""
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment(home), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=170,
    )  # fmt: skip


def test_the_two_commands_are_there() -> None:
    """`make demo` and `make test` are commands of the README, and what they run is what is tested."""
    assert {"make demo", "make test"} <= set(LINES)
    for target, needle in (
        ("demo", "agentre demo"),
        ("test", "pytest"),
        ("check", "ruff"),
        ("bench", "tests.benchmarks"),
    ):
        shown = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert needle in shown


def test_the_demo_closes_the_loop(home: Path) -> None:
    """A failure that recurs, a skill approved and applied, its effect on the same golden tasks with its interval; a
    second proposal waits."""
    shown = (home / "demo.txt").read_text().partition("What this was")[2]
    names = ["recurs", "tried", "answered", "measured", "waiting", "Prefect UI"]
    places = [shown.index(f"\n{name}") for name in names]
    assert places == sorted(places), shown
    failed, n, passed, m = map(
        int, re.findall(r"measured .* (\d+) of (\d+) passed without it, (\d+) of (\d+)", shown)[0]
    )
    assert (n, m) == (20, 20) and failed <= 10 and passed >= 16
    assert re.search(r"success +\+\d\.\d\d  95 % \+\d\.\d\d to \+\d\.\d\d +better", shown)
    with open_read_copy(Workspace(home / "demo").read_copy) as ledger:
        answers = ledger.typed("SELECT decision, approver, channel FROM approvals")[1]
        states = ledger.typed("SELECT state FROM proposals ORDER BY state")[1]
    assert answers == [{"decision": "approve", "approver": "demo", "channel": "demo"}]
    assert [row["state"] for row in states] == ["applied", "waiting"]


def test_a_reader_can_follow_it(home: Path) -> None:
    """Every other command of the README's console blocks works, one after the other, as written."""
    folder = home
    for line in [line for line in LINES if not line.startswith(("make ", ". .venv"))]:
        if line.startswith("cd "):
            folder = Path(line.removeprefix("cd ").replace("~", str(home)))
        elif line == "agentre serve":
            serves(home, folder)
        elif line == "agentre score":
            assert "needs a person at a terminal" in run(line, home, folder).stderr
        else:
            result = run(f"{line} --yes" if "--discover" in line else line, home, folder)
            assert result.returncode == 0, (line, result.stderr)


def serves(home: Path, folder: Path) -> None:
    """`agentre serve` comes up, says where, and ends at SIGTERM."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder / "agentre.yaml"
    settings.write_text(settings.read_text().replace("port: 4200", f"port: {port}"))
    serving = subprocess.Popen(
        [BIN / "agentre", "serve"], cwd=folder, env=environment(home), stdout=subprocess.PIPE, text=True
    )
    assert serving.stdout
    lines = []
    for line in serving.stdout:
        lines.append(line)
        if line.startswith("serving "):
            break
    serving.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert serving.wait(30) == 0, lines
    assert time.monotonic() - begun < 20
    assert f"127.0.0.1:{port}" in "".join(lines)


def test_every_command_and_flow_is_in_the_readme() -> None:
    """A command or a flow that a person can run is in the README's tables, and nothing else is."""
    commands = README.split("## Commands")[1].split("## Flows")[0]
    named = set(re.findall(r"`agentre ([a-z]+)", commands))
    assert named == set(COMMANDS)
    flows = README.split("## Flows and schedules")[1].split("##")[0]
    assert set(re.findall(r"^\| `([a-z]+)` \|", flows, re.MULTILINE)) == set(FLOWS)


def test_its_settings_are_settings() -> None:
    """Every example of `agentre.yaml` is accepted as it stands."""
    examples = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    read = [parse_yaml(example.encode(), WorkspaceSettings, where="README.md") for example in examples]
    assert read[0].agents[0].name == "Ada"
    assert any(settings.escalation.policies for settings in read)


def test_what_it_points_at_exists() -> None:
    """Every file and folder that the README names is there."""
    picture = re.findall(r"!\[.*?\]\((.*?)\)", README)
    named = re.findall(r"`((?:flows|tasks|storage|reports|deployments)/[\w./-]*)`", README)
    for path in [*picture, *named]:
        assert (ROOT / path).exists(), path
