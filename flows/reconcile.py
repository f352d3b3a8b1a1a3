"""The ledger is the truth, Prefect the messenger: every waiting proposal gets exactly one live `approve` run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flows.environment import answers, use
from storage.opening import writing
from storage.proposals import every
from storage.records import Proposal
from storage.workspace import Workspace
from tasks.common.steps import step

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun, State
    from prefect.client.schemas.responses import DeploymentResponse

FLOWS: Final = ("nightly", "golden", "weekly", "retention", "experiment", "escalation", "approve")
_PAGE: Final = 200
_FORM_WITHIN: Final = timedelta(seconds=20)
"""A run stores its form right after it suspends, in calls of their own; one without a form for longer was killed."""


@dataclass
class Reconciled:
    """What a reconciliation did. `skipped`: why it could do nothing now; nothing is lost by that."""

    waiting: int
    started: list[str] = field(default_factory=list)  # proposals that got a new run
    ended: int = 0  # runs that nobody has to answer any more
    skipped: str | None = None


def suspend_key(proposal_id: str) -> str:
    """The key under which a proposal's form is kept; ids are lower-case hexadecimal, which Prefect accepts."""
    return f"proposal-{proposal_id}"


@step(retries=2)
def reconcile(
    workspace: Workspace, waiting: Sequence[Proposal], as_of: datetime, ending: UUID | None = None
) -> Reconciled:
    """Gives each waiting proposal one live run, and ends the suspended runs of all others. Safe to repeat.

    `waiting` was read from the ledger after `as_of`, so a run that is younger may be of a proposal that is younger
    than the reading: it is left alone. `ending` is a run that calls this as its last act, and so counts as ended.
    """
    if not answers(workspace):
        return Reconciled(len(waiting), skipped="no Prefect server answers; `agentre serve` starts it")
    use(workspace)
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = deployments(client, workspace, ["approve"])
        if not found:
            return Reconciled(len(waiting), skipped="no `approve` deployment; `agentre serve` makes it")
        before = live_runs(client, found)
        asking = {_ensure(client, found[0], proposal, ending): proposal.proposal_id for proposal in waiting}
        over = [run for run in before if run.id not in asking.keys() | {ending} and _waits(run, as_of)]
        states = _states(workspace) if over else {}
        for run in over:
            proposal_id = str(run.parameters.get("proposal"))
            _close(client, run, proposal_id, states.get(proposal_id, "unknown"))
    started = asking.keys() - {run.id for run in before}
    return Reconciled(len(waiting), [asking[run_id] for run_id in started], len(over))


def _states(workspace: Workspace) -> dict[str, str]:
    """What became of each proposal, by its id."""
    with writing(workspace, "reading what became of proposals") as ledger:
        return {proposal.proposal_id: proposal.state for proposal in every(ledger)}


def _close(client: SyncPrefectClient, run: FlowRun, proposal_id: str, state: str) -> None:
    """Ends a run that nobody has to answer any more as what became of its proposal: applied, rejected, or else."""
    from prefect.states import Cancelled, Completed

    told = f"the proposal is {state}; `agentre proposals show {proposal_id[:8]}` has the rest"
    done = {"applied": "Applied", "rejected": "Rejected"}.get(state)
    ended: State[Any] = Completed(name=done, message=told) if done else Cancelled(message=told)
    client.set_flow_run_state(run.id, ended, force=True)


def deployments(client: SyncPrefectClient, workspace: Workspace, flows: Sequence[str]) -> list[DeploymentResponse]:
    """Deployments of flows that run for this workspace, whoever made them: `serve`, or a work pool.

    First those that somebody asks for work just now, then the newest.
    """
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName
    from prefect.client.schemas.objects import DeploymentStatus
    from prefect.client.schemas.sorting import DeploymentSort

    chosen = FlowFilter(name=FlowFilterName(any_=list(flows)))
    found = client.read_deployments(flow_filter=chosen, limit=_PAGE, sort=DeploymentSort.UPDATED_DESC)
    own = [deployment for deployment in found if deployment.parameters.get("workspace") == str(workspace.root)]
    return sorted(own, key=lambda deployment: deployment.status != DeploymentStatus.READY)


def live_runs(client: SyncPrefectClient, found: Sequence[DeploymentResponse]) -> list[FlowRun]:
    """Runs of deployments that have not ended: scheduled, running, suspended."""
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType

    types = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING]
    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=types))
    chosen = DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id for deployment in found]))

    def pages() -> Iterator[list[FlowRun]]:
        for page in count():
            runs = client.read_flow_runs(
                deployment_filter=chosen,
                flow_run_filter=FlowRunFilter(state=state),
                limit=_PAGE,
                offset=page * _PAGE,
            )
            yield runs
            if len(runs) < _PAGE:
                return

    return [run for page in pages() for run in page]


def _ensure(client: SyncPrefectClient, deployment: DeploymentResponse, proposal: Proposal, ending: UUID | None) -> UUID:
    """The id of the proposal's one live run, started where there is none.

    Prefect makes one run per key, also for two that reconcile at once: the first has the digest as its key, and
    each that ended without an answer that counts is followed by the next.
    """
    for attempt in count():
        run = client.create_flow_run_from_deployment(
            deployment.id,
            parameters={"workspace": deployment.parameters["workspace"], "proposal": proposal.proposal_id},
            name=f"{proposal.kind} for {proposal.agent}, {proposal.digest[:8]}",
            idempotency_key=f"{proposal.digest}-{attempt}" if attempt else proposal.digest,
        )
        if run.id != ending and _can_ask(client, run, proposal):
            return run.id
    raise AssertionError("count() does not end")


def _can_ask(client: SyncPrefectClient, run: FlowRun, proposal: Proposal) -> bool:
    """Whether a run asks, or will. One that crashed or failed goes on, with its answer where it had one; one that
    was killed between suspending and storing its form could never be answered, and is ended."""
    if run.state is None or not (run.state.is_final() or run.state.is_paused()):
        return True
    if run.state.is_crashed() or (run.state.is_failed() and run.state.name != "Refused"):
        reschedule(client, [run.id], "did not end well, and goes on")
        return True
    if run.state.is_final():
        return False
    schema = f"suspended-{suspend_key(proposal.proposal_id)}-schema"
    just_suspended = datetime.now(UTC) - run.state.timestamp < _FORM_WITHIN
    if just_suspended or client.filter_flow_run_input(run.id, schema, limit=1, exclude_keys=set()):
        return True
    end(client, run, "stopped before its form was stored; another run asks")
    return False


def reschedule(client: SyncPrefectClient, run_ids: Iterable[UUID], why: str) -> None:
    """Runs whose process is gone start again from the top, and with them an answer that was given already."""
    from prefect.states import AwaitingRetry

    for run_id in run_ids:
        client.set_flow_run_state(run_id, AwaitingRetry(message=why), force=True)


def _waits(run: FlowRun, since: datetime) -> bool:
    state = run.state
    return state is not None and (state.is_paused() or state.is_scheduled()) and (run.created or since) < since


def end(client: SyncPrefectClient, run: FlowRun, why: str) -> None:
    """Ends a run that nobody has to answer any more."""
    from prefect.states import Cancelled

    client.set_flow_run_state(run.id, Cancelled(message=why), force=True)
