"""Mappings: any JSON or CSV becomes the records that its mapping names, and what does not fit is quarantined."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from format_reading import check, put_together
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import UsageError
from storage.records import Message, ModelCall, Run, Score, ToolCall
from storage.settings import Limits, MappedField
from storage.settings import Source as SourceSetting
from storage.text import restored
from tasks.ingest.formats import mapped
from tasks.ingest.mapping import KINDS, marked, plan_of
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source

Mapping = dict[str, str | MappedField]
FLAT: Mapping = {
    "run_id": "$.id", "agent": "$.agent.name", "started_at": "$.start", "model": "=gpt-4o",
    "outcome": MappedField(path="$.status", values={"ok": "success", "false": "failure"}),
    "input_tokens": "$.usage.in", "output_tokens": "$.usage.out", "cost_usd": "$.cost",
}  # fmt: skip


def read(data: bytes, mapping: Mapping, **limits: int) -> Parsed:
    """The records of some bytes by a mapping."""
    parsed = put_together(list(mapped.parse(Source("in", io.BytesIO(data), limits=Limits(**limits), mapping=mapping))))
    check(parsed)
    return parsed


def lines(*records: Any) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_run_and_its_call() -> None:
    """A record is a run; fields that only a call of a model has make its call; shared names go to both."""
    record = {
        "id": 7, "agent": {"name": "Ada"}, "start": "2026-01-02T03:04:05+01:00", "status": "ok",
        "usage": {"in": 10, "out": 2}, "cost": 0.1,
    }  # fmt: skip
    parsed = read(lines(record), FLAT)
    run, call = parsed.runs[0], parsed.model_calls[0]
    at = datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert (run.agent, run.outcome, run.model, run.started_at) == ("Ada", "success", "gpt-4o", at)
    assert (call.input_tokens, call.output_tokens, call.reported_cost_nano_usd) == (10, 2, 100_000_000)
    assert (call.model, call.started_at, call.run_id) == ("gpt-4o", at, run.run_id)


def test_lists_make_a_record_per_element() -> None:
    """`[*]` walks a list; values are hashed whatever they are; a path that leads nowhere is None."""
    mapping: Mapping = {
        "run_id": "$.id", "tool_name": "$.calls[*].name", "arguments": '$.calls[*]["in put"]',
        "is_error": "$.calls[*].failed", "tool_call.started_at": "$.calls[*].at",
        "text": "$.talk[*].text", "role": "$.talk[*].who",
        "score": "$.grades[0].value", "agent": "=Ada", "day": "$.day",
    }  # fmt: skip
    record = {
        "id": "a", "day": "2026-01-02", "grades": [{"value": "4,5".replace(",", ".")}],
        "calls": [{"name": "x", "in put": {"a": 1}, "failed": "yes", "at": 1767322800000}, {"name": "y"}, {"no": 1}],
        "talk": [{"who": "user", "text": "hi"}, {"who": "assistant", "text": "lo"}],
    }  # fmt: skip
    parsed = read(lines(record), mapping)
    assert [(call.tool_name, call.is_error, call.seq) for call in parsed.tool_calls] == [("x", True, 0), ("y", None, 1)]
    assert parsed.tool_calls[0].started_at == datetime.fromtimestamp(1767322800, UTC)
    assert parsed.tool_calls[0].arguments_sha256
    assert [(message.role, message.text) for message in parsed.messages] == [("user", "hi"), ("assistant", "lo")]
    assert [(score.score, score.dimension, score.day) for score in parsed.scores] == [
        (4.5, "success", date(2026, 1, 2))
    ]  # fmt: skip


def test_every_field_can_be_reached() -> None:
    """Each field of each record can be mapped by its own name, and arrives with its type."""
    values: dict[str, object] = {
        "tags": ["a", "b"], "outcome": "failure", "scorer_kind": "human", "day": "2026-01-02", "score": 3,
        "is_error": True, "is_aggregate": False, "is_human": True,
    }  # fmt: skip
    record = {}
    mapping: Mapping = {}
    for kind, cls in KINDS.items():
        for name in set(cls.__struct_fields__) - {"source_format", "source_file"}:
            number = name.endswith(("tokens", "_ms", "seq", "trial", "nano_usd", "reward"))
            record[f"{kind}.{name}"] = values.get(name, 5 if number else "2026-01-02" if name.endswith("_at") else name)
            mapping[f"{kind}.{name}"] = f'$["{kind}.{name}"]'
    parsed = read(lines(record), mapping)
    made: list[Run | ModelCall | ToolCall | Message | Score] = [
        parsed.runs[0], parsed.model_calls[0], parsed.tool_calls[0], parsed.messages[0], parsed.scores[0]
    ]  # fmt: skip
    for one in made:
        assert all(getattr(one, name) is not None for name in one.__struct_fields__), one


def test_csv_by_its_columns() -> None:
    """Columns by name, any delimiter, quoted lines; an empty cell is no value; what is wrong names line and byte."""
    header = "id;status;note;tokens\r\n"
    rows = [
        '1;ok;"two\r\n\r\nlines; and ""quotes""";10\r\n',
        "2;ok;;\r\n",
        "3;ok;x;1;2;3\r\n",
        '4;ok;"open\r\n',
        "5;bad;;7\r\n",
    ]
    mapping: Mapping = {
        "run_id": "id", "outcome": MappedField(path="status", values={"ok": "success", "bad": "failure"}),
        "ended_by": "note", "input_tokens": "$.tokens",
    }  # fmt: skip
    parsed = read(b"\xef\xbb\xbf" + (header + "".join(rows)).encode(), mapping)
    assert [(run.outcome, run.ended_by) for run in parsed.runs] == [
        ("success", 'two\r\n\r\nlines; and "quotes"'), ("success", None), ("failure", None)
    ]  # fmt: skip
    assert [call.input_tokens for call in parsed.model_calls] == [10, 7]
    # lines: header 1, row 1 is 2 to 4, row 2 is 5, row 3 is 6, row 4 is 7
    assert [entry.line for entry in parsed.quarantined] == [6, 7]
    assert parsed.quarantined[0].byte_offset == 3 + len((header + rows[0] + rows[1]).encode())


@settings(deadline=None)
@given(st.lists(st.lists(st.text(st.characters(blacklist_categories=("Cs",))), min_size=2, max_size=2), max_size=5))
def test_csv_cells_come_back(rows: list[list[str]]) -> None:
    """Whatever text was written into a cell is the text of the message."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "said"], *([f"r{n}", row[1] + "x"] for n, row in enumerate(rows))])
    parsed = read(text.getvalue().encode(), {"run_id": "id", "text": "said"})
    wanted = [row[1] + "x" for row in rows]
    assert [restored(message.text or "") for message in parsed.messages] == wanted


def test_equal_records_are_two_and_named_ones_are_one() -> None:
    """Calls without ids that look the same are as many as there are; a run by its own id is one run."""
    parsed = read(lines({"id": 1, "in": 5}, {"id": 1, "in": 5}), {"run_id": "$.id", "input_tokens": "$.in"})
    assert (len(parsed.runs), len(parsed.model_calls), parsed.stored) == (1, 2, 2)
    only = read(lines({"id": 1}, {"id": 1}), {"run_id": "$.id"})
    assert (len(only.runs), only.stored, only.merged) == (1, 1, 1)


def test_systems_keep_equal_ids_apart() -> None:
    """Two sources that both number their runs from 1 are told apart by `system`."""
    one, other = (read(lines({"id": 1}), {"run_id": "$.id", "system": f"={name}"}).runs[0] for name in "ab")
    assert one.run_id != other.run_id


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": 1, "usage": {"in": "many"}}, "input_tokens"), ({"id": 1, "status": "odd"}, "outcome"),
        ({"id": 1, "start": "soon"}, "started_at"), ({"id": 1, "cost": -1}, "cost_usd"), ({"id": [1]}, "run_id"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_quarantined(record: dict[str, Any], reason: str) -> None:
    """The record is left out whole, and the reason names the field and never the value."""
    parsed = read(lines(record, {"id": 2}), FLAT)
    assert (parsed.stored, len(parsed.quarantined)) == (1, 1)
    assert parsed.quarantined[0].reason.startswith(reason)


def test_records_of_which_nothing_is_mapped_are_ignored() -> None:
    """A constant alone makes no record."""
    parsed = read(lines({"other": 1}), FLAT)
    assert (parsed.runs, sum(parsed.ignored.values())) == ([], 1)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"nonsense": "$.a"}, "field that no record has"), ({"run_id": "$.a["}, "path cannot be read"),
        ({"tool_call.call_id": "$.a"}, "needs its `tool_name`"), ({"duration_ms": "$.a"}, "several records"),
        ({"run_id": "$.a[*].b"}, "one record of the input"),
        ({"tool_name": "$.a[*].b", "arguments": "$.c[*].b"}, "two lists"), ({"score.text": "$.a"}, "field that no"),
    ],
)  # fmt: skip
def test_mappings_that_mean_nothing_are_refused(mapping: Mapping, said: str) -> None:
    """Before anything is read, with what is accepted."""
    with pytest.raises(UsageError, match=said) as raised:
        plan_of(mapping, "agentre.yaml")
    assert raised.value.accepted


def test_format_and_mapping_belong_together() -> None:
    """One without the other is refused; another mapping marks the source differently, so its files are read anew."""
    for setting in (SourceSetting(path="x", format="mapped"), SourceSetting(path="x", mapping={"run_id": "$.a"})):
        with pytest.raises(UsageError, match="mapp"):
            marked(setting)
    one, other = (
        marked(SourceSetting(path="x", format="mapped", mapping={"run_id": f"$.{name}"})).format for name in "ab"
    )
    assert one != other


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_it_raise(data: bytes) -> None:
    """Any bytes leave records and entries."""
    for mapping in (FLAT, {"run_id": "id", "text": "a", "tool_name": "$.b[*]"}):
        read(data, mapping)


@settings(deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=4),
    st.sampled_from(["id", "agent", "start", "status", "usage", "cost"]),
)
def test_no_value_makes_it_raise(value: object, name: str) -> None:
    """Any value in any place leaves one fate for the record."""
    assert read(lines({"id": 1} | {name: value}), FLAT).units == 1


def test_long_lines_hold_no_memory() -> None:
    """A line over the bound is one entry, in CSV too, and those after it are read."""
    data = b"id,text\n1," + b"x" * 10_000 + b"\n2,fine\n"
    parsed = read(data, {"run_id": "id", "text": "text"}, line_bytes=1024)
    assert (len(parsed.runs), [entry.line for entry in parsed.quarantined]) == (1, [2])
