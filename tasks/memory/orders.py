"""The words by which an order is told from a statement, in English; and those of other languages that name it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from tasks.memory.words import words

CARE: Final = words("care")
"""Verbs of orders that an agent may give itself: they look, wait, or keep apart."""
_DO: Final = words("do")
BUILD: Final = words("build")
"""Verbs of orders that build: allowed where the order begins with one and is about nothing that others are told."""
_NOUNS: Final = words("nouns")
_LEADS: Final = words("leads")
_AFTER_VERB: Final = words("after_verb")
_SUBORDINATE: Final = words("subordinate")
_DETERMINERS: Final = words("determiners")
_BEFORE_FINITE: Final = words("before_finite")
_FINITE: Final = words("finite")
_CLAUSE: Final = re.compile(r"[.!?;:,\n()\[\]\"“”*_`–—→-]+(?:\s+|$)|(?<=\s)[\"“'*_`(]+|\s(?:and|then|but|or|so)\s")
_MODAL: Final = re.compile(
    r"\b(?:must|should|shall|ought|(?:has|have|had|need|needs|required|supposed|instructed|told|expected) to"
    r"|(?:is|are) to be|(?:necessary|essential|vital) to"
    r"|(?:is|are) (?:now )?(?:required|forbidden)|make sure"
    r"|ensure|be sure|remember to|don'?t|do not|mandatory|you|your|yours|yourself|let'?s|feel free|best to)\b", re.I,
)  # fmt: skip
MODAL: Final = "must"
"""What stands for every modal."""
_FOREIGN: Final = words("foreign")
_HOME: Final = words("home")


def ordered(text: str) -> Iterator[str]:
    """The verbs of the text's orders, clause by clause, in lower case; a modal counts as one."""
    for clause in _CLAUSE.split(unicodedata.normalize("NFKC", text)):
        found = [word.strip("'’#*_`\"").casefold() for word in (clause or "").split()]
        if found and found[0] in _SUBORDINATE:
            yield from _inner(found)
        while found and (found[0] in _LEADS or not any(map(str.isalnum, found[0]))):
            found.pop(0)
        if len(found) > 1 and found[0] in CARE | BUILD | _DO and not _is_noun(found):
            yield found[0]
    if _MODAL.search(text):
        yield MODAL


def _inner(clause: list[str]) -> Iterator[str]:
    """Orders that follow a subordinate clause without a comma: `After any change make a copy`."""
    for before, word, after in zip(clause, clause[1:], clause[2:], strict=False):
        if word in _DO and after in _DETERMINERS and not before.endswith("s") and before not in _BEFORE_FINITE:
            yield word


def _is_noun(clause: list[str]) -> bool:
    """Whether the first word is rather the subject of a statement: `Test suite was red`."""
    if clause[0] not in _NOUNS or len(clause) < 2 or clause[1] in _AFTER_VERB:
        return False
    return any(word in _FINITE for word in clause[1:6])


def is_foreign(text: str) -> bool:
    """Whether the text is of another script or, by its small words, of another language than English."""
    letters = [char for char in text if char.isalpha()]
    if sum(not unicodedata.name(char, "").startswith(("LATIN", "GREEK")) for char in letters) > len(letters) / 5:
        return True
    told = re.findall(r"\w+", text.casefold())
    return sum(word in _FOREIGN for word in told) > sum(word in _HOME for word in told)
