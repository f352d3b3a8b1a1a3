"""Whatever bytes bring spans, no parser raises, every unit has a fate, and what is stored can be stored."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import span_samples as samples
from format_reading import Reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_formats_fuzz import JSON, naughty, places, replaced

from storage.settings import Limits
from tasks.ingest.formats import any_agent, cloudwatch, langfuse, langsmith, otlp, phoenix

READER = Reader()
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FORMATS = (otlp, any_agent, cloudwatch, phoenix, langfuse, langsmith)
LINES: list[tuple[ModuleType, Any, int]] = [
    *((otlp, item, 0) for item in samples.OTLP),
    *((cloudwatch, item, 1) for item in samples.CLOUDWATCH),
    *((phoenix, item, 1) for item in samples.PHOENIX),
    *((langfuse, item, 1) for item in samples.LANGFUSE["observations"]),
    *((langsmith, item, 1) for item in samples.LANGSMITH),
    (any_agent, samples.ANY_AGENT, 0),
    (langfuse, samples.LANGFUSE, 0),
]
"""A format, what a line holds, and how many units that is; 0 where a change may change the number."""


def test_each_sample_is_recognised_by_one_format() -> None:
    """A format takes its own samples and no other format's, and quarantines nothing of them."""
    for form, item, _ in LINES:
        for data in (samples.lines(item), json.dumps(item, indent=2).encode()):
            assert [other.NAME for other in FORMATS if other.detect(data, "x")] == [form.NAME]
            assert not READER.data(form, data).quarantined


@pytest.mark.parametrize("form", FORMATS)
@FUZZ
@given(data=st.binary(max_size=300))
def test_random_bytes(form: ModuleType, data: bytes) -> None:
    """Any bytes are read or quarantined."""
    form.detect(data, "x")
    READER.data(form, data)


@FUZZ
@given(sample=st.sampled_from(LINES), draw=st.data())
def test_wrong_value_anywhere(sample: tuple[ModuleType, Any, int], draw: st.DataObject) -> None:
    """Any JSON value in place of any other is read or quarantined, and the lines around it are untouched."""
    form, value, units = sample
    changed = replaced(value, draw.draw(st.sampled_from(places(value)[1:])), draw.draw(JSON))
    parsed = READER.data(form, samples.lines(value, changed, value))
    alone = READER.data(form, samples.lines(value))
    assert parsed.units >= 2 * alone.units
    if units and form is not langfuse:  # there another value makes lists of observations
        assert parsed.units == 3


@FUZZ
@given(sample=st.sampled_from(LINES), draw=st.data())
def test_damaged_bytes(sample: tuple[ModuleType, Any, int], draw: st.DataObject) -> None:
    """Bytes that are cut, changed, doubled or inserted anywhere are read or quarantined."""
    data = samples.lines(sample[1])
    start, end = sorted(draw.draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    damaged = data[:start] + draw.draw(st.binary(max_size=4)) + data[end:]
    sample[0].detect(damaged, "x")
    READER.data(sample[0], damaged)


def test_naughty_strings_in_every_field(shared: Path) -> None:
    """No string in any field makes a parser raise, or is stored as what the ledger cannot hold."""
    texts = [*naughty(shared), "\0", "\ud800", "\\u0000", "9" * 5000, "-1", "NaN"]
    for number, (form, value, _) in enumerate(LINES):
        for place, path in enumerate(places(value)[1:]):
            for text in texts[(number + place) % 17 :: 17]:
                assert READER.data(form, samples.lines(replaced(value, path, text))).units >= 1


@pytest.mark.parametrize("form", FORMATS)
def test_json_corpus(shared: Path, form: ModuleType) -> None:
    """What must not be JSON is quarantined, as a whole input and within a line; nothing raises."""
    for path in sorted((shared / "corpora" / "json-test-suite").glob("test_*/*.json")):
        data = path.read_bytes()
        whole = READER.data(form, data)
        if path.name.startswith("n_") and data.strip():
            assert whole.quarantined, path.name
        line = b'{"trace_id": 1, "attributes": ' + data.replace(b"\n", b" ").replace(b"\r", b" ") + b"}\n"
        READER.data(form, line * 2)
        READER.data(form, b'{"resourceSpans": [{"scopeSpans": [{"spans": [' + line.strip() + b"]}]}]}")


@pytest.mark.parametrize("form", FORMATS)
def test_bytes_that_break_readers(form: ModuleType) -> None:
    """Deep nesting, huge numbers, doubled keys, other encodings, no line end and long lines are fates, not crashes."""
    for data in (
        b"[" * 100_000, b'{"a":' * 100_000, b'{"spans": [' + b"1" * 100_000 + b"]}", b'{"a": 1, "a": 2}',
        '{"traceId": "é"}'.encode("utf-16"), '{"traceId": "é"}'.encode("latin-1"), b"\xef\xbb\xbf", b"\0" * 1000,
        b'{"a": 1e400}', b'{"a": NaN}', b"\r\r\r", b"{}\n{}\n[]\n", b'{"spans": [{}, null, 1, []]}',
    ):  # fmt: skip
        READER.data(form, data)
    long = READER.data(form, b'{"a": "' + b"x" * 5000 + b'"}\n', limits=Limits(line_bytes=1000))
    assert len(long.quarantined) == 1
