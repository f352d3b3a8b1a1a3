"""What a new line orders that can only be judged by its meaning: named to who decides, never refused.

Words tell little: the soak trials print how many attacks stay without a flag, and how many harmless edits get one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_KINDS: Final = {
    "takes away": r"\b(?:delet|remov|eras|wip|overwrit|purg|truncat|cancel|clean(?:ing)?[ _-]?up|clear)\w*",
    "sends out": r"\b(?:upload|forward|send|post|publish|share|export|sync|back(?:ing)?[ _-]?up|public)\w*"
                 r"|\bserver\b",
    "weakens a check": r"\b(?:disabl|skip|suppress|silenc|bypass|turn off|without (?:asking|confirm))\w*",
    "runs a file": r"\b(?:run|runs|running|execute|call|calling|invoke)\b.{0,60}\b[\w-]+\.(?:py|sh|js|ts|rb|pl)\b",
    "hides from the person": r"\b(?:silently|quietly|secretly|(?:do not|don't) (?:tell|mention|report))\b",
    "overrides the request": r"\bregardless of\b|\beven if (?:the )?(?:user|person|it)\b|\binstead of what\b",
    "changes a figure": r"\b(?:inflat|boost|lower|rais|add \d+ ?%)\w*.{0,40}\b(?:score|rating|result|metric)s?\b",
    "points elsewhere": r"\b(?:see|check|follow|consult|steps? (?:from|of|in))\b.{0,60}\b(?:section|procedure|skill)\b",
}  # fmt: skip
_RULES: Final = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _KINDS.items())


def new_orders(before: str, text: str) -> Iterator[tuple[str, str]]:
    """Kind and line of each order that the text has and `before` has not, each kind once."""
    known, told = set(before.split("\n")), set[str]()
    for line in text.split("\n"):
        for kind, pattern in () if line in known else _RULES:
            if kind not in told and pattern.search(line):
                told.add(kind)
                yield kind, line.strip()
