"""Drafts by rules for tasks done by hand: a skill from what the runs had in common, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from reports.text import fenced
from storage.settings import Agent
from tasks.improve.case import Case, RulesDraft, evidence_row, period, rendered
from tasks.improve.recurring import Recurring, procedure

_SAID: Final = "A skill for the task, so that it is done the same way each time. Its steps are what all the runs did:"


def task_case(
    agent: Agent, task: Recurring, rows: list[dict[str, Any]], sequences: Sequence[dict[str, Any]], attempt: int,
    facts: dict[str, Any], made_at: datetime,
) -> Case:  # fmt: skip
    """The task as a case; `rows` and `sequences` as queries improve/run_rows and improve/sequences give them.

    The rules draft only where the runs that did not fail have a procedure in common.
    """
    failed = {row["run_id"] for row in rows if row["outcome"] in ("failure", "infrastructure_error")}
    good = [each for each in sequences if each["run_id"] not in failed]
    tools = procedure([each["tools"] for each in good]) if len(good) > 1 else []
    return Case(
        kind="task", agent=agent, fingerprint=task.fingerprint, attempt=attempt, title=_title(task),
        slug=_slug(task), problem=_problem(task, failed), quoted=task.text,
        frequency=f"{task.runs} runs{period(task.first_at, task.last_at)}",
        rows=[evidence_row(row, f"outcome {row['outcome']}; {_turns(row['human_turns'])}") for row in rows],
        run_ids=[row["run_id"] for row in rows], known=[_known(tools, good, rows)],
        facts={
            "task": task.text, "runs": task.runs, "human_turns_mean": round(task.human_turns, 2),
            "failed_runs": len(failed), "tools_in_common": tools,
            "failed_calls": sum(each["failed"] for each in sequences),
        } | facts,
        made_at=made_at, rules=_drafted(task, tools, len(good), made_at) if tools and task.keywords else None,
        touched=task.run_ids,
    )  # fmt: skip


def _title(task: Recurring) -> str:
    return f"Recurring task ({', '.join(task.keywords) or f'kind {task.fingerprint[:8]}'})"


def _slug(task: Recurring) -> str:
    words = "-".join(task.keywords)[:40].strip("-")
    return f"do-{words or 'task'}-{task.fingerprint[:8]}"


def _problem(task: Recurring, failed: set[str]) -> str:
    bad = f" {len(failed)} of the runs failed." if failed else ""
    return (
        "The same task is asked for again and again, and worked out anew each time, with "
        f"{task.human_turns:.1f} messages of a person on average.{bad} The request, normalised, as data:"
    )


def _turns(number: int) -> str:
    return f"{number} message of a person" if number == 1 else f"{number} messages of a person"


def _known(tools: list[str], good: Sequence[dict[str, Any]], rows: list[dict[str, Any]]) -> str:
    told = f"{len(good)} runs with their calls on record did not fail"
    if not tools:
        return f"Of {len(rows)} runs, {told}; they have no order of tools in common."
    return (
        f"Of {len(rows)} runs, {told}; all of them called, in this order: {', '.join(f'`{name}`' for name in tools)}."
    )


def _drafted(task: Recurring, tools: list[str], good: int, made_at: datetime) -> RulesDraft:
    steps = [f"Use `{name}`, as in all {good} runs." for name in tools]
    steps.append("Check the result against the request before you report it. If a step fails twice, stop and say so.")
    content = rendered(
        "skill.md.j2",
        slug=_slug(task),
        title=_title(task),
        description=f"Use when a task is about {', '.join(task.keywords)}. Says in which order tools were used before.",
        about=f"This agent was asked for the same task in {task.runs} runs.",
        reads="The request reads like this.",
        quoted=fenced(task.text),
        triggers=["The request reads like the one above."],
        prerequisites=["The request has been read to its end; what differs from the one above counts."],
        steps=steps,
        rollback=["Undo what the steps changed, newest first, if the result is not what was asked for."],
        notes=[
            f"Drafted by rules from {task.runs} runs, not written by a model or a person. "
            f"Counts are of {made_at:%Y-%m-%d}.",
            "The ledger keeps arguments as hashes, so how each tool was called has to be read in the runs themselves.",
        ],
    )
    return RulesDraft(_slug(task), content, steps, _SAID)
