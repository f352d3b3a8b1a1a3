"""Serving a workspace: its Prefect server, its flows on their schedules, and an `approve` run per waiting proposal."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final, Literal

from filelock import FileLock, Timeout

from flows.environment import answers, server_url, use
from flows.escalating import escalating
from flows.notify import notify
from flows.reconcile import FLOWS, Reconciled, deployments, end, live_runs, reconcile, reschedule
from flows.server import own_server, stopped
from storage.errors import UsageError
from storage.records import stable_id
from storage.workspace import Workspace
from tasks.approve.steps import settle_proposals

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner import Runner

Say = Callable[[str], None]
RUNS_AT_ONCE: Final = 2
"""Flow runs in progress together; the others queue. Suspended runs hold no place."""
POLL_SECONDS: Final = 2.0
STOP_WITHIN_SECONDS: Final = 8


def serve(workspace: Workspace, say: Say = lambda message: None) -> None:
    """Serves until SIGINT or SIGTERM, from the main thread. `say` gets a line for each thing a person should know.

    Raises UsageError where the workspace is served already or its port is taken, AgentREError where the server
    does not start, or stops.
    """
    with only_one(workspace), until_stopped(), own_server(workspace, say) as server:
        use(workspace)
        from prefect.runner import Runner

        runner = Runner(name="agentre", limit=RUNS_AT_ONCE, query_seconds=POLL_SECONDS, pause_on_shutdown=False)
        for deployment in deployments_of(workspace):
            runner.add_deployment(deployment)
        notify(workspace, say)
        _take_over(workspace)
        done = reconcile_now(workspace)
        say(f"serving {workspace.root.name} at {server_url(workspace)}")
        say(f"proposals that wait for an answer: {done.waiting}")
        with escalating(workspace, say):
            _run(workspace, runner, server)


def reconcile_now(workspace: Workspace) -> Reconciled:
    """Settles the ledger's proposals and gives each that waits its one live run."""
    as_of = datetime.now(UTC)
    return reconcile(workspace, settle_proposals(workspace, as_of).waiting, as_of)


def run_flow(
    workspace: Workspace, name: Literal["nightly", "weekly", "retention", "experiment"], **parameters: object
) -> Any:
    """Runs a flow now, in this process, and returns what it returns.

    Where a Prefect server answers, the run is recorded there and shows in its UI; else nothing is started.
    """
    shown = answers(workspace)
    use(workspace)
    flow = getattr(import_module(f"flows.{name}"), name)
    return (flow if shown else flow.fn)(workspace=str(workspace.root), **parameters)


def deployments_of(workspace: Workspace) -> list[RunnerDeployment]:
    """All deployments of a workspace. Cron lines are read in the workspace's time zone."""
    use(workspace)
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.types.entrypoint import EntrypointType

    made = []
    for name in FLOWS:
        cron = getattr(workspace.settings.schedules, name, None)
        made.append(
            getattr(import_module(f"flows.{name}"), name).to_deployment(
                deployment_name(workspace),
                schedules=[CronSchedule(cron=cron, timezone=workspace.settings.time_zone)] if cron else [],
                parameters={"workspace": str(workspace.root)},
                entrypoint_type=EntrypointType.MODULE_PATH,
            )
        )
    return made


def deployment_name(workspace: Workspace) -> str:
    """The folder's name, and a mark that tells two folders of one name apart on a shared server."""
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', workspace.root.name)}-{stable_id(workspace.root)[:6]}"


def _run(workspace: Workspace, runner: Runner, server: subprocess.Popen[bytes] | None) -> None:
    """Runs what is due, in a thread of its own so that signals stay here; ends with the runner or the server."""
    ended = Event()  # not the thread itself: in Python 3.11 a join that a signal interrupts takes it for ended

    def run() -> None:
        try:
            asyncio.run(runner.start())
        finally:
            ended.set()

    Thread(target=run, daemon=True).start()
    try:
        while not ended.wait(0.5) and (server is None or server.poll() is None):
            pass
        raise stopped(workspace)
    finally:
        _stop(workspace, runner, ended)


def _stop(workspace: Workspace, runner: Runner, ended: Event) -> None:
    """Stops the runner. Runs in progress are ended, and go on at the next start."""
    from prefect.client.orchestration import get_client

    if ended.is_set() or not answers(workspace):
        _kill_runs()
        return
    with get_client(sync_client=True) as client:
        interrupted = [run.id for run in served_runs(client, workspace) if in_progress(run)]
        stopping = runner.execute_in_background(runner.astop)
        with suppress(TimeoutError, RuntimeError):  # RuntimeError: it had not started yet
            stopping.result(STOP_WITHIN_SECONDS)
        _kill_runs()
        ended.wait(STOP_WITHIN_SECONDS)
        reschedule(client, interrupted, "stopped with `agentre serve`, goes on with it")


def _kill_runs() -> None:
    """Ends what did not end in time: every process that this one started, but for the server's own session."""
    for listed in Path("/proc/self/task").glob("*/children"):
        for pid in map(int, listed.read_text().split()):
            with suppress(ProcessLookupError):
                if os.getsid(pid) == os.getsid(0):
                    os.kill(pid, signal.SIGKILL)


def _take_over(workspace: Workspace) -> None:
    """Puts in order what an end without warning left: one server runs this workspace, and this is it.

    Runs that seem to be in progress were killed, and start again; of runs that came due meanwhile, the last of
    each flow covers the others.
    """
    from prefect.client.orchestration import get_client

    now = datetime.now(UTC)
    with get_client(sync_client=True) as client:
        runs = served_runs(client, workspace)
        reschedule(client, [run.id for run in runs if in_progress(run)], "was killed, and starts again")
        late = [(due, run) for run in runs if run.auto_scheduled and (due := run.next_scheduled_start_time)]
        late = sorted((pair for pair in late if pair[0] < now), key=lambda pair: pair[0])
        newest = {run.deployment_id: run.id for _, run in late}
        for _, run in late:
            if run.id != newest[run.deployment_id]:
                end(client, run, "came due while nothing was served; a later run covers it")


def served_runs(client: SyncPrefectClient, workspace: Workspace) -> list[FlowRun]:
    """Runs that have not ended of the deployments that `serve` made; a work pool's are its workers' to care for."""
    made = [d for d in deployments(client, workspace, FLOWS) if d.name == deployment_name(workspace)]
    return live_runs(client, made) if made else []


def in_progress(run: FlowRun) -> bool:
    """Whether a run says that a process works on it."""
    return run.state is not None and (run.state.is_running() or run.state.is_pending())


@contextmanager
def until_stopped() -> Iterator[None]:
    """SIGINT and SIGTERM end the block without an error; while it ends, more of them change nothing."""
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop(_number: int, _frame: object) -> None:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, stop) for each in signals}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def only_one(workspace: Workspace) -> Iterator[None]:
    """Holds the workspace's place as the one that serves it. Raises UsageError where another process does."""
    workspace.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FileLock(workspace.state / "serve.lock", timeout=0)
    holder = workspace.state / "serve.holder"
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            "this workspace is served already", where=str(workspace.root),
            got=holder.read_text() if holder.exists() else None, accepted=f"open {server_url(workspace)}",
            next_command="stop the other one first (Ctrl-C, or its service)",
        ) from error  # fmt: skip
    try:
        holder.write_text(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
