"""The Rule of Three: once is noted, twice is flagged, the third time a failure or a task is worth a skill."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal

from msgspec.structs import replace

from storage.records import Record
from tasks.common.failure_text import normalised
from tasks.improve.families import families

Stage = Literal["noted", "flagged", "codify"]
PLAIN_TOOL: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9_.:-]{0,62}[A-Za-z0-9_])?")

_SIGN: Final = re.compile(
    r"\b(?:[Ee]xit|[Ss]tatus) code \d{1,3}\b|\b(?:HTTP|[Ee]rrno) \d{1,3}\b"
    r"|\bE(?:CONN|NO|ACC|ADDR|HOST|NET|TIME|PIPE|PERM|EXIST|BUSY|INVAL)[A-Z]*\b"
    r"|\b[A-Z][A-Za-z]{2,30}(?:Error|Exception)\b"
)


def stage(times: int, after: int) -> Stage:
    """Where the Rule of Three has what happened so often, with `after` as the number that makes a proposal."""
    return "codify" if times >= after else "flagged" if times >= 2 else "noted"


def merged(patterns: Iterable[Pattern]) -> list[Pattern]:
    """Near-identical failures of one agent, class, tool, error type and code as one; its name is the most frequent's.

    Takes and gives the most frequent first.
    """
    buckets: dict[tuple[object, ...], list[Pattern]] = defaultdict(list)
    for each in patterns:
        told_apart = (each.agent, each.failure_class, each.tool, each.error_type, *each.signs)
        buckets[(*told_apart, None if each.text else each.fingerprint)].append(each)
    found = list[Pattern]()
    for bucket in buckets.values():
        groups: dict[int, list[Pattern]] = defaultdict(list)
        for place, each in zip(families([one.text for one in bucket]), bucket, strict=True):
            groups[place].append(each)
        found += [_as_one(group) if len(group) > 1 else group[0] for group in groups.values()]
    return sorted(found, key=lambda each: (-each.runs, each.agent, each.fingerprint))


def _as_one(group: list[Pattern]) -> Pattern:
    """One pattern of several; a run that shows two of them counts twice in `runs`, which the caller looks up."""
    sources = {each.only_source for each in group}
    return replace(
        group[0],
        runs=sum(each.runs for each in group),
        count=sum(each.count for each in group),
        sessions=None,
        only_source=sources.pop() if len(sources) == 1 else None,
        first_at=min((each.first_at for each in group if each.first_at), default=None),
        last_at=max((each.last_at for each in group if each.last_at), default=None),
        fingerprints=tuple(each.fingerprint for each in group),
        texts=tuple(each.text for each in group),
    )


class Pattern(Record, frozen=True, kw_only=True):
    """A failure of one agent that has one fingerprint. `runs` counts distinct runs, `count` single occurrences.

    `text` is normalised; "" where the source recorded none. Times are of the runs; None where they have none.
    `sessions`: runs with those of their subagents as one; None: as many as runs. `only_source`: the file that has all
    of its runs. `fingerprints`, `texts`: of the near-identical kinds that it is made of; none: its own.
    """

    agent: str
    fingerprint: str
    failure_class: str
    tool: str | None
    error_type: str | None
    text: str
    runs: int
    count: int
    first_at: datetime | None
    last_at: datetime | None
    sessions: int | None = None
    only_source: str | None = None
    fingerprints: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def stage(self, after: int) -> Stage:
        """Where the Rule of Three has it, with `after` as the number that makes a proposal."""
        return stage(self.runs if self.sessions is None else self.sessions, after)

    @property
    def kinds(self) -> list[str]:
        """Fingerprints of all findings that belong to it."""
        return list(self.fingerprints) or [self.fingerprint]

    @property
    def signs(self) -> list[str]:
        """What names the error without being prose that somebody could have written: codes and error classes."""
        return list(dict.fromkeys(match[0] for match in _SIGN.finditer(self.text)))[:3]

    @property
    def draftable(self) -> bool:
        """Whether the rules have something to say: the failure is of a tool, whose name is plainly a name."""
        return self.tool is not None and self.failure_class in ("tool misuse", "retry loop")

    @property
    def named_plainly(self) -> bool:
        """Whether the tool's name is one, and not a sentence that somebody wrote into a log."""
        return self.tool is not None and self.is_plain(self.tool)

    @staticmethod
    def is_plain(tool: str) -> bool:
        """Whether a name is one of a tool."""
        return PLAIN_TOOL.fullmatch(tool) is not None


class Recovery(Record, frozen=True, kw_only=True):
    """How the runs with a failure went on. The counts add up to `runs`, those whose calls are in the ledger."""

    runs: int
    same_call: int  # the identical call worked later
    other_call: int  # another call of the tool worked later
    never: int
    before: list[str]  # tools called directly before what worked, most frequent first

    @property
    def recovered(self) -> int:
        """Runs in which the tool worked again."""
        return self.same_call + self.other_call


def recovery(pattern: Pattern, rows: list[dict[str, Any]]) -> Recovery:
    """What followed the last failure of this kind in each run; `rows` as query improve/recoveries gives them."""
    last: dict[str, dict[str, Any]] = {}
    for row in rows:
        if pattern.failure_class == "retry loop" or _same(pattern, row):
            last[row["run_id"]] = row
    ends = Counter(
        "same" if row["same_worked_at"] is not None else "other" if row["worked_at"] is not None else "never"
        for row in last.values()
    )
    before = Counter(row["before"] for row in last.values() if row["before"] and PLAIN_TOOL.fullmatch(row["before"]))
    return Recovery(
        runs=len(last), same_call=ends["same"], other_call=ends["other"], never=ends["never"],
        before=[name for name, _ in sorted(before.items(), key=lambda item: (-item[1], item[0]))],
    )  # fmt: skip


def _same(pattern: Pattern, row: dict[str, Any]) -> bool:
    text = normalised(row["error_text"])
    return row["error_type"] == pattern.error_type and (text == pattern.text or text in pattern.texts)
