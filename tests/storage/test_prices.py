"""Prices: dated, exact, and a workspace's own come first."""

from __future__ import annotations

from datetime import date

import pytest

from storage.errors import UsageError
from storage.prices import Price, price_table
from storage.workspace import Workspace


def entry(table: list[Price], model: str) -> Price:
    return next(price for price in table if price.model == model)


def test_the_defaults_are_exact_picodollars_per_token() -> None:
    """$0.075 per million is 75,000 picodollars a token; models stand in order of name and date."""
    table = price_table()
    mini = entry(table, "gpt-4o-mini")
    assert (mini.input, mini.output, mini.cache_read) == (150_000, 600_000, 75_000)
    order = [(price.model, price.valid_from, price.from_input_tokens) for price in table]
    assert order == sorted(order)


def test_no_cached_token_costs_more_than_a_plain_one() -> None:
    """Reading from the cache is never dearer than input, and the hour's write never cheaper than five minutes'."""
    for price in price_table():
        assert price.cache_read is None or price.cache_read <= price.input < price.output
        assert (price.cache_write_5m or 0) <= (price.cache_write_1h or 0)


def test_a_workspace_overrides_and_adds(workspace: Workspace) -> None:
    """The same model and day replaces a default; what is not named stays."""
    (workspace.root / "prices.yaml").write_text(
        'prices:\n  - {model: GPT-4o-mini, valid_from: "2024-07-18", input: 1, output: 2}\n'
        '  - {model: ours, valid_from: "2026-01-01", input: 0, output: 0.000001}\n'
    )
    table = price_table(workspace)
    assert entry(table, "gpt-4o-mini").input == 1_000_000
    ours = Price(
        model="ours",
        valid_from=date(2026, 1, 1),
        from_input_tokens=0,
        input=0,
        output=1,
        cache_read=None,
        cache_write_5m=0,
        cache_write_1h=0,
    )
    assert entry(table, "ours") == ours
    assert entry(table, "gpt-4o") == entry(price_table(), "gpt-4o")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('prices: [{model: m, valid_from: "soon", input: 1, output: 1}]', "YYYY-MM-DD"),
        ('prices: [{model: m, valid_from: "2026-01-01", input: -1, output: 1}]', ">= 0"),
        ('prices: [{model: m, valid_from: "2026-01-01", inputs: 1, output: 1}]', "cache_read"),
    ],
)
def test_a_wrong_price_file_is_told(workspace: Workspace, text: str, told: str) -> None:
    """What is wrong, where, and what is accepted."""
    (workspace.root / "prices.yaml").write_text(text)
    with pytest.raises(UsageError, match=told):
        price_table(workspace)
