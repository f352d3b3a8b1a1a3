"""The sieve: what it leaves out can hold nothing, so a search of what passes finds all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.common import pii, secret_rules, sieve
from tasks.common.redact import Redactor

FILLER = "the agent looked at the page again, and wrote the words that it had read there before. " * 60
PATTERNS = [*(pattern for _, _, pattern in secret_rules.PROVIDERS), *(pattern for pattern, _, _ in pii._NUMBERS)]


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few texts are cut and sieved too."""
    monkeypatch.setattr(sieve, "FEW", 0)


@given(st.text(st.sampled_from('ab1 "\n\u00e4\U0001f600'), max_size=200), st.integers(1, 30))
@settings(max_examples=50, deadline=None)
def test_parts_are_the_text(text: str, times: int) -> None:
    """Nothing is left out or doubled, and no part is much longer than where it could be cut."""
    whole = (text + "x") * times
    parts = list(sieve.parts_of(whole))
    assert "".join(whole[start:end] for _, start, end in parts) == whole


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.pattern[:30])
def test_a_pattern_passes_where_it_matches(pattern: re.Pattern[str]) -> None:
    """For texts made from each pattern, in the middle of a long text: the part where it begins is passed."""

    @given(st.from_regex(pattern), st.sampled_from((" ", "\n", '"')))
    @settings(max_examples=4, deadline=None, derandomize=True, database=None)
    def check(made: str, around: str) -> None:
        text = FILLER + around + made.encode("utf-8", "replace").decode() + around + FILLER
        (parts,) = sieve.Sieve([pattern]).passed([text])
        for hit in pattern.finditer(text):
            assert any(part.start <= hit.start() < part.end for part in parts)

    check()


def test_a_secret_in_a_long_text_is_found_as_in_a_short_one(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every text of the corpora by itself, which is looked at whole, and amid others, which is cut and sieved."""
    lines = (shared / "corpora" / "secrets" / "gitleaks_literals.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    assert all(len(text) < sieve.FEW for text in texts)
    alone = {hit for text in texts for hit in secret_rules.found([text])}
    monkeypatch.setattr(sieve, "FEW", 0)
    amid = set(secret_rules.found([f"{FILLER}\n{text}\n{FILLER}" for text in texts]))
    assert alone
    assert amid == alone


@pytest.mark.usefixtures("always")
def test_personal_data_is_replaced_in_the_part_that_holds_it() -> None:
    """In a long text the value goes and all else stays, byte for byte."""
    told = f'{FILLER}"mail": "ada.l@lovelace.org", "card": "4111 1111 1111 1111"\n{FILLER}'
    clean = Redactor("key").text(told)
    assert re.sub(r"<(?:email|card):[0-9a-f]{8}>", "", clean) == told.replace("ada.l@lovelace.org", "").replace(
        "4111 1111 1111 1111", ""
    )
