"""`agentre proposals` and `agentre rollback`: the human's side of the loop, in a terminal.

There is no flag that answers for the person: a terminal is needed, the exact change is shown, and the first
characters of its digest have to be typed.
"""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TextIO

import click

from flows.console import Reply, command, now, table, writing
from flows.environment import answers
from reports.proposal import diff_lines, review_text
from storage.config_repo import ConfigRepo
from storage.errors import Refused
from storage.ledger import publish
from storage.proposals import PERSON
from storage.records import Proposal
from storage.workspace import Workspace
from tasks.approve import run as approval
from tasks.approve.differences import named
from tasks.approve.holds import holds
from tasks.approve.homes import drifted
from tasks.approve.signature import NAMESPACE
from tasks.improve.propose import propose
from tasks.improve.requests import read_request

TYPED: Final = 8
"""How many characters of the digest a person types to show that this change is meant."""


@click.group()
def proposals() -> None:
    """List, show, approve or reject proposed changes to agents."""


@proposals.command("list")
@command
def list_proposals(workspace: Workspace) -> Reply:
    """All proposals, newest first."""
    with writing(workspace, "proposals list") as ledger:
        approval.expire(ledger, now())
        found = approval.proposals(ledger)
    rows: list[list[object]] = [
        [p.proposal_id[:8], p.state, p.agent, p.kind, p.title, f"{p.created_at.astimezone(workspace.zone):%Y-%m-%d}"]
        for p in found
    ]
    text = table(rows, ["id", "state", "agent", "kind", "title", "drafted"]) if rows else "no proposals yet"
    if any(p.state == "waiting" for p in found):
        text += "\n\nshow one:  agentre proposals show ID\nanswer it: agentre proposals approve ID, or reject ID"
    return Reply(text, {"proposals": [_summary(p) for p in found]})


@proposals.command()
@click.argument("proposal_id", metavar="ID")
@command
def show(workspace: Workspace, proposal_id: str) -> Reply:
    """The whole of one proposal: problem, evidence, exact change, digest."""
    with writing(workspace, "proposals show") as ledger:
        proposal = approval.proposal(ledger, proposal_id)
        held = holds(ledger, proposal, now())
    data = _summary(proposal) | {"document": proposal.document, "manifest": proposal.manifest}
    return Reply(_shown(workspace, proposal, held), data)


@proposals.command()
@click.argument("proposal_id", metavar="ID")
@click.option("--as", "approver", default=getpass.getuser, help="Who approves; default: your user name.")
@click.option("--feedback", default="", help="A line kept with the answer.")
@click.option(
    "--signature", type=click.File(), help="The .sig file over the manifest, where the workspace asks for one."
)
@command
def approve(workspace: Workspace, proposal_id: str, approver: str, feedback: str, signature: TextIO | None) -> Reply:
    """Approve a proposal and apply it, after reading the exact change and typing its digest's first characters."""
    return answer(workspace, proposal_id, "approve", approver, feedback, signature.read() if signature else "")


@proposals.command()
@click.argument("proposal_id", metavar="ID")
@click.option("--as", "approver", default=getpass.getuser, help="Who rejects; default: your user name.")
@click.option("--feedback", default="", help="Why; later drafts are told.")
@command
def reject(workspace: Workspace, proposal_id: str, approver: str, feedback: str) -> Reply:
    """Reject a proposal; the reason is kept as evidence for later drafts."""
    return answer(workspace, proposal_id, "reject", approver, feedback)


@proposals.command()
@click.argument("proposal_id", metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@command
def manifest(workspace: Workspace, proposal_id: str, file: Path) -> Reply:
    """Write the exact bytes that an approval covers to FILE, to be signed there."""
    with writing(workspace, "proposals manifest") as ledger:
        proposal = approval.proposal(ledger, proposal_id)
    file.write_bytes(proposal.manifest.encode())
    text = f"{file}: SHA-256 {proposal.digest}\nsign it: ssh-keygen -Y sign -f KEY -n {NAMESPACE} {file}"
    return Reply(text, {"file": file, "digest": proposal.digest, "namespace": NAMESPACE})


@proposals.command()
@click.argument("file", type=click.File("rb"))
@click.option("--as", "author", default=getpass.getuser, help="Who asks for it; default: your user name.")
@command
def draft(workspace: Workspace, file: BinaryIO, author: str) -> Reply:
    """Ask for a change by hand: FILE has it as JSON, e.g. {"kind": "config", "agent": "Ada", "title": "Cooler",
    "key": "temperature", "value": 0.2}; also kind skill, prompt (slug, content) or memory (content)."""
    with writing(workspace, "proposals draft") as ledger:
        asked = propose(
            workspace, ledger, read_request(file.read()), drafter=f"{PERSON}{author}", now=now(),
            nonce=secrets.token_hex(16),
        )  # fmt: skip
    text = (
        f"{asked.proposal_id[:8]} waits for an answer by somebody else: agentre proposals show {asked.proposal_id[:8]}"
    )
    return Reply(text, _summary(asked))


@click.command()
@click.argument("change_id", metavar="CHANGE")
@click.option("--as", "approver", default=getpass.getuser, help="Who takes it back; default: your user name.")
@command
def rollback(workspace: Workspace, change_id: str, approver: str) -> Reply:
    """Take an applied change back, with a new commit; refused where others built upon it."""
    require_terminal()
    with writing(workspace, "rollback") as ledger:
        change = approval.change(ledger, change_id)
        before = approval.proposal(ledger, change.proposal_id)
    click.echo(f"This takes back change {change.change_id[:8]} of {change.agent} (commit {change.commit[:12]}).\n")
    click.echo("The exact change\n" + "\n".join(f"  {line}" for line in _taken_back(workspace, before)))
    _type_digest(change.digest)
    with writing(workspace, "rollback") as ledger:
        done = approval.rollback(workspace, ledger, change.change_id, approver, now(), secrets.token_hex(16))
    _tell(workspace)
    text = "\n".join([f"rolled back with commit {done.change.commit[:12]}", *done.notices])
    return Reply(text, {"commit": done.change.commit, "notices": done.notices})


def _taken_back(workspace: Workspace, before: Proposal) -> Iterator[str]:
    """The diff from the files as they are to the bytes before the change."""
    repository = ConfigRepo(workspace.configs)
    head = repository.head()
    for file in before.files:
        old = None if file.old_blob is None else repository.blob(file.old_blob)
        yield from diff_lines(file.path, repository.read(file.path, head), old)


def answer(
    workspace: Workspace, proposal_id: str, decision: str, approver: str, feedback: str, signature: str = ""
) -> Reply:
    """Shows a proposal, has its digest typed, records the answer, and applies what was approved."""
    require_terminal()
    with writing(workspace, f"proposals {decision}") as ledger:
        proposal = approval.proposal(ledger, proposal_id)
        held = holds(ledger, proposal, now())
    click.echo(_shown(workspace, proposal, held))
    _type_digest(proposal.digest)
    return record(workspace, proposal, decision, approver, "terminal", feedback, signature)


def record(
    workspace: Workspace, proposal: Proposal, decision: str, approver: str, channel: str, feedback: str,
    signature: str = "",
) -> Reply:  # fmt: skip
    """Records an answer that was given and applies what it approved."""
    with writing(workspace, f"proposals {decision}") as ledger:
        decided = approval.decide(
            workspace, ledger, proposal.proposal_id, proposal.digest, decision, approver, channel, feedback, now(),
            signature,
        )  # fmt: skip
        applies = decision == "approve" and not decided.missing
        applied = approval.apply(workspace, ledger, proposal.proposal_id, now()) if applies else None
    _tell(workspace)
    if decided.missing:
        text = "approved; a second person has to approve it before it is applied"
        return Reply("\n".join([text, *decided.notices]), {"state": "waiting", "notices": decided.notices})
    if applied is None:
        return Reply("\n".join(["rejected", *decided.notices]), {"state": "rejected", "notices": decided.notices})
    change, notices = applied.change, decided.notices + applied.notices
    text = f"approved by {change.approver} and applied as commit {change.commit[:12]} of {workspace.configs.name}"
    undo = f"take it back: agentre rollback {change.change_id[:8]}"
    data = {"state": "applied", "change": change.change_id, "commit": change.commit, "notices": notices}
    return Reply("\n".join([text, undo, *notices]), data)


def _tell(workspace: Workspace) -> None:
    """Publishes the read copy, and has Prefect close the forms that nobody has to answer any more."""
    publish(workspace.ledger, workspace.read_copy)
    if answers(workspace):
        from flows.serving import reconcile_now  # late: it imports Prefect

        reconcile_now(workspace)


def require_terminal() -> None:
    """Raises Refused where no person can be asked."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(
            "an answer needs a person at a terminal",
            got="no terminal",
            accepted="this command in a terminal, or the form in the Prefect UI",
            next_command="agentre serve",
        )


def _type_digest(digest: str) -> None:
    typed = click.prompt(f"\nType the first {TYPED} characters of the digest {digest[:TYPED]}… to go on", default="")
    if len(typed.strip()) < TYPED or not digest.startswith(typed.strip()):
        raise Refused("nothing was done: that is not the digest of what was shown", got=repr(typed[:80]))


def _shown(workspace: Workspace, proposal: Proposal, held: list[str]) -> str:
    repository = ConfigRepo(workspace.configs)
    head = repository.head()
    base = {file.path: raw for file in proposal.files if (raw := repository.read(file.path, head)) is not None}
    moved = drifted(workspace, proposal.agent, proposal.files) if proposal.state == "waiting" else []
    return review_text(proposal, base, held + moved + named(proposal, base))


def _summary(proposal: Proposal) -> dict[str, object]:
    names = ("proposal_id", "state", "agent", "kind", "title", "digest", "drafter", "created_at", "expires_at")
    return {name: getattr(proposal, name) for name in names}
