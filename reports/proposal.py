"""A proposal as a person reads it before deciding: Markdown for the form, plain text for the terminal.

What is computed from the stored bytes stands first: digest, flags, the exact change. Nothing in it can act: hidden
characters are named, the change stands in a code block that it cannot leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import Any, Final

from reports.environment import environment
from reports.text import fenced
from reports.visible import as_given, as_seen, hidden, visible
from storage.records import FileChange, Proposal

LONG_LINE: Final = 400
REMOVED: Final = "000000"


def review_markdown(proposal: Proposal, base: Mapping[str, bytes], notices: Sequence[str]) -> str:
    """The proposal for the approval form: digest, flags, exact change, document.

    `base`: bytes of each touched path in the config repository now; a path that is absent is new. `notices`: what
    was found to differ in meaning; it stands with the flags.
    """
    change = "\n".join(_lines(proposal, base))
    block = fenced(change).replace("text\n", "diff\n", 1)
    pair = (proposal.digest[:32], proposal.digest[32:])  # a line of 64 is cut off in Prefect's first UI
    return _rendered(
        "decision.md.j2", proposal, base, notices, change=block, document=visible(proposal.document), halves=pair
    )


def review_text(proposal: Proposal, base: Mapping[str, bytes], notices: Sequence[str]) -> str:
    """The same for the terminal, as plain text in which no character is invisible or acts on the terminal."""
    change = "\n".join(f"  {line}" for line in _lines(proposal, base))
    return visible(_rendered("decision.txt.j2", proposal, base, notices, change=change, document=proposal.document))


def flags(proposal: Proposal, base: Mapping[str, bytes]) -> list[str]:
    """What a reader should know of the change that the eye may miss; an empty list does not mean that it is safe."""
    return [flag for file in proposal.files for flag in _flags(file, base.get(file.path))]


def _flags(file: FileChange, before: bytes | None) -> Iterator[str]:
    text = file.content.decode("utf-8", "backslashreplace")
    unseen = sorted({f"U+{ord(c):04X}" for c in text if hidden(c)})
    if unseen:
        yield f"{file.path} has invisible characters: {', '.join(unseen[:10])}"
    if text.encode() != file.content:
        yield f"{file.path} is not UTF-8"
    if any(len(line) > LONG_LINE for line in text.split("\n")):
        yield f"{file.path} has lines longer than {LONG_LINE} characters: read to their end"
    if file.mode == REMOVED:
        yield f"{file.path} is removed"
    if (before is None) != (file.old_blob is None):
        yield f"{file.path} is not there as it was when this was drafted: the proposal is stale"


def seen_and_given(proposal: Proposal) -> list[tuple[str, str, str]]:
    """Lines that a model reads otherwise than a person: where, as it looks, and as the model gets it."""
    return [
        (f"{file.path}:{number}", as_seen(line), as_given(line))
        for file in proposal.files
        for number, line in enumerate(file.content.decode("utf-8", "backslashreplace").split("\n"), 1)
        if as_given(line) != line
    ]


def _lines(proposal: Proposal, base: Mapping[str, bytes]) -> Iterator[str]:
    """The unified diff from what is there now to the stored bytes, hidden characters named."""
    for file in proposal.files:
        yield from diff_lines(file.path, base.get(file.path), None if file.mode == REMOVED else file.content)


def diff_lines(path: str, before: bytes | None, after: bytes | None) -> Iterator[str]:
    """The unified diff of a file, hidden characters named. None: it is not there."""
    old, new = ("/dev/null" if content is None else visible(path) for content in (before, after))
    yield from unified_diff(_split(before or b""), _split(after or b""), old, new, lineterm="")


def _split(content: bytes) -> list[str]:
    """Lines of a file, ended by line feeds alone; a missing last one is said, as diff does."""
    if not content:
        return []
    lines = visible(content.decode("utf-8", "backslashreplace")).split("\n")
    return lines[:-1] if lines[-1] == "" else [*lines[:-1], f"{lines[-1]}  (no line feed at the end)"]


def _rendered(
    template: str, proposal: Proposal, base: Mapping[str, bytes], notices: Sequence[str], **values: Any
) -> str:
    return environment().get_template(template).render(
        proposal=proposal, flags=[*flags(proposal, base), *map(visible, notices)],
        title=visible(proposal.title), differs=seen_and_given(proposal), **values,
    )  # fmt: skip
