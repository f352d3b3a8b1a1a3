"""A sample of an Inspect log as a run: what the agent did before it was scored, and the first scorer's verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from storage.records import ModelCall, Outcome, Run, stable_id
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.argument_facts import declared_tools
from tasks.ingest.values.json_values import Invalid, JsonObject, count, list_of, number, object_of, text_or_none
from tasks.ingest.values.timestamps import milliseconds, utc
from tasks.ingest.values.trajectory import Request, Trajectory
from tasks.ingest.values.usage import measured_call

NAME: Final = "inspect"
_GRADES: Final = {"c": 1.0, "p": 0.5, "i": 0.0, "n": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""What Inspect's own `value_to_float` takes these texts for."""
_SCORING: Final = ("scorer", "scorers")
_GRADER: Final = "grader"  # the role that Inspect gives to a model that scores
_BESIDE: Final = ("anthropic", "bedrock")
_ATTACHMENT: Final = "attachment://"


def sample_records(source: Source, spec: JsonObject, sample: JsonObject) -> Parsed:
    """The run of a sample with its records; `spec` is the log's `eval`. Raises Invalid."""
    events = list(_agent_events(sample))
    run_id = stable_id(NAME, *_native_id(spec, sample))
    trajectory = Trajectory(NAME, run_id, error_mark=None)
    messages = [object_of(message, "a message") for message in list_of(sample.get("messages"), "messages")]
    texts = object_of(sample.get("attachments"), "attachments")
    for message in messages:
        _message(trajectory, message, texts)
    _tool_calls(trajectory, messages, events, texts)
    calls = _model_calls(sample, events)
    for call in calls:
        trajectory.model_call(call)
    tried = bool(calls) or any(message.get("role") == "assistant" for message in messages)
    parsed = trajectory.parsed()
    parsed.runs = [_run(source, run_id, spec, sample, events, tried=tried)]
    return parsed


def _native_id(spec: JsonObject, sample: JsonObject) -> tuple[object, ...]:
    """The sample's own id, kept when a retried log takes it over; before Inspect 0.3.70 its place in the log."""
    uuid = text_or_none(sample.get("uuid"))
    if uuid is not None:
        return (uuid,)
    log = (text_or_none(spec.get("run_id")), text_or_none(spec.get("task_id")))
    if log == (None, None):
        raise Invalid("neither the sample nor the log has an id")
    return (*log, str(sample.get("id")), count(sample.get("epoch"), "epoch"))


def _run(
    source: Source, run_id: str, spec: JsonObject, sample: JsonObject, events: list[JsonObject], *, tried: bool
) -> Run:
    task = text_or_none(spec.get("task"))
    reward = _reward(spec, sample)
    started, ended = sample.get("started_at"), sample.get("completed_at")
    first, last = (events[0], events[-1]) if events else ({}, {})
    tags = [text for tag in list_of(spec.get("tags"), "tags") if (text := text_or_none(tag))]
    native = sample.get("id")
    if not isinstance(native, str | int) or isinstance(native, bool):
        raise Invalid("the sample has no id")
    return Run(
        run_id=run_id,
        source_format=NAME,
        source_file=source.path,
        agent=source.agent_or(text_or_none(spec.get("solver")), task),
        task_id=text_or_none(str(native)),
        task_type=task,
        tags=tags or None,
        trial=count(sample.get("epoch"), "epoch"),
        config_commit=text_or_none(object_of(spec.get("revision"), "revision").get("commit")),
        model=text_or_none(spec.get("model")),
        started_at=utc(started or first.get("timestamp") or spec.get("created"), "started_at"),
        ended_at=utc(ended or last.get("completed") or last.get("timestamp"), "completed_at"),
        outcome=_outcome(sample, reward, tried=tried),
        reward=reward,
        ended_by=_ended_by(sample),
        declared_tools=_declared(events),
    )


def _declared(events: list[JsonObject]) -> list[str] | None:
    """The tools that the model was offered in any of its calls."""
    offered = (event.get("tools") for event in events if _is_call(event))
    return declared_tools([tool for tools in offered if isinstance(tools, list) for tool in tools])


def _outcome(sample: JsonObject, reward: float | None, *, tried: bool) -> Outcome:
    """An error without a score is a fault of the infrastructure if the agent did nothing yet, else undecided."""
    if sample.get("invalidation"):
        return "unknown"
    if reward is not None:
        return "success" if reward >= 1 else "failure"
    return "infrastructure_error" if sample.get("error") and not tried else "unknown"


def _ended_by(sample: JsonObject) -> str | None:
    """The limit that was hit, `error`, or why the model stopped."""
    limit = object_of(sample.get("limit"), "limit")
    if limit:
        return f"{text_or_none(limit.get('type')) or 'some'} limit"
    if sample.get("error"):
        return "error"
    choices = list_of(object_of(sample.get("output"), "output").get("choices"), "choices")
    return text_or_none(object_of(choices[0], "a choice").get("stop_reason")) if choices else None


def _reward(spec: JsonObject, sample: JsonObject) -> float | None:
    """The value of the log's first scorer, else of the sample's first score; None where it is no single number."""
    scores = object_of(sample.get("scores"), "scores") or {"score": sample.get("score")}
    scorers = list_of(spec.get("scorers"), "scorers")
    primary = object_of(scorers[0], "a scorer").get("name") if scorers else None
    score = scores[primary] if isinstance(primary, str) and primary in scores else next(iter(scores.values()))
    value = object_of(score, "a score").get("value")
    if isinstance(value, str):
        return _GRADES.get(value.strip().lower(), _as_number(value))
    if isinstance(value, bool):
        return float(value)
    return number(value, "a score's value") if isinstance(value, int | float) else None


def _as_number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _agent_events(sample: JsonObject) -> Iterator[JsonObject]:
    """The events in their order, those within others too, without what happened for the scoring."""
    scoring: set[object] = set()
    depth = 0
    for event in _flat(list_of(sample.get("events"), "events")):
        kind, name = event.get("event"), event.get("type")
        if kind == "span_begin" and (name in _SCORING or _hashable(event.get("parent_id")) in scoring):
            scoring.add(_hashable(event.get("id")))
        elif kind == "step" and name in _SCORING:
            depth = max(depth + (1 if event.get("action") == "begin" else -1), 0)
        elif not depth and _hashable(event.get("span_id")) not in scoring:
            yield event


def _hashable(value: object) -> str:
    return value if isinstance(value, str) else ""


def _flat(events: list[object]) -> Iterator[JsonObject]:
    stack = [iter(events)]
    while stack:
        for value in stack[-1]:
            event = object_of(value, "an event")
            yield event
            if nested := list_of(event.get("events"), "events"):
                stack.append(iter(nested))
                break
        else:
            stack.pop()


def _model_calls(sample: JsonObject, events: list[JsonObject]) -> list[ModelCall]:
    """A call per event of the agent; without any events of models, the sample's sums, a judge's among them."""
    if any(event.get("event") == "model" for event in _flat(list_of(sample.get("events"), "events"))):
        return [_model_call(event) for event in events if _is_call(event)]
    usages = object_of(sample.get("model_usage"), "model_usage")
    return [
        msgspec.structs.replace(_used(object_of(usage, "usage"), model), is_aggregate=True)
        for model, usage in usages.items()
    ]


def _is_call(event: JsonObject) -> bool:
    """Not one that still waits, was answered from Inspect's own cache, or graded."""
    told = event.get("event") == "model" and event.get("cache") != "read" and event.get("role") != _GRADER
    return told and not (event.get("pending") and not event.get("output"))


def _model_call(event: JsonObject) -> ModelCall:
    model = text_or_none(event.get("model"))
    started, ended = utc(event.get("timestamp"), "timestamp"), utc(event.get("completed"), "completed")
    output = object_of(event.get("output"), "output")
    seconds = number(output.get("time"), "time")
    said = None if seconds is None or not 0 <= seconds < 1e9 else round(seconds * 1000)
    return msgspec.structs.replace(
        _used(object_of(output.get("usage"), "usage"), model),
        started_at=started,
        ended_at=ended,
        duration_ms=milliseconds(started, ended) if ended else said,
        error_type="model_error" if event.get("error") or output.get("error") else None,
    )


def _used(usage: JsonObject, model: str | None) -> ModelCall:
    """Inspect keeps the counting of each provider; `total_tokens` or the figures themselves tell which it is."""
    provider = model.split("/")[0] if model and "/" in model else None
    names = ("input_tokens", "output_tokens", "total_tokens", "input_tokens_cache_read", "input_tokens_cache_write")
    inputs, outputs, total, read, written = (count(usage.get(name), name) or 0 for name in names)
    cached = read + written
    beside = cached > 0 and (total - inputs - outputs >= cached or cached > inputs or provider in _BESIDE)
    call = measured_call(
        usage,
        tokens=("input_tokens", "output_tokens"),
        cache_read="input_tokens_cache_read",
        cache_write="input_tokens_cache_write",
        reasoning="reasoning_tokens",
        cost=usage.get("total_cost"),
        cache_is_beside=beside,
    )
    return msgspec.structs.replace(call, model=model, provider=provider)


def _message(trajectory: Trajectory, message: JsonObject, texts: JsonObject) -> None:
    role = text_or_none(message.get("role"))
    if role is None:
        raise Invalid("a message has no role")
    trajectory.message(role, _attached(message.get("content"), texts), is_human=message.get("source") == "operator")


def _attached(content: object, texts: JsonObject) -> object:
    """The content with texts in the place of the references to them."""
    if isinstance(content, str) and content.startswith(_ATTACHMENT):
        return texts.get(content.removeprefix(_ATTACHMENT), content)
    if isinstance(content, list):
        return [
            {**block, "text": _attached(block["text"], texts)} if isinstance(block, dict) and "text" in block else block
            for block in content
        ]
    return content


def _tool_calls(
    trajectory: Trajectory, messages: list[JsonObject], events: list[JsonObject], texts: JsonObject
) -> None:
    """From the events of tools, which also tell of calls that were cut from the messages; else from the messages."""
    called = [event for event in events if event.get("event") == "tool"]
    for event in called:
        at = utc(event.get("timestamp"), "timestamp")
        trajectory.requests([Request(event.get("id"), event.get("function"), event.get("arguments"))], at)
        if not event.get("pending"):
            _result(trajectory, event.get("id"), event.get("result"), event, texts)
    for message in [] if called else messages:
        if message.get("role") == "assistant":
            calls = [object_of(call, "a tool call") for call in list_of(message.get("tool_calls"), "tool_calls")]
            trajectory.requests(
                [Request(call.get("id"), call.get("function"), call.get("arguments")) for call in calls]
            )
        elif message.get("role") == "tool":
            _result(trajectory, message.get("tool_call_id"), message.get("content"), message, texts)


def _result(trajectory: Trajectory, call_id: object, content: object, told: JsonObject, texts: JsonObject) -> None:
    error = object_of(told.get("error"), "error")
    trajectory.result(
        call_id,
        _attached(content, texts) or error.get("message"),
        failed=bool(error) or told.get("failed") is True,
        at=utc(told.get("completed"), "completed"),
        error_type=text_or_none(error.get("type")),
    )
