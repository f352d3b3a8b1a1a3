"""`agentre incidents act` and `verify`: steps of the runbook with their undo, and the golden runs that close one."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import click

from flows.console import Reply, command, now, writing
from reports.text import clean
from storage.config_keys import Value
from storage.config_repo import ConfigRepo
from storage.errors import UsageError
from storage.ledger import Ledger, publish
from storage.proposals import PERSON, load, store
from storage.records import Event
from storage.workspace import Workspace
from tasks.approve import run as approval
from tasks.approve.rollback import rollback_proposal
from tasks.golden.production import add_from_run
from tasks.improve.propose import propose
from tasks.improve.requests import ConfigRequest
from tasks.incidents import book, runbook
from tasks.incidents.closing import awaited
from tasks.incidents.golden_proof import bad_commit
from tasks.incidents.incident import Incident, check_open
from tasks.incidents.response import respond_to_signals
from tasks.incidents.signals import Look

BY = click.option("--as", "by", default=getpass.getuser, help="Who does it; default: your user name.")


_DONE: Final = {
    "freeze": "{agent} is frozen: its changes wait until incident {incident} is closed, but for its fixes",
    "unfreeze": "the freezes for incident {incident} have ended",
    "rollback": "a rollback is proposed for incident {incident}",
    "config": "a change of the config is proposed for incident {incident}",
    "capture": "failing runs of incident {incident} are drafts of golden tasks now, and its tests",
    "test": "incident {incident} closes by its test",
}
"""What each step of the runbook did, in words."""


@click.command()
@click.argument("incident_id", metavar="ID")
@click.argument("step", type=click.Choice(runbook.STEPS))
@click.option("--change", metavar="CHANGE", help="rollback: which change; default: the nearest cause.")
@click.option("--key", help="config: a key of the agent's config.yaml that a proposal may change, e.g. max_turns.")
@click.option("--value", help="config: its new value.")
@click.option("--task", "tasks", multiple=True, help="test: a golden task that shows this failure.")
@click.option("--most", type=click.IntRange(1, 20), default=3, show_default=True, help="capture: runs at most.")
@BY
@command
def act(
    workspace: Workspace, incident_id: str, step: str, change: str | None, key: str | None, value: str | None,
    tasks: tuple[str, ...], most: int, by: str,
) -> Reply:  # fmt: skip
    """Take a STEP of the runbook: freeze or unfreeze the agent, propose a rollback or a narrower config, capture its
    failing runs as golden drafts, or name the golden test that shows the failure. Each says how it is undone."""
    with writing(workspace, "incidents act") as ledger:
        found = book.load(ledger, incident_id)
        if step == "freeze":
            told = runbook.freeze(ledger, found.incident_id, by, now())
        elif step == "unfreeze":
            told = runbook.unfreeze(ledger, found.incident_id, by, now())
        elif step == "test":
            told = runbook.name_tests(ledger, found.incident_id, list(tasks), by, now())
        elif step == "capture":
            told = _capture(workspace, ledger, found, most, by)
        else:
            check_open(found, "acted upon")
            made = (
                _rollback(workspace, ledger, found, change, by) if step == "rollback"
                else _config(workspace, ledger, found, key, value, by)
            )  # fmt: skip
            undo = f"agentre proposals reject {made[:8]}; once applied: agentre rollback"
            told = runbook.record(ledger, found, step, by, now(), undo, made, proposal_id=made)
    publish(workspace.ledger, workspace.read_copy)
    lines = [_DONE[step].format(agent=found.agent, incident=found.incident_id[:8]), *_made(told.payload)]
    lines.append(f"to undo it: {told.payload['undo']}")
    return Reply("\n".join(clean(line, 400) for line in lines), {"event": told.event_id, **told.payload})


def _made(payload: dict[str, Any]) -> Iterator[str]:
    """What a step made, and where to look at it."""
    if tasks := payload.get("tasks"):
        yield f"golden {'task' if len(tasks) == 1 else 'tasks'}: {', '.join(tasks)}"
    if proposal := payload.get("proposal_id"):
        yield f"it waits for an answer: agentre proposals show {proposal[:8]}"


def _rollback(workspace: Workspace, ledger: Ledger, found: Incident, change: str | None, by: str) -> str:
    """A proposal that takes a change back, made from this incident; its id. It passes every freeze."""
    change_id = change or runbook.suspect_change(ledger, found)["change_id"]
    made = approval.change(ledger, change_id)
    if made.agent != found.agent:
        raise UsageError("that change is of another agent", got=str(made.agent), accepted=str(found.agent))
    before = load(ledger, made.proposal_id)
    why = f"Takes back commit {made.commit}, proposal {made.proposal_id}, for incident {found.incident_id}.\n"
    lasts = timedelta(days=workspace.settings.proposals.expires_after_days)
    asked = rollback_proposal(
        ConfigRepo(workspace.configs), before, made, now(), secrets.token_hex(16), drafter=f"{PERSON}{by}",
        document=why, lasts=lasts,
    )  # fmt: skip
    with ledger.transaction():
        store(ledger, asked)
    return asked.proposal_id


def _config(workspace: Workspace, ledger: Ledger, found: Incident, key: str | None, value: str | None, by: str) -> str:
    """A proposal that changes one allow-listed key of the agent's config, made from this incident; its id."""
    if found.agent is None:
        raise UsageError("this incident is of no single agent: there is no config to change")
    if not key or value is None:
        raise UsageError("a config step needs a key and a value", accepted="--key max_turns --value 10")
    asked = ConfigRequest(
        agent=found.agent, title=f"Incident {found.incident_id[:8]}: {key} to {value}"[:120], key=key,
        value=_typed(value), why=clean(found.title, 1000),
    )  # fmt: skip
    made = propose(workspace, ledger, asked, drafter=f"{PERSON}{by}", now=now(), nonce=secrets.token_hex(16))
    return made.proposal_id


def _typed(text: str) -> Value:
    """The value that the text writes: true, false, a number, or a word."""
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _capture(workspace: Workspace, ledger: Ledger, found: Incident, most: int, by: str) -> Event:
    """Failing runs of the incident as drafts of golden tasks, which then are its tests."""
    runs = runbook.failing_runs(ledger, found, most, now())
    if not runs:
        raise UsageError("no failing run of it has its request recorded: there is nothing to ask an agent again")
    check_open(found, "acted upon")
    added = [add_from_run(workspace, ledger, run) for run in runs]
    names = sorted(each.task_id for each in added)
    undo = f"take {', '.join(names)} out of {added[0].path}"
    return runbook.record(ledger, found, "capture", by, now(), undo, *names, tasks=names)


@click.command()
@click.argument("incident_id", metavar="ID")
@click.argument("golden_set", metavar="SET")
@click.option("--trials", "-k", type=click.IntRange(3, 1000), default=3, show_default=True, help="Attempts per task.")
@click.option("--no-bubblewrap", is_flag=True, help="Run in a mere process group, though bubblewrap works here.")
@command
def verify(workspace: Workspace, incident_id: str, golden_set: str, trials: int, no_bubblewrap: bool) -> Reply:
    """Run SET on the config that was bad and on the present one, and close the incident if its tests show the fix.

    This runs golden sets, never a gate, so a freeze does not stop it. Exit code 0: closed; 4: it stays open.
    """
    from flows.commands.golden import progress_bar  # late, all three: they import what runs agents
    from flows.transcripts import LedgerTranscripts
    from tasks.golden.run import Wanted, run_set

    with writing(workspace, "incidents verify") as ledger:
        found = book.load(ledger, incident_id)
        check_open(found, "verified")
        bad = bad_commit(Look(workspace, ledger, now()), found)
    head = ConfigRepo(workspace.configs).head()
    for commit in (bad, head):
        wanted = Wanted(
            golden_set=golden_set, agent=found.agent or "", trials=trials, commit=commit,
            isolation="process group" if no_bubblewrap else None,
        )  # fmt: skip
        with progress_bar(f"golden run at {commit[:12]}") as progress:
            run_set(workspace, wanted, LedgerTranscripts(workspace), now=now(), fresh_seed=secrets.randbelow(2**31),
                    progress=progress)  # fmt: skip
    with writing(workspace, "incidents verify") as ledger:
        respond_to_signals(workspace, ledger, now())
        found = book.load(ledger, found.incident_id)
        said = found.reason if not found.is_open else awaited(Look(workspace, ledger, now()), found)
    publish(workspace.ledger, workspace.read_copy)
    text = f"{found.incident_id[:8]} is {found.state}: {clean(said, 400)}"
    return Reply(text, {"state": found.state, "reason": said, "bad": bad, "present": head}, 4 if found.is_open else 0)
