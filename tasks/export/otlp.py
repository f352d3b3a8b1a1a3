"""Runs as OpenTelemetry traces: OTLP/JSON lines with GenAI attributes and `gen_ai.evaluation.result` events.

A run is a trace with the run's id; its root is the agent's span, the calls of models and tools are the children.
The outcome, and each score, is an event of the root. What OpenTelemetry has no name for stands under `agentre.*`.

Lost on the way, as OTLP cannot say it: the link to the parent run (kept as `agentre.parent_run_id`), times that a
source did not tell, the success of a tool that took no known time, which user is a person, and an infrastructure
error as an outcome (kept as `error.type` of the event).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from tasks.export.chosen import Row, Whole

EVALUATION: Final = "gen_ai.evaluation.result"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INTERNAL, _CLIENT, _FAILED = 1, 3, 2
_VERDICTS: Final = {"success": "pass", "failure": "fail"}
_RUN: Final = (
    "run_id", "parent_run_id", "source_format", "source_file", "agent_type", "expected_agent", "task_id", "task_type",
    "difficulty", "tags", "trial", "golden_set", "config_commit", "outcome", "reward", "ended_by", "cost_source",
)  # fmt: skip

Json = dict[str, Any]


def lines(whole: Whole) -> Iterator[bytes]:
    """A run as lines: its spans and, where there are any, its evaluations."""
    resource = _resource(whole.run["agent"])
    spans = [_root(whole), *_calls(whole)]
    yield _line({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": _SCOPE, "spans": spans}]}]})
    if records := _evaluations(whole):
        yield _logs(resource, records)


def loose_score(score: Row) -> bytes:
    """A score of a task on a day, which is of no run, as a line."""
    return _logs(_resource(score["agent"]), [_score(score)])


_SCOPE: Final = {"name": "agentre"}


def _resource(agent: str | None) -> Json:
    return {"attributes": _attributes({"service.name": agent})}


def _logs(resource: Json, records: list[Json]) -> bytes:
    return _line({"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": _SCOPE, "logRecords": records}]}]})


def _root(whole: Whole) -> Json:
    run = whole.run
    said = [
        {"role": message["role"], "parts": [{"type": "text", "content": message["text"]}]}
        for message in whole.messages
        if message["text"] is not None
    ]
    attributes = {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": run["agent"],
        "gen_ai.request.model": run["model"], "gen_ai.conversation.id": run["run_id"],
        "gen_ai.input.messages": msgspec.json.encode(said).decode() if said else None,
    } | {f"agentre.{name}": run[name] for name in _RUN}  # fmt: skip
    return _span(run, 0, f"invoke_agent {run['agent'] or ''}".strip(), attributes, run["started_at"], run["ended_at"])


def _calls(whole: Whole) -> Iterator[Json]:
    """The calls by their times; the ids of their spans are in that order, which breaks ties the same way again."""
    latest = datetime.max.replace(tzinfo=UTC)
    calls = [("model", call) for call in whole.model_calls] + [("tool", call) for call in whole.tool_calls]
    calls.sort(key=lambda item: (item[1]["started_at"] or latest, item[0], item[1]["seq"]))
    for place, (kind, call) in enumerate(calls, 1):
        yield (_model_span if kind == "model" else _tool_span)(whole.run, place, call)


def _model_span(run: Row, place: int, call: Row) -> Json:
    """A chat, or, where the source told only a sum, an agent's span, whose usage is one by convention."""
    operation = "invoke_agent" if call["is_aggregate"] else "chat"
    reported = call["cost_source"] == "reported"
    attributes = {
        "gen_ai.operation.name": operation, "gen_ai.request.model": call["model"],
        "gen_ai.agent.name": run["agent"], "gen_ai.provider.name": call["provider"],
        "gen_ai.usage.input_tokens": call["input_tokens"], "gen_ai.usage.output_tokens": call["output_tokens"],
        "gen_ai.usage.cache_read.input_tokens": call["cache_read_tokens"],
        "gen_ai.usage.cache_creation.input_tokens": call["cache_write_tokens"],
        "gen_ai.usage.reasoning.output_tokens": call["reasoning_tokens"],
        "gen_ai.usage.cost": call["cost_usd"] if reported else None,
        "error.type": call["error_type"],
        "agentre.call_id": call["call_id"], "agentre.cost_usd": call["cost_usd"],
        "agentre.cost_source": call["cost_source"], "agentre.cache_write_1h_tokens": call["cache_write_1h_tokens"],
        "agentre.is_aggregate": call["is_aggregate"], "agentre.duration_ms": call["duration_ms"],
        "agentre.ended_at": call["ended_at"].isoformat() if call["ended_at"] else None,
    }  # fmt: skip
    name = f"{operation} {(run['agent'] if call['is_aggregate'] else call['model']) or ''}".strip()
    failed = bool(call["error_type"])
    return _span(run, place, name, attributes, call["started_at"], _end(call), failed=failed, kind=_CLIENT)


def _tool_span(run: Row, place: int, call: Row) -> Json:
    attributes = {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call["tool_name"],
        "gen_ai.tool.call.id": call["call_id"], "error.type": call["error_type"] if call["is_error"] else None,
        "agentre.tool.arguments_sha256": call["arguments_sha256"], "agentre.tool.result_sha256": call["result_sha256"],
        "agentre.tool.is_error": call["is_error"],
    }  # fmt: skip
    name, text = f"execute_tool {call['tool_name']}", call["error_text"]
    return _span(run, place, name, attributes, call["started_at"], _end(call), failed=bool(call["is_error"]), text=text)


def _span(
    run: Row, place: int, name: str, attributes: Json, start: datetime | None, end: datetime | None, *,
    failed: bool = False, text: str | None = None, kind: int = _INTERNAL,
) -> Json:  # fmt: skip
    """A span; place 0 is the root. A time that is not known is 0, which is OTLP's unknown."""
    status = {"code": _FAILED} | ({"message": text} if text else {}) if failed else {}
    return {
        "traceId": run["run_id"], "spanId": _span_id(run["run_id"], place),
        "parentSpanId": _span_id(run["run_id"], 0) if place else "",
        "name": name, "kind": kind, "startTimeUnixNano": _nano(start), "endTimeUnixNano": _nano(end),
        "attributes": _attributes(attributes), "status": status,
    }  # fmt: skip


def _span_id(run_id: str, place: int) -> str:
    """16 hex digits in the order of the places; never all zeros, which would be none."""
    return f"{place + 1:08x}{run_id[:8]}"


def _evaluations(whole: Whole) -> list[Json]:
    """The outcome with its reward, and every score, as events of the run's root."""
    run = whole.run
    trace = {"traceId": run["run_id"], "spanId": _span_id(run["run_id"], 0)}
    records = [trace | _score(score) for score in whole.scores]
    if run["outcome"] != "unknown" or run["reward"] is not None:
        attributes = {
            "gen_ai.evaluation.name": "outcome", "gen_ai.evaluation.score.value": run["reward"],
            "gen_ai.evaluation.score.label": _VERDICTS.get(run["outcome"]),
            "error.type": run["outcome"] if run["outcome"] == "infrastructure_error" else None,
        }  # fmt: skip
        records.insert(0, trace | _event(run["ended_at"] or run["started_at"], attributes))
    return records


def _score(score: Row) -> Json:
    attributes = {
        "gen_ai.evaluation.name": score["dimension"], "gen_ai.evaluation.score.value": float(score["score"]),
        "gen_ai.evaluation.explanation": score["note"],
        "gen_ai.evaluation.evaluator.source": score["scorer_kind"],
        "gen_ai.evaluation.evaluator.version": score["rubric_version"],
        "agentre.score_id": score["score_id"], "agentre.agent": score["agent"], "agentre.task_id": score["task_id"],
        "agentre.day": score["day"].isoformat(), "agentre.scorer": score["scorer"],
    }  # fmt: skip
    return _event(score["scored_at"] or datetime.combine(score["day"], time(), UTC), attributes)


def _event(at: datetime | None, attributes: Json) -> Json:
    return {"timeUnixNano": _nano(at), "eventName": EVALUATION, "attributes": _attributes(attributes)}


def _attributes(values: Json) -> list[Json]:
    """Attributes that have a value, in OTLP's encoding."""
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value is not None]


def _value(value: object) -> Json:
    """Whole numbers are text in OTLP/JSON, as JSON's numbers do not hold 64 bits everywhere."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float | Decimal):
        return {"doubleValue": float(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": str(value)}


def _nano(at: datetime | None) -> str:
    """Nanoseconds since 1970 as text, exact to the ledger's microsecond."""
    return "0" if at is None else str((at - _EPOCH) // timedelta(microseconds=1) * 1000)


def _end(call: Row) -> datetime | None:
    """When a call ended, where its duration is known: an end alone would be read as one."""
    start, duration = call["started_at"], call["duration_ms"]
    return None if start is None or duration is None else start + timedelta(milliseconds=duration)


def _line(request: Json) -> bytes:
    return msgspec.json.encode(request) + b"\n"
