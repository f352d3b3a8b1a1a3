"""The names under which instrumentors write what counts, and what a span tells by them.

OpenTelemetry's GenAI conventions, new and deprecated; OpenInference; OpenLLMetry (`traceloop.*`); Vercel's AI
SDK (`ai.*`); any-agent. Where a span tells the same under several of them, the first in its list wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

Attributes = Mapping[str, object]

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "operation": ("gen_ai.operation.name",),
    "span_kind": ("openinference.span.kind", "traceloop.span.kind"),
    "sdk_operation": ("ai.operationId",),
    "error_type": ("error.type",),
    "model": (
        "gen_ai.response.model", "gen_ai.request.model", "llm.response.model_name", "llm.model_name",
        "llm.request.model_name", "embedding.model_name", "ai.model.id",
    ),
    "request_type": ("llm.request.type",),
    "provider": ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"),
    "response_id": ("gen_ai.response.id",),
    "agent": ("gen_ai.agent.name", "agent.name", "graph.node.id"),
    "entity": ("traceloop.entity.name",),
    "tool": ("gen_ai.tool.name", "tool.name", "ai.toolCall.name", "mcp.tool.name"),
    "tool_call_id": ("gen_ai.tool.call.id", "tool.id", "tool_call.id", "ai.toolCall.id"),
    "mcp_method": ("mcp.method.name",),
    "arguments": (
        "gen_ai.tool.call.arguments", "gen_ai.tool.args", "tool_arguments", "ai.toolCall.args",
        "traceloop.entity.input", "input.value", "tool.parameters",
    ),
    "result": (
        "gen_ai.tool.call.result", "gen_ai.output", "tool_response", "ai.toolCall.result", "traceloop.entity.output",
        "output.value",
    ),
    "instructions": ("gen_ai.system_instructions",),
    "definitions": ("gen_ai.tool.definitions",),
    "input": ("gen_ai.input.messages", "llm.input_messages", "gen_ai.prompt", "ai.prompt.messages", "ai.prompt"),
    "output": (
        "gen_ai.output.messages", "llm.output_messages", "gen_ai.completion", "gen_ai.output", "ai.response.text",
    ),
    "plain_input": ("input.value",),
    "plain_output": ("output.value",),
    "input_tokens": (
        "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt",
        "llm.usage.prompt_tokens", "ai.usage.inputTokens", "ai.usage.promptTokens",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion",
        "llm.usage.completion_tokens", "ai.usage.outputTokens", "ai.usage.completionTokens",
    ),
    "total_tokens": (
        "gen_ai.usage.total_tokens", "llm.token_count.total", "llm.usage.total_tokens", "ai.usage.totalTokens",
    ),
    "cache_read_tokens": (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read", "gen_ai.usage.details.cache_read_tokens",
        "ai.usage.cachedInputTokens",
    ),
    "cache_write_1h_tokens": ("agentre.cache_write_1h_tokens",),
    "cache_write_tokens": (
        "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write", "gen_ai.usage.details.cache_write_tokens",
    ),
    "reasoning_tokens": (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "llm.token_count.completion_details.reasoning", "ai.usage.reasoningTokens",
    ),
    "cost": ("gen_ai.usage.cost", "llm.cost.total", "operation.cost", "gen_ai.usage.total_cost"),
    "input_cost": ("gen_ai.usage.input_cost", "llm.cost.prompt"),
    "output_cost": ("gen_ai.usage.output_cost", "llm.cost.completion"),
}  # fmt: skip
"""What a span may tell, and the attributes that say so."""
_KNOWN: Final = frozenset(name for names in NAMES.values() for name in names)
_INDEXED: Final = {
    "input": ("llm.input_messages.", "gen_ai.prompt."), "output": ("llm.output_messages.", "gen_ai.completion."),
}  # fmt: skip


def told(attributes: Attributes) -> dict[str, object]:
    """What the attributes tell, by the keys of `NAMES`; absent is what none of them says."""
    names = tuple([name for name in attributes if name in _KNOWN])
    return {key: attributes[names[place]] for key, place in places(names)}


@lru_cache(maxsize=1024)
def places(names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """Where among attributes of these names each key of `NAMES` is told: an instrumentor's spans have few such shapes.

    Of a name that is there twice the last counts.
    """
    here = {name: place for place, name in enumerate(names)}
    found = ((key, next((here[name] for name in options if name in here), None)) for key, options in NAMES.items())
    return tuple((key, place) for key, place in found if place is not None)


def indexed(attributes: Attributes, key: str) -> list[dict[str, object]]:
    """Messages flattened with an index (`llm.input_messages.0.message.role`), in its order; `key`: input or output."""
    prefixes = _INDEXED[key]
    messages: dict[int, dict[str, object]] = {}
    for name, value in attributes.items():
        if name.startswith(prefixes):
            prefix = next(prefix for prefix in prefixes if name.startswith(prefix))
            number, _, field = name.removeprefix(prefix).partition(".")
            if number.isdecimal() and number.isascii() and len(number) < 6:
                messages.setdefault(int(number), {})[field.removeprefix("message.")] = value
    return [messages[number] for number in sorted(messages)]
