"""Figures that a model states: those that the evidence does not have are no facts, and are not shown as such."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

_NUMBER: Final = re.compile(r"(?<![\w.])[-+−]?\d[\d,. ]*\d|(?<![\w.])[-+−]?\d")
_WORD: Final = re.compile(
    r"\b(?:eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    r"|hundreds?|thousands?|millions?|dozens?|half|quarter|percent|most of|majority|every (?:run|time))\b",
    re.IGNORECASE,
)
_CLAIM: Final = re.compile(
    r"(?<![\w.])\d[\d.,]*\s*(?:%|percent\b|points?\b|of\b|out of\b|runs?\b|cases?\b|failures?\b|tasks?\b|occurrences?\b"
    r"|users?\b|sessions?\b|weeks?\b|months?\b|\$|usd\b|dollars?\b)|\$\s*\d[\d.,]*",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")


UNPROVED: Final = frozenset({"as_logged", "rejected_before"})
"""Fields of the evidence whose texts were written by others: a number in them proves nothing."""


def known_numbers(facts: Any) -> frozenset[float]:
    """Every number in the evidence that was counted here, the figures inside composed and normalised texts included."""
    return frozenset(_walk(facts))


def _walk(value: Any) -> Iterable[float]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, (int, float)):
        yield abs(float(value))
    elif isinstance(value, str):
        yield from _numbers(value)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from () if key in UNPROVED else _walk(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _walk(each)


def without_claims(text: str, known: frozenset[float]) -> tuple[str, int]:
    """Prose without the sentences that state a figure which is not known, in digits or in words; how many went."""
    sentences = [one for one in _SENTENCE.split(text) if one.strip()]
    kept = [one for one in sentences if not _WORD.search(one) and all(n in known for n in _numbers(one))]
    return " ".join(kept), len(sentences) - len(kept)


def claims(line: str, known: frozenset[float]) -> list[str]:
    """What a step claims as a fact that is not known: shares, counts of runs, points, money. Limits are no claims."""
    found = (match[0] for match in _CLAIM.finditer(line))
    return [claim.strip(" .,") for claim in found if not all(n in known for n in _numbers(claim))]


def _numbers(text: str) -> list[float]:
    """The numbers of a text without their signs; what cannot be read as one is infinite, which no evidence is."""
    return [_value(match[0]) for match in _NUMBER.finditer(text)]


def _value(written: str) -> float:
    plain = re.sub(r"[-+−, ]", "", written)
    try:
        return abs(float(plain))
    except ValueError:
        return float("inf")
