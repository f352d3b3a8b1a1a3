"""`agentre doctor`: what is configured, reachable, stale or inconsistent, and what to do about it."""

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path
from typing import Final

import click

from flows.console import Reply, command, now, writing
from flows.doctor import Check, examine
from storage.errors import AgentREError, LedgerBusy
from storage.ledger import open_ledger, publish
from storage.workspace import Workspace
from tasks.approve.audit import rebuild
from tasks.ingest.registry import formats

MARKS: Final = {"ok": ("✓", "green"), "note": ("•", "yellow"), "bad": ("✗", "red")}


@click.command()
@click.option("--formats", "list_formats", is_flag=True, help="List the log formats: what each can and cannot tell.")
@click.option("--rebuild", "rebuilds", is_flag=True, help="First put back what the config commits know of approvals.")
@command
def doctor(workspace: Workspace, list_formats: bool, rebuilds: bool) -> Reply:
    """Say what is configured, reachable, stale or inconsistent, and what to do about it."""
    _ = workspace.settings
    if list_formats:
        return _formats()
    if rebuilds:
        _rebuild(workspace)
    checks = _checks(workspace)
    broken = any(check.state == "bad" for check in checks)
    text = "\n".join([f"workspace {workspace.root}", *(_line(check) for check in checks)])
    return Reply(text, {"workspace": workspace.root, "checks": [vars(check) for check in checks]}, int(broken))


def _rebuild(workspace: Workspace) -> None:
    """Puts the approved changes that the commits tell of back into the ledger."""
    with writing(workspace, "doctor --rebuild") as ledger:
        done = rebuild(workspace, ledger)
    publish(workspace.ledger, workspace.read_copy)
    click.echo(f"changes put back from the commits: {done.changes}", err=True)
    for commit in done.unproved:
        click.echo(f"not put back: commit {commit[:12]} claims an approval, but the service did not sign it", err=True)
    if done.changes and done.key is None:
        told = "there is no `commit_key`, so what the commits claim was believed: look at `agentre config log`"
        click.echo(told, err=True)


def _formats() -> Reply:
    """Every format with its unit, and what it can and cannot tell."""
    known = [{"name": form.NAME, "unit": form.UNIT, "tells": form.TELLS} for form in formats()]
    lines = [f"{form['name']} (by the {form['unit']})\n{_wrapped(form['tells'])}" for form in known]
    return Reply("\n".join(lines), {"formats": known})


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    ")


def _checks(workspace: Workspace) -> list[Check]:
    """All checks; a ledger that is busy or damaged is one of them, and the others are still made."""
    if not workspace.ledger.exists():
        return list(examine(workspace, None, now()))
    try:
        with open_ledger(workspace.ledger, purpose="agentre doctor", wait_seconds=1) as ledger:
            return list(examine(workspace, ledger, now()))
    except LedgerBusy as busy:
        trouble = Check("ledger", "note", f"{busy.what}: {busy.got}", "ask again when it is done")
    except AgentREError as error:
        trouble = Check("ledger", "bad", f"{error.what}: {error.got}", _restore(workspace))
    return [trouble, *examine(workspace, None, now())]


def _restore(workspace: Workspace) -> str:
    """How to go on from a ledger that cannot be read: its newest copy, or a new one out of logs and git."""
    copies = [*workspace.state.glob("backups/*.duckdb"), workspace.read_copy]
    copies = sorted((path for path in copies if path.exists()), key=lambda path: path.stat().st_mtime)
    damaged = [path for path in (workspace.ledger, Path(f"{workspace.ledger}.wal")) if path.exists()]
    aside = " && ".join(f"mv {shlex.quote(str(path))} {shlex.quote(f'{path}.damaged')}" for path in damaged)
    if copies:
        return f"{aside} && cp {shlex.quote(str(copies[-1]))} {shlex.quote(str(workspace.ledger))} && agentre nightly"
    return f"{aside} && agentre nightly    (reads all logs again)"


def _line(check: Check) -> str:
    mark, colour = MARKS[check.state]
    line = f"{click.style(mark, fg=colour)} {check.name:<11} {check.detail}"
    return f"{line}\n{'':14}→ {check.next}" if check.next and check.state != "ok" else line
