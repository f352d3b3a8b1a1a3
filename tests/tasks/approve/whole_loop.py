"""The whole loop in one process that a test may kill anywhere: `whole_loop.py` reads `WORKSPACE CRASH` lines.

Each line is done in a process of its own, forked from this one so that it starts at once; its status is printed.
`whole_loop.py count WORKSPACE` prints the points that one quiet pass goes through, and how often, as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

sys.path.insert(0, str(Path(__file__).parents[1] / "ingest"))

from claude_logs import session

import reports
import storage
import tasks.approve
import tasks.common
import tasks.improve
import tasks.incidents
import tasks.ingest
import tasks.memory
import tasks.metrics
from storage import crashpoint as crashing
from storage.config_repo import ConfigRepo
from storage.errors import AgentREError, Refused
from storage.ledger import Ledger, open_ledger, publish
from storage.workspace import Workspace
from tasks.approve import audit, homes, run, versions
from tasks.improve.propose import Unfit, propose
from tasks.improve.requests import read_request
from tasks.improve.run import draft_proposals
from tasks.incidents.response import respond_to_signals
from tasks.incidents.run import detect_failures
from tasks.ingest.run import ingest_sources
from tasks.memory.run import consolidate
from tasks.metrics.run import close_weeks

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
# fmt: off
HOMES = {"ada/SOUL.md": b"# Ada\n", "ada/config.yaml": b"temperature: 0.7\n", "ada/MEMORY.md": b"# Memory\n",
         "ada/memory/2026-11-02.md": b"# 2026-11-02\n\n## Lessons\n\n- Staging locks its files until nine.\n"}
# fmt: on
SETTINGS = "agents: [{name: Ada, config: ada, home: home}]\napprovers: [sam]\nsources: [{path: logs, agent: Ada}]\n"
COOLER = b'{"kind": "config", "agent": "Ada", "title": "Cooler", "key": "temperature", "value": 0.2}'
LATE = b'{"kind": "memory", "agent": "Ada", "title": "Late", "content": "# Memory\\n- Late.\\n"}'
HOSTILE = b'{"kind": "memory", "agent": "Ada", "title": "Bad", "content": "# M\\u200b\\n"}'


def prepare(folder: Path) -> Workspace:
    """A fleet with its logs, before anything was done."""
    (folder / "logs").mkdir(parents=True)
    (folder / "agentre.yaml").write_text(SETTINGS)
    (folder / "home").mkdir()
    for path, content in HOMES.items():
        (file := folder / path.replace("ada/", "home/")).parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    for number in range(3):
        (folder / "logs" / f"{number}.jsonl").write_bytes(session(number, calls=2))
    workspace = Workspace(folder)
    ConfigRepo.create(workspace.configs, HOMES, NOW)
    return workspace


def everything(workspace: Workspace) -> None:
    """Ingest, detect, propose, answer, apply, roll back, measure, tag, audit, publish: whatever is not done yet."""
    ingest_sources(workspace, now=NOW)
    with open_ledger(workspace.ledger, purpose="loop", wait_seconds=60) as ledger:
        _scored(ledger)
        detect_failures(workspace, ledger, NOW)
        respond_to_signals(workspace, ledger, NOW)
        consolidate(workspace, ledger, NOW)
        draft_proposals(workspace, ledger, NOW, lambda: "n" * 32)
        early = NOW - timedelta(days=8)
        propose(workspace, ledger, read_request(LATE), drafter="person:li", now=early, nonce="l" * 32)
        with suppress(Unfit):
            propose(workspace, ledger, read_request(HOSTILE), drafter="person:li", now=NOW, nonce="h" * 32)
        if ConfigRepo(workspace.configs).read("ada/config.yaml") == HOMES["ada/config.yaml"]:
            propose(workspace, ledger, read_request(COOLER), drafter="person:li", now=NOW, nonce="c" * 32)
        run.expire(ledger, NOW)
        _answer_all(workspace, ledger)
        _roll_back(workspace, ledger)
        close_weeks(workspace, ledger, NOW)
        versions.snapshot(workspace, ledger, None, NOW)
        versions.tag_week(workspace, ledger, "v2026-w47", "sam", NOW)
        ledger._connection.execute("DELETE FROM changes")  # lost, and put back from the commits
        audit.rebuild(workspace, ledger)
    publish(workspace.ledger, workspace.read_copy)


def _scored(ledger: Ledger) -> None:
    """Scores of two weeks, so that there is something to measure."""
    ledger._connection.execute(
        "INSERT INTO scores (score_id, agent, task_id, day, dimension, score, scorer_kind) "
        "SELECT 's' || i, 'Ada', 't' || (i % 3), DATE '2026-11-03' + CAST(i AS INTEGER), 'success', 3 + i % 2, 'human' "
        "FROM range(9) t(i) WHERE NOT EXISTS (SELECT 1 FROM scores)"
    )


def _answer_all(workspace: Workspace, ledger: Ledger) -> None:
    for waiting in run.waiting(ledger):
        args = (waiting.proposal_id, waiting.digest, "approve", "sam", "terminal", "", NOW)
        run.decide(workspace, ledger, *args)
    for approved in run.approved(ledger):
        run.apply(workspace, ledger, approved.proposal_id, NOW)


def _roll_back(workspace: Workspace, ledger: Ledger) -> None:
    for change in ledger.typed("SELECT change_id FROM changes WHERE kind = 'skill'")[1]:
        with suppress(Refused):  # taken back already
            run.rollback(workspace, ledger, change["change_id"], "sam", NOW, "r" * 32)


def state(workspace: Workspace) -> dict[str, object]:
    """What ledger, branch, work tree and tags say in the end."""
    repo = ConfigRepo(workspace.configs)
    with open_ledger(workspace.ledger, purpose="loop", wait_seconds=60) as ledger:
        states = ledger.typed("SELECT kind, state, count(*) AS n FROM proposals GROUP BY ALL ORDER BY ALL")[1]
        tables = ("runs", "model_calls", "tool_calls", "messages", "ingested_files", "quarantine", "findings",
                  "approvals", "changes", "proposal_files", "measurements", "events")  # fmt: skip
        counts = {t: ledger.typed(f"SELECT count(*) AS n FROM {t}")[1][0]["n"] for t in tables}
        events = ledger.typed("SELECT kind, count(*) AS n FROM events GROUP BY ALL ORDER BY ALL")[1]
        faults = list(audit.faults(workspace, ledger))
    status = subprocess.run(["git", "-C", workspace.configs, "status", "--porcelain"], capture_output=True, check=True)
    tree = repo.git.run("rev-parse", f"{repo.head()}^{{tree}}").decode().strip()
    home = homes.drift(workspace, workspace.settings.agents[0])
    return {
        "proposals": states, "counts": counts, "events": events, "faults": faults, "tree": tree,
        "commits": len(repo.git.run("rev-list", repo.head()).split()), "dirty": status.stdout.decode(),
        "tag": bool(repo.git.run("for-each-ref", "refs/tags/v2026-w47")), "published": workspace.read_copy.exists(),
        "left": sorted(str(p.name) for p in workspace.root.rglob("*.tmp")), "home": home.paths if home else None,
    }  # fmt: skip


def _child(folder: str, crash: str) -> int:
    """One line of work in a process of its own: 0 done, -9 killed, else what went wrong."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.environ["AGENTRE_CRASH"] = crash
    try:
        workspace = Workspace(Path(folder))
        everything(workspace)
        (workspace.root / "state.json").write_text(json.dumps(state(workspace)))
        os._exit(0)
    except (AgentREError, Exception) as error:  # noqa: BLE001  told, as a process that fails would
        sys.stderr.write(f"{crash}: {type(error).__name__}: {error}\n")
        os._exit(1)


def _import_all() -> None:
    """What is otherwise imported late, so that a forked pass starts at once and all passes run the same code."""
    for name in ("git.cmd", "scipy.special", "polars"):
        import_module(name)
    rooms = (tasks.ingest, tasks.common, tasks.metrics, tasks.approve, tasks.improve, tasks.incidents, tasks.memory)
    for package in (*rooms, storage, reports):
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("steps"):
                import_module(found.name)


if __name__ == "__main__":
    _import_all()
    if sys.argv[1:2] == ["count"]:
        os.environ["AGENTRE_CRASH"] = "nothing:0"
        everything(Workspace(Path(sys.argv[2])))
        sys.stdout.write(json.dumps(crashing._passed))
    for line in sys.stdin if len(sys.argv) == 1 else ():
        sys.stdout.write(f"{_child(*line.split())}\n")
        sys.stdout.flush()
