"""Words as they are compared: one spelling for what means the same, in any script."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from tasks.memory.words import words

_TOKEN: Final = re.compile(r"[^\W_]+(?:[.,:/'’_-][^\W_]+)*")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
SMALL: Final = words("small")
"""Words that say nothing about what a sentence is about."""


@lru_cache(maxsize=20_000)
def terms(text: str) -> tuple[str, ...]:
    """The text's words in their order: lower case, without common endings; each sign of a script without spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found: list[str] = []
    for word in _TOKEN.findall(_UNSPACED.sub(lambda sign: f" {sign[0]} ", plain)):
        found.append(_stem(word))
    return tuple(found)


@lru_cache(maxsize=20_000)
def content(text: str) -> frozenset[str]:
    """The terms that say what the text is about."""
    return frozenset(term for term in terms(text) if term not in SMALL)


@lru_cache(maxsize=20_000)
def numbers(text: str) -> frozenset[str]:
    """The terms that have a digit."""
    return frozenset(term for term in terms(text) if any(char.isdigit() for char in term))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard index: 1 for equal sets, 0 for sets without a common term."""
    return len(one & other) / len(one | other) if one or other else 0.0


def _stem(word: str) -> str:
    """The word without the endings of plurals and tenses; only ever compared with others, never shown."""
    if not word.isascii() or not word.isalpha() or len(word) < 4:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-2] if word.endswith("oes") else word[:-1]
    if word.endswith("ing") and len(word) > 5:
        word = word[:-3]
    elif word.endswith("ed") and not word.endswith("eed"):
        word = word[:-1]
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz" else word
