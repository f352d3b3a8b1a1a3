"""Which earlier entry a later one takes the place of: told by what it says of itself, or by one value that differs.

Nothing is concluded from mere likeness: either the later entry says that something changed, and is about the same
thing; or both are the same sentence but for one value, or for a "not".
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from tasks.memory.entries import Entry
from tasks.memory.terms import SMALL, content, terms
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
_JOINTS: Final = words("joints")


def supersedes(new: Entry, old: Entry) -> bool:
    """Whether the later entry takes the place of the earlier one."""
    if new.kind != old.kind and "event" in (new.kind, old.kind) and not _CHANGED.search(new.text):
        return False
    if changed := _CHANGED.search(new.text):
        dates = set(_DATE.findall(new.text)) - {new.day.isoformat()}
        if dates and old.day.isoformat() not in dates and re.search(r"replac|supersed|decision of", new.text, re.I):
            return False
        if _about_the_same(new, old, whole=changed[0]):
            return True
    return new.kind != "event" and _one_value_differs(_clause(new.text), _clause(old.text))


def _about_the_same(new: Entry, old: Entry, whole: str) -> bool:
    """Whether a later entry that says that something changed is about the earlier one.

    Either what it names as replaced is found there, or most of the earlier entry's words are.
    """
    before, now = content(_clause(old.text)) - _ABOUT_CHANGE, content(new.text) - _ABOUT_CHANGE
    if not before or not now or before == now:
        return False
    shared = before & now
    named = _NAMED.search(new.text)
    told = content(named["old"]) - _ABOUT_CHANGE if named else frozenset[str]()
    if told and len(told & before) >= max(1, 0.6 * len(told)) and len(shared) >= 2:
        return True
    subject = _subject(old.text)
    return len(shared) >= max(2, 0.5 * len(before)) and (not subject or bool(subject & now))


def _one_value_differs(new: str, old: str) -> bool:
    """Whether both are the same sentence but for one value after its subject, or for a negation."""
    one, other = _words(old), _words(new)
    if one == other:
        return False
    negated = (_NOT & set(one)) != (_NOT & set(other))
    one_plain, other_plain = [w for w in one if w not in _NOT], [w for w in other if w not in _NOT]
    if negated and one_plain == other_plain and len(one_plain) >= 3:
        return True
    blocks = [b for b in SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if b[0] != "equal"]
    if len(blocks) != 1 or blocks[0][0] != "replace":
        return False
    _, begin, end, first, last = blocks[0]
    common = [w for w in one[:begin] + one[end:] if w not in SMALL]
    long = max(end - begin, last - first)
    if long > 4 or len(common) < 2 or begin == 0 or not any(w not in SMALL for w in one[:begin]):
        return False
    return _same_sort(one[begin:end], other[first:last], before=one[:begin], after=one[end:])


def _same_sort(old: list[str], new: list[str], *, before: list[str], after: list[str]) -> bool:
    """Whether two values stand for each other: numbers, opposites, or what follows `is`, `use`, `on` …

    `use A for X` and `use A for Y` go together; `use A for X` and `use B for X` do not.
    """
    if any(any(c.isdigit() for c in w) for w in old) and any(any(c.isdigit() for c in w) for w in new):
        return True
    if any({a, b} <= {*old, *new} and not {a, b} <= set(old) for a, b in _opposites(old, new)):
        return True
    if len(before) > 1 and before[-1] == "for" and not after:
        return False
    return bool(set(before) & _JOINTS or set(before) & {"in", "on", "at", "to", "by", "with", "from", "every", "of"})


def _opposites(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    pairs = []
    for one, other in _OPPOSITE:
        for a, b in ((one, other), (other, one)):
            found = [(x, y) for x in old if x.startswith(a) for y in new if y.startswith(b)]
            pairs += found
    return pairs


def _clause(text: str) -> str:
    """The first clause: what follows a comma, a dash or a full stop gives reasons."""
    return re.split(r"(?<=\w)[.,;(](?:\s|$)|(?<=[\w)])\s+[—–-]\s+|\bbecause\b|\bsince\b", text.strip(), maxsplit=1)[0]


def _words(text: str) -> list[str]:
    return [word for word in terms(text) if word not in ("a", "an", "the", "now", "just")]


def _subject(text: str) -> frozenset[str]:
    """The terms before the first joint (`is`, `use`, `on` …); none where nothing is told before it."""
    found: list[str] = []
    for word in terms(_clause(text)):
        if word in _JOINTS and found:
            break
        found.append(word)
    return frozenset(found[:4]) - SMALL - _ABOUT_CHANGE
