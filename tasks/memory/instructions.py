"""Text that tries to instruct: it is quoted for a person and never becomes a line of MEMORY.md by itself.

Three sieves. What reaches outside, or talks to a model, never passes. What orders something passes only if it orders
care (check, wait, keep …) of the agent's own work, and then it has to be noted on two days. Statements pass. A
sentence of a language that is not known here counts as an order, since nobody can tell.
"""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from typing import Final

from reports.visible import hidden
from tasks.common.failure_text import EMAIL, HOST, URL
from tasks.common.reach import VARIABLE, new_reaches
from tasks.memory.orders import BUILD, CARE, MODAL, is_foreign, ordered

_NEVER: Final = frozenset(
    {"url", "email", "host", "variable", "link", "html", "encoded", "data-uri", "pipe-to-shell", "install",
     "permissions", "safety-boundary", "chat-template"}
)  # fmt: skip
"""Rules of `new_reaches` that no line may break."""
_NOT_ORDERED: Final = frozenset({"git-internals", "credentials", "protected-file", "home-path"})
"""Rules that a statement may break: it may name a file. An order may not."""
_AT_THE_MODEL: Final = re.compile(
    r"\b(?:system|admin(?:istrator)?|developer|operator|security|policy|override)[ _-]*"
    r"(?:note|message|notice|override|prompt|instruction|command|update|mode|directive|alert)s?\b"
    r"|\b(?:assistant|system|user|human|ai)\)?\s*:|\bnote to (?:the )?(?:ai|agent|assistant|model)"
    r"|^\W*(?:important|attention|urgent|mandatory|stop everything|nevermind)\b"
    r"|\bfrom now on\b[^.]{0,30}\byou\b|\byou (?:are|will|must|shall|can|may|should|have to|need to)\b"
    r"|\byou'?(?:re|ll)\b"
    r"|\byour? (?:\w+ ){0,2}(?:repl|respon|answer|instruct|prompt|role|task|output|guideline|rules?|training"
    r"|persona|goal)"
    r"|\b(?:ignor|disregard|forget|overrid|bypass|neglect)\w*\b.{0,60}\b(?:instruct|rule|prompt|polic|previous|prior"
    r"|above|earlier|guideline|direction|restriction|context|everything)"
    r"|\b(?:previous|prior|above|earlier|preceding) (?:\w+ )?(?:instruct|prompt|direction|guideline|context)"
    r"|\bno (?:restrictions?|limits?|limitations?|filters?|rules)\b|\bun(?:filtered|censored|restricted)\b"
    r"|\bdo anything now\b|\b(?-i:DAN)\b|\[(?:gpt|response|inst)|\{\w+\}|\bto comply\b|\bcompliance with\b"
    r"|\b(?:chatgpt|gpt-?\d|openai|language model|ai model|ai assistant|llm)\b|\bact as\b|\bpretend\b|\brole-?play"
    r"|\bexfiltrat|\bbackdoor|\bmalware|\bransom|\bphish|\bcrypto ?min(?:er|ing)|\bkill (?:all )?humans?"
    r"|\bwithout (?:asking|telling|informing|notifying|confirmation|approval|permission|restriction)"
    r"|\bdo not (?:tell|inform|mention|reveal|ask|notify)|\bsecretly\b|\bpre-?authori[sz]ed"
    r"|\b(?:to|tell|tells|show|shows|ask|asks|remind|reminds) the users?\b|\b(?:we|i) want (?:our|the|your|you)\b"
    r"|\b(?:next|whenever|when|if|once|before|after|each|every)\b[^.]{0,40}\b(?:user|reply|respon[ds]|answer)\w*"
    r"|\bdecod(?:e|ed|ing)\b|\brot-?13\b|\bbase-?64\b|\bin (?:binary|morse|hex)\b|\bthe following\b|\bthese steps\b"
    r"|\bthis (?:ensures|will|helps|is (?:required|necessary|important|mandatory))\b"
    r"|\b(?:code (?:block|section|snippet|excerpt|fragment|segment)|code below)s?\b", re.I,
)  # fmt: skip
_IN_OTHER_WORDS: Final = re.compile(
    r"(?:ignor|vergiss|vergessen|olvid|oubli|dimentic|esque[cç]|zapomnij|negeer|omit)\w*\b.{0,40}"
    r"(?:anweisung|vorgabe|richtlini|regel|instruc|instruç|istruzion|consigne|règle|regla|anterior|précédent|precedent"
    r"|vorherig|bisherig|alles?\b|tout|todo|tutt)"
    r"|\b(?:du bist|sie sind|tu es|vous êtes|tú eres|eres|tu sei|você é|jesteś)\b"
    r"|richtlinien|einschr(?:ä|ae)nkung|systemprompt|system(?:hinweis|nachricht|anweisung)|instructions? syst[eè]m"
    r"|(?:nota|note|messaggio|mensaje|message) (?:del?|di|du)? ?sist?[eè]m|sans restriction|sin restriccion"
    r"|(?:deine|ihre|tes|vos|tus|sus|tuas|suas|tue) (?:\w+ )?(?:anweisung|antwort|regel|instruc|règle|consigne"
    r"|respuesta)"
    r"|忽略|无视|無視|不要理会|игнорир|забудь|무시|تجاهل|以前的|之前的|系统提示|системн\w+ (?:промпт|подсказк)"
    r"|नज़रअंदाज़|指示に従|プロンプト|提示词", re.I,
)  # fmt: skip
"""Overrides in languages whose orders are not told from statements here."""
_CODE: Final = re.compile(
    r"\$\(|@\{|\b(?:eval|exec|system|import|subprocess|popen|print|puts|requests?\.\w+|os\.\w+)\s*\("
    r"|^\s*(?:import|from)\s+\w"
    r"|\brm\s+-|\bls\s+-\w+|\bdel\s+/|\bdrop\s+table\b|\bshutdown\b|\b(?:urllib|aiohttp|smtplib|socket)\b"
    r"|[{}]\s*$|\bdef \w+\("
    r"|\b\w+\.\w+\([^)]|^\s*[\w, .]+\s=\s(?:[\w.]*[\[({]|\"|f\"|\w+\.\w+)|\bopen\(|\bfor \w+ in [\w.]+\(|\w\[\"|\w=\{"
    r"|(?:[.-]{1,6} [/ ]*){8,}|(?:[01]{7,8} ?){4,}",
    re.I,
)
_ABOUT_TALK: Final = re.compile(
    r"\b(?:repl(?:y|ies)|respon[ds]\w*|answers?|prompts?|instructions?|conversation|chat|assistant|claude|gpt"
    r"|users?|humans?|files? named"
    r"|messages?|e-?mails?|inbox|customers?|output|phrase|sentence|paragraph|poem|essay|story|letter|recipe|joke"
    r"|language|words?"
    r"|http\w*|server|script|links?|website|account|event|calendar|upload|external|remote|central|backup"
    r"|metrics|logs? to"
    r"|tone|style|humou?r|signatures?|posts?|articles?|tweets?|passwords?|tokens?|keys?|secrets?"
    r"|env(?:ironment)?|admin|root|sudo|everyone|promot\w+|advert\w*|donat\w+|subscri\w+)\b",
    re.I,
)
"""What an order of care is not about: what others are told or given."""


@lru_cache(maxsize=20_000)
def instructs(text: str, known: str = "") -> str | None:
    """Why the text is quoted and not kept, in a few words; None where it is not.

    `known`: what `names` tells of the agent's own committed texts, which a line may name too.
    """
    if any(_unseen(text)):
        return "hidden characters"
    broken = {one.rule: one.found for one in new_reaches("", text, known)}
    if lookalike := _lookalike(text, broken):
        return lookalike
    if never := sorted(_NEVER & broken.keys()):
        return never[0]
    if talk := _talk(text):
        return talk
    if text.rstrip("*_ )\"'").endswith(("?", "？")):
        return "a question"
    verbs = list(ordered(text))
    if wild := next((verb for verb in verbs if not _is_own(verb, text)), None):
        return f"orders: {wild}"
    if verbs and (named := sorted(_NOT_ORDERED & broken.keys())):
        return f"orders about {named[0]}"
    if verbs and (about := _ABOUT_TALK.search(text)):
        return f"orders about {about[0].lower()}"
    return None


def _is_own(verb: str, text: str) -> bool:
    """Whether an agent may give itself this order: of care anywhere, of building where the text begins with it."""
    return (
        verb in CARE
        or verb == MODAL
        or (verb in BUILD and re.match(rf"\W*(?:always |never )?{verb}\b", text, re.I) is not None)
    )


def _talk(text: str) -> str | None:
    """What in the text talks to a model, as it stands, backwards, letter by letter or in a simple code."""
    plain = unicodedata.normalize("NFKC", text)
    if found := _AT_THE_MODEL.search(plain) or _IN_OTHER_WORDS.search(plain):
        return f"talks to a model: {found[0][:40].strip()}"
    if _CODE.search(text):
        return "code"
    if _SPELLED.search(plain):
        return "letter by letter"
    spaced = re.sub(r"\b(\w)[ ._-](?=\w\b)", r"\1", plain)
    for other in (plain[::-1], codecs.encode(plain, "rot13"), spaced, plain.translate(_DIGITS), *_decoded(plain)):
        if other != plain and re.search(
            r"\b(?:ignore|instructions?|system prompt|disregard|reveal|password)\b", other, re.I
        ):
            return "talks to a model in a code"
    return None


_CODED: Final = re.compile(r"\b(?:ignore|instructions?|system prompt|disregard|reveal|passwords?)\b", re.I)
_SPELLED: Final = re.compile(r"\b(?:[^\W\d_][ ._-]){4,}[^\W\d_]\b")
_DIGITS: Final = str.maketrans("013457@$", "oleastas")


def _decoded(text: str) -> list[str]:
    """What runs of Base64 or hexadecimal digits say, where they say anything."""
    found = []
    for run in re.findall(r"[A-Za-z0-9+/_-]{16,}={0,2}", text):
        padded = run.rstrip("=").replace("+", "-").replace("/", "_") + "=" * (-len(run.rstrip("=")) % 4)
        with suppress(ValueError):
            found.append(base64.urlsafe_b64decode(padded).decode("ascii"))
        with suppress(ValueError):
            found.append(bytes.fromhex(run).decode("ascii"))
    return found


def orders(text: str) -> bool:
    """Whether the text tells to do something, or nobody here can tell: then it has to be noted on two days."""
    return is_foreign(text) or next(ordered(text), None) is not None


def _unseen(text: str) -> list[str]:
    """Characters that a reader could not see; the selector that gives a sign its colours is none."""
    plain = re.sub("(?<=[\u2000-\u2bff\U0001f000-\U0001faff#*0-9])\ufe0f", "", text)
    return [char for char in plain if hidden(char) and char not in "\t\u00a0"]


def _lookalike(text: str, broken: dict[str, str]) -> str | None:
    """Letters that stand for others; signs such as ™ or … stand for themselves."""
    if any(char.isalpha() and unicodedata.normalize("NFKC", char).isascii() and not char.isascii() for char in text):
        return "lookalikes"
    return "lookalikes" if broken.get("lookalikes", "compatibility characters") != "compatibility characters" else None


def names(texts: Iterable[str]) -> str:
    """The hosts, addresses and variables that some texts name, a line each."""
    patterns = (URL, EMAIL, HOST, VARIABLE)
    return "\n".join(sorted({found[0] for text in texts for pattern in patterns for found in pattern.finditer(text)}))
