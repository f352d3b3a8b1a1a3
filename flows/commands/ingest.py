"""`agentre ingest`: new logs into the ledger."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from flows.console import Reply, command, now, table
from reports.text import plural
from storage.text import printable
from storage.workspace import Workspace
from tasks.ingest.dry_run import DryRun
from tasks.ingest.dry_run import dry_run as preview
from tasks.ingest.run import Ingested, Progress, ingest_paths, ingest_sources
from tasks.ingest.session import FileIngested

SHOWN_FILES = 12


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH…]")
@click.option("--format", "form", metavar="FORMAT", help="Take the logs for this format instead of detecting it.")
@click.option("--agent", metavar="AGENT", help="Whose runs these are.")
@click.option("--dry-run", is_flag=True, help="Show what would be loaded, and write nothing.")
@command
def ingest(workspace: Workspace, paths: tuple[Path, ...], form: str | None, agent: str | None, dry_run: bool) -> Reply:
    """Read new logs into the ledger: files, folders or globs; without PATH all sources of the workspace.

    Files that were read before are skipped, files that grew are read again without harm. What cannot be read
    goes to quarantine with its place and reason; the rest is loaded.
    """
    if dry_run:
        told = preview(workspace, list(paths), form, agent, now())
        return Reply(previewed(told), vars(told) | {"files": [vars(file) for file in told.files]})
    with progress_bar() as progress:
        if paths:
            done = ingest_paths(workspace, list(paths), format=form, agent=agent, now=now(), progress=progress)
        else:
            done = ingest_sources(workspace, now=now(), progress=progress)
    return Reply(report(done), {"files": [vars(file) for file in done.files], "totals": figures(done)})


def report(done: Ingested) -> str:
    """What an ingest did: the files that were read, largest first, then the totals and every notice."""
    read = sorted(done.read, key=lambda file: -file.units)
    rows: list[list[object]] = [[_short(f.path), f.format, f.units, *_fates(f)] for f in read[:SHOWN_FILES]]
    headings = ["file", "format", "units", "stored", "merged", "ignored", "quarantined"]
    lines = [table(rows, headings)] if rows else []
    if len(read) > SHOWN_FILES:
        lines.append(f"… and {len(read) - SHOWN_FILES} more files")
    return "\n".join([*lines, totals(done), *_notices(done)])


def _notices(done: Ingested) -> list[str]:
    """What a person should know, each said once, with the first file that it is about."""
    about: dict[str, list[str]] = {}
    for file in done.files:
        if file.notice:
            about.setdefault(file.notice, []).append(file.path)
    more = {notice: f" and {len(paths) - 1} more" if len(paths) > 1 else "" for notice, paths in about.items()}
    return [f"{_short(paths[0])}{more[notice]}: {notice}" for notice, paths in about.items()]


def previewed(told: DryRun) -> str:
    """What would be loaded: fates of the files, rows per table with the first of them, and what could not be read."""
    lines = [report(Ingested(told.files, published=False)), "would load, if nothing of it is known yet:"]
    for name, count in told.counts.items():
        if count:
            lines.append(f"  {count:,} {name}")
            lines += [f"    {_fields(row)}" for row in told.rows[name]]
    lines += [f"  quarantine: {n:,} x {reason}, first at {told.first[reason]}" for reason, n in told.reasons.items()]
    return "\n".join([*lines, "nothing was written"])


def totals(done: Ingested) -> str:
    """One line: files, units and their fates."""
    n = figures(done)
    known = f", {n['known']} known and unchanged" if n["known"] else ""
    fates = f"{n['stored']:,} stored + {n['merged']:,} merged + {n['ignored']:,} ignored"
    read = f"{plural(n['files'], 'file')} read{known}: {plural(n['units'], 'unit')}"
    return f"{read} = {fates} + {n['quarantined']:,} quarantined"


def figures(done: Ingested) -> dict[str, int]:
    """The totals of an ingest by name."""
    names = ("known", "units", "stored", "merged", "ignored", "quarantined")
    return {"files": len(done.read)} | {name: getattr(done, name) for name in names}


class progress_bar:  # noqa: N801  a context manager, read as a verb
    """A progress bar with rate and time left on a terminal; nothing in a pipe."""

    def __enter__(self) -> Progress | None:
        """The function to tell of progress, or None where nobody watches."""
        if not sys.stderr.isatty():
            return None
        self._bar = click.progressbar(length=1, label="ingest", file=sys.stderr, item_show_func=lambda told: told)
        self._done, self._since = 0, time.monotonic()
        self._bar.__enter__()
        return self._tell

    def _tell(self, done: int, total: int, what: str) -> None:
        self._bar.length = max(total, 1)
        rate = done / 1e6 / max(time.monotonic() - self._since, 0.001)
        self._bar.update(done - self._done, f"{rate:.1f} MB/s  {_short(printable(what), 40)}")
        self._done = done

    def __exit__(self, *error: object) -> None:
        """Ends the bar's line."""
        if hasattr(self, "_bar"):
            self._bar.render_finish()


def _fates(file: FileIngested) -> list[int]:
    return [file.stored, file.merged, sum(file.ignored.values()), file.quarantined]


def _fields(row: dict[str, object]) -> str:
    told = ", ".join(f"{name}={_short(str(value), 40)}" for name, value in row.items())
    return printable(told)


def _short(path: str, width: int = 60) -> str:
    return path if len(path) <= width else "…" + path[-width + 1 :]
