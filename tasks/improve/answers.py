"""What a model may answer: one of four shapes, plain lines and nothing that could be more; everything else is none."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from reports.visible import hidden
from storage.config_keys import Value
from storage.records import ModelCall
from tasks.common.llm import ModelFailed, ModelReply

NAME: Final = "propose"
Line = Annotated[str, Meta(min_length=1, max_length=380)]
Few = Annotated[list[Line], Meta(min_length=1, max_length=6)]


class _Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every answer says. There is no agent, no path and no name in it: those are not the model's to choose."""

    why: Annotated[str, Meta(min_length=1, max_length=1_500)]
    risk: Annotated[str, Meta(max_length=600)] = ""
    evidence: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=50)] = []


class SkillAnswer(_Answer, frozen=True, kw_only=True, tag="skill"):
    """The lines of a skill, which is composed here."""

    when: Annotated[str, Meta(min_length=10, max_length=300)]
    steps: Annotated[list[Line], Meta(min_length=1, max_length=12)]
    triggers: Few
    prerequisites: Annotated[list[Line], Meta(max_length=6)] = []
    rollback: Annotated[list[Line], Meta(max_length=6)] = []
    notes: Annotated[list[Line], Meta(max_length=6)] = []


class ConfigAnswer(_Answer, frozen=True, kw_only=True, tag="config"):
    """A setting and its new value."""

    key: Annotated[str, Meta(min_length=1, max_length=100)]
    value: Value


class PromptAnswer(_Answer, frozen=True, kw_only=True, tag="prompt"):
    """Lines that are added to a prompt."""

    prompt: Annotated[str, Meta(min_length=1, max_length=63)]
    lines: Few


class NoAnswer(_Answer, frozen=True, kw_only=True, tag="none"):
    """The evidence does not carry a change."""


Answer = SkillAnswer | ConfigAnswer | PromptAnswer | NoAnswer
_LINES: Final = {"type": "array", "items": {"type": "string"}}
_TEXT: Final = {"type": "string"}
TOOL: Final[dict[str, Any]] = {
    "name": NAME,
    "description": "The one change that is proposed, or none.",
    "input_schema": {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "enum": ["skill", "config", "prompt", "none"]},
            "why": _TEXT, "risk": _TEXT, "evidence": _LINES, "when": _TEXT, "steps": _LINES, "triggers": _LINES,
            "prerequisites": _LINES, "rollback": _LINES, "notes": _LINES, "key": _TEXT,
            "value": {"type": ["string", "number", "boolean"]}, "prompt": _TEXT, "lines": _LINES,
        },
        "required": ["kind", "why", "risk", "evidence"],
        "additionalProperties": False,
    },
}  # fmt: skip


class Unusable(ModelFailed):
    """An answer that came, and is none: `kind` is unusable, evidence or figures; `call`: what it took."""

    call: ModelCall | None = None


def parsed(reply: ModelReply, shown: set[str]) -> Answer:
    """The answer in a reply. `shown`: ids of the runs that the model was shown.

    Raises Unusable unless it is whole, one call of the tool, fits its shape, has only visible characters on its
    lines, and names runs that it was shown.
    """
    calls = [block for block in reply.content if block.get("type") == "tool_use"]
    if not reply.is_whole or reply.stop_reason != "tool_use" or len(calls) != 1 or calls[0].get("name") != NAME:
        raise Unusable("unusable", "the model gave no whole draft", got=f"stopped by {reply.stop_reason}")
    try:
        answer: Answer = msgspec.convert(calls[0].get("input"), Answer, strict=True)
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise Unusable("unusable", "the model's draft does not fit", got=str(error)[:200]) from error
    _check_lines(answer)
    strangers = sorted(set(answer.evidence) - shown)
    if strangers or not (answer.evidence or isinstance(answer, NoAnswer)):
        raise Unusable(
            "evidence", "the draft names runs that it was not shown", got=", ".join(strangers)[:200] or "none"
        )
    return answer


def lines_of(answer: Answer) -> list[str]:
    """Every line that would stand in a file."""
    if isinstance(answer, SkillAnswer):
        lists = (answer.steps, answer.triggers, answer.prerequisites, answer.rollback, answer.notes)
        return [answer.when, *(line for lines in lists for line in lines)]
    return list(answer.lines) if isinstance(answer, PromptAnswer) else []


def _check_lines(answer: Answer) -> None:
    for line in lines_of(answer):
        if any(hidden(c) or c in "\n\t\r" for c in line) or "```" in line or "~~~" in line or not line.strip():
            raise Unusable("unusable", "a line of the draft is not plain text", got=repr(line[:80]))
    if any(hidden(c) for text in (answer.why, answer.risk) for c in text):
        raise Unusable("unusable", "the draft has characters that nobody sees")
