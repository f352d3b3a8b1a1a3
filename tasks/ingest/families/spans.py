"""A span as far as counting needs it, read from its attributes (`span_names`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final

import msgspec

from storage.records import nano_usd
from tasks.ingest.families.span_names import Attributes, indexed, told
from tasks.ingest.values.json_values import Invalid, count, number
from tasks.ingest.values.timestamps import recorded


class Kind(IntEnum):
    """What a span is about. OTHER: nothing of an agent, so it makes no record. EVENT: a part of another span."""

    MODEL = 1
    TOOL = 2
    AGENT = 3
    CHAIN = 4
    OTHER = 5
    EVENT = 6


class Usage(msgspec.Struct, gc=False):
    """Tokens and cost. `input_tokens` includes the cached ones; cost is in nanodollars."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: int | None = None
    cache_write_1h_tokens: int | None = None

    def __bool__(self) -> bool:
        return self.input_tokens is not None or self.output_tokens is not None or self.cost is not None


class Span(msgspec.Struct, gc=False):
    """One span. Texts are as the source has them: JSON in text, lists or objects, and not yet escaped."""

    trace_id: str
    span_id: str
    parent_id: str | None = None
    name: str = ""
    kind: Kind = Kind.OTHER
    started_at: datetime | None = None
    ended_at: datetime | None = None
    is_error: bool = False
    error_type: str | None = None
    error_text: str | None = None
    agent: str | None = None
    service: str | None = None
    model: str | None = None
    provider: str | None = None
    response_id: str | None = None
    usage: Usage | None = None
    instructions: object = None
    input: object = None
    output: object = None
    tool_name: str | None = None
    tool_call_id: str | None = None
    verdicts: list[Verdict] | None = None
    definitions: object = None


class Verdict(msgspec.Struct, gc=False):
    """A `gen_ai.evaluation.result` with a label that says pass or fail."""

    passed: bool
    value: float | None


_KIND_OF_OPERATION: Final = {
    "chat": Kind.MODEL, "generate_content": Kind.MODEL, "text_completion": Kind.MODEL, "embeddings": Kind.MODEL,
    "call_llm": Kind.MODEL, "completion": Kind.MODEL, "execute_tool": Kind.TOOL, "invoke_agent": Kind.AGENT,
    "create_agent": Kind.CHAIN, "invoke_workflow": Kind.CHAIN, "retrieval": Kind.CHAIN, "plan": Kind.CHAIN,
    "fetch_response": Kind.CHAIN, "chain": Kind.CHAIN,
}  # fmt: skip
_KIND_OF_NAME: Final = {
    "LLM": Kind.MODEL, "EMBEDDING": Kind.MODEL, "GENERATION": Kind.MODEL, "TOOL": Kind.TOOL, "AGENT": Kind.AGENT,
    "CHAIN": Kind.CHAIN, "RETRIEVER": Kind.CHAIN, "RERANKER": Kind.CHAIN, "GUARDRAIL": Kind.CHAIN,
    "EVALUATOR": Kind.CHAIN, "PROMPT": Kind.CHAIN, "WORKFLOW": Kind.CHAIN, "TASK": Kind.CHAIN,
}  # fmt: skip
"""Kinds of OpenInference, OpenLLMetry, LangSmith and Langfuse, in capitals."""
_AI_SDK_CALLS: Final = (".doGenerate", ".doStream", ".doEmbed")
_PASS: Final = frozenset({"pass", "passed", "success", "succeeded", "true", "correct"})
_FAIL: Final = frozenset({"fail", "failed", "failure", "false", "incorrect"})
_WHOLE: Final = (int, str)  # a tuple, as `int | str` would be built anew for each span
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def describe(span: Span, attributes: Attributes) -> Span:
    """Fills in what the attributes say. Raises Invalid for a token count or cost that is none."""
    return fill(span, told(attributes), lambda: attributes)


def fill(span: Span, known: Attributes, attributes: Callable[[], Attributes]) -> Span:
    """As `describe`, by what the attributes tell; all of them are asked for where that is no message."""
    kind = span.kind = _kind(known)
    if kind is Kind.OTHER:
        return span
    span.error_type = text(known.get("error_type"))
    span.is_error = span.is_error or span.error_type is not None
    span.agent = text(known.get("agent"))
    if kind is Kind.TOOL:
        span.tool_name = text(known.get("tool")) or text(known.get("entity")) or _named(span, "execute_tool ")
        span.tool_call_id = text(known.get("tool_call_id"))
        span.input, span.output = known.get("arguments"), known.get("result")
        return span
    span.model = text(known.get("model"))
    span.usage = _usage(known)
    span.definitions = known.get("definitions")
    if kind is Kind.CHAIN:
        span.input, span.output = known.get("plain_input"), known.get("plain_output")
        return span
    if kind is Kind.AGENT and span.agent is None:
        span.agent = text(known.get("entity")) or _named(span, "invoke_agent ")
    span.provider = text(known.get("provider"))
    span.response_id = text(known.get("response_id"))
    span.instructions = known.get("instructions")
    span.input = known.get("input") or indexed(attributes(), "input") or known.get("plain_input")
    span.output = known.get("output") or indexed(attributes(), "output") or known.get("plain_output")
    return span


def kind_of(attributes: Attributes) -> Kind:
    """What a span is about: as its operation or kind says, else as the names of its attributes do."""
    return _kind(told(attributes))


def _kind(known: Attributes) -> Kind:
    operation = known.get("operation")
    if isinstance(operation, str) and (kind := _KIND_OF_OPERATION.get(operation)):
        return kind
    named = known.get("span_kind")
    if isinstance(named, str) and (kind := _KIND_OF_NAME.get(named.upper())):
        return kind
    if isinstance(sdk := known.get("sdk_operation"), str):
        return Kind.TOOL if sdk == "ai.toolCall" else Kind.MODEL if sdk.endswith(_AI_SDK_CALLS) else Kind.CHAIN
    if "tool" in known or known.get("mcp_method") == "tools/call":
        return Kind.TOOL
    if "request_type" in known or "model" in known:
        return Kind.MODEL
    if "agent" in known:
        return Kind.AGENT
    return Kind.CHAIN if operation is not None or "input_tokens" in known else Kind.OTHER


def kind_named(name: object) -> Kind | None:
    """The kind by a name that a source uses for it, in any case; None for one that says nothing."""
    return _KIND_OF_NAME.get(name.upper()) if isinstance(name, str) else None


def _named(span: Span, prefix: str) -> str | None:
    return span.name.removeprefix(prefix) or None


def _usage(known: Attributes) -> Usage | None:
    """Tokens and cost that are told; None where none are."""
    usage = Usage(_count(known, "input_tokens"), _count(known, "output_tokens"), cost=_cost(known))
    if not usage:
        return None
    usage.cache_read_tokens = _count(known, "cache_read_tokens")
    usage.cache_write_tokens = _count(known, "cache_write_tokens")
    usage.cache_write_1h_tokens = _count(known, "cache_write_1h_tokens")
    usage.reasoning_tokens = _count(known, "reasoning_tokens")
    return settled(usage, _count(known, "total_tokens"))


def settled(usage: Usage, total: int | None) -> Usage:
    """The usage by OpenTelemetry's rule, that input includes what was read from or written to a cache.

    Some instrumentors count it apart from the input. That is known where the total says so (input + output +
    cached), or where more is cached than was put in, as a part cannot exceed its whole. Else it is included.
    """
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    if cached and usage.input_tokens is not None:
        own, answer = usage.input_tokens, usage.output_tokens or 0
        if cached > own or (total is not None and total == own + answer + cached):
            usage.input_tokens = own + cached
    return usage


def nanoseconds(value: object, name: str) -> datetime | None:
    """Nanoseconds since 1970, a number or its text, as a time; None, 0 and what no clock shows are None.

    Raises Invalid, naming the field, for anything else.
    """
    if not value or value == "0":
        return None
    try:
        if isinstance(value, _WHOLE):
            return recorded(_EPOCH + timedelta(microseconds=int(value) // 1000))
    except (ValueError, OverflowError):
        pass
    raise Invalid(f"{name} is not a time")


def verdict_of(attributes: Attributes) -> Verdict | None:
    """The verdict of an evaluation; None where its label is neither pass nor fail."""
    label = attributes.get("gen_ai.evaluation.score.label", attributes.get("gen_ai.evaluation.label"))
    word = label.strip().lower() if isinstance(label, str) else ""
    if word not in _PASS and word not in _FAIL:
        return None
    try:
        value = number(attributes.get("gen_ai.evaluation.score.value"), "score")
    except Invalid:
        value = None
    return Verdict(word in _PASS, value)


def text(value: object) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def _count(known: Attributes, name: str) -> int | None:
    """A count, also written as text. Raises Invalid."""
    value = known.get(name)
    if value is None:
        return None
    if isinstance(value, str):  # as OTLP writes whole numbers
        if not value.isascii() or not value.isdigit() or len(value) > 19:
            raise Invalid(f"{name} is not a count")
        value = int(value)
    return count(value, name)


def _cost(known: Attributes) -> int | None:
    """The reported cost in nanodollars, each part by its own decimal text, so no float is summed."""
    if (total := amount(known.get("cost"), "cost")) is not None:
        return total
    parts = [cost for name in ("input_cost", "output_cost") if (cost := amount(known.get(name), name)) is not None]
    return sum(parts) if parts else None


def amount(value: object, name: str) -> int | None:
    """Dollars, as a number or its decimal text, in nanodollars; None stays None. Raises Invalid."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Invalid(f"{name} is not an amount of money")
    try:
        nano = nano_usd(value)
    except ValueError as error:
        raise Invalid(f"{name} is not an amount of money") from error
    if nano is None or nano < 0:
        raise Invalid(f"{name} is below 0")
    return nano
