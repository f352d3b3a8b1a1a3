"""OTLP/JSON as types that are decoded at compiled speed, and the spans that they hold."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import msgspec

from storage.records import stable_id
from tasks.ingest.families.log_events import EVALUATION, NO_EVENT, NO_TRACE, event_span, is_event
from tasks.ingest.families.span_names import Attributes, places
from tasks.ingest.families.spans import Span, fill, nanoseconds, text, verdict_of
from tasks.ingest.families.traces import Traces
from tasks.ingest.values.json_values import Invalid

METRICS: Final = "metrics"
EMPTY: Final = "export request without spans and log records"
_FAILED: Final = (2, "2", "STATUS_CODE_ERROR", "ERROR")
_SCALARS: Final = ("stringValue", "intValue", "doubleValue", "boolValue")
_DEPTH: Final = 32
_EXCEPTION: Final = "exception"


class _Json(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Base of what a request holds; fields that are not named are passed over unread."""


class _Value(_Json, frozen=True, gc=False):
    string_value: str | None = None
    int_value: int | str | None = None
    double_value: float | str | None = None
    bool_value: bool | None = None
    array_value: object = None
    kvlist_value: object = None


class _KeyValue(_Json, frozen=True, gc=False):
    key: str
    value: _Value = _Value()


class _Event(_Json, frozen=True, gc=False):
    name: str = ""
    attributes: list[_KeyValue] = []


class _Status(_Json, frozen=True, gc=False):
    code: int | str = 0
    message: str | None = None


class OtlpSpan(_Json, frozen=True, gc=False):
    """A span."""

    trace_id: str = ""
    span_id: str = ""
    parent_span_id: str | None = None
    name: str = ""
    start_time_unix_nano: int | str | None = None
    end_time_unix_nano: int | str | None = None
    attributes: list[_KeyValue] = []
    events: list[_Event] = []
    status: _Status = _Status()


class OtlpLog(_Json, frozen=True, gc=False):
    """A log record."""

    trace_id: str = ""
    span_id: str = ""
    event_name: str = ""
    time_unix_nano: int | str | None = None
    observed_time_unix_nano: int | str | None = None
    body: _Value = _Value()
    attributes: list[_KeyValue] = []


AnySpan = TypeVar("AnySpan")
AnyLog = TypeVar("AnyLog")


class _Scope(_Json, Generic[AnySpan, AnyLog], frozen=True, gc=False):
    spans: list[AnySpan] = []
    log_records: list[AnyLog] = []


class _Resource(_Json, frozen=True, gc=False):
    attributes: list[_KeyValue] = []


class _ResourceData(_Json, Generic[AnySpan, AnyLog], frozen=True, gc=False):
    resource: _Resource = _Resource()
    scope_spans: list[_Scope[AnySpan, AnyLog]] = []
    instrumentation_library_spans: list[_Scope[AnySpan, AnyLog]] = []
    scope_logs: list[_Scope[AnySpan, AnyLog]] = []


class Request(_Json, Generic[AnySpan, AnyLog], frozen=True, gc=False):
    """An export request of spans, logs or metrics."""

    resource_spans: list[_ResourceData[AnySpan, AnyLog]] = []
    resource_logs: list[_ResourceData[AnySpan, AnyLog]] = []
    resource_metrics: object = None


StrictRequest = Request[OtlpSpan, OtlpLog]
"""Decoded in one go: anything wrong in it refuses it whole."""
LooseRequest = Request[object, object]
"""Its spans and log records are checked one by one when they are read."""


class Reader:
    """Hands the spans of one request to the traces; `refused(reason)` is called for each that is broken."""

    def __init__(self, traces: Traces, refused: Callable[[str], None]) -> None:
        self._traces, self._refused = traces, refused

    def take(self, request: Request[AnySpan, AnyLog], size: int) -> None:
        """All spans and log records; `size` is the request's, in bytes."""
        logs = [(data, scope) for data in request.resource_logs for scope in data.scope_logs]
        spans = [
            (data, scope)
            for data in request.resource_spans
            for scope in (*data.scope_spans, *data.instrumentation_library_spans)
        ]
        units = sum(len(scope.spans) for _, scope in spans) + sum(len(scope.log_records) for _, scope in logs)
        if not units:
            self._traces.parsed.ignored[EMPTY if request.resource_metrics is None else METRICS] += 1
            return
        for data, scope in spans:
            service = _service(data.resource.attributes)
            for span in scope.spans:
                self._try(span, OtlpSpan, service, size // units)
        for data, scope in logs:
            service = _service(data.resource.attributes)
            for log in scope.log_records:
                self._try(log, OtlpLog, service, size // units)

    def _try(self, given: object, kind: type[OtlpSpan] | type[OtlpLog], service: str | None, size: int) -> None:
        try:
            typed = given if isinstance(given, kind) else msgspec.convert(given, kind)
            span = span_of(typed, service) if isinstance(typed, OtlpSpan) else self._event(typed, service)
        except Invalid as error:
            self._refused(str(error))
        except (ValueError, RecursionError):
            self._refused("not a span or log record as OTLP has it")
        else:
            if span is not None:
                self._traces.add(span, size)

    def _event(self, log: OtlpLog, service: str | None) -> Span | None:
        """The GenAI event that a log record is; None, and ignored with a reason, where it is none."""
        attributes = attributes_of(log.attributes)
        name = log.event_name or text(attributes.get("event.name")) or ""
        if reason := NO_EVENT if not is_event(name) else None if log.trace_id else NO_TRACE:
            self._traces.parsed.ignored[reason] += 1
            return None
        at = nanoseconds(log.time_unix_nano or log.observed_time_unix_nano, "the time")
        span = Span(_id_of(log.trace_id, 16), _id_of(log.span_id, 8), started_at=at, service=service)
        return event_span(span, name, attributes, _plain(log.body))


def span_of(given: OtlpSpan, service: str | None) -> Span:
    """A span as it counts. Raises Invalid for one without a trace, and for figures and times that are none."""
    trace_id = _id_of(given.trace_id, 16)
    if not trace_id:
        raise Invalid("the span has no trace id")
    failed = given.status.code in _FAILED
    span = Span(
        trace_id=trace_id,
        span_id=_id_of(given.span_id, 8) or stable_id(repr(given)),
        parent_id=_id_of(given.parent_span_id, 8),
        name=given.name,
        started_at=nanoseconds(given.start_time_unix_nano, "the start"),
        ended_at=nanoseconds(given.end_time_unix_nano, "the end"),
        is_error=failed,
        error_text=given.status.message if failed else None,
        service=service,
    )
    pairs = given.attributes
    names = tuple([pair.key for pair in pairs])
    known = {
        key: own if (own := (value := pairs[place].value).string_value) is not None else _plain(value)
        for key, place in places(names)
    }
    fill(span, known, lambda: attributes_of(pairs))
    if given.events:
        _take_events(span, given.events)
    return span


def attributes_of(pairs: list[_KeyValue]) -> Attributes:
    """Attributes by name, with plain values."""
    return {pair.key: own if (own := pair.value.string_value) is not None else _plain(pair.value) for pair in pairs}


def _take_events(span: Span, events: list[_Event]) -> None:
    """What the span's own events tell: verdicts, and the exception that a failed span has no words for."""
    for event in events:
        if event.name == EVALUATION:
            if verdict := verdict_of(attributes_of(event.attributes)):
                span.verdicts = [*(span.verdicts or []), verdict]
        elif event.name == _EXCEPTION and span.is_error:
            attributes = attributes_of(event.attributes)
            span.error_type = span.error_type or text(attributes.get("exception.type"))
            span.error_text = span.error_text or text(attributes.get("exception.message"))


def _service(attributes: list[_KeyValue]) -> str | None:
    for pair in attributes:
        if pair.key == "service.name" and (name := pair.value.string_value):
            return None if name.startswith("unknown_service") else name
    return None


def _id_of(text: str | None, size: int) -> str:
    """An id as lower-case hexadecimal digits, also from base64; all zeros are none. Anything else stays as it is."""
    if not text:
        return ""
    if len(text) == 2 * size:
        return text.lower() if text.strip("0") else ""
    if len(text) == (size + 2) // 3 * 4 and text.endswith("="):
        try:
            return _id_of(base64.b64decode(text, validate=True).hex(), size)
        except (binascii.Error, ValueError):
            return text
    return text


def _plain(value: _Value) -> object:
    if value.string_value is not None:
        return value.string_value
    if value.int_value is not None:
        return value.int_value
    if value.double_value is not None:
        return value.double_value
    if value.bool_value is not None:
        return value.bool_value
    return _nested({"arrayValue": value.array_value, "kvlistValue": value.kvlist_value}, _DEPTH)


def _nested(value: object, depth: int) -> object:
    """The list or object of a nested value, which is decoded without types."""
    if not isinstance(value, dict) or not depth:
        return None
    if isinstance(array := value.get("arrayValue"), dict) and isinstance(items := array.get("values"), list):
        return [_nested(item, depth - 1) for item in items]
    if isinstance(pairs := value.get("kvlistValue"), dict) and isinstance(items := pairs.get("values"), list):
        return {str(item.get("key")): _nested(item.get("value"), depth - 1) for item in items if isinstance(item, dict)}
    return next((value[name] for name in _SCALARS if value.get(name) is not None), None)
