"""A workspace with proposals that wait, and a real `agentre serve` over it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from flows.environment import login, server_url
from storage.config_repo import ConfigRepo
from storage.ledger import open_ledger
from storage.records import Proposal, Record, ToolCall, sha256_hex, stable_id
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.approve import run as approval
from tasks.improve.run import draft_proposals
from tasks.incidents.run import detect_failures

T = TypeVar("T")
TOOLS = ("Bash", "Read", "Grep", "Write", "Edit", "Fetch")
SETTINGS = """\
time_zone: Europe/Berlin
agents:
  - {{name: Ada, type: engineer}}
  - {{name: Bea, type: ops, critical: true, approvers: [sam, kim]}}
sources:
  - {{path: scores.csv}}
  - {{path: logs, agent: Ada}}
approvers: [sam]
schedules: {{nightly: "{nightly}", weekly: null}}
proposals: {{per_agent_per_week: 20}}
prefect: {{port: {port}}}
"""


class RunRow(Record, frozen=True, kw_only=True):
    """A row of `runs` with what detection reads."""

    run_id: str
    started_at: datetime
    agent: str = "Ada"
    outcome: str = "unknown"
    tool_calls: int = 2
    source_format: str = "test"
    source_file: str = "test"
    model_calls: int = 0
    tool_errors: int = 1
    human_turns: int = 0
    cost_source: str = "missing"


def free_port() -> int:
    """A TCP port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fleet(root: Path, nightly: str = "0 2 * * *") -> Workspace:
    """A workspace whose one agent has a config repository, and scores of two weeks."""
    root.mkdir()
    days = [datetime.now(UTC).date() - timedelta(days=n) for n in range(14)]
    rows = [f"{day},Ada,task {n},{3 + n % 3},4,3" for n, day in enumerate(days)]
    (root / "scores.csv").write_text("\n".join(["Date,Agent,Task,Success,Autonomy,Efficiency", *rows]) + "\n")
    (root / SETTINGS_FILE).write_text(SETTINGS.format(nightly=nightly, port=free_port()))
    homes = {"ada/SOUL.md": b"# Ada\n", "bea/SOUL.md": b"# Bea\n"}
    ConfigRepo.create(root / "agent-configs", homes, datetime.now(UTC))
    return Workspace(root)


def ask(workspace: Workspace, tools: tuple[str, ...], agent: str = "Ada") -> list[Proposal]:
    """Has a tool fail in three runs each, and a proposal drafted for each of them."""
    now = datetime.now(UTC)
    names = [(tool, stable_id(agent, tool, i)) for tool in tools for i in range(3)]
    calls = [
        ToolCall(
            call_id=stable_id(run, seq), run_id=run, seq=seq, tool_name=tool, is_error=seq == 0,
            error_text="lock held" if seq == 0 else None, arguments_sha256=sha256_hex(b"%d" % seq),
            result_sha256=sha256_hex(b"%d" % seq),
        )
        for tool, run in names for seq in (0, 1)
    ]  # fmt: skip
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        ledger.add("runs", [RunRow(run_id=run, started_at=now, agent=agent) for _, run in names], "run_id")
        ledger.add("tool_calls", calls, "call_id")
        detect_failures(workspace, ledger, now)
        return draft_proposals(workspace, ledger, now, lambda: secrets.token_hex(16)).proposals


def state_of(workspace: Workspace, proposal: Proposal) -> str:
    """What the ledger says of a proposal now."""
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        return approval.proposal(ledger, proposal.proposal_id).state


def commits_of(workspace: Workspace, proposal: Proposal) -> int:
    """How many commits of the config repository carry the proposal's digest."""
    log = ["git", "-C", str(workspace.configs), "log", "--format=%B", "--all"]
    text = subprocess.run(log, capture_output=True, text=True, check=True).stdout
    return text.count(f"AgentRE-Approval: {proposal.digest}")


def until(what: Callable[[], T | None], seconds: float = 60, message: str = "") -> T:
    """The first true answer of `what`, asked again and again. Fails after some time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds:g} s: {message or what}")


@dataclass
class Api:
    """The Prefect API as any program with the login may use it."""

    workspace: Workspace
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        user, _, secret = login(self.workspace).partition(":")
        url = f"{server_url(self.workspace)}/api"
        self.client = httpx.Client(base_url=url, auth=(user, secret), trust_env=False, timeout=30)
        token = self.client.get("/csrf-token", params={"client": "test"}).json()["token"]
        self.client.headers.update({"Prefect-Csrf-Token": token, "Prefect-Csrf-Client": "test"})

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """What the API answers; asked again, as Prefect's own client does, where its SQLite was busy (503)."""

        def reply() -> httpx.Response | None:
            try:
                got = self.client.request(method, path, json=body or None)
            except httpx.ReadTimeout:
                if method == "GET" or path.endswith("/filter"):  # reading changes nothing, so it may be asked again
                    return None
                raise
            return None if got.status_code == 503 else got

        got = until(reply, 100, path).raise_for_status()
        return got.json() if got.content else None

    def runs(self, flow: str) -> list[dict[str, Any]]:
        """Runs of a flow, newest first."""
        found: list[dict[str, Any]] = self.ask(
            "POST", "/flow_runs/filter", flows={"name": {"any_": [flow]}}, sort="START_TIME_DESC"
        )
        return found

    def run(self, run: dict[str, Any]) -> dict[str, Any]:
        """A run as it is now."""
        found: dict[str, Any] = self.ask("GET", f"/flow_runs/{run['id']}")
        return found

    def start(self, deployment: dict[str, Any]) -> dict[str, Any]:
        """Has a deployment run now."""
        path = f"/deployments/{deployment['id']}/create_flow_run"
        started: dict[str, Any] = self.ask("POST", path, state={"type": "SCHEDULED"})
        return started

    def force(self, run: dict[str, Any], state: str) -> None:
        """Sets a state past all of Prefect's rules."""
        self.ask("POST", f"/flow_runs/{run['id']}/set_state", state={"type": state}, force=True)

    def asking(self, proposal: Proposal) -> list[dict[str, Any]]:
        """Runs of a proposal that have not ended."""
        ended = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        mine = [r for r in self.runs("approve") if r["parameters"]["proposal"] == proposal.proposal_id]
        return [run for run in mine if run["state_type"] not in ended]

    def suspended(self, proposal: Proposal, seconds: float = 180) -> dict[str, Any]:
        """The one run that asks about a proposal, once it can be answered."""

        def schema_of(run: dict[str, Any]) -> str:
            return f"/flow_runs/{run['id']}/input/suspended-proposal-{proposal.proposal_id}-schema"

        def found() -> dict[str, Any] | None:
            runs = self.asking(proposal)
            assert len(runs) <= 1, runs
            ready = runs and runs[0]["state_name"] == "Suspended"
            schema = (
                f"/flow_runs/{runs[0]['id']}/input/suspended-proposal-{proposal.proposal_id}-schema" if ready else ""
            )
            return runs[0] if ready and self.client.get(schema).status_code == 200 else None

        return until(found, seconds, f"a form for {proposal.title}")

    def answer(self, run: dict[str, Any], **fields: str) -> str:
        """What the server says of an answer: ACCEPT, REJECT, ABORT."""
        return str(self.ask("POST", f"/flow_runs/{run['id']}/resume", run_input=fields)["status"])

    def ended(self, run: dict[str, Any]) -> dict[str, Any]:
        """A run's final state."""

        def found() -> dict[str, Any] | None:
            state: dict[str, Any] = self.run(run)["state"]
            return state if state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        return until(found, 180, f"the end of {run['name']}")


@dataclass
class Serve:
    """`agentre serve` as a process."""

    workspace: Workspace
    mark: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> Path:
        """What it printed."""
        return self.workspace.root / "serve.out"

    def start(self, seconds: float = 120) -> Api:
        """Starts it and waits until it serves."""
        command = [sys.executable, "-m", "flows", "serve", "--workspace", str(self.workspace.root)]
        environment = os.environ | {"AGENTRE_TEST_MARK": self.mark}
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, env=environment, start_new_session=True)
        process = self.process
        until(lambda: b"serving" in self.output.read_bytes() or process.poll() is not None, seconds)
        assert process.poll() is None, self.output.read_text()
        return Api(self.workspace)

    def processes(self) -> list[int]:
        """Every live process that was started by it, and itself."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except (PermissionError, FileNotFoundError, ProcessLookupError):
                continue
        return found

    def terminate(self) -> float:
        """SIGTERM; the seconds until it ended."""
        assert self.process
        begun = time.monotonic()
        self.process.terminate()
        assert self.process.wait(30) == 0, self.output.read_text()
        return time.monotonic() - begun

    def kill(self) -> None:
        """kill -9 of everything at once: serve, server and the runs in progress."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        if self.process:
            self.process.wait(30)
        until(lambda: not self.processes(), 10, "all dead")


@dataclass
class Day:
    """The one server of all tests, and its proposals by the tool that failed."""

    serve: Serve
    api: Api
    proposals: dict[str, Proposal]

    @property
    def workspace(self) -> Workspace:
        """What is served."""
        return self.serve.workspace

    def answer(self, tool: str, decision: str = "approve", approver: str = "sam") -> dict[str, Any]:
        """Answers the form of one proposal as a person would; the run that was answered."""
        proposal = self.proposals[tool]
        run = self.api.suspended(proposal)
        given = {"decision": decision, "digest": proposal.digest, "approver": approver}
        assert self.api.answer(run, **given) == "ACCEPT"
        return run
