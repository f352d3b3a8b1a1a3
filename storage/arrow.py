"""Records as Arrow tables, which is how they get into DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from storage.records import Record

if TYPE_CHECKING:
    import pyarrow as pa


class Stage:
    """A table that DuckDB reads under one name, with other rows each time (the Arrow PyCapsule interface).

    Registering every batch anew instead would keep all of them until the transaction ends.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.table: pa.Table | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._rows().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def _rows(self) -> pa.Table:
        if self.table is None:
            raise LookupError("nothing is staged under this name")
        return self.table


def arrow(records: Sequence[Record], kind: type[Record] | None = None) -> pa.Table:
    """Records of one type as an Arrow table, a column per field. Dictionaries become JSON text.

    No records at all need their `kind`.
    """
    import pyarrow as pa

    fields = _arrow_fields(kind or type(records[0]))
    names = (kind or type(records[0])).__struct_fields__
    columns = dict(zip(names, zip(*map(msgspec.structs.astuple, records), strict=True), strict=False))
    arrays = [
        pa.array(_json(columns.get(name, ())) if is_json else columns.get(name, ()), type_)
        for name, type_, is_json in fields
    ]
    return pa.Table.from_arrays(arrays, names=[name for name, _, _ in fields])


def _json(values: Sequence[object]) -> list[str | None]:
    return [None if value is None else msgspec.json.encode(value).decode() for value in values]


@cache
def _arrow_fields(record: type[Record]) -> list[tuple[str, Any, bool]]:
    """Name and Arrow type of each field that is a column, and whether its values are written as JSON."""
    import pyarrow as pa

    kinds = {
        str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), bytes: pa.binary(),
        datetime: pa.timestamp("us", tz="UTC"), date: pa.date32(), dict: pa.string(),
    }  # fmt: skip
    fields = []
    for name, hint in get_type_hints(record).items():
        options = [option for option in get_args(hint) if option is not type(None)] if _is_union(hint) else [hint]
        base = get_origin(options[0]) or options[0]
        if base is list and get_args(options[0])[0] is str:
            fields.append((name, pa.list_(pa.string()), False))
        elif base is not list:
            fields.append((name, kinds.get(base, pa.string()), base is dict))
    return fields


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, UnionType)
