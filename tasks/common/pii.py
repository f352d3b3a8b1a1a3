"""Personal data of a fixed form: cards, IBANs, US social security numbers, e-mail and IP addresses, phone numbers.

Forms are anchored and checked (Luhn and issuer, ISO 7064, reserved ranges), so ordinary numbers stay. Phone numbers
are found in international and North American forms only: local forms look like any other number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from tasks.common.sieve import Part, Sieve

Placeholder = Callable[[str, str], str]
"""Given a kind and a value, what stands in its place."""

_LONG_NUMBER: Final = re.compile(r"\d(?:[ .()-]{0,2}\d){8}")
"""What text has at least that holds a card, a social security number or a phone number."""
_EMAIL: Final = re.compile(r"@(?<=[\w%+-]@)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_LOCAL_PART: Final = re.compile(r"[\w.%+-]{1,64}$")
_NOBODY: Final = re.compile(
    r"(?:git|noreply|no-reply|donotreply)@|.*@(?:[\w.-]+\.)?example\.\w+$|.*@.*\.(?:example|invalid|test|localhost|local"
    r"|png|jpe?g|gif|svg|webp|js|ts|py|md|json|css|html)$",
    re.IGNORECASE,
)
"""Addresses of no person: RFC 2606's names, services, and file names that look alike."""
_MAY_BE_IPV6: Final = re.compile(r"::|(?:[\da-fA-F]{1,4}:){7}")
_IPV6: Final = re.compile(
    r"(?<![\w:.])(?=[\da-f:]{0,38}\d)(?:[\da-f]{1,4}:){1,7}(?::?[\da-f]{1,4}){1,7}(?![\w:])", re.IGNORECASE
)
_CARD: Final = re.compile(r"\d(?<![\w.+-]\d)(?:[ -]?\d){11,18}(?![\w-]|\.\d)")
_ISSUER: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})"  # Visa
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}"  # American Express, Diners Club
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}|62\d{14,17}"  # Discover, UnionPay
    r"|35\d{14}|(?:2131|1800)\d{11}"  # JCB
    r"|(?:5018|5020|5038|5[678]\d\d|6304|6390|67\d\d)\d{8,15}"  # Maestro
)
_IBAN: Final = re.compile(
    r"[A-Z](?<![A-Za-z0-9][A-Z])[A-Z]\d\d(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_SSN: Final = re.compile(r"\d(?<![\w.+-]\d)(?<!000)\d\d-(?!00)\d\d-(?!0000)\d{4}(?![\w-]|\.\d)")
_IPV4: Final = re.compile(r"\d(?<![\w.-]\d)(?<![^/]/\d)\d{0,2}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_INTERNATIONAL: Final = re.compile(
    r"\+(?<![\w.+]\+)\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){2,4}(?:x\d{1,5})?(?![\w-]|\.\d)"
)
_AMERICAN: Final = re.compile(
    r"\d(?<![\w.+-]\d)(?:(?:01|(?<=1))[.-]\d)?\d\d[.-]\d{3}[.-]\d{4}(?:x\d{1,5})?(?![\w-]|\.\d)"
)
_PARENTHESES: Final = re.compile(r"\((?<!\w\()\d{3}\) ?\d{3}[.-]\d{4}(?:x\d{1,5})?(?![\w-]|\.\d)")


def without(texts: Sequence[str], placeholder: Placeholder) -> list[str]:
    """The texts with each value in favour of its placeholder."""
    parts: dict[int, list[Part]] = {}
    for part in _SIEVE.passed(texts)[0]:
        parts.setdefault(part.text, []).append(part)
    clean = list(texts)
    for number, found in parts.items():
        clean[number] = _spliced(texts[number], found, placeholder)
    return clean


def _spliced(text: str, parts: Sequence[Part], placeholder: Placeholder) -> str:
    pieces, done = list[str](), 0
    for _, start, end in parts:
        pieces += (text[done:start], replaced(text[start:end], placeholder))
        done = end
    return "".join(pieces) + text[done:]


def replaced(text: str, placeholder: Placeholder) -> str:
    """The text with each value in favour of its placeholder."""
    if "@" in text:
        text = _without_emails(text, placeholder)
    if _MAY_BE_IPV6.search(text):
        text = _sub(_IPV6, "ip-address", _is_ipv6, text, placeholder)
    text = _sub(_IBAN, "iban", _is_iban, text, placeholder)
    text = _sub(_IPV4, "ip-address", _is_ipv4, text, placeholder)
    if _LONG_NUMBER.search(text):
        for pattern, kind, check in _NUMBERS:
            text = _sub(pattern, kind, check, text, placeholder)
    return text


def _without_emails(text: str, placeholder: Placeholder) -> str:
    """Found from the @ on, as a search that begins with the name would look at every word."""
    parts, done = list[str](), 0
    for hit in _EMAIL.finditer(text):
        local = _LOCAL_PART.search(text, max(done, hit.start() - 64), hit.start())
        if local and not _NOBODY.match(local[0] + hit[0]):
            parts += (text[done : local.start()], placeholder("email", local[0] + hit[0]))
            done = hit.end()
    return "".join(parts) + text[done:]


def _sub(pattern: re.Pattern[str], kind: str, check: Callable[[str], bool], text: str, placeholder: Placeholder) -> str:
    return pattern.sub(lambda hit: placeholder(kind, hit[0]) if check(hit[0]) else hit[0], text)


def _is_card(value: str) -> bool:
    digits = value.replace(" ", "").replace("-", "")
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return bool(_ISSUER.fullmatch(digits)) and (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _is_iban(value: str) -> bool:
    plain = value.replace(" ", "")
    return len(plain) >= 15 and int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _is_ssn(value: str) -> bool:
    return value[:3] not in ("000", "666") and not value.startswith("9")


def _is_ipv4(value: str) -> bool:
    try:
        address = IPv4Address(value)
    except AddressValueError:
        return False
    return not (address.is_loopback or value.startswith(("0.", "255.")) or value.endswith(".0.0.0"))


def _is_ipv6(value: str) -> bool:
    try:
        return not IPv6Address(value).is_loopback
    except AddressValueError:
        return False


_NUMBERS: Final = (
    (_CARD, "card", _is_card),
    (_SSN, "us-ssn", _is_ssn),
    (_INTERNATIONAL, "phone", bool),
    (_AMERICAN, "phone", bool),
    (_PARENTHESES, "phone", bool),
)
_SIEVE: Final = Sieve([_EMAIL, _MAY_BE_IPV6, _IBAN, _IPV4, *(pattern for pattern, _, _ in _NUMBERS)])
