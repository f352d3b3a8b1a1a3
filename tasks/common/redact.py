"""Secrets out of everything that is stored or leaves: each becomes a typed placeholder with a keyed hash.

The rules are betterleaks' own, kept by the author of gitleaks, and those of `secret_rules` for what it does not find.
A value that was found once is replaced wherever it occurs in the same batch, and in later batches of the same scope.
Personal data of a fixed form (`pii`) is replaced where it stands.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Final, TypeVar, get_type_hints

import msgspec

from storage.records import Record
from storage.text import storable
from tasks.common import pii
from tasks.common.secret_rules import found, is_ordinary

R = TypeVar("R", bound=Record)

SEPARATOR: Final = "\n\x1f\x1f\n"
"""Stands between texts that are scanned together; no rule's value holds the control character."""
TOGETHER: Final = 16_000
"""Characters that are scanned together, or one text that is longer."""
KEPT: Final = frozenset(
    ("run_id", "parent_run_id", "call_id", "message_id", "score_id", "event_id", "source_file", "file", "bytes_sha256")
)
"""Fields that are the project's own ids and names: hashes, and paths that were redacted before."""
HASHED: Final = frozenset(("arguments_sha256", "result_sha256"))
MIN_VALUE: Final = 6
"""Shorter findings are not replaced elsewhere: they would tear ordinary words."""


class Redactor:
    """Replaces secrets by placeholders such as `<github-pat:1a2b3c4d>`, equal for equal secrets of one workspace.

    `key` is the workspace's `redaction-key`; `pii` says whether personal data of a fixed form goes too. What was
    found stays known to the instance: take a new `scope` per input, so that what one file holds never depends on
    which file came before.
    """

    def __init__(self, key: str, *, pii: bool = True) -> None:
        self._key = key.encode()
        self._pii = pii
        self._placeholders: dict[str, str] = {}
        self._clean: dict[str, str] = {}  # texts that were learnt last and do not stay as they are

    def scope(self) -> Redactor:
        """A redactor with the same key that has seen nothing yet."""
        return Redactor(self._key.decode(), pii=self._pii)

    def text(self, text: str) -> str:
        """The text without its secrets."""
        return self.texts([text])[0]

    def texts(self, texts: Sequence[str]) -> list[str]:
        """The texts without their secrets; a secret found in one is replaced in all."""
        self._learn(texts)
        return [self._clean.get(text, text) for text in texts]

    def records(self, records: Sequence[R]) -> list[R]:
        """One kind of records without secrets; several kinds that belong together: `learn` all, then `clean` each."""
        self.learn(records)
        return self.clean(records)

    def learn(self, *groups: Sequence[Record]) -> None:
        """Finds the secrets in every text field of the records, which are of one kind within a group."""
        self._learn([text for records in groups for text in _texts_of(records)])

    def clean(self, records: Sequence[R]) -> list[R]:
        """Records that were learnt last with all that is known replaced, and with text as the ledger can hold it.

        Hashes of arguments and results are keyed, so that nobody can try short secrets against them; they still
        tell equal from unequal within a workspace.
        """
        names = _text_fields(type(records[0])) if records else ()
        hashed = any(name in HASHED for name in names)
        if not self._clean and not hashed:
            return list(records)
        return [self._cleaned(record, names) for record in records]

    def _learn(self, texts: Sequence[str]) -> None:
        """Finds secrets in texts, and what each text is without all that is known by now."""
        unique = list(dict.fromkeys(texts))
        for rule, value in _found(unique):
            for form in {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}:
                self._placeholders.setdefault(form, self._placeholder(rule, value))
        clean = _replaced([storable(text) for text in unique], self._placeholders)
        if self._pii:
            clean = pii.without(clean, self._placeholder)
        self._clean = {text: new for text, new in zip(unique, clean, strict=True) if new != text}

    def _placeholder(self, rule: str, value: str) -> str:
        return f"<{rule}:{self._digest(value)[:8]}>"

    def _digest(self, value: str) -> str:
        return hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256").hex()

    def _cleaned(self, record: R, names: Sequence[str]) -> R:
        changes: dict[str, object] = {}
        for name in names:
            value = getattr(record, name)
            if value is None:
                continue
            if name in HASHED:
                changes[name] = self._digest(value)
            elif isinstance(value, str):
                if (clean := self._clean.get(value)) is not None:
                    changes[name] = clean
            elif value:
                changes[name] = [self._clean.get(item, item) for item in value]
        return msgspec.structs.replace(record, **changes) if changes else record


def _texts_of(records: Sequence[Record]) -> Iterator[str]:
    for name in _text_fields(type(records[0])) if records else ():
        if name not in HASHED:
            for value in map(attrgetter(name), records):
                if isinstance(value, str):
                    yield value
                elif value:
                    yield from value


@cache
def _text_fields(kind: type[Record]) -> tuple[str, ...]:
    """Fields that may hold text from the input: `str` or a list of it, ids and paths left out."""
    hints = {name: str(hint) for name, hint in get_type_hints(kind).items()}
    return tuple(name for name, hint in hints.items() if name not in KEPT and ("str" in hint and "Literal" not in hint))


def _replaced(texts: list[str], placeholders: Mapping[str, str]) -> list[str]:
    """The texts with each value in favour of its placeholder, of several that begin together the longest."""
    if not placeholders:
        return texts
    import polars as pl  # its search takes the same time for a thousand values as for one

    values = sorted(placeholders, key=lambda value: (-len(value), value))
    told = pl.Series(texts, dtype=pl.String)
    hits = told.str.contains_any(values).arg_true().to_list()
    new = pl.Series([texts[hit] for hit in hits], dtype=pl.String).str.replace_many(
        values, [placeholders[value] for value in values], leftmost=True
    )
    for hit, text in zip(hits, new, strict=True):
        texts[hit] = text
    return texts


def _found(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Rule and value of every secret in the texts."""
    forms = [form for text in texts if len(text) >= MIN_VALUE for form in _forms(text)]
    engine = (hit for chunk in _chunks(forms) for hit in _scan_all(chunk))
    return [(rule, value) for rule, given in (*engine, *found(forms)) if len(value := given.strip()) >= MIN_VALUE]


def _chunks(texts: list[str]) -> Iterator[list[str]]:
    """Texts that are scanned together: a scan has its cost, and each rule that may match runs over all of it."""
    chunk, size = list[str](), 0
    for text in texts:
        chunk.append(text)
        size += len(text)
        if size >= TOGETHER:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _scan_all(texts: list[str]) -> list[tuple[str, str]]:
    """One scan for all; where a rule without bounds ran on into the next text, each half by itself."""
    hits = _scan(SEPARATOR.join(texts))
    if len(texts) == 1 or not any("\x1f" in value for _, value in hits):
        return hits
    middle = len(texts) // 2
    return _scan_all(texts[:middle]) + _scan_all(texts[middle:])


def _forms(text: str) -> list[str]:
    """A text as it stands and, where it looks like JSON within a string, as it reads without the escapes."""
    plain = text.replace("\x00", " ").replace("\x1f", " ")
    if not plain.isascii():
        plain = plain.encode("utf-8", "replace").decode()
    if "\\" not in plain:
        return [plain]
    return [plain, plain.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').replace("\\/", "/")]


def _scan(text: str) -> list[tuple[str, str]]:
    import betterleaks  # loads a Go runtime: only when there is something to scan

    findings = ((finding.rule_id, finding.secret) for finding in betterleaks.scan_string(text))
    return [hit for hit in findings if not (hit[0].startswith("generic") and is_ordinary(hit[1]))]
