"""Commits that say they are memory from daily logs, held against what they changed: they need no person, so no gap.

Such a commit may touch one MEMORY.md; outside of AgentRE's section nothing may be lost or added; every line of the
section stands word for word in a daily log of the same agent, as it was before the commit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Final

from storage.config_history import Commit, Touched, objects, touched_by_each, tree_entries
from storage.config_repo import FILE, ConfigRepo
from storage.errors import Refused
from tasks.common.memory_file import TRAILER, read_lines, sourced, split, stands_in

AT_ONCE: Final = 100
"""Commits that are read together, so that a history of years takes few calls of git and a bounded memory."""
_LINE_END: Final = re.compile(r"\r\n|\n|\r")


def memory_faults(repo: ConfigRepo, history: Sequence[Commit]) -> Iterator[tuple[Commit, str]]:
    """Commits of memory that are something else, each with what is wrong with it."""
    claiming = [commit for commit in history if TRAILER in commit.trailers]
    for start in range(0, len(claiming), AT_ONCE):
        yield from _faults(repo, claiming[start : start + AT_ONCE])


def _faults(repo: ConfigRepo, some: Sequence[Commit]) -> Iterator[tuple[Commit, str]]:
    touched = touched_by_each(repo, some)
    files = {commit.id: one for commit in some if (one := _memory(touched.get(commit.id, [])))}
    blobs = objects(repo, (blob for one in files.values() for blob in (one.before, one.after)))
    texts = {blob: content.decode("utf-8", "surrogateescape") for blob, content in blobs.items()}
    logs = _daily_logs(
        repo, {commit.id: f"{commit.base}:{files[commit.id].path}" for commit in some if commit.id in files}
    )
    cited = {logs[id_].get(line.path, "") for id_, one in files.items() for line in sourced(texts.get(one.after, ""))}
    sources = objects(repo, sorted(cited - {""}))
    lines_of = cache(lambda blob: read_lines(sources.get(blob, b"")))
    for commit in some:
        if one := files.get(commit.id):
            source = partial(_source, lines_of, logs[commit.id])
            wrong = _fault(texts.get(one.before, ""), texts.get(one.after, ""), source)
        else:
            paths = sorted(each.path for each in touched.get(commit.id, []))
            wrong = f"touches {', '.join(paths[:3]) or 'nothing'}"
        if wrong:
            yield commit, wrong


def _source(lines_of: Callable[[str], list[str | None]], logs: Mapping[str, str], path: str) -> list[str | None]:
    return lines_of(logs.get(path, ""))


def _memory(touched: Sequence[Touched]) -> Touched | None:
    """The one MEMORY.md that was touched; None where there is more, something else, or no plain file."""
    one = touched[0] if len(touched) == 1 else None
    return one if one and one.mode == FILE and re.fullmatch(r"[a-z0-9-]+/MEMORY\.md", one.path) else None


def _daily_logs(repo: ConfigRepo, files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By commit, the blobs of daily logs by path, plain files alone. `files`: the MEMORY.md beside, as git names it."""
    folders = {id_: f"{name.removesuffix('MEMORY.md')}memory" for id_, name in files.items()}
    trees = objects(repo, folders.values())
    return {
        id_: {
            f"memory/{name}": blob
            for name, (mode, blob) in tree_entries(trees.get(folder, b""), len(id_) // 2).items()
            if mode == FILE
        }
        for id_, folder in folders.items()
    }


def _fault(old: str, new: str, lines_of: Callable[[str], list[str | None]]) -> str | None:
    """What is wrong with a MEMORY.md that became another; None: nothing. `lines_of`: of a daily log by its path."""
    try:
        before, after = split(old), split(new)
    except Refused as error:
        return error.what
    if after.section is None:
        return "has no section of its own"
    kept, moved = _rows(after.by_hand), _rows(old)
    if lost := [row for row in _rows(before.by_hand) if row not in kept]:
        return f"lost what people wrote: {lost[0][:60]}"
    if added := [row for row in kept if row not in moved]:
        return f"wrote outside of its section: {added[0][:60]}"
    wrong = next(_unfounded(after.section, lines_of), None)
    return None if wrong is None else f"has a line that is not in its source: {wrong[:60]}"


def _unfounded(section: str, lines_of: Callable[[str], list[str | None]]) -> Iterator[str]:
    """Rows of a section that are neither headings nor verbatim from their source."""
    for row in section.splitlines():
        if not row.strip() or re.fullmatch(r"#{2,3} [A-Z][A-Za-z ]*", row):
            continue
        line = next(sourced(row), None)
        if line is None or not stands_in(line, lines_of(line.path)):
            yield row


def _rows(text: str) -> list[str]:
    return [row for row in _LINE_END.split(text) if row.strip()]
