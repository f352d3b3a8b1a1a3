"""One line of a Claude Code session, checked and typed before anything is made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from storage.records import sha256_hex
from storage.text import escaped
from tasks.ingest.families.claude_authors import INTERRUPTED, NOT_TYPED, typed_by_person
from tasks.ingest.values.argument_facts import argument_sizes, tells_error
from tasks.ingest.values.json_values import (
    Invalid,
    JsonObject,
    count,
    decode,
    digest,
    excerpt,
    list_of,
    money,
    number,
    object_of,
    text_of,
    text_or_none,
)
from tasks.ingest.values.timestamps import utc

KINDS: Final = frozenset(
    (
        *("user", "assistant", "system", "progress", "summary", "attachment", "queue-operation"),
        *("file-history-snapshot", "ai-title", "custom-title", "last-prompt", "tag", "agent-name", "agent-color"),
        *("agent-setting", "mode", "permission-mode", "pr-link", "content-replacement"),
    )
)
"""Line types that Claude Code is known to write; of the others it is only said that they are others."""

_TOOL_ERROR: Final = "<tool_use_error>"
_SYNTHETIC: Final = "<synthetic>"


class Usage(msgspec.Struct, frozen=True):
    """Tokens of a call; `input` includes what was read from and written to the cache."""

    input: int | None
    output: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_1h: int | None


class ToolUse(msgspec.Struct, frozen=True):
    """A request for a tool; `native_id` is None where the line has none."""

    native_id: str | None
    name: str
    arguments_sha256: str
    argument_sizes: str | None


class ToolResult(msgspec.Struct, frozen=True):
    """The result of a request."""

    native_id: str | None
    sha256: str
    is_error: bool
    error_type: str | None
    error_text: str | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line. `text` is not escaped yet; `sha256` is of the line's bytes."""

    kind: str
    sha256: str
    uuid: str | None
    parent_uuid: str | None
    session: str | None
    agent_id: str | None
    sidechain: bool
    at: datetime | None
    cwd: str | None
    role: Literal["user", "assistant", "tool"] | None = None
    text: str | None = None
    is_human: bool = False
    interrupts: bool = False
    # of assistant lines
    call_key: str | None = None  # equal for all lines of one call; None: the line is no call of a model
    model: str | None = None
    usage: Usage | None = None
    cost_nano_usd: int | None = None
    duration_ms: int | None = None
    stop_reason: str | None = None
    is_api_error: bool = False
    tool_uses: tuple[ToolUse, ...] = ()
    # of user lines
    tool_results: tuple[ToolResult, ...] = ()
    # of queue operations
    operation: str | None = None


def read_entry(data: bytes) -> Entry:
    """The line as an entry. Raises Invalid for what is no JSON object or breaks the format."""
    line = decode(data)
    if not isinstance(line, dict):
        raise Invalid("the line is not an object")
    kind = line.get("type")
    if not isinstance(kind, str):
        raise Invalid("the line has no type")
    entry = Entry(
        kind=kind if kind in KINDS else "other",
        sha256=sha256_hex(data),
        uuid=text_or_none(line.get("uuid")),
        parent_uuid=text_or_none(line.get("parentUuid")),
        session=text_or_none(line.get("sessionId")),
        agent_id=text_or_none(line.get("agentId")),
        sidechain=line.get("isSidechain") is True,
        at=utc(line.get("timestamp"), "timestamp"),
        cwd=text_or_none(line.get("cwd")),
    )
    read = _READERS.get(kind)
    return msgspec.structs.replace(entry, **read(line, entry)) if read else entry


def _assistant(line: JsonObject, entry: Entry) -> dict[str, object]:
    message, blocks = _message(line)
    model = text_or_none(message.get("model"))
    is_api_error = line.get("isApiErrorMessage") is True
    key = message.get("id") or line.get("requestId") or entry.uuid or entry.sha256
    return {
        "role": "assistant",
        "text": _text(blocks),
        # an answer that Claude Code made up itself was asked of no model and billed by nobody
        "call_key": None if is_api_error or model == _SYNTHETIC else str(key),
        "model": model,
        "usage": _usage(object_of(message.get("usage"), "usage")),
        "cost_nano_usd": money(line.get("costUSD"), "costUSD"),
        "duration_ms": _whole(number(line.get("durationMs"), "durationMs")),
        "stop_reason": text_or_none(message.get("stop_reason")),
        "is_api_error": is_api_error,
        "tool_uses": tuple(_tool_use(block) for block in blocks if _is_tool_use(block)),
    }


def _user(line: JsonObject, entry: Entry) -> dict[str, object]:
    _, blocks = _message(line)
    results = tuple(_tool_result(block) for block in blocks if _is_tool_result(block))
    outputs = [text_of(block.get("content")) for block in blocks if _is_tool_result(block)]
    texts = [_text([block]) or "" for block in blocks]
    machine = any(line.get(mark) for mark in NOT_TYPED)
    origin = line.get("origin")  # newer versions say what put the line there
    machine |= isinstance(origin, dict) and origin.get("kind", "human") != "human"
    from_outside = machine or entry.sidechain or entry.agent_id or results
    return {
        "role": "tool" if results else "user",
        "text": "\n".join(text for text in [_text(blocks), *outputs] if text) or None,
        "is_human": not from_outside and any(typed_by_person(text) for text in texts),
        "interrupts": any(text.startswith(INTERRUPTED) for text in texts),
        "tool_results": results,
    }


def _queue_operation(line: JsonObject, entry: Entry) -> dict[str, object]:
    text = text_of(line.get("content"))
    typed = text is not None and typed_by_person(text) and not text.startswith("/")
    operation = text_or_none(line.get("operation"))
    return {"operation": operation, "role": "user", "text": text, "is_human": typed}


def _attachment(line: JsonObject, entry: Entry) -> dict[str, object]:
    """What a person typed while the agent worked stands on an attachment line of newer versions."""
    attachment = object_of(line.get("attachment"), "attachment")
    text = text_of(attachment.get("prompt"))
    mode = attachment.get("commandMode", "prompt")
    if attachment.get("type") != "queued_command" or mode != "prompt" or not text or not typed_by_person(text):
        return {}
    return {"role": "user", "text": text, "is_human": not entry.sidechain}


_READERS: Final = {
    "assistant": _assistant,
    "user": _user,
    "queue-operation": _queue_operation,
    "attachment": _attachment,
}


def _message(line: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    """The message and its content as blocks; a plain text is one text block."""
    message = line.get("message")
    if not isinstance(message, dict) or "content" not in message:
        raise Invalid("the line has no message with a content")
    content = message["content"]
    values = [content] if isinstance(content, str) else list_of(content, "content")
    blocks = [{"type": "text", "text": value} if isinstance(value, str) else value for value in values]
    return message, [object_of(block, "a content block") for block in blocks]


def _text(blocks: list[JsonObject]) -> str | None:
    """What was said: the text blocks. Thinking, images and requests are left out, and so is mere white space."""
    texts = [block.get("text") for block in blocks if block.get("type") == "text"]
    joined = "\n".join(text for text in texts if isinstance(text, str))
    return joined if joined.strip() else None


def _usage(usage: JsonObject) -> Usage | None:
    """The tokens with the cache's as parts of the input, as OpenTelemetry counts; None if none are named."""
    if not usage:
        return None
    created = object_of(usage.get("cache_creation"), "cache_creation")
    hour = count(created.get("ephemeral_1h_input_tokens"), "ephemeral_1h_input_tokens")
    fresh = count(usage.get("input_tokens"), "input_tokens")
    write = count(usage.get("cache_creation_input_tokens"), "cache_creation_input_tokens")
    read = count(usage.get("cache_read_input_tokens"), "cache_read_input_tokens")
    parts = [part for part in (fresh, write, read) if part is not None]
    return Usage(
        input=count(sum(parts), "input_tokens") if parts else None,
        output=count(usage.get("output_tokens"), "output_tokens"),
        cache_read=read,
        cache_write=write,
        cache_write_1h=hour,
    )


def _is_tool_use(block: JsonObject) -> bool:
    return block.get("type") in ("tool_use", "server_tool_use", "mcp_tool_use")


def _is_tool_result(block: JsonObject) -> bool:
    kind = block.get("type")
    return isinstance(kind, str) and kind.endswith("tool_result")


def _tool_use(block: JsonObject) -> ToolUse:
    name = text_or_none(block.get("name"))
    if name is None:
        raise Invalid("a tool_use block has no name")
    arguments = block.get("input")
    return ToolUse(text_or_none(block.get("id")), name, digest(arguments), argument_sizes(arguments))


def _tool_result(block: JsonObject) -> ToolResult:
    """An error if flagged, or if marked by Claude Code's own tag; a tool's output may well say `Error`."""
    content = block.get("content")
    text = text_of(content)
    is_error = block.get("is_error") is True or (text or "").startswith(_TOOL_ERROR)
    return ToolResult(
        native_id=text_or_none(block.get("tool_use_id")),
        sha256=digest(content),
        is_error=is_error,
        error_type=_error_type(text or "") if is_error else None,
        error_text=excerpt(escaped(text)) if text and (is_error or tells_error(text)) else None,
    )


def _error_type(text: str) -> str:
    """What kind of error, by how Claude Code words it."""
    if text.startswith(_TOOL_ERROR):
        return "tool_use_error"
    if text.startswith("Exit code "):
        return "exit_code"
    if text.startswith(("The user doesn't want to ", "The user rejected", INTERRUPTED)):
        return "rejected_by_user"
    return "tool_error"


def _whole(value: float | None) -> int | None:
    """Milliseconds as a whole number; None for what is no duration."""
    return None if value is None else count(float(round(value)), "durationMs")
