"""Lines of memory that a model worded become a proposal of kind memory: a person sees each beside its sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from reports.text import fenced
from storage.config_repo import ConfigRepo
from storage.errors import Refused
from storage.ledger import Ledger
from storage.records import FileChange, Proposal, stable_id
from storage.workspace import Workspace
from tasks.common.memory_file import MemoryFile, joined, split
from tasks.improve.propose import About, Unfit, propose
from tasks.improve.requests import MemoryRequest

HEADING: Final = "## Worded from the daily logs"
Row = dict[str, Any]


def propose_worded_memory(
    workspace: Workspace, ledger: Ledger, now: datetime, nonce: Callable[[], str]
) -> list[Proposal]:
    """Proposes what `memory_lines` has as `worded`, one proposal per agent; what the rails refuse is marked so.

    The worded lines stand outside of AgentRE's own section, with their sources; once a person approved them, the
    verbatim lines that they cite leave the section with the next consolidation. Where the week's proposals are used up,
    or MEMORY.md cannot be read now, the lines wait for the next week. Safe to repeat.
    """
    rows = ledger.rows("improve/worded_lines")
    made = []
    for agent, group in groupby(rows, key=lambda row: row["agent"]):
        lines = list(group)
        state, reason = "proposed", ""
        try:
            made.append(_propose(workspace, ledger, agent, lines, now, nonce()))
        except Unfit as error:
            rules = {one.rule for one in error.broken}
            if rules == {"rate"}:
                continue
            state, reason = "refused", ", ".join(sorted(rules))
        except Refused:  # its marks are broken, which consolidation tells
            continue
        ids = [row["line_id"] for row in lines]
        ledger.run("improve/mark_worded", lines=ids, state=state, reason=reason, now=now)
    return made


def _propose(
    workspace: Workspace, ledger: Ledger, agent: str, lines: Sequence[Row], now: datetime, nonce: str
) -> Proposal:
    folder = next((each.slug for each in workspace.settings.agents if each.name == agent), agent)
    old = (ConfigRepo(workspace.configs).read(f"{folder}/MEMORY.md") or b"").decode("utf-8", "replace")
    title = f"Memory in clearer words: {len(lines)} line{'s' if len(lines) > 1 else ''}"
    request = MemoryRequest(agent=agent, title=title, content=with_lines(old, lines))
    about = About(
        fingerprint=stable_id("worded memory", agent, *(row["line_id"] for row in lines)), attempt=1,
        document=lambda file: _document(title, agent, file, lines),
    )  # fmt: skip
    return propose(workspace, ledger, request, drafter=lines[0]["drafter"], now=now, nonce=nonce, about=about)


def with_lines(text: str, lines: Sequence[Row]) -> str:
    """MEMORY.md with the worded lines under their heading, above AgentRE's own section."""
    file = split(text)
    told = "\n".join(f"- {row['text']} ({', '.join(row['places'])})" for row in lines)
    before, found, after = file.before.partition(f"{HEADING}\n")
    if found:
        head = f"{before}{found}{told}\n{after}"
    else:
        gap = "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"
        head = f"{before}{gap}{HEADING}\n{told}\n\n"
    if file.section is None:
        return head
    return joined(MemoryFile(head, file.section, file.after), file.section)


def _document(title: str, agent: str, file: FileChange, lines: Sequence[Row]) -> str:
    told = list[str]()
    for row in lines:
        told.append(f"+ {row['text']}")
        told += [f"  {place}: {text}" for place, text in zip(row["places"], row["sources"], strict=True)]
    shown = fenced("\n".join(told))
    return (
        f"# Improvement Proposal: {title}\n\n## Agent\n{agent}\n\n## Problem Identified\n"
        "Some lines of the daily logs say one thing several times, or are hard to follow.\n\n## Evidence\n"
        f"Each line in a model's words, and below it the lines that it cites, word for word:\n\n{shown}\n\n"
        f"## Proposed Solution\nA change of `{file.path}`; the exact change stands above. Cited lines leave the "
        "section of verbatim lines once this is approved.\n\n## Risk Assessment\nNumbers, names and hosts were checked "
        "against "
        "the cited lines; whether the sense is theirs, only a reader can tell. It can be rolled back.\n"
    )
