"""One `agentre serve`, as a person runs it, through a day of answers, kills and restarts. Tests follow its order."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from canary_logs import CANARIES, claude
from served_fleet import TOOLS, Day, ask, commits_of, state_of, until

from flows.environment import prefect_environment, server_url
from flows.reconcile import FLOWS
from storage.ledger import open_ledger
from storage.workspace import Workspace
from tasks.approve import run as approval

pytestmark = pytest.mark.prefect
ROOT = Path(__file__).parents[2]
HOME = {"AGENTRE_HOME": str(ROOT)}
TRANSFER = """\
experiment:
  name: Retry skill for Rita
  date: 2026-03-29
  hypothesis: "The retry skill helps Rita too"
  source: {agent: Ada, agent_type: engineer, improvement: skills/retry, imp_at_skill: "+0.5"}
  target:
    agent: Rita
    agent_type: research
    baseline:
      {period: 2026-03-01 to 2026-03-14, tasks_evaluated: 18, avg_success: 3.7, avg_autonomy: 3.9, avg_efficiency: 3.4}
    treatment:
      {period: 2026-03-16 to 2026-03-29, tasks_evaluated: 21, avg_success: 4.1, avg_autonomy: 4.0, avg_efficiency: 3.6}
"""


def test_every_request_needs_the_login(day: Day) -> None:
    """Without the secret nothing is read or changed; the server listens on loopback and nowhere else."""
    url = server_url(day.workspace)
    with httpx.Client(trust_env=False) as anyone:
        assert anyone.get(url + "/api/admin/settings").status_code == 401
        assert anyone.get(url + "/api/admin/settings", auth=("agentre", "0" * 64)).status_code == 401
        assert anyone.get(url + "/api/csrf-token", params={"client": "x"}).status_code == 401
        # what changes something needs a token for this browser too, so that no other page can send it
        assert anyone.post(url + "/api/flow_runs/filter", json={}).status_code == 403
        token = {key: value for key, value in day.api.client.headers.items() if key.startswith("prefect-csrf")}
        assert anyone.post(url + "/api/flow_runs/filter", json={}, headers=token).status_code == 401
    port = f":{day.workspace.settings.prefect.port:04X}"
    lines = [line.split() for t in ("tcp", "tcp6") if (p := Path("/proc/net", t)).exists() for line in p.open()]
    assert {f[1].split(":")[0] for f in lines if f[1].endswith(port) and f[3] == "0A"} == {"0100007F"}
    assert (day.workspace.state / "api-auth").stat().st_mode & 0o777 == 0o600


def test_a_schedule_fires(day: Day) -> None:
    """A run that cron made, and nobody else, was started by `serve` and completed. Then it is paused: it costs much."""

    def fired() -> list[dict[str, object]]:
        return [r for r in day.api.runs("nightly") if r["auto_scheduled"] and r["state_type"] == "COMPLETED"]

    assert until(fired, 150)
    for deployment in day.api.ask("POST", "/deployments/filter", flows={"name": {"any_": ["nightly"]}}):
        day.api.ask("POST", f"/deployments/{deployment['id']}/pause_deployment")


def test_every_waiting_proposal_has_one_run(day: Day) -> None:
    """Reconciling again and again, and from the outside, changes nothing; an ended run is followed by one other."""
    for proposal in day.proposals.values():
        if state_of(day.workspace, proposal) == "waiting":
            day.api.suspended(proposal)
    reconcile_outside(day.workspace)
    assert len(runs_of(day)) == len(TOOLS)
    first, second = (day.api.suspended(day.proposals[tool]) for tool in ("Bash", "Read"))
    day.api.force(first, "CANCELLED")
    day.api.ask("DELETE", f"/flow_runs/{second['id']}")
    for _ in range(2):
        reconcile_outside(day.workspace)
    runs = [day.api.suspended(day.proposals[tool]) for tool in ("Bash", "Read")]
    assert first["id"] != runs[0]["id"] and second["id"] != runs[1]["id"]
    assert len(runs_of(day)) == len(TOOLS) + 1


def test_an_answer_for_other_bytes_is_refused(day: Day) -> None:
    """The server takes the digest of exactly this change, and no form that leaves it out."""
    run = day.api.suspended(day.proposals["Bash"])
    other = day.proposals["Read"].digest
    assert day.api.answer(run, decision="approve", digest=other, approver="sam") == "REJECT"
    assert day.api.answer(run, decision="approve", approver="sam") == "REJECT"
    assert day.api.answer(run, decision="yes", digest=day.proposals["Bash"].digest, approver="sam") == "REJECT"
    assert state_of(day.workspace, day.proposals["Bash"]) == "waiting"


def test_an_answer_of_the_wrong_person_is_asked_again(day: Day) -> None:
    """An approver who is not listed changes nothing, is told so, and a new run asks; then the right one may answer."""
    run = day.answer("Bash", approver="mallory")
    ended = day.api.ended(run)
    assert ended["name"] == "Refused" and "mallory" in ended["message"] and "asks again" in ended["message"]
    assert state_of(day.workspace, day.proposals["Bash"]) == "waiting"
    assert day.api.suspended(day.proposals["Bash"])["id"] != run["id"]


def test_a_double_click_is_one_commit(day: Day) -> None:
    """The second answer is refused, and a run that is forced to start over commits nothing more."""
    proposal = day.proposals["Bash"]
    run = day.answer("Bash")
    again = {"decision": "approve", "digest": proposal.digest, "approver": "sam"}
    assert day.api.answer(run, **again) == "ABORT"
    ended = day.api.ended(run)
    assert ended["name"] == "Applied" and commits_of(day.workspace, proposal) == 1
    day.api.force(run, "SCHEDULED")
    assert day.api.ended(run)["name"] == "Completed"
    assert commits_of(day.workspace, proposal) == 1 and state_of(day.workspace, proposal) == "applied"


def test_rejected_is_not_applied(day: Day) -> None:
    """A rejection ends the run and changes no config."""
    ended = day.api.ended(day.answer("Read", decision="reject"))
    assert ended["name"] == "Rejected" and state_of(day.workspace, day.proposals["Read"]) == "rejected"
    assert commits_of(day.workspace, day.proposals["Read"]) == 0


def test_a_critical_agent_needs_two_people(day: Day) -> None:
    """Who approved once is not the second; a new run asks the other, whose answer applies it, as one commit."""
    [proposal] = ask(day.workspace, ("Deploy",), agent="Bea")
    reconcile_outside(day.workspace)
    for who, end in (("sam", "Seconded"), ("sam", "Seconded"), ("kim", "Applied")):
        assert commits_of(day.workspace, proposal) == 0
        run = day.api.suspended(proposal)
        assert day.api.answer(run, decision="approve", digest=proposal.digest, approver=who) == "ACCEPT"
        assert day.api.ended(run)["name"] == end
    assert commits_of(day.workspace, proposal) == 1


def test_a_second_serve_says_that_one_runs(day: Day) -> None:
    """It names the process that serves, and exits with 2."""
    second = agentre(day.workspace, "serve")
    assert second.returncode == 2 and "served already" in second.stderr and str(day.serve.process.pid) in second.stderr


def test_a_flow_by_hand_shows_in_the_ui(day: Day) -> None:
    """`agentre nightly` beside `serve` is recorded by its server, and leaves the approvals as they are."""
    before = {run["id"] for run in day.api.runs("nightly")}
    done = agentre(day.workspace, "nightly")
    assert done.returncode == 0, done.stderr
    new = [run for run in day.api.runs("nightly") if run["id"] not in before and run["deployment_id"] is None]
    assert [run["state_name"] for run in new] == ["Completed"]


def test_what_flows_did_is_shown(day: Day) -> None:
    """Ingest shows its progress and a table of files, the weekly flow its review and imp@week."""
    [weekly] = [
        d for d in day.api.ask("POST", "/deployments/filter", limit=50) if d["entrypoint"] == "flows.weekly.weekly"
    ]
    assert day.api.ended(day.api.start(weekly))["type"] == "COMPLETED"
    shown = {a["key"]: a for a in day.api.ask("POST", "/artifacts/latest/filter", limit=100)}
    assert (shown["ingest"]["type"], shown["ingest"]["data"]) == ("progress", 100.0)
    assert "14 units = 14 stored + 0 merged + 0 ignored + 0 quarantined" in shown["ingested-files"]["description"]
    assert shown["imp-week"]["type"] == "table" and "Ada" in shown["imp-week"]["data"]
    assert shown["weekly-review"]["type"] == "markdown" and "Ada" in shown["weekly-review"]["data"]


def test_planted_secrets_are_not_in_prefects_database(day: Day) -> None:
    """Sessions full of them are taken in, drafted about and asked about by served flows; no row there has one."""
    logs = day.workspace.root / "logs"
    logs.mkdir()
    for n in range(3):
        (logs / f"{n}.jsonl").write_text(claude(datetime.now(UTC) - timedelta(days=n, hours=1)))
    assert agentre(day.workspace, "nightly").returncode == 0
    done = agentre(day.workspace, "weekly", "--json")
    [drafted] = json.loads(done.stdout)["drafted"]
    with open_ledger(day.workspace.ledger, purpose="test") as ledger:
        proposal = approval.proposal(ledger, drafted)
    run = day.api.suspended(proposal)
    given = {"decision": "reject", "digest": proposal.digest, "approver": "sam", "feedback": "no"}
    assert day.api.answer(run, **given) == "ACCEPT"
    day.api.ended(run)
    with sqlite3.connect(day.workspace.prefect_home / "prefect.db") as database:
        rows = "\n".join(database.iterdump())
    assert drafted in rows and "ingested-files" in rows
    files = [path for path in day.workspace.state.rglob("*") if path.is_file() and path.name != "prefect.db-shm"]
    for text in (rows.encode(), day.serve.output.read_bytes(), *(path.read_bytes() for path in files)):
        assert not [canary for canary in CANARIES if canary[8:-8].encode() in text]


def test_a_work_pool_runs_the_same_flows(day: Day) -> None:
    """`prefect deploy` reads deployments/prefect.yaml, and a process worker completes a run."""
    own = os.environ | prefect_environment(day.workspace) | HOME | {"AGENTRE_WORKSPACE": str(day.workspace.root)}
    own["AGENTRE_TEST_MARK"] = day.serve.mark

    def prefect(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "prefect", "--no-prompt", *words]
        return subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True)

    prefect("work-pool", "create", "--type", "process", "agentre")
    prefect("deploy", "--all", "--prefect-file", "deployments/prefect.yaml")
    listed = day.api.ask("POST", "/deployments/filter", limit=50)
    pool = {d["entrypoint"]: d for d in listed if d["work_pool_name"] == "agentre"}
    assert set(pool) == {f"flows.{name}.{name}" for name in FLOWS}
    assert [s["schedule"]["cron"] for s in pool["flows.weekly.weekly"]["schedules"]] == ["0 14 * * 5"]
    run = day.api.start(pool["flows.nightly.nightly"])
    worker = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "agentre", "--run-once"]
    subprocess.run(worker, cwd=day.workspace.root, env=own, capture_output=True, text=True, check=True, timeout=90)
    assert day.api.ended(run)["type"] == "COMPLETED"
    for deployment in pool.values():
        day.api.ask("DELETE", f"/deployments/{deployment['id']}")


def test_a_stop_in_the_middle_of_an_answer_loses_nothing(day: Day) -> None:
    """SIGTERM ends everything in seconds, without a process left; the answer goes on with the next start."""
    run = day.answer("Grep")
    until(lambda: day.api.run(run)["state_type"] == "RUNNING", 60)
    assert day.serve.terminate() < 20
    assert day.serve.processes() == []
    day.api = day.serve.start()
    # stopped between the answer's record and its commit, the start itself applies it, and ends the run
    assert day.api.ended(run)["type"] == "COMPLETED"
    assert state_of(day.workspace, day.proposals["Grep"]) == "applied"
    assert commits_of(day.workspace, day.proposals["Grep"]) == 1


def test_waiting_survives_kill_9_of_everything(day: Day) -> None:
    """Server, serve and a run that was just answered are killed; the answer and all that waited is still there."""
    answered = day.answer("Write")
    waiting = day.api.suspended(day.proposals["Edit"])
    day.serve.kill()
    day.api = day.serve.start()
    assert day.api.suspended(day.proposals["Edit"])["id"] == waiting["id"]
    assert day.api.ended(answered)["type"] == "COMPLETED"
    assert commits_of(day.workspace, day.proposals["Write"]) == 1


def test_a_lost_prefect_database_loses_no_approval(day: Day) -> None:
    """The ledger is the truth: with Prefect's database gone, every proposal that waits is asked about anew."""
    waiting = [p for p in day.proposals.values() if state_of(day.workspace, p) == "waiting"]
    day.serve.kill()
    for file in day.workspace.prefect_home.glob("prefect.db*"):
        file.unlink()
    day.api = day.serve.start()
    assert len(runs_of(day)) == len(waiting)
    assert day.api.ended(day.answer("Edit"))["name"] == "Applied"
    assert commits_of(day.workspace, day.proposals["Edit"]) == 1


def runs_of(day: Day) -> list[dict[str, object]]:
    """The runs that ask, or asked, about the proposals of the day."""
    ids = {proposal.proposal_id for proposal in day.proposals.values()}
    return [run for run in day.api.runs("approve") if run["parameters"]["proposal"] in ids]


def agentre(workspace: Workspace, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line, as a person types it."""
    command = [sys.executable, "-m", "flows", *words, "--workspace", str(workspace.root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90)


def reconcile_outside(workspace: Workspace) -> None:
    """Reconciles from another process than the one that serves."""
    code = (
        "import sys; from pathlib import Path; from storage.workspace import Workspace; "
        "from flows.serving import reconcile_now; print(reconcile_now(Workspace(Path(sys.argv[1]))))"
    )
    subprocess.run([sys.executable, "-c", code, str(workspace.root)], check=True, timeout=90)
