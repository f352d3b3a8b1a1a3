"""What tokens cost: the dated defaults of `storage/prices.yaml`, overridden by `prices.yaml` of a workspace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta

from storage.errors import UsageError
from storage.records import ModelCall, Record
from storage.settings import Settings
from storage.workspace import Workspace
from storage.yaml_files import read_yaml

DEFAULTS: Final = Path(__file__).parent / "prices.yaml"
WORKSPACE_FILE: Final = "prices.yaml"
Rate = Annotated[float, Meta(ge=0, le=1_000_000)]


class Listed(Settings, frozen=True, kw_only=True):
    """An entry of a price file, in US dollars per million tokens; null: the provider has no such rate.

    `from_input_tokens`: the rates of a longer prompt, for every token of a call whose input has at least so many.
    """

    model: Annotated[str, Meta(min_length=1)]
    valid_from: str
    from_input_tokens: Annotated[int, Meta(ge=0)] = 0
    input: Rate
    output: Rate
    cache_read: Rate | None = None
    cache_write_5m: Rate | None = None
    cache_write_1h: Rate | None = None


class PriceFile(Settings, frozen=True, kw_only=True):
    """A price file."""

    prices: list[Listed]


class Price(Record, frozen=True, kw_only=True):
    """What a model's tokens cost from a day and a length of prompt on, in whole picodollars (1e-12 USD) per token.

    A rate for cache writes that is not listed is that of input; one for cache reads has no default.
    """

    model: str
    valid_from: date
    from_input_tokens: int
    input: int
    output: int
    cache_read: int | None
    cache_write_5m: int | None
    cache_write_1h: int | None


def price_table(workspace: Workspace | None = None) -> list[Price]:
    """All prices in force, by model, date and length of prompt.

    Raises UsageError for a price file that is not as it has to be.
    """
    listed = _read(DEFAULTS)
    path = workspace.root / WORKSPACE_FILE if workspace else None
    if path and path.exists():
        own = _read(path)
        replaced = {(model, valid_from) for model, valid_from, _ in own}
        listed = {key: price for key, price in listed.items() if key[:2] not in replaced} | own
    return [listed[key] for key in sorted(listed)]


def _read(path: Path) -> dict[tuple[str, date, int], Price]:
    prices = (_price(entry, path) for entry in read_yaml(path, PriceFile).prices)
    return {(price.model, price.valid_from, price.from_input_tokens): price for price in prices}


def _price(entry: Listed, path: Path) -> Price:
    try:
        valid_from = date.fromisoformat(entry.valid_from)
    except ValueError as error:
        raise UsageError(
            f"price of {entry.model}: not a date", where=str(path), got=entry.valid_from, accepted="YYYY-MM-DD"
        ) from error
    five_minutes = entry.input if entry.cache_write_5m is None else entry.cache_write_5m
    return Price(
        model=entry.model.lower(),
        valid_from=valid_from,
        from_input_tokens=entry.from_input_tokens,
        input=_pico(entry.input) or 0,
        output=_pico(entry.output) or 0,
        cache_read=_pico(entry.cache_read),
        cache_write_5m=_pico(five_minutes),
        cache_write_1h=_pico(five_minutes if entry.cache_write_1h is None else entry.cache_write_1h),
    )


def _pico(per_million: float | None) -> int | None:
    """Dollars per million tokens as picodollars per token; exact for six decimals, through the shortest text."""
    return None if per_million is None else int(Decimal(str(per_million)) * 1_000_000)


def cost_of(call: ModelCall, prices: Sequence[Price]) -> int | None:
    """What a call cost in nanodollars: as reported, else by the table as `queries/ingest/call_prices.sql` has it.

    None where a figure or a rate is missing.
    """
    if call.reported_cost_nano_usd is not None:
        return call.reported_cost_nano_usd
    moment = call.started_at or call.ended_at
    day = moment.date() if moment else date.max
    if call.input_tokens is None or call.output_tokens is None:
        return None
    price = _price_of(_PREFIX.sub("", (call.model or "").lower()), day, call.input_tokens, prices)
    if price is None or (call.is_aggregate and price.from_input_tokens):  # each call of a sum may have been short
        return None
    read, write, hour = call.cache_read_tokens or 0, call.cache_write_tokens or 0, call.cache_write_1h_tokens or 0
    parts = (
        (max(0, call.input_tokens - read - write), price.input), (call.output_tokens, price.output),
        (read, price.cache_read), (hour, price.cache_write_1h), (max(0, write - hour), price.cache_write_5m),
    )  # fmt: skip
    if any(tokens and rate is None for tokens, rate in parts):
        return None
    return (sum(tokens * (rate or 0) for tokens, rate in parts) + 500) // 1000


def _price_of(name: str, day: date, tokens: int, prices: Sequence[Price]) -> Price | None:
    """The newest price of that day under the longest name that the model's own name begins with, for that length."""
    fitting = [
        price for price in prices
        if price.valid_from <= day and name.startswith(price.model) and _VERSION.fullmatch(name[len(price.model) :])
    ]  # fmt: skip
    newest = max(((len(price.model), price.valid_from) for price in fitting), default=None)
    rates = [price for price in fitting if (len(price.model), price.valid_from) == newest]
    reached = [price for price in rates if price.from_input_tokens <= tokens]
    return max(reached, key=lambda price: price.from_input_tokens, default=None)


_PREFIX: Final = re.compile(r"^(?:.*/)?(?:(?:us|eu|apac|au|jp|global)\.)?(?:anthropic\.)?")
_VERSION: Final = re.compile(
    r"(?:[-@](?:latest|preview|\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|\d{4}))*(?:-v\d+(?::\d+)?)?"
)
