"""Which tags the workspace's golden tasks carry: only names are read here, whatever else a set says."""

from __future__ import annotations

import msgspec

from storage.errors import UsageError
from storage.records import Record
from storage.workspace import Workspace
from storage.yaml_files import read_yaml


class GoldenTag(Record, frozen=True, kw_only=True):
    """A tag of a golden task."""

    golden_set: str
    task_id: str
    tag: str


class _Task(msgspec.Struct):
    id: str | int
    tags: list[str] = []


class _Set(msgspec.Struct):
    name: str | None = None
    tasks: list[_Task] = []


def golden_tags(workspace: Workspace) -> list[GoldenTag]:
    """Tags of all sets in `golden-sets/`; a file that cannot be read has none (`agentre golden lint` says why)."""
    found = []
    for path in sorted((workspace.root / "golden-sets").glob("*.y*ml")):
        try:
            golden = read_yaml(path, _Set)
        except UsageError:
            continue
        for task in golden.tasks:
            found += [
                GoldenTag(golden_set=golden.name or path.stem, task_id=str(task.id), tag=tag) for tag in task.tags
            ]
    return found
