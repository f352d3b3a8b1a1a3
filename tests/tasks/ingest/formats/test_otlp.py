"""OTLP/JSON lines: each call once, each span one fate, whatever lines and order the spans come in."""

from __future__ import annotations

import base64
import io
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
import span_samples as samples
from format_reading import Reader
from hypothesis import given, settings
from hypothesis import strategies as st
from span_samples import SECOND, START, TRACE, agent, chat, lines, request, said, span, tool

from storage.records import stable_id
from storage.settings import Limits
from storage.text import restored
from tasks.ingest.families import traces
from tasks.ingest.formats import otlp
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source

READER = Reader()


def read(*spans: dict[str, Any]) -> Parsed:
    """The records of spans in one request."""
    return READER.data(otlp, lines(request(*spans)))


def tokens(parsed: Parsed) -> list[tuple[int | None, int | None]]:
    """Input and output tokens of each call."""
    return [(call.input_tokens, call.output_tokens) for call in parsed.model_calls]


def test_a_trace_is_a_run() -> None:
    """Agent, times, model call, tool call and messages of a trace become one run."""
    parsed = READER.data(otlp, lines(*samples.OTLP))
    (run,), (call,), (used,) = parsed.runs, parsed.model_calls, parsed.tool_calls
    assert (run.run_id, run.agent, run.outcome) == (stable_id("otel", TRACE), "Ada", "unknown")
    assert run.started_at == datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert run.ended_at == datetime(2026, 1, 1, 0, 0, 4, tzinfo=UTC)
    assert (call.input_tokens, call.output_tokens, call.model, call.duration_ms) == (10, 4, "m", 1000)
    assert (used.tool_name, used.is_error) == ("search", False)
    assert [(m.role, m.text, m.is_human) for m in parsed.messages] == [
        ("user", "hi", True), ("assistant", "hello", False), ("tool", "found", False),
    ]  # fmt: skip
    assert (parsed.stored, parsed.merged, parsed.units) == (3, 1, 4)  # the log record completes its span


def test_usage_repeated_on_the_agent_is_not_counted() -> None:
    """An agent's span carries the sum of its calls: two calls are two, not three."""
    parsed = read(span(1, 0, agent() | chat(30, 6) | agent()), span(2, 1, chat(10, 2)), span(3, 1, chat(20, 4)))
    assert tokens(parsed) == [(10, 2), (20, 4)]
    assert not any(call.is_aggregate for call in parsed.model_calls)


def test_a_call_of_two_instrumentors_is_one() -> None:
    """The framework's span around the SDK's span is the same call, with or without steps between them."""
    step = {"openinference.span.kind": "CHAIN"}
    parsed = read(span(1, 0, agent()), span(2, 1, chat(10, 2)), span(3, 2, step), span(4, 3, chat(11, 2)))
    assert tokens(parsed) == [(11, 2)]
    assert (parsed.stored, parsed.merged) == (2, 2)


def test_equal_response_ids_are_one_call() -> None:
    """Spans beside each other with one response id are one call; the one with usage is taken."""
    same = {"gen_ai.response.id": "resp_1"}
    parsed = read(span(1, 0, agent()), span(2, 1, chat(None, None, **same)), span(3, 1, chat(7, 1, **same)))
    assert tokens(parsed) == [(7, 1)]


def test_only_an_aggregate_is_one_call_marked_as_such() -> None:
    """Where only the agent's span has usage, that is one call and says that it is a sum."""
    parsed = read(span(1, 0, agent(**{"gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 6})))
    assert [(call.input_tokens, call.is_aggregate) for call in parsed.model_calls] == [(30, True)]
    parsed = read(span(1, 0, chat(30, 6)), span(2, 1, chat(None, None)), span(3, 1, chat(None, None)))
    assert [(call.input_tokens, call.is_aggregate) for call in parsed.model_calls] == [(30, True)]


def test_a_model_behind_a_tool_is_another_call() -> None:
    """A call whose tool asks another model does not repeat that model's call (Google's ADK nests so)."""
    parsed = read(span(1, 0, chat(10, 1)), span(2, 1, tool()), span(3, 2, agent("sub")), span(4, 3, chat(20, 2)))
    assert tokens(parsed) == [(10, 1), (20, 2)]
    assert len(parsed.runs) == 1


def test_a_tool_of_two_instrumentors_is_one() -> None:
    """A tool's span around that of the same call is one tool call; the same tool called again is another."""
    named = {"gen_ai.tool.call.id": "c1"}
    parsed = read(span(1, 0, agent()), span(2, 1, tool(**named)), span(3, 2, tool(**named)), span(4, 1, tool(**named)))
    assert len(parsed.tool_calls) == len({call.call_id for call in parsed.tool_calls}) == 2


def test_tools_that_only_the_model_tells_of() -> None:
    """Without spans of tools the requests in the messages count, once although each call repeats the talk."""
    asked = {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}}]}
    done = {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "42"}]}
    first = json.dumps([asked])
    later = json.dumps([said("user", "go"), asked, done])
    parsed = read(
        span(1, 0, chat(1, 1, **{"gen_ai.output.messages": first})),
        span(2, 0, chat(2, 1, **{"gen_ai.input.messages": later})),
    )
    assert [call.tool_name for call in parsed.tool_calls] == ["f"]
    assert [(m.role, m.text) for m in parsed.messages] == [("user", "go"), ("tool", "42")]


def test_errors() -> None:
    """A tool's error is flagged with its type and text; a failed agent is a failed run; OK is no verdict."""
    event = {
        "name": "exception",
        "attributes": samples.pairs({"exception.type": "Timeout", "exception.message": "late"}),
    }
    parsed = read(
        span(1, 0, agent(**{"error.type": "task_failed"}), status={"code": 2}),
        span(2, 1, tool(), status={"code": "STATUS_CODE_ERROR"}, events=[event]),
        span(3, 1, chat(1, 1), status={"code": 1}),
    )
    assert [(call.is_error, call.error_type, call.error_text) for call in parsed.tool_calls] == [
        (True, "Timeout", "late")
    ]
    assert (parsed.runs[0].outcome, parsed.runs[0].ended_by) == ("failure", "task_failed")
    assert parsed.model_calls[0].error_type is None
    assert read(span(1, 0, agent(), status={"code": 1})).runs[0].outcome == "unknown"


@pytest.mark.parametrize(("label", "outcome"), [("pass", "success"), ("Fail", "failure"), ("relevant", "unknown")])
def test_an_evaluation_of_the_agent_is_its_verdict(label: str, outcome: str) -> None:
    """A pass or fail on the agent's span is the outcome and its value the reward; other labels are not guessed at."""
    told = {
        "gen_ai.evaluation.name": "q",
        "gen_ai.evaluation.score.value": 0.25,
        "gen_ai.evaluation.score.label": label,
    }
    event = {"name": "gen_ai.evaluation.result", "attributes": samples.pairs(told)}
    run = read(span(1, 0, agent(), events=[event])).runs[0]
    assert (run.outcome, run.reward) == (outcome, None if outcome == "unknown" else 0.25)
    logged = {"traceId": TRACE, "spanId": f"{1:016x}", "eventName": event["name"], "attributes": event["attributes"]}
    parsed = READER.data(otlp, lines(samples.logs(logged), request(span(1, 0, agent()))))
    assert parsed.runs[0].outcome == outcome
    assert parsed.units == 2


def test_cached_tokens_are_part_of_the_input() -> None:
    """Input includes cached tokens; counted apart, which the source's total or sizes show, they are added."""
    cache = {"gen_ai.usage.cache_read.input_tokens": 40, "gen_ai.usage.cache_creation.input_tokens": 5}
    (inside,) = read(span(1, 0, chat(100, 7, **cache))).model_calls
    assert (inside.input_tokens, inside.cache_read_tokens, inside.cache_write_tokens) == (100, 40, 5)
    (smaller,) = read(span(1, 0, chat(10, 7, **cache))).model_calls
    assert smaller.input_tokens == 55  # 45 cached cannot be part of 10
    total = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 100, "llm.token_count.completion": 7,
             "llm.token_count.prompt_details.cache_read": 40, "llm.token_count.total": 147}  # fmt: skip
    assert read(span(1, 0, total)).model_calls[0].input_tokens == 140  # 147 = 100 + 40 + 7
    assert read(span(1, 0, total | {"llm.token_count.total": 107})).model_calls[0].input_tokens == 100


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.system": "x", "gen_ai.request.model": "m",
         "gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 4},
        {"openinference.span.kind": "LLM", "llm.model_name": "m",
         "llm.token_count.prompt": 10, "llm.token_count.completion": 4},
        {"llm.request.type": "chat", "gen_ai.request.model": "m",
         "gen_ai.usage.input_tokens": "10", "gen_ai.usage.output_tokens": "4"},
        {"ai.operationId": "ai.generateText.doGenerate", "ai.model.id": "m",
         "ai.usage.promptTokens": 10, "ai.usage.completionTokens": 4},
    ],
)  # fmt: skip
def test_other_names_for_the_same(attributes: dict[str, Any]) -> None:
    """Deprecated names, OpenInference, OpenLLMetry and the AI SDK tell the same call."""
    (call,) = read(span(1, 0, attributes)).model_calls
    assert (call.model, call.input_tokens, call.output_tokens) == ("m", 10, 4)


def test_flattened_messages() -> None:
    """OpenInference's and OpenLLMetry's messages, flattened with an index, are read in its order."""
    flat = {"openinference.span.kind": "LLM", "llm.model_name": "m"}
    for number, (role, text) in enumerate([("system", "be kind"), *[("user", f"q{n}") for n in range(10)]]):
        flat |= {
            f"llm.input_messages.{number}.message.role": role,
            f"llm.input_messages.{number}.message.content": text,
        }
    parsed = read(span(1, 0, flat))
    assert [m.text for m in parsed.messages] == ["be kind", *[f"q{n}" for n in range(10)]]


def test_a_talk_is_stored_once() -> None:
    """Each call repeats the talk before it: its messages are stored once, equal texts of one talk as often as said."""
    talk = [said("user", "yes"), said("assistant", "sure?"), said("user", "yes")]
    spans = [span(1 + n, 0, chat(1, 1, **{"gen_ai.input.messages": json.dumps(talk[: 1 + 2 * n])})) for n in range(2)]
    assert [(m.role, m.text) for m in read(*spans).messages] == [
        ("user", "yes"),
        ("assistant", "sure?"),
        ("user", "yes"),
    ]


def test_spans_without_an_agent_are_ignored() -> None:
    """HTTP and database spans make no run and no call, but a call inside them keeps its place."""
    parsed = read(span(1, 0, {"http.method": "GET"}), span(2, 1, chat(1, 1)), span(3, 2, {"db.system": "x"}))
    assert (len(parsed.runs), parsed.stored, dict(parsed.ignored)) == (1, 1, {"span of no agent, model or tool": 2})
    assert not read(span(1, 0, {"http.method": "GET"})).runs


def test_ids_in_base64_and_capitals_are_the_same() -> None:
    """Ids in base64 (plain protobuf JSON), capitals or hexadecimal name the same span."""
    given = span(1, 0, chat(1, 1))
    packed = given | {
        "traceId": base64.b64encode(bytes.fromhex(TRACE)).decode(),
        "spanId": base64.b64encode(bytes.fromhex(given["spanId"])).decode(),
    }
    parsed = read(given, packed, given | {"traceId": TRACE.upper()})
    assert (len(parsed.runs), len(parsed.model_calls), parsed.merged) == (1, 1, 2)


def test_broken_spans_do_not_take_the_line_with_them() -> None:
    """Each broken span is quarantined by itself with its line and offset; a broken line is one unit."""
    good = span(1, 0, chat(1, 1))
    bad = [5, {"traceId": 7}, good | {"traceId": ""}, span(2, 0, chat(-1, 1)), good | {"startTimeUnixNano": "soon"}]
    data = lines({"resourceSpans": []}) + b'{"resourceSpans": [\n' + lines(request(good, *bad))
    parsed = READER.data(otlp, data)
    assert (parsed.stored, len(parsed.quarantined), dict(parsed.ignored)) == (
        1, 6, {"export request without spans and log records": 1},
    )  # fmt: skip
    assert {(entry.line, entry.byte_offset) for entry in parsed.quarantined[1:]} == {(3, data.index(b"\n", 30) + 1)}


def test_a_whole_document_reads_as_its_lines() -> None:
    """The same requests as one pretty-printed document, or as an array, give the same records."""
    whole = request(*(s for s in samples.OTLP[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]))
    for data in (json.dumps(whole, indent=2).encode(), json.dumps([whole]).encode(), b"\xef\xbb\xbf" + lines(whole)):
        assert otlp.detect(data, "x") or data.startswith(b"[")
        assert READER.data(otlp, data) == READER.data(otlp, lines(whole))


def many() -> list[dict[str, Any]]:
    """Spans of three traces, with all kinds of repetition."""
    found = []
    for n in range(3):
        trace = f"{n + 1:032x}"
        talk = json.dumps([said("user", "q"), said("user", f"q{n}")])
        found += [
            span(1, 0, agent() | {"gen_ai.usage.input_tokens": 60}, trace),
            span(2, 1, chat(10, 2, **{"gen_ai.input.messages": talk}), trace),
            span(3, 2, chat(10, 2, **{"gen_ai.response.id": "r"}), trace),
            span(4, 1, tool(**{"gen_ai.tool.call.id": "c"}), trace),
            span(5, 1, tool(**{"gen_ai.tool.call.id": "c"}), trace),
            span(6, 1, chat(50, 2), trace),
            span(7, 6, {"http.method": "POST"}, trace),
        ]
    return found


def sorted_records(parsed: Parsed) -> list[Any]:
    """All records, each kind in the order of its ids."""
    kinds = (parsed.runs, parsed.model_calls, parsed.tool_calls, parsed.messages)
    return [sorted(map(repr, records)) for records in kinds]


@settings(max_examples=30, deadline=None)
@given(order=st.randoms(use_true_random=False), per_line=st.integers(1, 9))
def test_shuffled_over_lines(order: random.Random, per_line: int) -> None:
    """Spans in any order over any lines give the same records and the same fates."""
    spans = many()
    plain = read(*spans)
    order.shuffle(spans)
    cut = [request(*spans[at : at + per_line]) for at in range(0, len(spans), per_line)]
    shuffled = READER.data(otlp, lines(*cut))
    assert sorted_records(shuffled) == sorted_records(plain)
    assert (shuffled.stored, shuffled.merged, shuffled.ignored) == (plain.stored, plain.merged, plain.ignored)
    assert sum(call.input_tokens or 0 for call in plain.model_calls) == 3 * (10 + 50)


def test_a_trace_over_files_is_one_run() -> None:
    """Calls told in two files have the same ids as in one, so that the ledger puts them together."""
    spans = [s for s in many() if s["traceId"] == f"{1:032x}"]
    whole = read(*spans)
    parts = [read(*spans[:4]), read(*spans[4:])]
    assert {run.run_id for part in parts for run in part.runs} == {run.run_id for run in whole.runs}
    assert {call.call_id for part in parts for call in part.model_calls} == {call.call_id for call in whole.model_calls}


def test_the_agent_of_a_part() -> None:
    """Calls whose agent stands elsewhere do not take the service for it, but the agent that they name."""
    assert read(span(2, 1, chat(1, 1))).runs[0].agent is None
    assert read(span(2, 0, chat(1, 1))).runs[0].agent == "svc"
    assert read(span(2, 1, tool(**{"gen_ai.agent.name": "Ada"}))).runs[0].agent == "Ada"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound, traces untouched for longest are put together first; nothing is lost or counted twice."""
    monkeypatch.setattr(traces, "BATCH_BYTES", 5_000)
    requests = [
        request(span(1, 0, agent(), f"{n + 1:032x}"), span(2, 1, chat(n, 1), f"{n + 1:032x}")) for n in range(99)
    ]
    batches = list(otlp.parse(Source("x", io.BytesIO(lines(*requests)), limits=Limits(held_bytes=20_000))))
    assert len(batches) > 10
    assert max(batch.units for batch in batches) < 40
    assert sum(batch.units for batch in batches) == 198
    assert sum(call.input_tokens or 0 for batch in batches for call in batch.model_calls) == sum(range(99))


def test_naughty_text_comes_back() -> None:
    """NUL and lone surrogates in a message are escaped so that they can be had back; the span is not lost."""
    for text in ("a\0b", "\ud800", "\\u0000", "é\ud83d"):
        given = span(1, 0, chat(1, 1, **{"gen_ai.input.messages": json.dumps([said("user", text)])}))
        assert [restored(m.text or "") for m in read(given).messages] == [text]
        given = span(1, 0, chat(1, 1, **{"input.value": text}))
        assert [restored(m.text or "") for m in read(given).messages] == [text]


def test_deep_and_circular_parents() -> None:
    """Parents in a circle, and thousands of spans inside one another, are read in time and counted."""
    circle = read(span(1, 2, chat(1, 1)), span(2, 1, chat(2, 1)))
    assert len(circle.model_calls) == 1
    deep = read(*(span(n, n - 1, chat(None, None)) for n in range(1, 3000)))
    assert (len(deep.model_calls), deep.units) == (1, 2999)


def test_times() -> None:
    """A start of 0 is unknown, and years that no clock shows are refused."""
    parsed = read(span(1, 0, chat(1, 1), startTimeUnixNano="0"), span(2, 0, chat(1, 1), endTimeUnixNano=str(10**30)))
    assert parsed.model_calls[0].started_at is None
    assert [entry.reason for entry in parsed.quarantined] == ["the end is not a time"]
    assert START % 10**9 == 0


def test_clocks_that_were_not_set_are_not_recorded() -> None:
    """A time before 1990 or from 2200 on is none; the call counts all the same. The bounds' own years are kept."""
    days_1990, days_2200 = 7_305, 84_006  # since 1970: 20 * 365 + 5 leap days; 230 * 365 + 56 leap days
    for days, is_kept in ((days_1990 - 1, False), (days_1990, True), (days_2200 - 1, True), (days_2200, False)):
        parsed = read(span(1, 0, chat(1, 1), startTimeUnixNano=str(days * 86_400 * SECOND)))
        assert (tokens(parsed), parsed.quarantined) == ([(1, 1)], [])
        assert (parsed.model_calls[0].started_at is not None) is is_kept, days


def test_spans_that_share_an_id_are_told_apart_by_their_start() -> None:
    """A span told again is one, with its last end; another start is another span, in whatever order they come."""
    one, other = span(1, 0, chat(10, 1)), span(1, 0, chat(20, 2), startTimeUnixNano=str(START + 99 * SECOND))
    again = one | {"endTimeUnixNano": str(START + 50 * SECOND), "attributes": samples.pairs(chat(11, 1))}
    for order in ([one, other, again], [other, again, one], [again, one, other]):
        parsed = read(*order)
        assert sorted(tokens(parsed)) == [(11, 1), (20, 2)]
        assert (parsed.stored, parsed.merged, parsed.units) == (2, 1, 3)
    assert read(one, other).model_calls[0].call_id == read(one).model_calls[0].call_id


def test_the_last_of_two_equal_keys_counts() -> None:
    """In a request, a key that stands twice has its last value; a line that is none is refused for it."""
    data = lines(request(span(1, 0, chat(1, 1)))).replace(b'"name": "span 1"', b'"name": "x", "name": "invoke_agent y"')
    twice = data.replace(b'"intValue": "1"', b'"intValue": "7", "intValue": "9"')
    assert tokens(READER.data(otlp, twice)) == [(9, 9)]
    parsed = READER.data(otlp, twice.replace(b'"traceId"', b'"status": 5, "traceId"'))
    assert [entry.reason for entry in parsed.quarantined] == ["an object has the same key twice"]


def test_what_an_export_of_a_ledger_says_of_an_hours_cache() -> None:
    """`agentre.cache_write_1h_tokens`, which exports carry, is read back: it has a price of its own."""
    told = {"gen_ai.usage.cache_creation.input_tokens": 20, "agentre.cache_write_1h_tokens": 15}
    (call,) = read(span(1, 0, chat(123, 7, **told))).model_calls
    assert (call.input_tokens, call.cache_write_tokens, call.cache_write_1h_tokens) == (123, 20, 15)
