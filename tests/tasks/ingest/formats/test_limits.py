"""Each bound on input acts, and its quarantine entry names the setting that moves it."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from format_reading import Reader, put_together

from storage.settings import Limits
from tasks.ingest.formats import (
    inspect_log,
    junit,
    langfuse,
    mapped,
    mini_swe_agent,
    otlp,
    scores_csv,
    scores_markdown,
    tau_bench,
)
from tasks.ingest.parsed import Format
from tasks.ingest.source import Source

LONG = "x" * 3000
SAMPLE = {"id": 1, "epoch": 1, "messages": [], "input": LONG}
TABLE = "date,agent,task,success\n" + "2026-03-24,Ada,T,4\n" * 100
MARKDOWN = "| date | agent | task | success |\n|---|---|---|---|\n" + "| 2026-03-24 | Ada | T | 4 |\n" * 100
JUNIT = "<testsuite>" + '<testcase name="a"/>' * 100 + "</testsuite>"


def zipped(content: str, method: int = zipfile.ZIP_STORED) -> bytes:
    """An `.eval` of one sample."""
    with zipfile.ZipFile(packed := io.BytesIO(), "w", method) as archive:
        archive.writestr("header.json", json.dumps({"eval": {"task": "t"}, "status": "success"}))
        archive.writestr("samples/1_epoch_1.json", content)
    return packed.getvalue()


CASES: list[tuple[Format, bytes, dict[str, int], str]] = [
    (otlp, b'{"a": "' + LONG.encode() + b'"}\n', {"line_bytes": 1024}, "limits.line_bytes"),
    (scores_csv, TABLE.encode(), {"document_bytes": 1024}, "limits.document_bytes"),
    (scores_csv, b'date,agent,task,success\n2026-03-24,Ada,"T' + b"\n" * 9, {"row_lines": 3}, "limits.row_lines"),
    (scores_markdown, MARKDOWN.encode(), {"document_bytes": 1024}, "limits.document_bytes"),
    (junit, JUNIT.encode(), {"document_bytes": 1024}, "limits.document_bytes"),
    (langfuse, json.dumps({"trace": {"id": LONG}}, indent=1).encode(), {"document_bytes": 1024}, "limits.document_b"),
    (mini_swe_agent, json.dumps({"a": LONG}).encode(), {"document_bytes": 1024}, "limits.document_bytes"),
    (tau_bench, json.dumps([{"task_id": n} for n in range(99)]).encode(), {"document_bytes": 1024}, "limits.docum"),
    (inspect_log, json.dumps({"eval": {}, "samples": [SAMPLE]}).encode(), {"document_bytes": 1024}, "limits.docu"),
    (inspect_log, zipped(json.dumps(SAMPLE)), {"document_bytes": 1024}, "limits.document_bytes"),
    (inspect_log, zipped(json.dumps(SAMPLE)), {"archive_bytes": 1024}, "limits.archive_bytes"),
    (inspect_log, zipped(json.dumps(SAMPLE), zipfile.ZIP_DEFLATED), {"unpack_ratio": 2}, "limits.unpack_ratio"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "data", "limits", "named"), CASES)
def test_each_bound_acts_and_is_named(form: Format, data: bytes, limits: dict[str, int], named: str) -> None:
    """What is over a bound is quarantined, the setting in the reason; within the default nothing is said of it."""
    assert any(named in entry.reason for entry in Reader().data(form, data, limits=Limits(**limits)).quarantined)
    assert not any("limits.document" in entry.reason for entry in Reader().data(form, data).quarantined)


def test_an_open_quote_of_a_mapped_table_ends_at_the_bound() -> None:
    """A row that spans more lines than may be is quarantined, and those after it are read."""
    data = b'id,text\na,"open\n' + b"b,c\n" * 9
    source = Source("in", io.BytesIO(data), limits=Limits(row_lines=3), mapping={"run_id": "id", "text": "text"})
    parsed = put_together(list(mapped.parse(source)))
    assert ["limits.row_lines" in entry.reason for entry in parsed.quarantined] == [True]
    assert len(parsed.messages) == 9


def test_a_document_as_long_as_may_be_is_whole() -> None:
    """The bound itself is allowed; one byte more is not."""
    read = Reader().data
    size = len(TABLE.encode())
    assert not read(scores_csv, TABLE.encode(), limits=Limits(document_bytes=size)).quarantined
    assert read(scores_csv, TABLE.encode(), limits=Limits(document_bytes=size - 1)).quarantined
