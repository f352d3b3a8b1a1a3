"""An input that is one JSON value, which is one unit: it is read whole or it is quarantined whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.json_elements import read_bytes
from tasks.ingest.values.json_values import Invalid, JsonObject, decode


def read_value(source: Source, records: Callable[[object], Parsed]) -> Iterator[Parsed]:
    """The batch that `records` makes of the value; its quarantine entry where it or `records` raises Invalid."""
    data = read_bytes(source)
    try:
        if reason := source.cut(data):
            raise Invalid(reason)
        batch = records(decode(data))
    except Invalid as error:
        batch = Parsed(quarantined=[source.quarantined(1, 0, str(error), data)])
    yield batch


def read_document(source: Source, records: Callable[[JsonObject], Parsed]) -> Iterator[Parsed]:
    """The same for a value that has to be an object."""

    def of_object(value: object) -> Parsed:
        if not isinstance(value, dict):
            raise Invalid("the document is not an object")
        return records(value)

    return read_value(source, of_object)
