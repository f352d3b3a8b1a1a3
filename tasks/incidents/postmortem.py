"""The draft of a postmortem: by rules always; worded by a model where one is set, its figures the ledger's own.

What a model writes is prose between figures that were computed: a sentence with a number that the facts do not hold is
left out, and the draft says so.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from prompts.prompt import prompt
from reports.environment import environment
from reports.text import clean, duration, money, plural, when
from storage.ledger import Ledger
from storage.records import Record, sha256_hex
from storage.workspace import Workspace
from tasks.common.llm import Model, ModelFailed
from tasks.incidents.guides import prevention, types_of
from tasks.incidents.incident import Incident
from tasks.incidents.timeline import Impact, impact, lasted, timeline

RULES: Final = "rules"
Line = Annotated[str, Meta(min_length=1, max_length=400)]
TOOL: Final[dict[str, Any]] = {
    "name": "postmortem",
    "description": "The prose of a blameless postmortem.",
    "input_schema": {
        "type": "object",
        "properties": {
            "summary": {"type": "string"},
            "lessons": {"type": "array", "items": {"type": "string"}},
            "actions": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["summary", "lessons", "actions"],
        "additionalProperties": False,
    },
}
_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")


class Prose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is worded: by rules, or by a model."""

    summary: Annotated[str, Meta(min_length=1, max_length=2000)]
    lessons: Annotated[list[Line], Meta(max_length=6)]
    actions: Annotated[list[Line], Meta(max_length=6)]


class Draft(Record, frozen=True, kw_only=True):
    """A postmortem, Markdown. `drafter`: rules, or the model with its prompt's hash. `dropped`: sentences left out."""

    text: str
    drafter: str
    actions: list[str]
    dropped: int
    notice: str | None


class Facts(Record, frozen=True, kw_only=True):
    """What the ledger says of an incident, ready to be drafted from with the ledger closed."""

    incident: Incident
    harm: Impact | None
    told: dict[str, Any]


def gather(workspace: Workspace, ledger: Ledger, incident: Incident, now: datetime) -> Facts:
    """Everything that a draft may say."""
    harm = impact(ledger, incident, now)
    return Facts(incident=incident, harm=harm, told=_facts(workspace, ledger, incident, harm))


def draft(workspace: Workspace, facts: Facts, model: Model | None, now: datetime) -> Draft:
    """The draft, from the facts alone. A model that fails leaves the one by rules, with the reason as its notice."""
    prose, drafter, dropped, notice = _by_rules(facts.incident, facts.harm), RULES, 0, None
    if model is not None:
        try:
            prose, dropped, sha = _by_model(model, facts.told, prose, now)
            drafter = f"{model.name}, prompt {sha[:12]}"
        except ModelFailed as error:
            notice = f"drafted by rules: {error.what}"
    text = environment().get_template("postmortem.md.j2").render(
        incident=facts.incident, prose=prose, drafter=drafter, dropped=dropped, facts=facts.told, notice=notice,
        types=types_of(facts.incident), made=when(now, workspace.zone), summary=textwrap.fill(prose.summary, 100),
    )  # fmt: skip
    return Draft(text=text, drafter=drafter, actions=list(prose.actions), dropped=dropped, notice=notice)


def _facts(workspace: Workspace, ledger: Ledger, incident: Incident, harm: Impact | None) -> dict[str, Any]:
    """Every figure and line that the draft shows, as text; nothing else may be said with a number."""
    zone = workspace.zone
    lines = [f"{when(each.at, zone)} {clean(each.what, 400)}" for each in timeline(ledger, incident)]
    return {
        "title": clean(incident.title, 300),
        "severity": incident.severity,
        "owner": clean(incident.owner or "nobody", 60),
        "began": when(incident.started_at, zone),
        "detected": when(incident.detected_at, zone),
        "acknowledged": when(incident.acknowledged_at, zone),
        "over": when(incident.resolved_at, zone),
        "time_to_detect": duration(lasted(incident.time_to_detect)),
        "time_to_resolve": duration(lasted(incident.time_to_resolve)),
        "impact": _harm(harm),
        "causes": [f"{each['kind']}: {clean(each['what'], 200)} ({each['why']})" for each in incident.causes[:5]],
        "timeline": lines,
        "reason": clean(incident.reason or "still open", 400),
    }


def _harm(harm: Impact | None) -> str:
    if harm is None or not harm.runs:
        return "not recorded"
    told = f"{harm.failed} of {plural(harm.runs, 'run')} failed while it lasted"
    broken = f", the platform broke {harm.broken}" if harm.broken else ""
    return f"{told}{broken}; they cost {money(harm.cost_usd)}"


def _by_rules(incident: Incident, harm: Impact | None) -> Prose:
    likeliest = incident.causes[0] if incident.causes else None
    cause = (
        f"The nearest change before it: {likeliest['kind']}, {clean(likeliest['what'], 200)} ({likeliest['why']})."
        if likeliest else "Nothing that changed around its beginning is recorded."
    )  # fmt: skip
    ended = f"It ended: {clean(incident.reason, 400)}." if incident.reason else "It is still open."
    summary = f"{clean(incident.title, 300)}. {_harm(harm).capitalize()}. {cause} {ended}"
    return Prose(summary=summary, lessons=[], actions=list(prevention(incident)))


def _by_model(model: Model, facts: dict[str, Any], rules: Prose, now: datetime) -> tuple[Prose, int, str]:
    """The model's prose without what it made up, how many sentences that cost, and the prompt's hash."""
    data = msgspec.json.format(msgspec.json.encode(facts), indent=1).decode()
    mark = f"=== {sha256_hex(data.encode('utf-8', 'surrogatepass'))[:12]}"
    asked = prompt("postmortem", mark=mark, facts=data, actions=rules.actions)
    reply = model.ask(
        [{"role": "user", "content": asked.text}], now=now, tools=[TOOL],
        tool_choice={"type": "tool", "name": "postmortem", "disable_parallel_tool_use": True},
    )  # fmt: skip
    calls = [block for block in reply.content if block.get("type") == "tool_use"]
    if not reply.is_whole or len(calls) != 1:
        raise ModelFailed("unusable", "the model gave no whole postmortem", got=f"stopped by {reply.stop_reason}")
    try:
        told = msgspec.convert(calls[0].get("input"), Prose, strict=True)
    except msgspec.ValidationError as error:
        raise ModelFailed("unusable", "the model's postmortem does not fit", got=str(error)) from error
    known = set(_NUMBER.findall(data))
    summary, lost = _supported(re.split(r"(?<=[.!?])\s+", told.summary), known)
    lessons, lost_lessons = _supported(told.lessons, known)
    actions, lost_actions = _supported(told.actions, known)
    kept = Prose(
        summary=" ".join(summary) or rules.summary, lessons=lessons, actions=actions or rules.actions
    )  # fmt: skip
    return kept, lost + lost_lessons + lost_actions, asked.sha256


def _supported(sentences: Sequence[str], known: set[str]) -> tuple[list[str], int]:
    """The sentences whose every number the facts hold, cleaned, and how many were left out."""
    kept = [clean(each, 400) for each in sentences if set(_NUMBER.findall(each)) <= known]
    return kept, len(sentences) - len(kept)
