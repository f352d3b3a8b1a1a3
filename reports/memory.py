"""What became of daily logs, for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from reports.text import clean, plural

Row = dict[str, Any]


def memory_text(done: Sequence[Row], quoted: Sequence[Row], *, dry_run: bool) -> str:
    """One paragraph per agent: what was read, what changed, what was left out and why.

    `done`: the fields of `tasks.memory.run.Consolidated`; `quoted`: rows of the query of that name.
    """
    if not done:
        return "no agents: name them under `agents:` in agentre.yaml"
    return "\n\n".join("\n".join(_agent(one, quoted, dry_run=dry_run)) for one in done)


def _agent(one: Row, quoted: Sequence[Row], *, dry_run: bool) -> Iterator[str]:
    if one["state"] == "refused":
        yield f"{clean(one['agent'])}: not written: {clean(one['reason'], 300)}"
        return
    did = {"written": "would change" if dry_run else "written", "unchanged": "stays as it is"}[one["state"]]
    if not one["logs"] and one["state"] == "unchanged" and not one["skipped"] and not one["notices"]:
        yield f"{clean(one['agent'])}: no daily log (memory/YYYY-MM-DD*.md in its folder of the config repository)"
        return
    commit = f", commit {one['commit'][:12]}" if one["commit"] else ""
    counts = ", ".join(f"{number} {state}" for state, number in one["counts"].items()) or "no lines to keep"
    yield f"{clean(one['agent'])}: MEMORY.md {did}{commit}; {plural(one['logs'], 'daily log')}: {counts}"
    yield from (f"  {clean(row, 300)}" for row in one["diff"] if row[1:].strip())
    for row in (row for row in quoted if row["agent"] == one["agent"]):
        yield f"  quoted: {row['source_path']}:{row['source_line']} {clean(row['text'], 120)} ({clean(row['reason'])})"
    for reason, number in sorted(Counter(one["skipped"].values()).items()):
        yield f"  not read: {plural(number, 'file')} {clean(reason)}"
    if one["unreadable"]:
        yield f"  not read: {plural(one['unreadable'], 'line')} not UTF-8"
    yield from (f"  note: {clean(notice, 300)}" for notice in one["notices"])
