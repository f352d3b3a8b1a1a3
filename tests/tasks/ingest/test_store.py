"""The merge: any sightings, in any order and any number, give the same tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.ledger import Ledger, open_ledger
from storage.prices import cost_of, price_table
from storage.records import Message, ModelCall, Run, ToolCall, usd
from storage.workspace import Workspace
from tasks.ingest.parsed import Parsed, SpanLink
from tasks.ingest.store import price, transaction

START = datetime(2026, 3, 1, tzinfo=UTC)
EXAMPLES = int(os.environ.get("AGENTRE_EXAMPLES", "8"))

few = st.integers(0, 3)
times = st.none() | few.map(lambda n: START + timedelta(days=400 * n))
runs_ids = st.sampled_from(["r1", "r2", "r3"])
tokens = st.none() | st.integers(0, 3)


def runs(file: str) -> st.SearchStrategy[Run]:
    return st.builds(
        Run, run_id=runs_ids, source_format=st.just("f"), source_file=st.just(file),
        agent=st.sampled_from([None, "ada"]),
        started_at=times, ended_at=times, outcome=st.sampled_from(["unknown", "success", "failure"]),
        reward=st.none() | st.just(1.0), tags=st.none() | st.just(["x"]),
    )  # fmt: skip


model_calls = st.builds(
    ModelCall, call_id=st.sampled_from(["c1", "c2", "c3"]), run_id=runs_ids, seq=few,
    model=st.sampled_from([None, "gpt-4o", "m"]),
    input_tokens=tokens, output_tokens=tokens, cache_read_tokens=tokens, started_at=times, ended_at=times,
    reported_cost_nano_usd=st.none() | few, is_aggregate=st.booleans(),
)  # fmt: skip
tool_calls = st.builds(
    ToolCall, call_id=st.sampled_from(["t1", "t2"]), run_id=runs_ids, seq=few, tool_name=st.sampled_from(["a", "b"]),
    result_sha256=st.none() | st.just("s"), is_error=st.none() | st.booleans(), error_text=st.none() | st.just("e"),
    started_at=times, duration_ms=tokens,
)  # fmt: skip
messages = st.builds(
    Message, message_id=st.sampled_from(["m1", "m2"]), run_id=runs_ids, seq=few, role=st.just("user"),
    text=st.sampled_from([None, "x", "y"]), sent_at=times, is_human=st.booleans(),
)  # fmt: skip
spans = st.sampled_from(["c1", "c2", "c3", "elsewhere"])
links = st.builds(SpanLink, run_id=runs_ids, inner_id=spans, outer_id=spans)


def files(name: str) -> st.SearchStrategy[tuple[str, Parsed]]:
    """A file that tells of some runs, and of calls and messages of any."""
    batch = st.builds(
        Parsed, st.lists(runs(name), max_size=3), st.lists(model_calls, max_size=4), st.lists(tool_calls, max_size=4),
        st.lists(messages, max_size=4), links=st.lists(links, max_size=4),
    )  # fmt: skip
    return batch.map(lambda parsed: (name, parsed))


TABLES = ("runs", "model_calls", "tool_calls", "messages")


def stored(workspace: Workspace, ledger: Ledger, loads: Sequence[Sequence[tuple[str, Parsed]]]) -> dict[str, list[str]]:
    """The tables of an emptied ledger after some transactions, each of some files."""
    for table in (*TABLES, "run_descriptions", "span_links", "uncounted_calls"):
        ledger.typed(f"DELETE FROM {table}")
    for load in loads:
        with transaction(workspace, ledger) as writer:
            for name, parsed in load:
                writer.add(parsed, [name])
    return {table: contents(ledger, table) for table in TABLES}


def contents(ledger: Ledger, table: str) -> list[str]:
    _, rows = ledger.typed(f"SELECT * EXCLUDE (source_file) FROM {table}" if table == "runs" else f"FROM {table}")
    return sorted(map(repr, rows))


def test_any_order_and_any_number_of_sightings_give_the_same_tables(workspace: Workspace) -> None:
    """Everything ingested twice, in any order and grouping, gives the same runs, calls and messages."""
    with open_ledger(workspace.ledger, purpose="test") as ledger:

        @settings(max_examples=EXAMPLES, deadline=None)
        @given(data=st.data())
        def holds(data: st.DataObject) -> None:
            told = [data.draw(files(name)) for name in ("a", "b", "c")]
            again = data.draw(st.permutations(told + told))
            cut = data.draw(st.integers(0, len(again)))
            once = stored(workspace, ledger, [[file] for file in told])
            assert stored(workspace, ledger, [again[:cut], again[cut:]]) == once

        holds()


def one(ledger: Ledger, query: str) -> dict[str, Any]:
    (row,) = ledger.typed(query)[1]
    return row


def call(call_id: str, run_id: str, minute: int, **fields: Any) -> ModelCall:
    at = START + timedelta(minutes=minute)
    return ModelCall(call_id=call_id, run_id=run_id, seq=0, started_at=at, ended_at=at, **fields)


def run(run_id: str, **fields: Any) -> Run:
    return Run(run_id=run_id, source_format="f", source_file=run_id, **fields)


def test_a_call_belongs_to_the_earliest_run_with_the_latest_usage(workspace: Workspace) -> None:
    """A call copied into a second session is the first one's, with the tokens of the later line; runs follow."""
    first = Parsed([run("r1")], [call("c", "r1", 0, output_tokens=1)])
    second = Parsed([run("r2")], [call("c", "r2", 5, output_tokens=9)])
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        with transaction(workspace, ledger) as writer:
            writer.add(second, ["b"])
        with transaction(workspace, ledger) as writer:
            writer.add(first, ["a"])
        owners = ledger.typed("SELECT run_id, model_calls, output_tokens FROM runs ORDER BY run_id")[1]
    assert owners == [
        {"run_id": "r1", "model_calls": 1, "output_tokens": 9},
        {"run_id": "r2", "model_calls": 0, "output_tokens": None},
    ]


def counted(workspace: Workspace, ledger: Ledger, loads: Sequence[Parsed]) -> list[str]:
    """The calls that count after files that came one by one, in this order and then all of them again."""
    stored(workspace, ledger, [[(str(n), load)] for n, load in enumerate((*loads, *loads))])
    return [row["call_id"] for row in ledger.typed("SELECT call_id FROM model_calls ORDER BY call_id")[1]]


def test_a_sum_and_its_calls_in_other_files_are_counted_once(workspace: Workspace) -> None:
    """A sum goes where a call inside it is known, through spans of a third file, in any order; others stay.

    The trace: agent `sum` (30 tokens) > step `p` (third file) > call `c` (20). `beside` is the sum of another agent,
    whose calls nobody tells of. The run has 20 + 7 tokens.
    """
    total = call("sum", "r", 0, input_tokens=30, is_aggregate=True)
    beside = call("beside", "r", 0, input_tokens=7, is_aggregate=True)
    told = [
        Parsed([run("r")], [total, beside]),
        Parsed([run("r")], [call("c", "r", 1, input_tokens=20)], links=[link("c", "p")]),
        Parsed([run("r")], links=[link("p", "sum")]),
    ]
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        for order in (told, told[::-1], [told[1], told[0], told[2]]):
            assert counted(workspace, ledger, order) == ["beside", "c"]
            assert one(ledger, "SELECT model_calls, input_tokens FROM runs") == {"model_calls": 2, "input_tokens": 27}


def test_a_sum_stands_for_calls_without_usage(workspace: Workspace) -> None:
    """Calls of which nothing but the sum is told are not counted beside it; sums in a circle lose nothing."""
    total = call("sum", "r", 0, input_tokens=30, is_aggregate=True)
    silent = Parsed([run("r")], [call("c", "r", 1)], links=[link("c", "sum")])
    circle = Parsed(
        [run("r")], [total, call("x", "r", 1, input_tokens=1, is_aggregate=True)],
        links=[link("x", "sum"), link("sum", "x")],
    )  # fmt: skip
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        assert counted(workspace, ledger, [Parsed([run("r")], [total]), silent]) == ["sum"]
        assert counted(workspace, ledger, [silent, Parsed([run("r")], [total])]) == ["sum"]
        assert counted(workspace, ledger, [circle]) == ["sum", "x"]


def link(inner: str, outer: str) -> SpanLink:
    return SpanLink(run_id="r", inner_id=inner, outer_id=outer)


def test_what_no_call_has_is_null_and_never_zero(workspace: Workspace) -> None:
    """A run without tokens has NULL tokens and cost, and its cost is missing."""
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        with transaction(workspace, ledger) as writer:
            writer.add(Parsed([run("r")], [call("c", "r", 0, model="gpt-4o")]), ["a"])
        row = one(ledger, "SELECT input_tokens, reasoning_tokens, cost_usd, cost_source, model, model_calls FROM runs")
    assert row == {
        "input_tokens": None, "reasoning_tokens": None, "cost_usd": None, "cost_source": "missing", "model": "gpt-4o",
        "model_calls": 1,
    }  # fmt: skip


def test_the_price_is_exact_to_the_nanodollar(workspace: Workspace) -> None:
    """Uncached input, cache reads, both cache writes and output each at their own rate."""
    priced = call(
        "c", "r", 0, model="anthropic/claude-opus-4-6", input_tokens=1000, output_tokens=7, cache_read_tokens=300,
        cache_write_tokens=200, cache_write_1h_tokens=50,
    )  # fmt: skip
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        with transaction(workspace, ledger) as writer:
            writer.add(Parsed([run("r")], [priced]), ["a"])
        row = one(ledger, "SELECT cost_usd, cost_source FROM runs")
    # per token in nanodollars: input 5000, output 25000, cache read 500, write 5 min 6250, write 1 h 10000
    # 500 * 5000 + 7 * 25000 + 300 * 500 + 150 * 6250 + 50 * 10000 = 4262500
    assert row == {"cost_usd": Decimal("0.004262500"), "cost_source": "priced"}


def test_a_longer_prompt_has_its_own_rates(workspace: Workspace) -> None:
    """At the limit, above it, on an earlier day and as a sum of calls of unknown length; SQL and Python agree."""
    then, earlier = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    told = [
        (100_000, then, False), (100_001, then, False), (100_001, earlier, False), (100_000, then, True),
        (100_001, then, True),
    ]  # fmt: skip
    calls = [
        ModelCall(
            call_id=f"c{n}", run_id="r", seq=0, model="claude-haiku-5-5", input_tokens=size, output_tokens=10,
            cache_read_tokens=90_000, started_at=at, ended_at=at, is_aggregate=summed,
        )
        for n, (size, at, summed) in enumerate(told)
    ]  # fmt: skip
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        with transaction(workspace, ledger) as writer:
            writer.add(Parsed([run("r")], calls), ["a"])
        rows = ledger.typed("SELECT cost_usd FROM model_calls ORDER BY call_id")[1]
    # nanodollars: 10,000 * 100 + 90,000 * 10 + 10 * 500 = 1,905,000
    # and, five times as dear, 10,001 * 500 + 90,000 * 50 + 10 * 2500 = 9,525,500; no price before the release
    costs = [1_905_000, 9_525_500, None, 1_905_000, None]
    assert [row["cost_usd"] for row in rows] == [cost and usd(cost) for cost in costs]
    assert [cost_of(each, price_table()) for each in calls] == costs


def test_a_model_that_is_not_listed_has_no_price(workspace: Workspace) -> None:
    """A sibling's price is not taken; one such call leaves the run's cost open, and a new price closes it."""
    calls = [
        call("c1", "r", 0, model="gpt-4o-2024-08-06", input_tokens=2, output_tokens=1),
        call("c2", "r", 1, model="gpt-4o-unheard-of", input_tokens=2, output_tokens=1),
    ]
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        with transaction(workspace, ledger) as writer:
            writer.add(Parsed([run("r")], calls), ["a"])
        before = one(ledger, "SELECT cost_usd, cost_source FROM runs")
        (workspace.root / "prices.yaml").write_text(
            'prices: [{model: gpt-4o-unheard-of, valid_from: "2026-01-01", input: 1, output: 2}]\n'
        )
        changed = price(workspace, ledger)
        after = one(ledger, "SELECT cost_usd, cost_source FROM runs")
    assert before == {"cost_usd": None, "cost_source": "missing"}
    assert changed == 1
    # 2 * 2500 + 10000 = 15000 nano; 2 * 1000 + 2000 = 4000 nano
    assert after == {"cost_usd": usd(19_000), "cost_source": "priced"}


def test_reported_costs_are_kept_and_said_to_be_reported(workspace: Workspace) -> None:
    """The source's own figure wins over the table; only where all are reported is the run's."""
    calls = [call("c", "r", 0, model="gpt-4o", input_tokens=2, output_tokens=1, reported_cost_nano_usd=161_800)]
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        with transaction(workspace, ledger) as writer:
            writer.add(Parsed([run("r")], calls), ["a"])
        row = one(ledger, "SELECT cost_usd, cost_source FROM runs")
    assert row == {"cost_usd": Decimal("0.000161800"), "cost_source": "reported"}


def test_an_agent_is_known_by_name_in_any_case_and_gets_its_type(workspace: Workspace) -> None:
    """`ada` in a log is the workspace's Ada, an engineer; a stranger keeps its name and has no type."""
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        with transaction(workspace, ledger) as writer:
            writer.add(Parsed([run("r1", agent="ada"), run("r2", agent="Zoe")]), ["a"])
        rows = ledger.typed("SELECT agent, agent_type FROM runs ORDER BY agent")[1]
        unmapped = ledger.rows("ingest/unmapped_agents")
    assert rows == [{"agent": "Ada", "agent_type": "engineer"}, {"agent": "Zoe", "agent_type": None}]
    assert [row["agent"] for row in unmapped] == ["Zoe"]
