"""Which earlier entry a later one takes the place of: told by what it says of itself, or by one value that differs.

Nothing is concluded from mere likeness: either the later entry says that something changed, and is about the same
thing; or both are the same sentence but for one value, or for a "not".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tasks.memory.entries import Entry
from tasks.memory.terms import SMALL, content, numbers, terms
from tasks.memory.words import words

_CHANGED: Final = re.compile(
    r"\b(?:now|no longer|not any ?more|any ?more|replac(?:es?|ed|ing)|supersed(?:es?|ed|ing)|instead(?: of)?"
    r"|rather than"
    r"|(?:switch|chang|mov|migrat)(?:e|es|ed|ing)\b(?: \S+){0,6} (?:to|from)|correction|corrected|revis(?:ed|es)"
    r"|revert(?:ed|s)|reversed|overturn(?:ed|s)|overrul(?:ed|es)|retired|deprecated|dropped|abandoned|withdrawn"
    r"|obsolete"
    r"|outdated|update[d]?:|as of|from now on|going forward|effective|stopped|turns? out|was wrong|in place of|used to"
    r"|formerly|previously|contrary to|back to|scrapped|cancell?ed|undone|raised|lowered|increased|reduced"
    r"|bumped|renamed|relocated|took over|takes over|handed over|jetzt|nicht mehr|statt|ersetzt|ab sofort|künftig"
    r"|désormais|maintenant|remplace|au lieu|ne \S+ plus|ahora|ya no|reemplaza|sustituye|en lugar|adesso|ora"
    r"|sostituisce"
    r"|agora|substitui|теперь|больше не|вместо)\b|现在|不再|取代|改为|代替|変更|今は",
    re.I,
)  # fmt: skip
_ABOUT_CHANGE: Final = frozenset(term for word in words("about_change") for term in terms(word))
_NAMED: Final = re.compile(
    r"\b(?:replac(?:es?|ing)|supersed(?:es?|ing)|instead of|rather than|in place of|no longer|not any ?more"
    r"|statt|ersetzt"
    r"|remplace|au lieu de?|reemplaza|sustituye|en lugar de)\b[\s:]*(?P<old>[^.;()]+)", re.I,
)  # fmt: skip
_DATE: Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_NOT: Final = words("negations")
_OPPOSITE: Final = (
    ("enabl", "disabl"), ("on", "off"), ("allow", "forbid"), ("allow", "banned"), ("open", "clos"), ("true", "false"),
    ("alway", "never"), ("requir", "optional"), ("safe", "unsafe"), ("mandatory", "optional"),
    ("start", "stop"), ("manual", "automatic"), ("before", "after"), ("public", "private"), ("up", "down"),
)  # fmt: skip
_JOINTS: Final = frozenset(term for word in words("joints") for term in terms(word))
_ONE_OF: Final = frozenset(
    terms("is are was be use run live remain stay sit go come es est ist è é está usa läuft liegt")
)
"""Joints after which only one thing can be true: nobody lives in two places, but may own two things."""
_PLACES: Final = frozenset(
    {"in", "on", "at", "to", "by", "with", "from", "every", "of", "von", "mit", "sur", "en", "los"}
)


@lru_cache(maxsize=20_000)
def _changes(text: str) -> bool:
    """Whether an entry says of itself that something changed."""
    return _CHANGED.search(text) is not None


def supersedes(new: Entry, old: Entry) -> bool:
    """Whether the later entry takes the place of the earlier one."""
    if new.kind != old.kind and "event" in (new.kind, old.kind) and not _changes(new.text):
        return False
    if _changes(new.text):
        dates = set(_DATE.findall(new.text)) - {new.day.isoformat()}
        if dates and old.day.isoformat() not in dates and re.search(r"replac|supersed|decision of", new.text, re.I):
            return False
        if _about_the_same(new, old):
            return True
    return new.kind != "event" and _one_value_differs(_clause(new.text), _clause(old.text))


def _about_the_same(new: Entry, old: Entry) -> bool:
    """Whether a later entry that says that something changed is about the earlier one.

    It names the same thing, and either what it replaces is found there, or it says of it the same sort of thing.
    """
    clause = _clause(old.text)
    before, now = content(clause) - _ABOUT_CHANGE, content(new.text) - _ABOUT_CHANGE
    if not before or not now:
        return False
    about, shared = topic(clause), before & now
    if not _is_named(about or before, now, whole=bool(about)):
        return False
    if told := [content(found["old"]) - _ABOUT_CHANGE for found in _NAMED.finditer(new.text)]:
        return any(one and len(one & before) >= 0.6 * len(one) for one in told)
    beyond = shared - about
    return bool(beyond) or bool(_PLACES & set(terms(clause)) & set(terms(new.text))) or _both_number(clause, new.text)


def _is_named(topic: frozenset[str], now: frozenset[str], *, whole: bool) -> bool:
    """Whether a text names a topic: all of its numbers, and all of its words, or most where it is a whole sentence."""
    missing = topic - now
    if any(any(map(str.isdigit, term)) for term in missing):
        return not whole and len(topic - missing) >= 2 and len(missing) == 1
    return len(missing) <= (len(topic) // 4 if whole else 0.4 * len(topic)) and len(topic - missing) >= (
        1 if whole else 2
    )


def _both_number(one: str, other: str) -> bool:
    return bool(numbers(one)) and bool(numbers(other))


@lru_cache(maxsize=20_000)
def topic(clause: str) -> frozenset[str]:
    """The terms that say what a clause is about: those before its verb; of an order, those after its `for`, or before
    its last `in`, `on`, `at`. None found: an empty set.
    """
    told = list(terms(clause))
    at = next((place for place, word in enumerate(told) if word in _JOINTS), None)
    if at is None:
        return frozenset()
    if subject := frozenset(told[:at]) - SMALL - _ABOUT_CHANGE:
        return subject
    rest = told[at + 1 :]
    if "for" in rest:
        return frozenset(rest[rest.index("for") + 1 :]) - SMALL - _ABOUT_CHANGE
    last = max((place for place, word in enumerate(rest) if word in _PLACES), default=0)
    return frozenset(rest[:last]) - SMALL - _ABOUT_CHANGE


def _one_value_differs(new: str, old: str) -> bool:
    """Whether both are the same sentence but for one value that is said of the same thing, or for a negation."""
    one, other = _words(old), _words(new)
    if one == other:
        return False
    plain, other_plain = ([word for word in words_ if word not in _NOT] for words_ in (one, other))
    if (len(plain) < len(one)) != (len(other_plain) < len(other)) and plain == other_plain and len(plain) >= 3:
        return True
    begin = _common(one, other)
    after = min(_common(one[::-1], other[::-1]), min(len(one), len(other)) - begin)
    end, first, last = len(one) - after, begin, len(other) - after
    if begin == end or first == last:
        return False
    common = [word for word in one[:begin] + one[end:] if word not in SMALL]
    told_apart = all(numbers(" ".join(words_[a:b])) for words_, a, b in ((one, begin, end), (other, first, last)))
    if max(end - begin, last - first) > 4 or len(common) < (1 if told_apart else 2):
        return False
    return _said_of_it(one, begin) and _same_sort(one[begin:end], other[first:last], before=one[:begin])


def _common(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _said_of_it(told: list[str], begin: int) -> bool:
    """Whether the place is in what is said, and not in what it is said of.

    `use A for X` and `use B for X` contradict each other; `use A for X` and `use A for Y` go together.
    """
    at = next((place for place, word in enumerate(told) if word in _JOINTS), None)
    return at is not None and begin > at and "for" not in told[at:begin]


def _same_sort(old: list[str], new: list[str], *, before: list[str]) -> bool:
    """Whether two values stand for each other: numbers, opposites, or what follows a verb or `in`, `on`, `by` …"""
    if all(any(map(str.isdigit, word)) for word in old + new) or _are_opposite(old, new):
        return True
    return before[-1] in _ONE_OF | _PLACES or bool(_PLACES & set(before))


def _are_opposite(old: list[str], new: list[str]) -> bool:
    return any(
        any(word.startswith(a) for word in old) and any(word.startswith(b) for word in new)
        for pair in _OPPOSITE
        for a, b in (pair, pair[::-1])
    )


@lru_cache(maxsize=20_000)
def _clause(text: str) -> str:
    """The first clause: what follows a comma, a dash or a full stop gives reasons."""
    return re.split(r"(?<=\w)[.,;(](?:\s|$)|(?<=[\w)])\s+[—–-]\s+|\bbecause\b|\bsince\b", text.strip(), maxsplit=1)[0]


@lru_cache(maxsize=20_000)
def _words(text: str) -> list[str]:
    return [word for word in terms(text) if word not in ("a", "an", "the", "now", "just")]
