"""A run of production as the draft of a golden task, appended to a set as text: every byte that is there stays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from storage.errors import UsageError
from storage.records import Record
from storage.text import printable
from storage.whole_file import write_whole
from storage.yaml_files import parse_yaml
from tasks.golden.set_file import SetFile, TaskEntry

HEADER: Final = """\
# Drafts from production. Complete each task's fixtures and check, then move it to the set where it belongs.
name: Drafts from production
version: 1
tasks:
"""
MAX_REQUEST: Final = 12_000
"""Characters of a request that a draft keeps."""
_LIST: Final = re.compile(r"^tasks:[ \t\r]*(?:#[^\n]*)?\n(?:[ \t\r]*(?:#[^\n]*)?\n)*( *)-(?= )", re.MULTILINE)
_NOTE: Final = "this failed in production; replace this by a check that tells a right result from what happened"


class Draft(Record, frozen=True, kw_only=True):
    """What the ledger knows of a run that is to become a task. Texts are redacted, as they are in the ledger."""

    run_id: str
    request: str
    agent: str | None
    ended: str  # outcome, and by what it was ended
    source_file: str
    fingerprints: list[str]
    evidence: list[str]  # one line a finding, for a person

    @property
    def task_id(self) -> str:
        """The id of the task; the same for the same run."""
        return f"prod-{self.run_id[:12]}"


def append_draft(path: Path, draft: Draft) -> bool:
    """Adds the draft to a set's file, which is made where there is none; False where its run is there already.

    The file is the old or the new one at any moment. Raises UsageError, and writes nothing, where the set cannot be
    read or its form does not let a task be appended as text.
    """
    raw = path.read_bytes() if path.exists() else b""
    known = parse_yaml(raw, SetFile, where=str(path)).tasks if raw else []
    if any(task.source and task.source.run == draft.run_id for task in known):
        return False
    text = with_draft(raw.decode(), known, draft, where=str(path))
    write_whole(path, text.encode())
    return True


def with_draft(old: str, known: list[TaskEntry], draft: Draft, *, where: str) -> str:
    """The text of a set with the draft as its last task. Raises UsageError as `append_draft`."""
    indent = "  "
    if old:
        found = _LIST.search(old)
        indent = found[1] if found else ""
    text = (old or HEADER).rstrip("\n") + ("\n\n" if old else "\n") + entry(draft, indent)
    try:
        tasks = parse_yaml(text.encode(), SetFile, where=where).tasks
        right = tasks[:-1] == known and tasks[-1].source is not None and tasks[-1].source.run == draft.run_id
        right = right and tasks[-1].description == _request(draft)
    except UsageError as error:
        raise _no_place(where, str(error).splitlines()[0]) from error
    if not right:
        raise _no_place(where, "the tasks would not read back as they are")
    return text


def _no_place(where: str, got: str) -> UsageError:
    return UsageError(
        "a task cannot be added to this file as text; nothing was written", where=where, got=got,
        accepted="`tasks:` as the last key, with its tasks as `- id: …` items, at most 256 KiB",
        next_command="agentre golden add --from-run RUN --set drafts",
    )  # fmt: skip


def entry(draft: Draft, indent: str) -> str:
    """The task as YAML, indented as the items of a list."""
    request = _request(draft)
    name = request.splitlines()[0][:70]
    source = {"run": draft.run_id, "agent": draft.agent, "ended": draft.ended, "findings": draft.fingerprints}
    lines = [
        f"- id: {draft.task_id}",
        f"  name: {quoted(name)}",
        *_described(request),
        '  success_criteria: ["What went wrong in this run does not happen again"]',
        "  tags: [regression, production]",
        f"  source: {quoted({key: value for key, value in source.items() if value is not None})}",
        *(f"  # evidence: {printable(line)[:200]}" for line in draft.evidence),
        f"  # log: {printable(draft.source_file)[:200]}",
        "  # add `fixtures:`, the files that the agent worked on: the ledger does not hold them",
        "  checks:",
        f"    - {{type: todo, criterion: 1, note: {quoted(_NOTE)}}}",
    ]
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)


def _described(request: str) -> list[str]:
    """The description: a literal block where that is readable and exact, else one quoted line."""
    lines = request.split("\n")
    plain = all(line.isprintable() and line == line.rstrip() for line in lines)
    if len(lines) == 1 or not plain:
        return [f"  description: {quoted(request)}"]
    return ["  description: |-", *(f"    {line}" for line in lines)]


def _request(draft: Draft) -> str:
    return draft.request.strip()[:MAX_REQUEST].strip()


def quoted(value: object) -> str:
    """Text, or a map of texts, as JSON in ASCII: YAML reads it as what it is, whatever is in it."""
    return json.dumps(value).replace("\x7f", "\\u007f")
