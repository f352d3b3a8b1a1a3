"""YAML is read as plain, bounded, typed data, and what is wrong is found by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from storage.errors import UsageError
from storage.settings import WorkspaceSettings
from storage.yaml_files import parse_yaml, read_yaml


def settings(text: str) -> WorkspaceSettings:
    """The text as `agentre.yaml`."""
    return parse_yaml(text.encode(), WorkspaceSettings, where="agentre.yaml")


def test_values_stay_what_was_written() -> None:
    """Clock times, dates and words like `no` stay text; numbers, true and null are what they look like."""
    raw = b"a: 12:30\nb: 2026-03-24\nc: no\nd: 017\ne: 1e3\nf: true\ng: ~\nh: '5'\ni: 0x1F\n"
    assert parse_yaml(raw, dict, where="x") == {
        "a": "12:30", "b": "2026-03-24", "c": "no", "d": 17, "e": 1000.0, "f": True, "g": None, "h": "5", "i": "0x1F",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "needle"),
    [
        ("version: 1\nagents:\n  - name: Ada\n    typ: engineer\n", 4, "name, type, slis, config, home, approvers"),
        ("agents:\n  - name: Ada\n    type: engeneer\n", 3, "engeneer"),
        ("a: 1\nb: &x 2\n", 2, "anchors"),
        ("a: !!python/object:os.system x\n", 1, "tags"),
        ("version: 1\nlimits:\n  line_bytes: many\n", 3, "Expected `int`"),
        ("version: 1\nversion: 1\n", 2, "duplicate key `version`"),
        ("agents: [\n", 2, "not valid YAML"),
        ("prefect: {port: 80}\n", 1, "1024"),
        ("x: " + "[" * 30 + "]" * 30, 1, "depth"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, needle: str) -> None:
    """The message has file and line, what was got and what is accepted."""
    with pytest.raises(UsageError) as caught:
        settings(text)
    assert f"agentre.yaml:{line}" in str(caught.value)
    assert needle in str(caught.value)


def test_a_missing_or_too_large_file_is_said_so(tmp_path: Path) -> None:
    """A file that is absent, a folder, or over the size limit gives a message and not a traceback."""
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(UsageError, match="cannot read"):
            read_yaml(path, WorkspaceSettings)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"a: 1\n" * 100_000)
    with pytest.raises(UsageError, match="too large"):
        read_yaml(large, dict)


@examples(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_data_or_a_usage_error(raw: bytes) -> None:
    """Whatever the bytes, reading them gives plain data or a message: nothing else is raised."""
    try:
        parse_yaml(raw, WorkspaceSettings, where="x")
    except UsageError as error:
        assert "x" in (error.where or "")


@examples(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=8), st.recursive(st.text(max_size=8) | st.booleans() | st.integers(-(2**62), 2**62), st.lists)
    )
)
def test_json_is_read_as_json(data: dict[str, object]) -> None:
    """What is written as JSON comes back equal: JSON is YAML."""
    text = json.dumps(data)
    if len(text) < 10_000:
        assert parse_yaml(text.encode(), dict, where="x") == data


def test_the_yaml_suite_never_escapes(shared: Path) -> None:
    """On the YAML test suite, every case is data or a UsageError, and no case that must fail with a tag runs one."""
    cases = [json.loads(line) for line in (shared / "corpora/yaml-test-suite/cases.jsonl").open()]
    assert len(cases) > 200
    for case in cases:
        try:
            parse_yaml(case["yaml"].encode("utf-8", "surrogatepass"), object, where=case["id"])
        except UsageError:
            continue
