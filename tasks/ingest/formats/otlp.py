"""OTLP/JSON as the OpenTelemetry Collector's file exporter writes it: an export request per line.

Read are spans, and log records with GenAI events; a line of metrics is ignored. What counts as one call is in
`same_calls`, the names of attributes are in `spans`. Input tokens include cached ones by OpenTelemetry's rule;
instrumentors that leave them out are told by their totals (`spans.settled`). Of a key that an object has twice the
last counts, as in protobuf's own parsers and JavaScript; a line that is no request for another reason is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from storage.records import Quarantined
from tasks.ingest.families.otlp_json import LooseRequest, Reader, StrictRequest
from tasks.ingest.families.traces import Traces
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Line, Source
from tasks.ingest.values.json_elements import Document
from tasks.ingest.values.json_records import JsonRecord, document_records, line_record, shape_of, weight
from tasks.ingest.values.json_values import Invalid

NAME = "otlp"
UNIT = "span"
TELLS = (
    "Calls of models and tools, tokens, errors, times and, where content is captured, messages; a run is a trace. "
    "Outcome only where the agent's span failed or has an evaluation with a pass or fail label; a call whose outer "
    "and inner span stand in different files is known as one only by its response id."
)

_HEAD: Final = re.compile(rb'"(?:resourceSpans|resourceLogs|resourceMetrics)"\s*:')
_decode: Final = msgspec.json.Decoder(StrictRequest).decode


def detect(head: bytes, path: str) -> bool:
    """An object that names resource spans, logs or metrics."""
    return bool(head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and _HEAD.search(head))


def parse(source: Source) -> Iterator[Parsed]:
    """Batches of whole traces, as far as these fit into what is held (`limits.held_bytes`)."""
    source, is_document = shape_of(source)
    traces = Traces(source, NAME)
    if is_document:
        for record in document_records(Document(source)):
            _take_record(traces, record)
            yield from traces.ripe()
    else:
        for line in source.lines():
            if isinstance(line, Quarantined):
                traces.refuse(line)
            else:
                _take_line(traces, source, line)
                yield from traces.ripe()
    yield from traces.rest()


def _take_line(traces: Traces, source: Source, line: Line) -> None:
    """A line by the compiled decoder; what that refuses is looked at again piece by piece."""
    try:
        request = _decode(line.data)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors, as are those of UTF-8
        _take_record(traces, line_record(source, line))
        return

    def refused(reason: str) -> None:
        traces.refuse(source.quarantined(line.number, line.offset, reason, line.data))

    Reader(traces, refused).take(request, len(line.data))


def _take_record(traces: Traces, record: JsonRecord | Quarantined) -> None:
    if isinstance(record, Quarantined):
        traces.refuse(record)
        return
    try:
        size = weight(record.value)
        request = msgspec.convert(record.value, LooseRequest)
    except Invalid as error:
        traces.refuse(record.refused(str(error)))
    except (ValueError, RecursionError):
        traces.refuse(record.refused("not an OTLP export request"))
    else:
        Reader(traces, lambda reason: traces.refuse(record.refused(reason))).take(request, size)
