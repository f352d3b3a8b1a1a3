"""All objectives of a workspace: the short form of its agents, then its OpenSLO files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from storage.errors import UsageError
from storage.settings import Sli
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.slo.objective import Objective
from tasks.slo.openslo import read_openslo
from tasks.slo.short_form import compile_sli
from tasks.slo.window import window

PLENTY = 3
"""SLIs of an agent from which on more is too much."""


def objectives(workspace: Workspace) -> list[Objective]:
    """Every objective of the workspace. Raises UsageError with file and line, for two of one name too."""
    found, faults = readable(workspace)
    if faults:
        raise faults[0]
    return found


def readable(workspace: Workspace) -> tuple[list[Objective], list[UsageError]]:
    """The objectives that can be read, and what is wrong with the others: a night goes on without those."""
    found: dict[str, Objective] = {}
    faults = []
    for each in chain(_short(workspace), read_openslo(workspace)):
        if isinstance(each, UsageError):
            faults.append(each)
        elif each.name in found:
            faults.append(UsageError("two SLOs have one name", where=each.where, got=each.name))
        else:
            found[each.name] = each
    return list(found.values()), faults


def lint(workspace: Workspace) -> list[str]:
    """What could be better about the objectives, one line each."""
    return [
        f"{agent.name} has {len(agent.slis)} SLIs: two or three are plenty"
        for agent in workspace.settings.agents
        if len(agent.slis) > PLENTY
    ]


def _short(workspace: Workspace) -> Iterator[Objective | UsageError]:
    path, settings = workspace.root / SETTINGS_FILE, workspace.settings
    lines = path.read_text(encoding="utf-8").splitlines()
    over = window(settings.slo.window, str(workspace.zone), where=str(path))
    for agent in settings.agents:
        for sli in agent.slis:
            try:
                yield compile_sli(agent, sli, over, f"{path}:{_line(lines, sli)}")
            except UsageError as error:
                yield error


def _line(lines: list[str], sli: Sli) -> int:
    """The first line that names the metric, with its target where both stand on one line; 1 where it is not found."""
    named = [number for number, line in enumerate(lines, 1) if sli.metric in line]
    return next((number for number in named if str(sli.target) in lines[number - 1]), named[0] if named else 1)
