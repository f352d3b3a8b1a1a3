"""ATIF, the trajectory format of Harbor, versions 1.0 to 1.7."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec

from storage.records import ModelCall, Quarantined, Run, stable_id
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.argument_facts import declared_tools
from tasks.ingest.values.json_head import top_keys
from tasks.ingest.values.json_values import (
    Invalid,
    JsonObject,
    count,
    digest,
    list_of,
    money,
    object_of,
    text_of,
    text_or_none,
)
from tasks.ingest.values.single_document import read_document
from tasks.ingest.values.timestamps import utc
from tasks.ingest.values.trajectory import Request, Trajectory
from tasks.ingest.values.usage import measured_call, with_total

NAME = "atif"
UNIT = "trajectory"
TELLS = (
    "Messages, tool calls with their observations, calls of models with tokens, cost and times, embedded subagents as "
    "child runs; a user's step is taken for a person's; no flag of failed tools and no verdict."
)

_VERSION: Final = re.compile(rb'"schema_version"\s*:\s*"ATIF-v1\.\d+"')
_ROLES: Final = {"agent": "assistant", "user": "user", "system": "system"}
_ERROR_MARKS: Final = ("Error", "error:", "[error]", "Traceback (most recent call last)")
"""How an observation begins that tells of a failure, as ATIF has no flag for one."""


def detect(head: bytes, path: str) -> bool:
    """An object with `steps` or an `agent` whose `schema_version` is one of ATIF."""
    return bool({"steps", "agent", "session_id"} & top_keys(head)) and _VERSION.search(head) is not None


def parse(source: Source) -> Iterator[Parsed]:
    """One batch, of the document's own trajectory and those of its subagents."""
    return read_document(source, partial(_trajectories, source))


def _trajectories(source: Source, document: JsonObject) -> Parsed:
    """A broken trajectory of a subagent loses only itself, and those of its own subagents."""
    batch, seen = Parsed(), set[str]()
    waiting: list[tuple[JsonObject, str | None]] = [(document, None)]
    while waiting:
        value, parent = waiting.pop()
        try:
            told, run_id = _records(source, value, parent)
            children = [
                (object_of(child, "a subagent's trajectory"), run_id)
                for child in list_of(value.get("subagent_trajectories"), "subagent_trajectories")
            ]
        except Invalid as error:
            if parent is None:
                raise
            batch.quarantined.append(
                Quarantined(
                    file=source.path, line=1, byte_offset=0, reason=f"a subagent's trajectory: {error}",
                    bytes_sha256=digest(value),
                )
            )  # fmt: skip
        else:
            batch.take(Parsed(merged=1) if run_id in seen else told)
            seen.add(run_id)
            waiting += reversed(children)
    return batch


def _records(source: Source, document: JsonObject, parent: str | None) -> tuple[Parsed, str]:
    native = (text_or_none(document.get("session_id")), text_or_none(document.get("trajectory_id")))
    run_id = stable_id(NAME, *(native if any(native) else (digest(document),)))
    steps = [object_of(step, "a step") for step in list_of(document.get("steps"), "steps")]
    own = [step for step in steps if step.get("is_copied_context") is not True]
    agent = object_of(document.get("agent"), "agent")
    trajectory = Trajectory(NAME, run_id, error_mark=None)
    for step in own:
        _step(trajectory, step, is_root=parent is None)
    model = text_or_none(agent.get("model_name"))
    for call in _model_calls(own, object_of(document.get("final_metrics"), "final_metrics"), model):
        trajectory.model_call(call)
    times = [at for step in own if (at := utc(step.get("timestamp"), "timestamp"))]
    parsed = trajectory.parsed()
    parsed.runs = [
        Run(
            run_id=run_id,
            source_format=NAME,
            source_file=source.path,
            parent_run_id=parent,
            agent=source.agent_or(text_or_none(agent.get("name"))),
            model=model,
            started_at=min(times, default=None),
            ended_at=max(times, default=None),
            declared_tools=declared_tools(agent.get("tool_definitions")),
        )
    ]
    return parsed, run_id


def _step(trajectory: Trajectory, step: JsonObject, *, is_root: bool) -> None:
    role, at = _ROLES.get(str(step.get("source"))), utc(step.get("timestamp"), "timestamp")
    if role is None:
        raise Invalid("a step's source is not system, user or agent")
    trajectory.message(role, step.get("message"), at, is_human=is_root and role == "user")
    calls = [object_of(call, "a tool call") for call in list_of(step.get("tool_calls"), "tool_calls")]
    trajectory.requests(
        [Request(call.get("tool_call_id"), call.get("function_name"), call.get("arguments")) for call in calls], at
    )
    observation = object_of(step.get("observation"), "observation")
    for value in list_of(observation.get("results"), "results"):
        result = object_of(value, "a result")
        content, native = result.get("content"), result.get("source_call_id")
        told = object_of(result.get("extra"), "extra").get("is_error") is True
        failed = told or (text_of(content) or "").startswith(_ERROR_MARKS)
        trajectory.result(native, content, failed=failed, only_by_id=native is not None)


def _model_calls(steps: list[JsonObject], final: JsonObject, model: str | None) -> list[ModelCall]:
    """A call per step of the agent; where no step was measured, the trajectory's sums as one."""
    agents = [step for step in steps if step.get("source") == "agent"]
    calls = [call for step in agents if (call := _model_call(step, model))]
    if not any(step.get("metrics") for step in agents):
        total = measured_call(
            final,
            tokens=("total_prompt_tokens", "total_completion_tokens"),
            cache_read="total_cached_tokens",
            cost=final.get("total_cost_usd"),
        )
        if total.input_tokens or total.output_tokens or total.reported_cost_nano_usd:
            return [msgspec.structs.replace(total, model=model, is_aggregate=True)]
    return with_total(calls, money(final.get("total_cost_usd"), "total_cost_usd"))


def _model_call(step: JsonObject, model: str | None) -> ModelCall | None:
    """The call behind a step; None where `llm_call_count` says that no model was asked."""
    calls = count(step.get("llm_call_count"), "llm_call_count")
    if calls == 0:
        return None
    metrics = object_of(step.get("metrics"), "metrics")
    extra = object_of(metrics.get("extra"), "extra")
    call = measured_call(
        {**metrics, "written": extra.get("cache_creation_input_tokens"), "reasoning": extra.get("reasoning_tokens")},
        tokens=("prompt_tokens", "completion_tokens"),
        cache_read="cached_tokens",
        cache_write="written",
        reasoning="reasoning",
        cost=metrics.get("cost_usd"),
    )
    return msgspec.structs.replace(
        call,
        model=text_or_none(step.get("model_name")) or model,
        started_at=utc(step.get("timestamp"), "timestamp"),
        is_aggregate=calls is not None and calls > 1,
    )
