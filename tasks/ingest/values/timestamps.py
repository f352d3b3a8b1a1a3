"""Points in time as logs write them.

A time before 1990 or from 2200 on is no time of a log but a clock that was not set, or another unit: it counts as not
recorded, and what it stands on counts all the same. What is no time at all is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tasks.ingest.values.json_values import Invalid

_FIRST: Final = datetime(1990, 1, 1, tzinfo=UTC)
_END: Final = datetime(2200, 1, 1, tzinfo=UTC)


def recorded(moment: datetime) -> datetime | None:
    """The time; None for one that no clock of a log shows."""
    return moment if _FIRST <= moment < _END else None


def utc(value: object, name: str) -> datetime | None:
    """An ISO 8601 text as a UTC datetime; None stays None, and is what no clock shows. Without a zone, UTC is meant.

    Raises Invalid, naming the field, for anything else.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(f"{name} is not a time")
    try:
        moment = datetime.fromisoformat(value)
        return recorded(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{name} is not a time") from error


def from_unix(value: object, name: str, *, per_second: int = 1) -> datetime | None:
    """A number of seconds since 1970, or of parts of which `per_second` make one, as a UTC datetime; None stays None,
    and is what no clock shows.

    Raises Invalid, naming the field, for anything else.
    """
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Invalid(f"{name} is not a time")
    try:
        return recorded(datetime.fromtimestamp(value / per_second, UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise Invalid(f"{name} is not a time") from error


def milliseconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole milliseconds from start to end; None where either is unknown or the clock went backwards."""
    if start is None or end is None or end < start:
        return None
    return round((end - start).total_seconds() * 1000)
