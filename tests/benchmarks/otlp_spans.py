"""OTLP/JSON lines of made-up agents, seeded: what the Collector's file exporter would have written."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

START_NS = 1_767_225_600_000_000_000
"""1 January 2026."""
SYLLABLES = ("ba", "ter", "lo", "min", "sa", "qui", "den", "or", "fal", "ex", "ti", "gra", "nu", "pel", "sto", "vi")
TOOLS = ("search", "read_file", "run_tests", "send_mail")
LINE_SPANS = 64


@dataclass(frozen=True)
class Written:
    """What a file holds, by construction."""

    spans: int
    runs: int
    model_calls: int
    tool_calls: int
    input_tokens: int


class Spans:
    """Traces of an agent's span with its calls of a model and of tools."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        words = {"".join(self._draw.choices(SYLLABLES, k=self._draw.randint(1, 4))) for _ in range(4000)}
        self._words = sorted(words)
        self._weights = [*accumulate(1 / rank for rank in range(1, len(self._words) + 1))]  # Zipf's law
        self._quoted = [self._novel(mean) for mean in (60, 300, 900, 1200) * 50]

    def write(self, path: Path, traces: int) -> Written:
        """Writes so many traces; returns what they add up to."""
        runs = model_calls = tool_calls = tokens = count = 0
        held: list[dict[str, Any]] = []
        with path.open("w", encoding="utf-8") as stream:
            for number in range(traces):
                spans, used = self._trace(START_NS + number * 60_000_000_000)
                calls = len(spans) // 2
                runs, model_calls, tool_calls = runs + 1, model_calls + calls, tool_calls + calls
                tokens, count, held = tokens + used, count + len(spans), held + spans
                if len(held) >= LINE_SPANS or number == traces - 1:
                    stream.write(_line(held) + "\n")
                    held = []
        return Written(count, runs, model_calls, tool_calls, tokens)

    def _trace(self, start: int) -> tuple[list[dict[str, Any]], int]:
        trace, root, agent = self._hex(32), self._hex(16), f"agent-{self._draw.randrange(8)}"
        spans = [_span(trace, root, "", start, "invoke_agent", {"gen_ai.agent.name": agent})]
        used, at = 0, start
        for _ in range(self._draw.randint(3, 8)):
            tokens = self._draw.randint(500, 3000)
            used, at = used + tokens, at + 2_000_000_000
            asked = [{"role": "user", "parts": [{"type": "text", "content": self._text(1200)}]}]
            said = [{"role": "assistant", "parts": [{"type": "text", "content": self._text(300)}]}]
            chat = {
                "gen_ai.request.model": "claude-sonnet-4-5", "gen_ai.response.id": "resp_" + self._hex(24),
                "gen_ai.provider.name": "anthropic", "gen_ai.usage.input_tokens": tokens,
                "gen_ai.usage.output_tokens": 150, "gen_ai.input.messages": json.dumps(asked),
                "gen_ai.output.messages": json.dumps(said),
            }  # fmt: skip
            tool = {
                "gen_ai.tool.name": self._draw.choice(TOOLS), "gen_ai.tool.call.id": "call_" + self._hex(24),
                "gen_ai.tool.call.arguments": json.dumps({"query": self._text(60)}),
                "gen_ai.tool.call.result": self._text(900),
            }  # fmt: skip
            spans.append(_span(trace, self._hex(16), root, at, "chat", chat))
            spans.append(_span(trace, self._hex(16), root, at + 1_000_000_000, "execute_tool", tool))
        return spans, used

    def _text(self, mean: int) -> str:
        """A passage that others have too, as prompts and pages do, or one of its own, of about `mean` characters."""
        return self._draw.choice(self._quoted)[: 2 * mean] if self._draw.random() < 0.5 else self._novel(mean)

    def _novel(self, mean: int) -> str:
        length = max(1, int(self._draw.gauss(mean, mean / 4) / 6))
        return " ".join(self._draw.choices(self._words, cum_weights=self._weights, k=length))

    def _hex(self, digits: int) -> str:
        return f"{self._draw.getrandbits(4 * digits):0{digits}x}"


def _span(trace: str, span: str, parent: str, start: int, operation: str, attributes: dict[str, Any]) -> dict[str, Any]:
    named = {"gen_ai.operation.name": operation} | attributes
    return {
        "traceId": trace, "spanId": span, "parentSpanId": parent, "name": operation, "kind": 3,
        "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 900_000_000), "status": {},
        "attributes": [
            {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
            for key, value in named.items()
        ],
    }  # fmt: skip


def _line(spans: list[dict[str, Any]]) -> str:
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "fleet"}}]}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]})
