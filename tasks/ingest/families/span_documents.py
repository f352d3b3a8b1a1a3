"""What the formats share that bring spans as plain JSON objects: reading them in turn, and their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from storage.records import Quarantined, stable_id
from tasks.ingest.families.spans import Span, text
from tasks.ingest.families.traces import Traces
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.json_records import json_records, weight
from tasks.ingest.values.json_values import Invalid, JsonObject
from tasks.ingest.values.timestamps import recorded, utc

_DEPTH: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_spans(
    source: Source,
    traces: Traces,
    units: Callable[[JsonObject], list[object]],
    read: Callable[[JsonObject], Span | str],
) -> Iterator[Parsed]:
    """Batches of the spans of an input.

    `units` gives what an object of the input holds; `read` makes a span of each, or says why it is ignored,
    and raises Invalid for what is broken.
    """
    for record in json_records(source):
        if isinstance(record, Quarantined):
            traces.refuse(record)
            continue
        try:
            size = weight(record.value)
            found = units(record.value)
        except Invalid as error:
            traces.refuse(record.refused(str(error)))
            continue
        for unit in found:
            try:
                span = read(_object(unit))
            except Invalid as error:
                traces.refuse(record.refused(str(error)))
                continue
            if isinstance(span, str):
                traces.parsed.ignored[span] += 1
            else:
                traces.add(span, size // len(found))
        yield from traces.ripe()
    yield from traces.rest()


def flat(value: JsonObject, prefix: str = "", depth: int = _DEPTH) -> JsonObject:
    """Nested objects with dotted names, as attributes are written flat; lists stay as they are."""
    plain: JsonObject = {}
    for name, item in value.items():
        if isinstance(item, dict) and item and depth:
            plain.update(flat(item, f"{prefix}{name}.", depth - 1))
        elif item is not None:
            plain[prefix + name] = item
    return plain


def native_id(value: object, digits: int) -> str:
    """An id that is text, or a number, which becomes as many hexadecimal digits as OTLP writes; "" for none."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 4 * digits:
        return f"{value:0{digits}x}"
    own = text(value) or ""
    return own.lower() if len(own) == digits else own


def trace_id_of(value: object) -> str:
    """The id of a trace. Raises Invalid where there is none."""
    if own := native_id(value, 32):
        return own
    raise Invalid("no trace id")


def span_id_of(value: object, span: JsonObject) -> str:
    """The id of a span; one without gets an id from its content."""
    return native_id(value, 16) or stable_id(repr(span))


def iso_or_milliseconds(value: object, name: str) -> datetime | None:
    """ISO 8601, or milliseconds since 1970 as pandas and JavaScript write times. Raises Invalid."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return utc(value, name)
    try:
        return recorded(_EPOCH + timedelta(milliseconds=value))
    except (OverflowError, ValueError) as error:
        raise Invalid(f"{name} is not a time") from error


def _object(unit: object) -> JsonObject:
    if not isinstance(unit, dict):
        raise Invalid("the span is not an object")
    return unit
