"""Secrets that the engine's rules leave out: keys of providers by their documented shapes, and values by their names.

Each rule names a text without which it cannot match, so that most text costs one search for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from tasks.common.sieve import BEYOND, Sieve

_ID: Final = r"(?<![A-Za-z0-9])"
_END: Final = r"(?![A-Za-z0-9])"

PROVIDERS: Final = tuple(
    (name, needed, re.compile(pattern))
    for name, needed, pattern in (
        # Microsoft's client secrets: three characters, a digit, `Q~`, 31 to 34 more; found without any context
        ("azure-client-secret", "Q~", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])"),
        # a private key, also one that was cut off before its end, as previews of tool results are
        (
            "private-key",
            "PRIVATE KEY",
            r"-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-\x1f]|-(?!----))*(?:-----END[^-]{0,50}-----)?",
        ),
        ("private-key", "LS0tLS1CRUdJTi", r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}"),  # the same in base64
        ("private-jwk", '"kty"', r'"(?:d|k|p|q|dp|dq|qi)"\s*:\s*"([\w-]{16,})"'),  # RFC 7518, section 6
        ("aws-access-key", "AKIA", _ID + r"AKIA(?![A-Z0-9]*(?:EXAMPLE|XXXX))[A-Z0-9]{16}" + _END),
        ("aws-access-key", "ASIA", _ID + r"ASIA(?![A-Z0-9]*(?:EXAMPLE|XXXX))[A-Z0-9]{16}" + _END),
        ("aws-bedrock-key", "bedrock-api-key-", r"bedrock-api-key-[\w+/=-]{20,}"),
        ("alibaba-access-key", "LTAI", _ID + r"LTAI[A-Za-z0-9]{12,24}" + _END),
        ("akamai-token", "akab-", r"akab-[a-z0-9]{16}-[a-z0-9]{16}" + _END),
        ("anthropic-key", "sk-ant-", r"sk-ant-(?:api|admin|oat|sid)\d\d-[\w-]{60,}"),
        ("cloudflare-token", "cfat_", r"cfat_[A-Za-z0-9]{40,}"),
        ("cloudflare-token", "cfut_", r"cfut_[A-Za-z0-9]{40,}"),
        ("cloudflare-token", "cfk_", r"cfk_[A-Za-z0-9]{40,}"),
        ("discord-webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks(/\d{15,20}/[\w-]{60,})"),
        ("github-app-token", "ghs_", r"ghs_[\w.-]{36,}"),
        ("google-oauth-secret", "GOCSPX-", r"GOCSPX-[\w-]{20,}"),
        ("google-oauth-token", "ya29.", r"ya29\.[\w-]{20,}"),
        ("google-refresh-token", "1//0", r"(?<![\w/])1//0[\w-]{30,}"),
        ("google-client", ".apps.googleusercontent.com", r"\d{10,14}-[a-z0-9]{32}\.apps\.googleusercontent\.com"),
        ("heroku-key", "HRKU-", r"HRKU-[\w-]{30,}"),
        ("mailgun-key", "key-", _ID + r"key-[a-f0-9]{32}" + _END),
        ("nats-seed", "S", r"S(?<![A-Za-z0-9]S)[ACNOPUX][A-Z2-7]{56}" + _END),
        ("new-relic-key", "NR", r"NR(?:AK|BR|II|JS|RA|SP)-[\w-]{18,}"),
        ("new-relic-key", "NRAL", r"[a-z0-9]{36}NRAL" + _END),
        *(("posthog-key", f"ph{kind}_", rf"ph{kind}_[A-Za-z0-9]{{32,}}") for kind in "acrsx"),
        ("sendgrid-key", "SG.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
        ("square-key", "sq0", _ID + r"sq0[a-z]{3}-[\w-]{22,}"),
        ("telegram-token", ":AA", _ID + r"\d{8,10}:AA[\w-]{33}"),
        ("twilio-key", "SK", r"SK(?<![A-Za-z0-9]SK)[a-fA-F0-9]{32}" + _END),
        ("twilio-account", "AC", r"AC(?<![A-Za-z0-9]AC)[a-f0-9]{32}" + _END),
        ("wundergraph-key", "cosmo_", r"cosmo_[a-f0-9]{32}" + _END),
        ("url-password", "://", r"://[^/\s:@\"']{1,64}:([^/\s@\"'<>${}]{3,128})@"),
        ("signed-url", "X-Amz-Credential=", r"X-Amz-Credential=([A-Z0-9]{16,}[\w%/-]*)"),
        ("curl-user", " -u ", r" -u\s+[\"']?[\w.@-]+:([^\s\"'${}]{4,128})"),
    )
)
"""Name of the rule, text without which it cannot match, pattern; its group is the secret, else all of it."""

NAMES: Final = ("pass", "pwd", "secret", "token", "key", "auth", "bearer", "credential", "salt", "nonce")
"""How the name of a credential may begin, in lower case."""
LONGEST_NAME: Final = max(map(len, NAMES))
_NAME: Final = re.compile(
    r"(?:pass(?:word|wd|phrase|code|[-_ ]?key)?|pwd|secret|token|auth(?:orization|[-_ ]?token|[-_ ]?key)?"
    r"|bearer|credentials?|salt|nonce|(?P<key>key))"
    r"(?P<rest>[\w.-]{0,30}?)(?=[^\w.-])",
    re.IGNORECASE,
)
_KEY_FOR: Final = re.compile(
    r"(?:api|access|private|secret|signing|encryption|account|shared|master|storage|license|auth)[-_ ]?$", re.IGNORECASE
)
"""What stands before `key` where that is the name of a credential."""
_PUBLIC: Final = re.compile(r"pub(?:lic)?[-_ ]?$", re.IGNORECASE)
_HARMLESS: Final = re.compile(
    r"s$|_st$|count|limit|type|name|file|path|ur[il]|len|size|expir|ttl|policy|usage|budget|used|cost|prefix|required|field"
    r"|label|format|manager|provider|version|index|per|error|status|hint|env|ref|or$|ed$|ing|max|min|total|input|output"
    r"|algorithm|scope|issu|uid$|_at$|method|header|^[-_ ]?id$",
    re.IGNORECASE,
)
"""In the rest of a name: it is about a credential, or counts the tokens of a model."""
_QUOTE: Final = r"(?:\\{0,3}[\"'`]|&quot;|&apos;)"
_TO_SIGN: Final = rf"(?:{_QUOTE}|\])*\s*\)?\s*"
_SIGN: Final = r"(?:=>|:=|==?|:|,|>|\bis\b)"
_TO_VALUE: Final = (
    r"\s*(?:str\s*=\s*)?(?:(?:bearer|basic|digest|token)\s+|(?:-\w+\s+)+"
    r"|(?:[\w.]{0,30}getenv|os\.environ\.get)\([^()\n]{0,60}?[,)]\s*(?:or)?\s*)?"
)
_QUOTED: Final = r"[^\"'`\s\x1f]"
_BARE: Final = r"[^\s\"'`,;<>(){}\[\]\\&|\x1f]"
_GIVEN: Final = re.compile(
    rf"{_TO_SIGN}(?P<by>{_SIGN}|\s){_TO_VALUE}"
    rf"(?:[bruf]{{0,2}}(?P<quote>{_QUOTE})(?P<quoted>{_QUOTED}{{5,500}}?)(?={_QUOTE})|(?P<bare>{_BARE}{{6,500}})(?![(\[]))",
    re.IGNORECASE,
)
_BESIDE: Final = (
    r"(?:(?:api|access|private|secret|signing|encryption|account|shared|master|storage|license|auth)[-_ ]?key"
    rf"|pass|pwd|secret|token|auth|bearer|credential|salt|nonce)[\w.-]{{0,40}}{_TO_SIGN}"
)
_MAY_BE_GIVEN: Final = re.compile(
    rf"{_BESIDE}(?:{_SIGN}|\s){_TO_VALUE}[bruf]{{0,2}}{_QUOTE}{_QUOTED}{{5}}"
    rf"|{_BESIDE}{_SIGN}{_TO_VALUE}{_BARE}*\d"
    rf"|{_BESIDE}\s{_TO_VALUE}(?:{_BARE}*\d){{4}}"
    rf"|-[\w-]*{_BESIDE}\s{_TO_VALUE}{_BARE}*\d",
    re.IGNORECASE,
)
"""What text has at least where a value is given: no secret without quotes has no digit, none in a sentence under 4."""
_PLACEHOLDER: Final = re.compile(
    r"\$|\{|%[sd(]|<|\.\.\.|\*\*|…|x{4,}|your|example|placeholder|redacted|changeme|environ|getenv|process\.env|secrets?\."
    r"|\b(?:none|null|true|false|undefined)\b|^(?:self|this|config|settings|args)\.|^https?:|^[./~]|^--|\\[nt]|^#",
    re.IGNORECASE,
)
_ORDINARY: Final = re.compile(
    r"[\d.,:;/+%-]+|[A-Za-z]+(?:[-_./: ][A-Za-z]+)*[-_.]?\d{0,2}[.!?:;]?|[\w./-]+\.[a-z]{2,5}"
    r"|[A-Za-z_]+\d{0,2}(?:\.[A-Za-z_]+\d{0,2})+"
)
"""Numbers, words and identifiers with a short number, file names, attributes: no secret by themselves."""


def is_ordinary(value: str) -> bool:
    """Whether a value is a number, a word, a name of a file or of a thing: beside any name, no secret."""
    return bool(_ORDINARY.fullmatch(value))


_SIEVE: Final = Sieve([pattern for _, _, pattern in PROVIDERS], [_MAY_BE_GIVEN])
_LONGEST: Final = 20_000
"""Characters that are searched for a secret's end."""


def found(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Rule and value of every secret that these rules find in texts, which are valid Unicode."""
    provided, named = _SIEVE.passed(texts)
    for number, start, end in provided:
        yield from _provided(texts[number], start, end)
    for number, start, end in named:
        for value in _named(texts[number], start, end):
            yield "named-secret", value


def _provided(text: str, start: int, end: int) -> Iterator[tuple[str, str]]:
    """Keys of providers that begin from `start` to before `end`."""
    near = end + BEYOND
    for rule, needed, pattern in PROVIDERS:
        if text.find(needed, start, near) >= 0 and pattern.search(text, start, near):
            for hit in pattern.finditer(text, start, end + _LONGEST):
                value = hit[hit.lastindex or 0]
                if hit.start() < end and "xxxx" not in value.lower():
                    yield rule, value


def _named(text: str, first: int, end: int) -> Iterator[str]:
    """Values beside the name of a credential: assigned, in JSON, YAML, XML, on a command line, in a sentence."""
    for start in sorted(_starts(text, first, end)):
        name = _NAME.match(text, start)
        if name and _is_credential(name, text[max(0, start - 12) : start]):
            given = _GIVEN.match(text, name.end())
            if given and _is_secret(given, _is_option(text, start)):
                yield given["quoted"] or given["bare"]


def _starts(text: str, first: int, end: int) -> set[int]:
    """Where the name of a credential may begin."""
    part = text[first : end + LONGEST_NAME]
    lowered = part.lower()
    if len(lowered) != len(part):  # a few letters change their length
        lowered = part
    starts = set()
    for name in NAMES:
        at = lowered.find(name)
        while at >= 0:
            starts.add(first + at)
            at = lowered.find(name, at + 1)
    return {start for start in starts if start < end}


def _is_credential(name: re.Match[str], before: str) -> bool:
    rest = name["rest"]
    if name["key"]:
        return bool(_KEY_FOR.search(before)) and (rest.lower().strip("-_") == "id" or not _HARMLESS.search(rest))
    return not (_HARMLESS.search(rest) or _PUBLIC.search(before))


def _is_option(text: str, start: int) -> bool:
    """Whether the name is one of a command line: `--password`."""
    return bool(re.search(r"(?:^|\s)-{1,2}[\w-]*$", text[max(0, start - 40) : start]))


def _is_secret(given: re.Match[str], is_option: bool) -> bool:
    value = given["quoted"] or given["bare"]
    if _PLACEHOLDER.search(value) or is_ordinary(value):
        return False
    digits, has_letter = sum(map(str.isdigit, value)), any(map(str.isalpha, value))
    if given["quoted"]:
        return has_letter
    if given["by"].isspace() and not is_option:  # a sentence: only what nobody would say
        return len(value) >= 16 and digits >= 4 and has_letter
    return digits > 0 and has_letter
