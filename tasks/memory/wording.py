"""A model words kept lines anew: every line has to stand on lines that it cites, and is a proposal, never a commit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from prompts.prompt import Prompt, prompt
from storage.ledger import Ledger
from storage.prices import price_table
from storage.records import Event, sha256_hex, stable_id
from storage.workspace import Workspace
from tasks.common.llm import Model, ModelFailed, ModelReply, missing
from tasks.memory.instructions import instructs, names
from tasks.memory.run import MemoryLine
from tasks.memory.terms import content, numbers

FEWEST: Final = 3
"""Kept lines below which there is nothing to word."""
SUPPORTED: Final = 0.6
"""Share of a line's words that its sources have to have."""


class Wording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the model's answer."""

    text: Annotated[str, Meta(min_length=1, max_length=200)]
    cites: Annotated[list[str], Meta(min_length=1, max_length=20)]


class _Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[list[Wording], Meta(max_length=50)]


_LINE: Final = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "cites": {"type": "array", "items": {"type": "string"}}},
    "required": ["text", "cites"], "additionalProperties": False,
}  # fmt: skip
TOOL: Final[dict[str, Any]] = {
    "name": "memory",
    "description": "Lines of memory in clearer words.",
    "input_schema": {
        "type": "object", "properties": {"lines": {"type": "array", "items": _LINE}}, "required": ["lines"],
        "additionalProperties": False,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Due:
    """An agent's kept lines that no model was asked about yet; `event_id` tells that it was."""

    agent: str
    kept: Sequence[Mapping[str, Any]]
    event_id: str


@dataclass
class Worded:
    """What a model worded for one agent. `refused`: why lines were dropped; `failure`: why there is no answer."""

    due: Due
    lines: list[MemoryLine] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failure: str | None = None


def due_for_wording(workspace: Workspace, ledger: Ledger) -> list[Due]:
    """Whose lines a model is to be asked about: nobody's without `memory: {model}` in the settings, or a key."""
    name = workspace.settings.memory.model
    if name is None or missing():
        return []
    found = []
    for agent in workspace.settings.agents:
        kept = [row for row in ledger.rows("memory/lines", agent=agent.name) if row["state"] == "kept"]
        event_id = stable_id("memory_worded", agent.name, name, *(row["line_id"] for row in kept))
        if len(kept) >= FEWEST and not ledger.rows("memory/was_worded", event_id=event_id):
            found.append(Due(agent.name, kept, event_id))
    return found


def word(workspace: Workspace, due: Sequence[Due], now: datetime) -> list[Worded]:
    """Asks the model, with the ledger closed. Every line of an answer is checked; a failure has its name."""
    name = workspace.settings.memory.model
    if name is None:
        return []
    model = Model(name, workspace.settings.models, price_table(workspace))
    return [_word(model, each, now) for each in due]


def store(ledger: Ledger, done: Sequence[Worded], now: datetime) -> None:
    """Stores what was worded, for `tasks/improve` to propose. Whom a model failed is asked about again next time."""
    for worded in (each for each in done if each.failure is None):
        event = Event(
            event_id=worded.due.event_id, kind="memory_worded", at=now, agent=worded.due.agent,
            payload={"worded": len(worded.lines), "refused": sorted(set(worded.refused))},
        )  # fmt: skip
        with ledger.transaction():
            if worded.lines:
                with ledger.staged(new_lines=worded.lines):
                    ledger.run("memory/store")
            ledger.add("events", [event], "event_id")


def _word(model: Model, due: Due, now: datetime) -> Worded:
    result = Worded(due)
    sources = {f"L{number}": row for number, row in enumerate(due.kept, 1)}
    asked = _prompt(sources)
    try:
        reply = model.ask(
            [{"role": "user", "content": asked.text}], now=now, tools=[TOOL],
            tool_choice={"type": "tool", "name": "memory", "disable_parallel_tool_use": True},
        )  # fmt: skip
        answer = parsed(reply)
    except ModelFailed as error:
        result.failure = error.kind
        return result
    for line in answer:
        if why := unsupported(line, sources):
            result.refused.append(why)
        else:
            result.lines.append(_row(line, sources, due.agent, f"model:{model.name}/{asked.sha256[:16]}", now))
    return result


def _prompt(sources: Mapping[str, Mapping[str, Any]]) -> Prompt:
    told = msgspec.json.encode([{"id": key, "text": row["text"]} for key, row in sources.items()]).decode()
    return prompt("memory", mark=f"=== {sha256_hex(told.encode())[:12]}", lines=told)


def parsed(reply: ModelReply) -> list[Wording]:
    """The lines of a reply. Raises ModelFailed (`unusable`) unless it is whole, one call, and fits the schema."""
    calls = [block for block in reply.content if block.get("type") == "tool_use"]
    if not reply.is_whole or len(calls) != 1 or calls[0].get("name") != "memory":
        raise ModelFailed("unusable", "the model gave no whole answer", got=f"stopped by {reply.stop_reason}")
    try:
        return msgspec.convert(calls[0].get("input"), _Answer, strict=True).lines
    except msgspec.ValidationError as error:
        raise ModelFailed("unusable", "the answer does not fit", got=str(error)) from error


def unsupported(line: Wording, sources: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Why a line does not stand on what it cites; None where it does.

    Its sources exist; most of its words, and all of its numbers, names and hosts are theirs; and it does not instruct.
    """
    if any(cited not in sources for cited in line.cites):
        return "cites a line that does not exist"
    told = "\n".join(str(sources[cited]["text"]) for cited in line.cites)
    if "\n" in line.text or instructs(line.text):
        return "instructs"
    if not numbers(line.text) <= numbers(told):
        return "a number that its sources do not have"
    if set(names([line.text]).split()) - set(names([told]).split()):
        return "a host that its sources do not have"
    if _proper(line.text) - {word.casefold() for word in re.findall(r"\w+", told)}:
        return "a name that its sources do not have"
    said = content(line.text)
    return None if len(said & content(told)) >= SUPPORTED * len(said) else "words that its sources do not have"


def _proper(text: str) -> set[str]:
    """Words with a capital letter that do not begin a sentence, in lower case."""
    return {word.casefold() for word in re.findall(r"(?<![.!?] )(?<!^)\b\w*[A-Z]\w*", text)}


def _row(
    line: Wording, sources: Mapping[str, Mapping[str, Any]], agent: str, drafter: str, now: datetime
) -> MemoryLine:
    cited = [sources[key] for key in dict.fromkeys(line.cites)]
    newest = max(cited, key=lambda row: (row["last_seen"], row["source_path"], row["source_line"]))
    return MemoryLine(
        line_id=stable_id("worded line", agent, line.text, *(row["line_id"] for row in cited)), agent=agent,
        state="worded", kind=newest["kind"], text=line.text, reason="", source_path=newest["source_path"],
        source_line=newest["source_line"], source_last_line=newest["source_last_line"],
        source_commit=newest["source_commit"], first_seen=min(row["first_seen"] for row in cited),
        last_seen=newest["last_seen"], times=max(row["times"] for row in cited), superseded_by=None,
        cites=[row["line_id"] for row in cited], drafter=drafter, changed_at=now,
    )  # fmt: skip
