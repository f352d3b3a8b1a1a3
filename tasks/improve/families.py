"""Texts that differ by a word are one kind, so that a flood of near-identical failures is one."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import Final

LONG: Final = 10
"""Words from which on one differing word makes no other kind; in a shorter text it may be what tells two apart."""
COMPARED: Final = 1_000
"""Texts of a bucket that are compared word by word; those beyond have to be equal."""
_WORD: Final = re.compile(r"[^\W_]+")


def families(texts: Sequence[str]) -> list[int]:
    """The position of each text's family: of the first text that it is near to, directly or through others.

    Near: equal but for case and punctuation or, from ten words on, for one word without a digit (a code tells kinds
    apart). Takes time linear in the number of words.
    """
    parents = list(range(len(texts)))
    first: dict[Hashable, int] = {}
    for position, text in enumerate(texts):
        words = tuple(_WORD.findall(text.casefold()))
        for key in _keys(words, position):
            parents[_root(parents, position)] = parents[_root(parents, first.setdefault(key, position))]
    return _lowest([_root(parents, position) for position in range(len(texts))])


def _keys(words: tuple[str, ...], position: int) -> Iterator[Hashable]:
    yield words
    if len(words) >= LONG and position < COMPARED:
        for place, word in enumerate(words):
            if word.isalpha():
                yield (*words[:place], None, *words[place + 1 :])


def _root(parents: list[int], position: int) -> int:
    while parents[position] != position:
        parents[position] = parents[parents[position]]
        position = parents[position]
    return position


def _lowest(roots: list[int]) -> list[int]:
    lowest: dict[int, int] = {}
    return [lowest.setdefault(root, position) for position, root in enumerate(roots)]
