"""Which parts of texts a pattern may match in, told by RE2 at a hundredth of what Python's own engine takes.

Nearly all text holds nothing that is looked for, so Python's engine, which decides, sees only what passes here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

PART: Final = 1_000
"""Characters after which a text is cut where it can be."""
BEYOND: Final = 256
"""Characters after a part that are looked at with it, for what begins in it."""
FEW: Final = 50_000
"""Characters of all texts together that are all passed on: RE2 takes longer to compile a pattern than they to read."""
_CUT: Final = re.compile(rf'.{{{PART},}}?(?=["\n]|(?<=[a-z]) [a-z])|.+', re.DOTALL)
"""A part ends before a quote or a line end, or between two words, where no personal data of a fixed form goes on."""
_LOOK_AROUND: Final = re.compile(r"\(\?<?[!=](?:[^()\\[]|\\.|\[[^\]]*\]|\((?:[^()\\]|\\.)*\))*\)", re.DOTALL)
_LARGE: Final = re.compile(r"\{(\d+),\d{2,}\}")
_TOKEN: Final = re.compile(r"\\.|\[\^?|.", re.DOTALL)
_BEYOND_ASCII: Final = r"\x{80}-\x{10FFFF}"
_WIDE: Final = {name: name + _BEYOND_ASCII for name in (r"\w", r"\d")} | {r"\s": r"\s\x0b\x1c-\x1f" + _BEYOND_ASCII}
"""Letters, digits and spaces of Python are more than those of RE2, which all have a code below 128."""


class Part(NamedTuple):
    """A part of the text of that number, from `start` to before `end`."""

    text: int
    start: int
    end: int


class Sieve:
    """Tells the parts in which patterns may match; no part that it leaves out holds one.

    `groups`: patterns that are looked for together; in too large a group RE2 takes longer for all.
    """

    def __init__(self, *groups: Sequence[re.Pattern[str]]) -> None:
        self._patterns = ["|".join(map(_loosened, group)) for group in groups]

    def passed(self, texts: Sequence[str]) -> list[list[Part]]:
        """For each group the parts, in order, where something may begin. The texts are valid Unicode."""
        if sum(map(len, texts)) < FEW:
            return [[Part(number, 0, len(text)) for number, text in enumerate(texts)] for _ in self._patterns]
        import pyarrow as pa  # slow to load, so only where it is used
        import pyarrow.compute as pc

        parts = [part for number, text in enumerate(texts) for part in parts_of(text, number)]
        windows = pa.array([texts[number][start : end + BEYOND] for number, start, end in parts], pa.string())
        hits = (pc.match_substring_regex(windows, pattern) for pattern in self._patterns)
        return [[parts[number] for number in pc.indices_nonzero(hit).to_pylist()] for hit in hits]


def parts_of(text: str, number: int = 0) -> Iterator[Part]:
    """A text in parts of about `PART` characters."""
    if len(text) < 2 * PART:
        yield Part(number, 0, len(text))
        return
    for cut in _CUT.finditer(text):
        yield Part(number, cut.start(), cut.end())


def _loosened(pattern: re.Pattern[str]) -> str:
    """The pattern for RE2: without look-arounds and large bounds, so that it matches wherever the pattern does."""
    text = _LOOK_AROUND.sub("", pattern.pattern)
    text = _LARGE.sub(r"{\1,}", re.sub(r"\(\?P<\w+>", "(?:", text))
    pieces, inside = list[str](), ""
    for sign in _TOKEN.findall(text):
        wide = None if inside == "[^" else _WIDE.get(sign)
        pieces.append(sign if wide is None else wide if inside else f"[{wide}]")
        inside = sign if sign.startswith("[") else "" if sign == "]" else inside
    return f"(?i:{''.join(pieces)})" if pattern.flags & re.IGNORECASE else f"(?:{''.join(pieces)})"
