"""Drafts by rules: a skill and the proposal about it, from counts in the ledger and nothing else.

Text from logs appears only normalised, short, in a code block that says it is data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reports.text import fenced, plural
from storage.settings import Agent
from tasks.common.reach import Broken
from tasks.improve.case import Case, RulesDraft, evidence_row, period, rendered
from tasks.improve.patterns import Pattern, Recovery

DRAFTER: Final = "rules"


@dataclass(frozen=True)
class Evidence:
    """All that a draft is made of. `rows`: as query improve/evidence gives them, newest first."""

    agent: Agent
    pattern: Pattern
    recovery: Recovery
    rows: list[dict[str, Any]]
    made_at: datetime


def slug_of(pattern: Pattern) -> str:
    """Name of the skill, from what failed: composed here, of characters that a name may have."""
    words = " ".join([pattern.tool or "tool", *pattern.signs[:1]]).lower()
    what = re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:36].strip("-") or "tool"
    verb = "stop-repeating" if pattern.failure_class == "retry loop" else "recover"
    return f"{verb}-{what}-{pattern.fingerprint[:8]}"


def skill(evidence: Evidence) -> str:
    """The skill's file, as the Agent Skills specification has it."""
    pattern = evidence.pattern
    looped = pattern.failure_class == "retry loop"
    signs = ", ".join(pattern.signs) or "the error that is described inside"
    sign = "is called again with unchanged arguments" if looped else f"fails with {signs}"
    return rendered(
        "skill.md.j2",
        slug=slug_of(pattern),
        title=title(pattern),
        description=f"Use when the tool {pattern.tool} {sign}. Says what to do next, and when to stop.",
        about=_about(pattern),
        reads="The error looks like this.",
        quoted=_quoted(pattern),
        triggers=[_trigger(pattern)],
        prerequisites=["The whole result of the last call has been read, to its end."],
        steps=steps(evidence),
        rollback=[
            "These steps change nothing by themselves. Undo what was done between the failed call and the next one, if "
            "it did not help."
        ],
        notes=[
            f"Drafted by rules from {pattern.runs} runs, not written by a model or a person. Counts are of "
            f"{evidence.made_at:%Y-%m-%d}.",
            *_notes(evidence),
        ],
    )


def _about(pattern: Pattern) -> str:
    if pattern.failure_class == "retry loop":
        return (
            f"In {pattern.runs} runs of this agent, `{pattern.tool}` was called with the same arguments again and "
            "again, with the same result."
        )
    return (
        f"`{pattern.tool}` failed in the same way in {pattern.runs} runs of this agent, {pattern.count} times in all."
    )


def _trigger(pattern: Pattern) -> str:
    if pattern.failure_class == "retry loop":
        return f"You are about to call `{pattern.tool}` as in the call before, whose result did not change."
    return f"A call of `{pattern.tool}` returns an error that reads like the one above."


def steps(evidence: Evidence) -> list[str]:
    """What to do, in order: each step rests on a count of what the runs did."""
    tool, how = evidence.pattern.tool, evidence.recovery
    if evidence.pattern.failure_class == "retry loop":
        first = f"Do not call `{tool}` a third time with the same arguments: the result will be the one you have."
        return [first, "Change the arguments, use another tool, or go on without this result.", _STOP]
    found = [f"Do not repeat the call of `{tool}` unchanged at once: read what the error says is missing or wrong."]
    if how.same_call and how.same_call >= how.other_call:
        between = f" The call directly before it was most often `{how.before[0]}`." if how.before else ""
        found.append(
            f"Put right what the error names, then make the same call again: in {how.same_call} of {how.runs} runs the "
            f"identical call worked later.{between}"
        )
    elif how.other_call:
        found.append(
            f"Call `{tool}` with other arguments: in {how.other_call} of {how.runs} runs a later call that differed "
            "worked, and the identical one did not."
        )
    return [*found, _STOP]


_STOP: Final = "If it fails the same way a second time, stop and report the error to a person, with what was tried."


def _notes(evidence: Evidence) -> list[str]:
    how = evidence.recovery
    notes = [_recovery(how)]
    if how.recovered:
        notes.append(
            "The ledger keeps arguments as hashes, so which arguments worked has to be read in the runs themselves."
        )
    return notes


def _recovery(how: Recovery) -> str:
    if not how.runs:
        return "How these runs went on is not recorded."
    return (
        f"Of {how.runs} runs with their calls on record, the identical call worked later in {how.same_call}, another "
        f"call of the tool in {how.other_call}, and none in {how.never}."
    )


def title(pattern: Pattern) -> str:
    """What the proposal is called."""
    kind = ", ".join(pattern.signs) or f"kind {pattern.fingerprint[:8]}"
    if pattern.tool is None or not pattern.named_plainly:
        return f"Recurring {pattern.failure_class} ({kind})"
    what = "Repeated identical calls of" if pattern.failure_class == "retry loop" else "Recurring failure of"
    return f"{what} {pattern.tool} ({kind})"


def case_of(evidence: Evidence, attempt: int, facts: dict[str, Any], lead_up: str | None, touched: list[str]) -> Case:
    """The failure as a case. `facts`: what else a model is told; `lead_up`: what was called before it, in words."""
    pattern, named = evidence.pattern, evidence.pattern.named_plainly
    return Case(
        kind="failure", agent=evidence.agent, fingerprint=pattern.fingerprint, attempt=attempt, title=title(pattern),
        slug=slug_of(pattern), problem=_problem(pattern), quoted=_shown(pattern),
        frequency=f"{pattern.runs} runs, {pattern.count} occurrences{period(pattern.first_at, pattern.last_at)}",
        rows=[evidence_row(row, _reason(row)) for row in evidence.rows],
        run_ids=[row["run_id"] for row in evidence.rows],
        known=[line for line in (_recovery(evidence.recovery), lead_up, _alike(pattern)) if line],
        facts=_facts(evidence) | facts, made_at=evidence.made_at,
        rules=RulesDraft(slug_of(pattern), skill(evidence), steps(evidence), _SAID) if pattern.draftable else None,
        touched=touched,
        broken=[] if named or pattern.tool is None else [Broken("tool-name", pattern.tool)],
    )  # fmt: skip


_SAID: Final = (
    "A skill that says when the failure is met and what to do next. Its steps come from how these runs went on:"
)


def _facts(evidence: Evidence) -> dict[str, Any]:
    pattern, how = evidence.pattern, evidence.recovery
    return {
        "failure": pattern.failure_class, "tool": pattern.tool, "error_type": pattern.error_type,
        "error_normalised": pattern.text, "runs": pattern.runs, "occurrences": pattern.count,
        "went_on": {"runs": how.runs, "identical_call_worked": how.same_call, "other_call_worked": how.other_call,
                    "never_worked": how.never, "called_before_it_worked": how.before[:3]},
    }  # fmt: skip


def _problem(pattern: Pattern) -> str:
    tool = f"`{pattern.tool}`" if pattern.named_plainly else "a tool"
    if pattern.failure_class == "retry loop":
        return f"{tool} is called identically, three times or more in a row, with the same result (retry loop)."
    if pattern.tool is None:
        return f"Runs end the same way again and again ({pattern.failure_class}). What they say, normalised, as data:"
    return f"{tool} fails in the same way again and again ({pattern.failure_class}). The error, normalised, as data:"


def _alike(pattern: Pattern) -> str:
    more = len(pattern.kinds) - 1
    return f"{plural(more, 'near-identical text')} counted as this one." if more else ""


def _quoted(pattern: Pattern) -> str:
    return fenced(_shown(pattern)) if _shown(pattern) else ""


def _shown(pattern: Pattern) -> str:
    return "" if pattern.failure_class == "retry loop" else pattern.text or "(the source recorded no text)"


def _reason(row: dict[str, Any]) -> str:
    times = f"{row['count']} times" if row["count"] > 1 else "once"
    return f"{row['failure_class']}, {times}; outcome {row['outcome'] or 'not recorded'}"
