"""A daily log's Markdown as blocks with their lines: headings, list items, paragraphs. Everything else is left out.

Code, tables, quotations and front matter are other people's words or no sentences, and open tasks are not done yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

_FENCE: Final = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_HEADING: Final = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
_ITEM: Final = re.compile(r"(\s*)(?:[-*+•·]|\d{1,3}[.)])\s+(.*)$")
_TASK: Final = re.compile(r"\[( |x|X)\]\s+(.*)$")
_RULE: Final = re.compile(r"\s*(?:[-*_=]\s*){3,}$")


@dataclass(frozen=True)
class Block:
    """A heading (`level` 1 to 6), a list item (`level`: spaces before it) or a paragraph, with its lines (1-based)."""

    kind: Literal["heading", "item", "paragraph"]
    text: str
    line: int
    last_line: int
    level: int = 0


def blocks(lines: Sequence[str | None]) -> Iterator[Block]:
    """The blocks of a file's lines; the wrapped lines of a list item are indented.

    None is a line that cannot be read, and ends a block as an empty one does.
    """
    fence, held = "", list[Block]()
    for number, line in enumerate(lines, 1):
        text = line or ""
        if mark := _FENCE.match(text):
            yield from _flushed(held)
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence):
                fence = ""
        elif fence:
            continue
        elif started := _started(text, number):
            yield from _flushed(held)
            held.append(started)
        elif not text.strip() or text.lstrip().startswith(("|", ">")) or _RULE.match(text):
            yield from _flushed(held)
        elif held and (held[0].kind == "paragraph" or (held[0].kind == "item" and text[0].isspace())):
            last = held.pop()
            held.append(Block(last.kind, f"{last.text} {text.strip()}", last.line, number, last.level))
        else:
            yield from _flushed(held)
            held.append(Block("paragraph", text.strip(), number, number))
    yield from _flushed(held)


def _started(text: str, number: int) -> Block | None:
    """The block that begins at this line; None where none does. An open task begins one without text."""
    if heading := _HEADING.match(text):
        return Block("heading", heading[2], number, number, len(heading[1]))
    if item := _ITEM.match(text):
        task = _TASK.match(item[2])
        said = item[2] if task is None else "" if task[1] == " " else task[2]
        return Block("item", said.strip(), number, number, len(item[1].expandtabs(4)))
    return None


def _flushed(held: list[Block]) -> Iterator[Block]:
    yield from (block for block in held if block.text)
    held.clear()
