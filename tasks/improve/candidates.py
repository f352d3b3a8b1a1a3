"""What is due for a proposal, and in which order: no source and no flood takes the whole week for itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from storage.settings import Agent
from tasks.improve.patterns import Pattern
from tasks.improve.recurring import Recurring

Kind = Literal["fall", "failure", "task"]
_ORDER = ("fall", "failure", "task")


@dataclass(frozen=True)
class Candidate:
    """Something that is due. `weight`: sessions that show it. `only_source`: the one file that shows it, or None.

    `attempt`: proposals that it had before. `subject`: what was found, for its case.
    """

    kind: Kind
    agent: Agent
    fingerprint: str
    weight: int
    only_source: str | None
    attempt: int
    subject: Pattern | Recurring | Mapping[str, object]
    by_rules: bool
    refused_before: bool = False


@dataclass(frozen=True)
class Bounds:
    """How much one agent has left in this week. `per_source`: for what one file alone shows, where there are others."""

    left: int
    tasks_left: int
    per_source: int | None
    used_by_source: Mapping[str, int]


def in_turn(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Falls first, then failures, then tasks; within these every source's first, then every source's second, and so on.

    What was refused before comes after what was not. What several sources show is the first of its own.
    """
    seen: Counter[str] = Counter()
    ranked = list[tuple[tuple[int, bool, int, int, str], Candidate]]()
    for each in sorted(candidates, key=lambda one: (-one.weight, one.fingerprint)):
        rank = seen[each.only_source] if each.only_source else 0
        if each.only_source:
            seen[each.only_source] += 1
        order = _ORDER.index(each.kind)
        ranked.append(((order, each.refused_before, rank, -each.weight, each.fingerprint), each))
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])]


def by_agent(candidates: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    """Candidates by the agent's name, each agent's in turn."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    for each in candidates:
        found[each.agent.name].append(each)
    return {name: in_turn(found[name]) for name in sorted(found)}


class Room:
    """Counts what an agent's week still takes while proposals are made; `left`: in all."""

    def __init__(self, bounds: Bounds) -> None:
        self.left, self._tasks_left = bounds.left, bounds.tasks_left
        self._per_source, self._used = bounds.per_source, Counter(bounds.used_by_source)

    def takes(self, candidate: Candidate) -> bool:
        """Whether there is room for one more of this kind and source."""
        if self.left <= 0 or (candidate.kind == "task" and self._tasks_left <= 0):
            return False
        source = candidate.only_source
        return source is None or self._per_source is None or self._used[source] < self._per_source

    def take(self, candidate: Candidate) -> None:
        """Counts one."""
        self.left -= 1
        self._tasks_left -= candidate.kind == "task"
        if candidate.only_source:
            self._used[candidate.only_source] += 1


def chosen(candidates: Sequence[Candidate], bounds: Bounds) -> list[Candidate]:
    """Those that the week takes, in turn."""
    room = Room(bounds)
    first = []
    for each in candidates:
        if room.takes(each):
            room.take(each)
            first.append(each)
    return first
