"""Times of logs: what no clock shows is not recorded, what is no time is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.ingest.families.span_documents import iso_or_milliseconds
from tasks.ingest.values.json_values import Invalid
from tasks.ingest.values.timestamps import from_unix, utc


def test_times_outside_1990_to_2199_are_not_recorded() -> None:
    """By text, seconds and milliseconds alike; the first moment that counts is the first of 1990."""
    seconds = 7_305 * 86_400  # from 1970 to 1990: 20 * 365 + 5 leap days
    assert utc("1990-01-01T00:00:00Z", "t") == from_unix(seconds, "t") == datetime(1990, 1, 1, tzinfo=UTC)
    assert iso_or_milliseconds(seconds * 1000, "t") == datetime(1990, 1, 1, tzinfo=UTC)
    assert utc("1989-12-31T23:59:59Z", "t") is from_unix(seconds - 1, "t") is None
    assert iso_or_milliseconds(seconds * 1000 - 1, "t") is None
    assert utc("2199-12-31T23:59:59Z", "t") is not None
    assert utc("2200-01-01T00:00:00Z", "t") is None
    assert utc("2200-01-01T00:30:00+01:00", "t") is not None  # which is 2199 in UTC


@pytest.mark.parametrize("value", ["yesterday", "99999-01-01T00:00:00Z", True, [], {}])
def test_what_is_no_time_is_refused(value: object) -> None:
    """The reason names the field and does not quote the input."""
    with pytest.raises(Invalid, match=r"^t is not a time$"):
        utc(value, "t")
