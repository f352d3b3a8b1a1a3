"""Characters that a reader could not see, named: what is approved is what was read."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp", "Zs"})
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters, marks and symbols that draw nothing."""


def hidden(character: str) -> bool:
    """Whether a reader could not see it: control, format, private, unassigned, variation, odd space, blank."""
    if character in "\n\t ":
        return False
    variation = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return variation or character in _BLANK or unicodedata.category(character) in _UNSEEN


def visible(text: str) -> str:
    """The text with every hidden character written as `<U+200B>`: no escape sequence, no turned direction."""
    return "".join(f"<U+{ord(c):04X}>" if hidden(c) else c for c in text)


_WORD: Final = re.compile(r"\w+")


def as_seen(line: str) -> str:
    """A line as it looks on most screens: without its hidden characters."""
    return "".join(c for c in line if not hidden(c))


def as_given(line: str) -> str:
    """A line as a model gets it: hidden characters named, and letters that pass for others named too.

    Such a letter is one that Unicode folds into another (a full-width A), or one of another script within a word.
    """
    return visible(_WORD.sub(_named, line))


def _named(word: re.Match[str]) -> str:
    return "".join(f"<U+{ord(c):04X}>" if _passes(c, word[0]) else c for c in word[0])


def _passes(character: str, word: str) -> bool:
    if character.isascii():
        return False
    latin = any(c.isascii() and c.isalpha() for c in word)
    other = latin and character.isalpha() and not unicodedata.name(character, "?").startswith("LATIN")
    return other or unicodedata.normalize("NFKC", character) != character
