"""What a later entry takes the place of, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from planted_logs import logs, pairs

from storage.memory_settings import MemorySettings
from tasks.common.memory_file import read_lines
from tasks.memory.consolidation import Line, consolidated
from tasks.memory.entries import entries

TRUE = (
    ("we deploy on Fridays", "we no longer deploy on Fridays; deploys moved to Tuesday"),
    ("API key rotation is monthly", "API key rotation is weekly"),
    ("the default branch is master", "the default branch is now main, no longer master"),
    ("tests run on Python 3.10", "tests run on Python 3.12"),
    ("Use PostgreSQL as the main database", "We switched from PostgreSQL to SQLite for the main database"),
    ("logs are kept for 30 days", "log retention is now 90 days"),
    ("Redis is the cache", "Memcached replaces Redis as the cache"),
    ("Alice reviews releases", "Bob reviews releases from now on"),
    ("feature flags are on by default", "feature flags are off by default"),
    ("retries are safe on the upload endpoint", "retries are not safe on the upload endpoint"),
    ("support tickets are answered within 24 hours", "support tickets are answered within 4 hours"),
    ("use tabs for indentation", "use spaces for indentation instead of tabs"),
    ("figures are given with two digits.", 'figures are given as in the source. This replaces "two digits".'),
    ("Der Export läuft um 3 Uhr", "Der Export läuft jetzt um 5 Uhr"),
    ("部署在周五", "部署现在在周二，不再是周五"),
)  # fmt: skip
FALSE = (
    ("use NATS for the broker", "use NATS for the audit trail as well"),
    ("the importer is written in Python", "the importer is slow after a cold start"),
    ("Sam owns the importer", "Sam owns the exporter"),
    ("the limit of the importer is 5 rows", "the limit of the exporter is 9 rows"),
    ("the cache is now warmed at night", "the queue is drained at night"),
)


def told(old: str, new: str, mark: str = "Decision: ") -> list[Line]:
    """Both statements, four days apart, oldest first."""
    found = [
        *entries([f"- {mark}{old}"], "memory/2026-11-01.md", date(2026, 11, 1)),
        *entries([f"- {mark}{new}"], "memory/2026-11-05.md", date(2026, 11, 5)),
    ]
    return sorted(consolidated(found, MemorySettings()), key=lambda line: line.entry.day)


@pytest.mark.parametrize(("old", "new"), TRUE)
def test_the_later_one_counts(old: str, new: str) -> None:
    """A changed value, a negation, "is now", "no longer", "replaces": the later takes the place, with a link."""
    before, after = told(old, new)
    assert (before.state, before.by, after.state, after.replaced) == ("superseded", after, "kept", [before])


@pytest.mark.parametrize(("old", "new"), FALSE)
def test_both_are_true(old: str, new: str) -> None:
    """Another thing, another aspect, or one more: nothing is replaced."""
    assert [line.state for line in told(old, new)] == ["kept", "kept"]


def test_bare_statements_count_where_one_changes_the_other() -> None:
    """Lines without a mark: kept where a later one changes them, and else not looked at again."""
    assert [line.state for line in told("The deploy window is Monday 10:00", "The deploy window is Thursday 14:00", "")
            ] == ["superseded", "kept"]  # fmt: skip
    assert told("The deploy window is Monday 10:00", "The cat is black", "") == []


def measure(seed: int) -> tuple[int, int, int, int, int, int]:
    """Of a seed's 110 pairs: contradictions, resolved; look-alikes, left alone; links, right ones."""
    planted = list(pairs(seed, 110))
    found = [
        entry
        for path, text in sorted(logs(planted, date(2026, 10, 1), seed).items())
        for entry in entries(read_lines(text), path, date.fromisoformat(path[7:17]))
    ]
    lines = consolidated(found, MemorySettings())
    by_text = {statement: line for line in lines for pair in planted for statement in (pair.old, pair.new)
               if line.entry.text.endswith(statement)}  # fmt: skip
    resolved = alone = right = 0
    for pair in planted:
        old, new = by_text[pair.old], by_text[pair.new]
        resolved += pair.contradicts and old.state == "superseded" and old.by is new and new.state == "kept"
        alone += not pair.contradicts and new.state == "kept" and old.state in ("kept", "again")
        right += any(line is old for line in new.replaced) and pair.contradicts
    true = sum(pair.contradicts for pair in planted)
    return true, resolved, len(planted) - true, alone, sum(len(line.replaced) for line in lines), right


def test_planted_contradictions(record_property: Callable[[str, object], None]) -> None:
    """At least nine in ten planted contradictions are resolved, and nine in ten links and look-alikes are right."""
    true, resolved, false, alone, links, right = (sum(part) for part in zip(*map(measure, (1, 2, 3)), strict=True))
    said = f"resolved {resolved}/{true}, look-alikes left alone {alone}/{false}, right links {right}/{links}"
    record_property("contradictions", said)
    assert resolved >= 0.9 * true and alone >= 0.9 * false and right >= 0.9 * links, said
