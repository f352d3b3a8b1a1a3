"""Runs and calls of Claude Code in the making, and the records that they become."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from storage.records import ModelCall, Run, ToolCall, stable_id
from tasks.ingest.families.claude_entry import ToolResult, ToolUse, Usage
from tasks.ingest.source import Source
from tasks.ingest.values.json_values import text_or_none
from tasks.ingest.values.timestamps import milliseconds

NAME: Final = "claude-code"
_PROVIDERS: Final = (("msg_bdrk_", "aws.bedrock"), ("msg_vrtx_", "gcp.vertex_ai"), ("msg_", "anthropic"))
"""Who answered, by how the message id begins."""


@dataclass
class Attempt:
    """A run in the making: a session, or one subagent of it."""

    run_id: str
    parent_run_id: str | None
    cwd: str | None = None
    first: datetime | None = None
    last: datetime | None = None
    ended_by: str | None = None
    messages: int = 0
    is_stored: bool = False  # False: nothing was said or done, as in a session opened and left


@dataclass
class Call:
    """A call of the model in the making."""

    attempt: Attempt
    first: datetime | None
    last: datetime | None
    model: str | None = None
    usage: Usage | None = None
    cost_nano_usd: int | None = None
    duration_ms: int | None = None


@dataclass
class Tool:
    """A request for a tool, and its result once it is there."""

    attempt: Attempt
    use: ToolUse
    at: datetime | None
    result: ToolResult | None = None
    result_at: datetime | None = None


def run(attempt: Attempt, source: Source) -> Run:
    """The agent is the mapping's, else the folder's in which it worked, else the folder's that holds the file."""
    return Run(
        run_id=attempt.run_id,
        source_format=NAME,
        source_file=source.path,
        parent_run_id=attempt.parent_run_id,
        agent=source.agent_or(_folder_name(attempt.cwd), _project(source.path)),
        started_at=attempt.first,
        ended_at=attempt.last,
        ended_by=attempt.ended_by,
    )


def model_call(key: str, call: Call, seq: int) -> ModelCall:
    """The call that the lines with this key are; `seq` is its place in its run."""
    usage = call.usage or Usage(None, None, None, None, None)
    return ModelCall(
        call_id=stable_id(NAME, "model call", key),
        run_id=call.attempt.run_id,
        seq=seq,
        model=call.model,
        provider=next((name for start, name in _PROVIDERS if key.startswith(start)), None),
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        cache_write_1h_tokens=usage.cache_write_1h,
        reported_cost_nano_usd=call.cost_nano_usd or None,  # a reported 0 says that it is not known
        started_at=call.first,
        ended_at=call.last,
        duration_ms=call.duration_ms,
    )


def tool_call(call_id: str, tool: Tool, seq: int) -> ToolCall:
    """The request with what is known of its result; `seq` is its place in its run."""
    result = tool.result
    return ToolCall(
        call_id=call_id,
        run_id=tool.attempt.run_id,
        seq=seq,
        tool_name=tool.use.name,
        arguments_sha256=tool.use.arguments_sha256,
        result_sha256=result.sha256 if result else None,
        is_error=result.is_error if result else None,
        error_type=result.error_type if result else None,
        error_text=result.error_text if result else None,
        started_at=tool.at,
        duration_ms=milliseconds(tool.at, tool.result_at),
        argument_sizes=tool.use.argument_sizes,
    )


def _folder_name(folder: str | None) -> str | None:
    """The last part of a path, of Windows too."""
    return text_or_none(re.split(r"[/\\]", folder.rstrip("/\\"))[-1]) if folder else None


def _project(path: str) -> str | None:
    """The name of the project's folder: the one that holds the session, not its `<session>/subagents`."""
    folders = PurePosixPath(path.replace("\\", "/")).parts[:-1]
    if folders[-1:] == ("subagents",):
        folders = folders[:-2]
    return text_or_none(folders[-1]) if folders else None
