"""From the entries of all daily logs to the lines of MEMORY.md: said again, replaced, stale, or kept, by stated rules.

1. An entry that says what another says is the same line, seen again. Each day counts once.
2. An entry that instructs is quoted; one that orders is kept once it was noted on two days.
3. A later entry that contradicts an earlier one takes its place.
4. A line lives from its last day for the days of its kind, times the days on which it was seen. Age is counted to the
   newest daily log, so an agent that rests forgets nothing.
5. What matters most comes first, until the section is full.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from storage.memory_settings import MemorySettings
from tasks.memory.contradictions import supersedes
from tasks.memory.entries import BARE, HEADING, LONGEST, Entry
from tasks.memory.instructions import instructs, orders
from tasks.memory.terms import content, likeness, numbers, terms

State = Literal["kept", "again", "superseded", "noted", "stale", "full", "quoted", "long", "known", "removed", "secret"]
ALIKE: Final = 0.8
NEAREST: Final = 24
"""Lines that one is compared with."""
MOST_OFTEN: Final = 4
"""Times seen that count: beyond them a line lives no longer."""


@dataclass
class Line:
    """An entry with what became of it. `by`: the line that says it now; `days`: those on which it was said."""

    entry: Entry
    state: State = "kept"
    reason: str = ""
    by: Line | None = None
    days: set[date] = field(default_factory=set)
    replaced: list[Line] = field(default_factory=list)

    @property
    def times(self) -> int:
        """Days on which it was said."""
        return len(self.days)


def consolidated(
    found: Sequence[Entry], settings: MemorySettings, *, known: str = "", by_hand: str = "",
    secret: frozenset[Entry] = frozenset(), removed: frozenset[str] = frozenset(),
) -> list[Line]:  # fmt: skip
    """Every entry as a line with its state; kept ones come out in the order of their weight.

    `found`: in the order of time. `by_hand`: what people wrote in MEMORY.md, which is not said twice. `secret`: entries
    that hold a secret. `removed`: texts that a person took out of MEMORY.md.
    """
    lines = [Line(entry, days={entry.day}) for entry in found]
    for line in lines:
        _sift(line, secret, known)
    said = _unrepeated([line for line in lines if line.state == "kept"])
    _replace(said)
    newest = max((line.entry.day for line in lines), default=date.min)
    written = {terms(row.strip(" -*#")) for row in by_hand.splitlines()}
    cited = set(re.findall(r"memory/[^()\s:]+:\d+", by_hand))
    for line in (line for line in said if line.state == "kept"):
        if f"{line.entry.path}:{line.entry.line}" in cited or terms(line.entry.text) in written:
            line.state, line.reason = "known", "people approved it in MEMORY.md, outside of this section"
        elif line.entry.text in removed:
            line.state, line.reason = "removed", "a person took it out"
        else:
            _judge(line, settings, newest)
    told = [line for line in lines if line.entry.strength > BARE or _matters(line)]
    return sorted(told, key=lambda line: weight(line, newest), reverse=True)


def _matters(line: Line) -> bool:
    """Whether a bare statement is to be told of: it was changed, changes another, or was said on three days."""
    while line.by is not None and line.state == "again":
        line = line.by
    return bool(line.replaced) or line.times >= 3 or line.state == "superseded"


def _sift(line: Line, secret: frozenset[Entry], known: str) -> None:
    if line.entry in secret:
        line.state, line.reason = "secret", "a secret or personal data"
    elif reason := instructs(line.entry.text, known):
        line.state, line.reason = "quoted", reason
    elif _beside(line.entry, known):
        line.state, line.reason = "quoted", "beside text that instructs"
    elif len(line.entry.text) > LONGEST:
        line.state, line.reason = "long", f"over {LONGEST} characters"


def _beside(entry: Entry, known: str) -> bool:
    """Whether the line before or after instructs: text that was planted over several lines is not taken in parts.

    Mere orders count only within a section's list, where the lines belong together.
    """
    reasons = [instructs(text, known) for text in entry.beside if len(text.split()) > 1]
    mere = () if entry.strength == HEADING else ("orders", "a question")
    return any(reason is not None and not reason.startswith(mere) for reason in reasons)


class _Index:
    """Lines by their terms, so that each is compared with the few that are near it and not with all."""

    def __init__(self) -> None:
        self._by_term: dict[str, list[Line]] = defaultdict(list)

    def add(self, line: Line, about: frozenset[str]) -> None:
        """Makes a line findable."""
        for term in about:
            self._by_term[term].append(line)

    def near(self, about: frozenset[str]) -> list[Line]:
        """Lines that share a term that is not everywhere, those that share the most first; at most `NEAREST`."""
        shared, found = Counter[int](), dict[int, Line]()
        for term in about:
            for line in self._by_term[term][-NEAREST:]:
                if line.state == "kept":
                    shared[id(line)] += 1
                    found[id(line)] = line
        return [found[key] for key, number in shared.most_common(NEAREST) if number > 1 or len(about) < 3]


def _unrepeated(lines: Sequence[Line]) -> list[Line]:
    """The lines without repetitions: the newest of those that say the same stands for all."""
    index, exact = _Index(), dict[tuple[str, tuple[str, ...]], Line]()
    for line in lines:
        text = said(line.entry.text)
        about, key = content(text) or content(line.entry.text), (line.entry.kind, terms(text))
        same = exact.get(key) or next((one for one in index.near(about) if _same(line.entry, one.entry)), None)
        if same is not None:
            line.days |= same.days
            same.state, same.by = "again", line
        exact[key] = line
        index.add(line, about)
    return [line for line in lines if line.state == "kept"]


def _same(one: Entry, other: Entry) -> bool:
    """Whether two entries say the same of the same: nearly all terms, and every number."""
    first, second = said(one.text), said(other.text)
    return (
        one.kind == other.kind
        and numbers(first) == numbers(second)
        and likeness(content(first), content(second)) >= ALIKE
        and not supersedes(one, other)
    )


def said(text: str) -> str:
    """The text up to the first semicolon or dash: what comes after is said about the one occasion."""
    for mark in (";", " — ", " – ", " (again", ", again"):
        text = text.split(mark)[0]
    return text


def _replace(lines: Sequence[Line]) -> None:
    """Marks what a later line takes the place of, through a chain too."""
    index = _Index()
    for line in lines:
        about = content(line.entry.text)
        for other in index.near(about):
            if supersedes(line.entry, other.entry):
                other.state, other.by = "superseded", line
                line.replaced.append(other)
        index.add(line, about)


def _judge(line: Line, settings: MemorySettings, newest: date) -> None:
    days = {"lesson": settings.lesson_days, "decision": settings.decision_days, "event": settings.event_days}
    age = (newest - line.entry.day).days
    if age > days[line.entry.kind] * min(line.times, MOST_OFTEN):
        line.state, line.reason = "stale", f"not seen for {age} days"
    elif line.entry.strength == BARE and not _matters(line):
        line.state, line.reason = "noted", "a statement that nothing changed"
    elif line.times < 2 and line.entry.kind != "decision" and orders(line.entry.text):
        line.state, line.reason = "noted", "an order, noted on one day"


def weight(line: Line, newest: date) -> tuple[float, date, str, int]:
    """What matters: how often it was seen, how plainly it says what it is, how new it is."""
    age = (newest - line.entry.day).days / 30
    score = 2.0 * min(line.times, MOST_OFTEN) + line.entry.strength + (1 if line.replaced else 0) - min(age, 3)
    return (score + (1 if line.entry.kind == "decision" else 0), line.entry.day, line.entry.path, -line.entry.line)


def fit(lines: Sequence[Line], sizes: Mapping[int, int], room: int) -> list[Line]:
    """The kept lines that fit into so many bytes, most important first; the others become `full`.

    Each kind has a quarter of the room for itself; what is left goes to what matters most. `sizes`: bytes of each line
    by its place in `lines`.
    """
    own: dict[str, int] = dict.fromkeys(("lesson", "decision", "event"), room // 4)
    taken = dict[int, Line]()
    for shares in (True, False):
        for place, line in enumerate(lines):
            limit = min(room, own[line.entry.kind]) if shares else room
            if line.state == "kept" and place not in taken and sizes[place] <= limit:
                taken[place] = line
                room -= sizes[place]
                own[line.entry.kind] -= sizes[place]
    for place, line in enumerate(lines):
        if line.state == "kept" and place not in taken:
            line.state, line.reason = "full", "no room"
    return [line for _, line in sorted(taken.items())]
