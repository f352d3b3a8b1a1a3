"""A trace that comes in several files counts what it counts in one."""

from __future__ import annotations

import random
from typing import Any

import pytest
from format_reading import Reader
from span_samples import agent, chat, lines, request, span, tool

from storage.ledger import Ledger, open_ledger
from storage.workspace import Workspace
from tasks.ingest.formats import otlp
from tasks.ingest.store import transaction

STEP = {"openinference.span.kind": "CHAIN"}
USED = {"gen_ai.usage.input_tokens": 50, "gen_ai.usage.output_tokens": 5}
# agent 1 with the sum of 2 and 4; its tool asks agent 6, which says its sum only, around calls without usage; agent 8
# says its own sum and no call of it is told of; agent 9 repeats the sum of agent 10, which repeats call 11
TRACE = [
    span(1, 0, agent() | chat(30, 3) | agent()), span(2, 1, chat(10, 1)), span(3, 1, STEP), span(4, 3, chat(20, 2)),
    span(5, 3, tool()), span(6, 5, agent("b") | USED), span(7, 6, chat(None, None)), span(8, 1, agent("c") | USED),
    span(9, 1, agent("d") | USED), span(10, 9, agent("e") | USED), span(11, 10, chat(50, 5)),
]  # fmt: skip
# 10 + 20 of the calls, 50 of agent 6, 50 of agent 8, 50 of call 11
COUNTED = {"calls": 5, "sums": 2, "input": 180, "output": 18}
FIGURES = """SELECT count(*) AS calls, count(*) FILTER (is_aggregate) AS sums, sum(input_tokens)::INT AS input,
    sum(output_tokens)::INT AS output FROM model_calls"""


def figures(workspace: Workspace, ledger: Ledger, files: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """What an emptied ledger counts after these files, each of some spans, came one by one."""
    for table in ("runs", "model_calls", "run_descriptions", "span_links", "uncounted_calls"):
        ledger.typed(f"DELETE FROM {table}")
    for number, spans in enumerate(files):
        with transaction(workspace, ledger) as writer:
            writer.add(Reader().data(otlp, lines(request(*spans))), [str(number)])
    return ledger.typed(FIGURES)[1][0]


@pytest.mark.parametrize("seed", range(2))
def test_any_split_of_a_trace_counts_the_same(workspace: Workspace, seed: int) -> None:
    """However the spans are spread over three files, in whatever order these come, and also when all come again."""
    draw = random.Random(seed)
    parts: list[list[dict[str, Any]]] = [[], [], []]
    for one in TRACE:
        draw.choice(parts).append(one)
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        assert figures(workspace, ledger, parts) == COUNTED
        assert figures(workspace, ledger, [*parts[::-1], TRACE, parts[0]]) == COUNTED


def test_a_sum_that_came_before_its_calls_goes(workspace: Workspace) -> None:
    """An agent's span that came alone first, and then with its calls in a file of its own, is counted as these."""
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        found = figures(workspace, ledger, [TRACE[:1], [TRACE[0], TRACE[1], TRACE[2], TRACE[3]]])
    assert found == {"calls": 2, "sums": 0, "input": 30, "output": 3}


def test_a_whole_trace_tells_of_no_links_but_of_sums() -> None:
    """What needs no other file costs nothing: a trace without sums has no links."""
    whole = [span(1, 0, agent()), span(2, 1, chat(10, 1)), span(3, 1, tool())]
    assert Reader().data(otlp, lines(request(*whole))).links == []
    assert len(Reader().data(otlp, lines(request(*TRACE[:3]))).links) == 1
