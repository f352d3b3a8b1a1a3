"""Tasks that a person asks for again and again, and the steps that their runs had in common."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from storage.records import Record, stable_id
from tasks.common.failure_text import normalised
from tasks.improve.families import families
from tasks.improve.patterns import PLAIN_TOOL, Stage, stage

FEWEST_WORDS: Final = 3
"""A shorter request (`continue`, `try again`) says nothing of the task."""
MOST_STEPS: Final = 12
MOST_KEYWORDS: Final = 6
_WORD: Final = re.compile(r"[A-Za-z][a-z]{2,20}")
_PLACE: Final = re.compile(r"\[[a-zA-Z]\w*\]")
_IDLE: Final = frozenset(
    [
        "the", "and", "for", "with", "this", "that", "from", "into", "please", "can", "you", "could", "would", "should",
        "our", "your", "their", "its", "are", "was", "has", "have", "new", "all", "any", "then", "than", "what", "when",
        "how", "why", "who", "task", "next", "now", "again", "also", "not", "but", "use", "using", "make", "made",
        "get", "let", "me",
    ]
)  # fmt: skip


class Recurring(Record, frozen=True, kw_only=True):
    """A task of one agent that was asked for in `runs` runs. `text`: the first request, normalised.

    `only_source`: the file that has all of them, None where several do. `run_ids`: newest first. `kinds`: fingerprints
    of the near-identical requests that it is made of.
    """

    agent: str
    fingerprint: str
    text: str
    task_type: str | None
    runs: int
    only_source: str | None
    run_ids: list[str]
    human_turns: float
    first_at: datetime
    last_at: datetime
    kinds: list[str]

    def stage(self, after: int) -> Stage:
        """Where the Rule of Three has it: solved, recognised, or to be codified."""
        return stage(self.runs, after)

    @property
    def keywords(self) -> list[str]:
        """Words of the request by which it is known again: single, in lower case, no prose."""
        return list(dict.fromkeys(word for word in _words(self.text) if word not in _IDLE))[:MOST_KEYWORDS]


def recurring(rows: Iterable[dict[str, Any]]) -> list[Recurring]:
    """Tasks by agent, the most frequent first; `rows` as query improve/hand_tasks gives them.

    The same task: the same agent and task type, and a first request that is near-identical once normalised. Where no
    text is kept, no task can be told from another.
    """
    buckets: dict[tuple[object, ...], list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for row in rows:
        text = normalised(row["text"])
        if len(_words(text)) >= FEWEST_WORDS:
            buckets[row["agent"], row["task_type"]].append((text, row))
    found = [each for bucket in buckets.values() for each in _split(bucket)]
    return sorted(found, key=lambda each: (-each.runs, each.agent, each.fingerprint))


def _split(bucket: list[tuple[str, dict[str, Any]]]) -> list[Recurring]:
    groups: dict[int, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    texts = list(dict.fromkeys(text for text, _ in bucket))
    family = dict(zip(texts, families(texts), strict=True))
    for text, row in bucket:
        groups[family[text]].append((text, row))
    return [_as_one(group) for group in groups.values()]


def _as_one(group: list[tuple[str, dict[str, Any]]]) -> Recurring:
    rows = [row for _, row in group]
    kinds = list(dict.fromkeys(_fingerprint(text, row) for text, row in group))
    sources, newest = {row["source_file"] for row in rows}, rows[0]
    return Recurring(
        agent=newest["agent"],
        fingerprint=min(kinds),
        text=group[0][0],
        task_type=newest["task_type"],
        runs=len({row["run_id"] for row in rows}),
        only_source=sources.pop() if len(sources) == 1 else None,
        run_ids=[row["run_id"] for row in rows],
        human_turns=sum(row["human_turns"] for row in rows) / len(rows),
        first_at=min(row["started_at"] for row in rows),
        last_at=max(row["started_at"] for row in rows),
        kinds=kinds,
    )


def _fingerprint(text: str, row: dict[str, Any]) -> str:
    return stable_id("task", row["agent"], row["task_type"], text.casefold())


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(_PLACE.sub(" ", text))]


def procedure(sequences: Sequence[Sequence[str]]) -> list[str]:
    """Tools that all runs called in one order, repeats in a row as one: their longest common subsequence, step by step.

    At most twelve; [] where there are fewer than two, which is no procedure. Names that are none are left out.
    """
    common: list[str] | None = None
    for sequence in sequences:
        plain = [name for name, _ in groupby(name for name in sequence if PLAIN_TOOL.fullmatch(name))]
        common = plain if common is None else _common(common, plain)
    steps = [name for name, _ in groupby(common or [])][:MOST_STEPS]
    return steps if len(steps) > 1 else []


def _common(a: list[str], b: list[str]) -> list[str]:
    """The longest common subsequence of two lists."""
    lengths = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            same = a[i] == b[j]
            lengths[i][j] = 1 + lengths[i + 1][j + 1] if same else max(lengths[i + 1][j], lengths[i][j + 1])
    found, i, j = list[str](), 0, 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            found.append(a[i])
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
