"""`agentre kpi`: the twenty key figures of agents in production, each with its interval, n and usual target."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import click
import msgspec

from flows.console import Reply, command, now, writing
from reports.overview import kpi_text
from storage.errors import UsageError
from storage.workspace import Workspace
from tasks.overview.run import Overview, overview


@click.command()
@click.option("--days", default=28, type=click.IntRange(1, 3660), help="Length of the period; default: 28.")
@click.option("--until", metavar="2026-11-20", help="Its last day; default: until now.")
@click.option("--agent", help="Of one agent; default: of all.")
@command
def kpi(workspace: Workspace, days: int, until: str | None, agent: str | None) -> Reply:
    """Key figures with 95 % intervals, beside the targets that are usual; exit code 5 where nothing is recorded."""
    end = _end(until, workspace)
    with writing(workspace, "kpi") as ledger:
        found = overview(workspace, ledger, end - timedelta(days=days), end, agent)
    nothing = all(line.figure.value is None for line in found.lines)
    return Reply(kpi_text(found, workspace.zone), _data(found), exit_code=5 if nothing else 0)


def _data(found: Overview) -> dict[str, object]:
    data: dict[str, object] = msgspec.structs.asdict(found)
    data["lines"] = [
        {
            **{name: getattr(line.kpi, name) for name in ("key", "name", "unit", "usual", "says", "source")},
            **msgspec.structs.asdict(line.figure), "standing": line.standing,
            "parts": [{"label": part.label, **msgspec.structs.asdict(part.figure)} for part in line.parts],
        }
        for line in found.lines
    ]  # fmt: skip
    return data


def _end(until: str | None, workspace: Workspace) -> datetime:
    """Now, or the end of a day on the workspace's clock. Raises UsageError."""
    if until is None:
        return now()
    try:
        day = datetime.strptime(until, "%Y-%m-%d").date()  # noqa: DTZ007  a day has no zone; the workspace's is put on it
    except ValueError as error:
        raise UsageError("not a day", got=until, accepted="e.g. 2026-11-20") from error
    return min(now(), datetime.combine(day + timedelta(days=1), time(), workspace.zone).astimezone(UTC))
