"""What a daily log says that may be worth keeping: lessons, decisions and events, each verbatim with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from tasks.memory.blocks import Block, blocks
from tasks.memory.terms import content

Kind = Literal["lesson", "decision", "event"]
SHORT: Final = 160
"""Characters of a bare statement that is looked at."""
LONGEST: Final = 320
"""Characters of an entry; what is longer is a text, and a person shortens it."""
MARK, HEADING, PHRASE, BARE = 3, 2, 1, 0
"""How plainly an entry says what it is: by a mark of its own, by its heading, by a turn of phrase; or it is a bare
statement, which counts only where a later one changes it, or where it is said on three days.
"""

_MARKS: Final[dict[Kind, str]] = {
    "lesson": (
        r"(?:key |core |critical |main |big(?:gest)? |brutal )?(?:lessons?(?: learne?[dt])?|insights?"
        r"|learnings?|findings?"
        r"|take-?aways?|reali[sz]ations?|discover(?:y|ies)|honesties)|learne?[dt]|til|root causes?|gotchas?"
        r"|rule|remember"
        r"|notes? to self|post-?mortem"
        r"|lektion(?:en)?|lehren?|erkenntnis(?:se)?|gelernt|merke|leçons?|enseignements?|appris|lecci(?:ón|ones)"
        r"|aprendizajes?|aprendido|lezion[ei]|lição|lições|урок|вывод|教训|經驗|经验|教訓|学び|교훈"
    ),
    "decision": (
        r"(?:key |critical |main )?decisions?(?: made| taken)?|decided|agreed|conventions?|polic(?:y|ies)"
        r"|entscheidung(?:en)?|entschieden|beschluss|beschlossen|décisions?|décidé|decisi(?:ón|ones)|decidido"
        r"|decision[ei]"
        r"|deciso|decis(?:ão|ões)|решени[ея]|решено|决定|決定|决策|결정"
    ),
    "event": (
        r"(?:key |critical |significant |major |notable |main )?(?:events?|incidents?|outages?|milestones?"
        r"|breakthroughs?"
        r"|achievements?|advancements?)|shipped|released|launched|rollback|rolled back|correction"
        r"|vorf(?:all|älle)|ausf(?:all|älle)|ereignis(?:se)?|meilensteine?|pannes?|événements?|incidentes?"
        r"|caídas?|hitos?"
        r"|eventos?|incidenti|guasti|инцидент|сбой|событие|事故|事件|障害|里程碑|사고"
    ),
}
_OPEN: Final = re.compile(
    r"\b(?:pending|open|needed|required|to (?:make|take|do)|next|proposed|options?|offen|ausstehend|en attente"
    r"|pendientes?)\b", re.I,
)  # fmt: skip
_BEGINS: Final = {
    kind: re.compile(
        rf"^[^\w(]{{0,6}}(?P<mark>{words})(?!\w)(?P<more>[^:：\n]{{0,30}}?)[*_\])]*\s*(?:[:：]"
        rf"|\s[—–-]\s)[*_]*\s*(?P<rest>.*)$",
        re.I | re.S,
    )
    for kind, words in _MARKS.items()
}
_ON: Final = (
    r"(?:from|of|for|in|on|about|to|and|&|today|this|learne?[dt]|made|taken|caught|captured|so far|von|aus|de|du|del)"
)
_NAMES: Final = {
    kind: re.compile(rf"^[\W\d]*(?:[\w'’-]+ ){{0,3}}(?:{words})(?:,? {_ON}(?: [\w'’-]+){{0,4}})?\W*$", re.I)
    for kind, words in _MARKS.items()
}
_INFORMS: Final = re.compile(
    r"root|gotcha|rule|correction|advance|achieve|reali[sz]|discover|roll|shipped|released|launched|outage"
    r"|post-?mortem|finding|policy|convention|incident"
    r"|milestone|breakthrough|vorfall|ausfall|panne|caída|инцидент|сбой|事故|障害", re.I,
)  # fmt: skip
"""Marks that are part of what is said, so they stay: `Root cause: …`."""
_ABOUT: Final = re.compile(
    r"[\W\d]*(?:time|date|status|actions?|files?(?: \w+)?|products?|location|owner|source|context|duration|commit|cost"
    r"|summary|notes?|next(?: \w+)?|todo|details?|zeit|ort|fichiers?)\b", re.I,
)  # fmt: skip
"""How a line or a heading begins that tells the circumstances."""
_PHRASES: Final[dict[Kind, re.Pattern[str]]] = {
    "lesson": re.compile(
        r"\b(?:learne?[dt] that|turn(?:s|ed) out|root cause|the hard way|reali[sz]ed that|never again"
        r"|next time)\b", re.I
    ),
    "decision": re.compile(
        r"\b(?:decided (?:to|on|that|against)|agreed (?:to|on|that)|from now on|going forward|no longer"
        r"|supersed(?:es|ed)"
        r"|replac(?:es|ed) (?:by|with|the|that)|(?:is|are) now|now (?:is|are|uses?|runs?|lives?|goes|go)"
        r"|(?:switched|changed|moved|migrated) (?:\w+ ){0,4}(?:from|to)|(?:wurde|wird|ist) jetzt|nicht mehr|ab sofort"
        r"|ne \S+ plus|désormais|ya no|a partir de ahora)\b|\bnow\W*$|不再|现在是", re.I,
    ),
    "event": re.compile(
        r"\b(?:outage|went down|(?:was|were) down|data loss|rolled back|shipped|went live|restored|breach|lost \w+ "
        r"(?:hours|days|rows|data)|for the first time|milestone|critical bug)\b", re.I,
    ),
}  # fmt: skip
_STATES: Final = re.compile(
    r"\w (?:is|are|uses?|runs?|lives?|goes|go|has|owns?|stays?|keeps?|ist|läuft|liegt|est|es|está|usa|è)\b \S", re.I
)
_TITLE: Final = re.compile(r"^\d{4}-\d{2}-\d{2}\W+(?P<rest>.*)$", re.S)


@dataclass(frozen=True)
class Entry:
    """A lesson, a decision or an event: `text` stands verbatim in lines `line` to `last_line` of `path`.

    `path` is relative to the agent's folder, e.g. `memory/2026-11-22.md`; `beside`: the lines right before and after.
    """

    kind: Kind
    text: str
    path: str
    line: int
    last_line: int
    day: date
    strength: int
    beside: tuple[str, ...] = ()


def entries(lines: Sequence[str | None], path: str, day: date) -> Iterator[Entry]:
    """The entries of one daily log, in its order. None stands for a line that could not be read."""
    sections: dict[int, Kind | None] = {}
    listed: Kind | None = None
    for block in blocks(lines):
        if block.kind == "heading":
            parent = next((kind for level, kind in sorted(sections.items(), reverse=True) if level < block.level), None)
            sections = {level: kind for level, kind in sections.items() if level < block.level}
            own, listed = None if block.level == 1 else _named(block.text), None
            found = _headline(block, parent, own)
            sections[block.level] = own if found is None else None
        else:
            found = _said(block, sections[max(sections)] if sections else None, listed)
            if block.kind == "paragraph" or block.level == 0:
                listed = _introduced(block) or (listed if block.kind == "item" else None)
        if found is not None:
            kind, text, strength = found
            if len(content(text)) >= 2:
                beside = (
                    *lines[max(block.line - 2, 0) : block.line - 1],
                    *lines[block.last_line : block.last_line + 1],
                )
                told = tuple(row.strip(" \t#*->.").lstrip("0123456789.) ")[:LONGEST] for row in beside if row)
                yield Entry(kind, text, path, block.line, block.last_line, day, strength, told)


def _named(heading: str) -> Kind | None:
    """What a section holds by its heading; None where that is nothing to keep, or what is still open."""
    if _OPEN.search(heading):
        return None
    title = re.split(r"\s[—–-]\s|[:：(]", heading)[0]
    return next((kind for kind, names in _NAMES.items() if names.match(title)), None)


def _headline(block: Block, parent: Kind | None, own: Kind | None) -> tuple[Kind, str, int] | None:
    """A heading that is an entry itself: the day's title, or a point of a section that is to be kept."""
    if block.level == 1:
        title = _TITLE.match(block.text)
        return ("event", title["rest"], PHRASE) if title else None
    if marked := _marked(block.text):
        return marked
    if parent in ("event", "decision") and own is None and not _ABOUT.match(block.text):
        return parent, re.sub(r"^\d+[.)]\s*", "", block.text), HEADING
    return None


def _said(block: Block, section: Kind | None, listed: Kind | None) -> tuple[Kind, str, int] | None:
    text = block.text
    if text.rstrip("*_ ").endswith((":", "：")) or _OPEN.match(text):
        return None
    if marked := _marked(text):
        return marked
    if _ABOUT.match(text):
        return None
    around = listed or section
    if around is not None and block.level < 2:
        return around, text, HEADING
    if turn := next((kind for kind, phrase in _PHRASES.items() if phrase.search(text)), None):
        return turn, text, PHRASE
    return ("decision", text, BARE) if len(text) <= SHORT and _STATES.search(text) else None


def _marked(text: str) -> tuple[Kind, str, int] | None:
    """An entry that begins with its own mark: `Lesson: …`. What stands between mark and colon is kept with it."""
    for kind, begins in _BEGINS.items():
        found = begins.match(text)
        if found and found["rest"].strip() and not _OPEN.search(found["mark"] + found["more"]):
            bare = re.fullmatch(r"[\W\d]*", found["more"]) and not _INFORMS.search(found["mark"])
            return kind, (found["rest"] if bare else text).strip(), MARK
    return None


def _introduced(block: Block) -> Kind | None:
    """What the list after this block holds, where the block announces one: `**Lessons:**`."""
    text = block.text.rstrip("*_ ")
    return _named(text) if text.endswith((":", "：")) and len(text) <= 60 else None
