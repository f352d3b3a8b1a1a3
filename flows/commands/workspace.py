"""`agentre init`: a new workspace, and the first review of the agents that already run on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from flows.commands.ingest import progress_bar, totals
from flows.console import Reply, now, print_reply
from flows.signing import offer
from storage.handbook import write_pages
from storage.homes import live_homes
from storage.scaffold import check_new, create_workspace
from storage.workspace import Workspace
from tasks.golden.sets import write_starting_sets
from tasks.ingest.discovery import Discovered, discover
from tasks.ingest.run import Ingested, ingest_sources


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--discover", "look", is_flag=True, help="Find the agent logs that are already on this machine.")
@click.option("--yes", is_flag=True, help="Load what was found without asking.")
@click.option("--time-zone", default=None, help="Where weeks are cut; default: this machine's.")
@click.option("--handbook", is_flag=True, help="Only add the pages of the handbook that a workspace lacks.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def init(folder: Path, look: bool, yes: bool, time_zone: str | None, handbook: bool, as_json: bool) -> Reply:
    """Scaffold a workspace in DIR (default: here); with --discover load the logs found and show a first review."""
    if handbook:
        return _add_pages(Workspace.find(str(folder)), as_json)
    say = (lambda _: None) if as_json else click.echo
    found = discover(Path.home(), os.environ) if look else []
    check_new(folder)
    signers = None if as_json else offer(Path.home() / ".ssh", say)
    workspace = create_workspace(
        folder, now(), time_zone=time_zone or local_time_zone(), source_paths=[str(place.folder) for place in found],
        signers=signers,
    )  # fmt: skip
    sets = write_starting_sets(workspace.root / "golden-sets")
    say(f"workspace {workspace.root}: settings in agentre.yaml, configs in {workspace.configs.name}/ (git)")
    say("handbook  charter, on-call page, readiness checklist and runbooks to fill in, in handbook/")
    say(f"golden    {', '.join(path.stem for path in sets)}: sets to start from, in golden-sets/")
    if signers:
        say(f"approvals each needs {signers.approver}'s signature; the keys that count are in signers")
    for place in found:
        say(f"found     {place.sessions} {place.format} sessions, {place.bytes / 1e6:,.1f} MB, in {place.folder}")
    for home in live_homes(Path.home()) if look else ():
        say(f"home      {home}: under its agent in agentre.yaml say `home: {home}`, then agentre config pull AGENT")
    if look and not found:
        say("found     no agent logs in the known places; add yours under `sources:` in agentre.yaml")
    reply = _load(workspace, found) if found and _wanted(yes, as_json) else _without_logs(workspace, found)
    print_reply(reply, as_json)
    return reply


def _add_pages(workspace: Workspace, as_json: bool) -> Reply:
    """Adds the handbook's pages to a workspace that is older than they are."""
    written = [str(path.relative_to(workspace.root)) for path in write_pages(workspace.root)]
    reply = Reply(f"added: {', '.join(written) or 'nothing, all pages are there'}", {"added": written})
    print_reply(reply, as_json)
    return reply


def _wanted(yes: bool, as_json: bool) -> bool:
    if yes:
        return True
    return not as_json and sys.stdin.isatty() and click.confirm("load them now?", default=True)


def _load(workspace: Workspace, found: list[Discovered]) -> Reply:
    """Loads what was found and writes the first review."""
    from flows.serving import run_flow

    with progress_bar() as progress:
        ingested = ingest_sources(workspace, now=now(), progress=progress)
    run_flow(workspace, "nightly")
    review = run_flow(workspace, "weekly").review
    lines = [totals(ingested), "", review.text, "", f"review    {review.html}", f"next      cd {workspace.root}"]
    lines.append("          agentre score     score a few runs, so that imp@week can be told")
    lines.append("          agentre serve     the flows on their schedules, and the Prefect UI")
    return Reply("\n".join(lines), _data(workspace, found, ingested) | {"review": review.html})


def _without_logs(workspace: Workspace, found: list[Discovered]) -> Reply:
    text = f"next      cd {workspace.root}\n          agentre ingest    loads what `sources:` names"
    return Reply(text, _data(workspace, found, None))


def _data(workspace: Workspace, found: list[Discovered], ingested: Ingested | None) -> dict[str, object]:
    return {
        "workspace": workspace.root,
        "found": [vars(place) for place in found],
        "loaded": ingested.units if ingested else None,
    }


def local_time_zone() -> str:
    """This machine's time zone by its IANA name; UTC where it does not say."""
    named = os.environ.get("TZ", "").lstrip(":") or str(Path("/etc/localtime").resolve())
    _, found, name = named.rpartition("zoneinfo/")
    return name if found else (named if "/" in named and not named.startswith("/") else "UTC")
