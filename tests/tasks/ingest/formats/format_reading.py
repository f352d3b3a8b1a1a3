"""How the tests of formats read an input: all batches put together, with what holds for every format checked."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

from storage.records import Record
from storage.settings import Limits
from tasks.ingest.parsed import Format, Parsed
from tasks.ingest.source import Source


def put_together(batches: list[Parsed]) -> Parsed:
    """All batches as one."""
    whole = Parsed()
    for batch in batches:
        for name in ("runs", "model_calls", "tool_calls", "messages", "scores", "events", "links", "quarantined"):
            getattr(whole, name).extend(getattr(batch, name))
        whole.stored, whole.merged = whole.stored + batch.stored, whole.merged + batch.merged
        whole.ignored.update(batch.ignored)
    return whole


def check(parsed: Parsed) -> None:
    """What holds whatever the input was: texts can be stored, ids are unique, entries say where and why."""
    for records in (parsed.runs, parsed.model_calls, parsed.tool_calls, parsed.messages, parsed.scores):
        for record in records:
            _check_texts(record)
    runs = {run.run_id for run in parsed.runs}
    for calls in (parsed.model_calls, parsed.tool_calls):
        assert len({call.call_id for call in calls}) == len(calls)
        assert {call.run_id for call in calls} <= runs
    assert len(runs) == len(parsed.runs)
    assert {message.run_id for message in parsed.messages} <= runs
    assert len({message.message_id for message in parsed.messages}) == len(parsed.messages)
    assert len({score.score_id for score in parsed.scores}) == len(parsed.scores)
    assert all(number > 0 for number in parsed.ignored.values())
    for entry in parsed.quarantined:
        assert entry.line >= 1
        assert entry.byte_offset >= 0
        assert entry.reason
        assert len(entry.bytes_sha256) == 64


def _check_texts(record: Record) -> None:
    for name in record.__struct_fields__:
        value: Any = getattr(record, name)
        if isinstance(value, str):
            assert "\0" not in value
            value.encode()


class Reader:
    """Reads an input with a format as ingest does, and checks what always holds."""

    def data(
        self,
        form: Format,
        data: bytes,
        path: str = "logs/input",
        agent: str | None = None,
        limits: Limits | None = None,
    ) -> Parsed:
        """The records of some bytes."""
        source = Source(path=path, stream=io.BytesIO(data), agent=agent, limits=limits or Limits())
        parsed = put_together(list(form.parse(source)))
        check(parsed)
        return parsed

    def file(self, form: Format, path: Path) -> Parsed:
        """The records of a file, which the format has to recognise."""
        data = self.unpacked(path)
        assert form.detect(data[: 64 * 1024], str(path))
        return self.data(form, data, str(path))

    def unpacked(self, path: Path) -> bytes:
        """The file's bytes, from gzip where it is."""
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
