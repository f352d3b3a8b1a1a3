"""What a model answered as a request in the closed language: agent, name, path and form are composed here."""

from __future__ import annotations

import re

from reports.text import code
from storage.config_keys import keys
from storage.config_repo import ConfigRepo
from storage.errors import Refused, UsageError
from storage.manifest import path_of
from storage.settings import Agent
from storage.yaml_files import leaves
from tasks.improve.analyzer import Analysis, Home
from tasks.improve.answers import ConfigAnswer, NoAnswer, PromptAnswer, SkillAnswer
from tasks.improve.case import Case, rendered
from tasks.improve.requests import ConfigRequest, PromptRequest, Request, SkillRequest


def request_of(case: Case, analysis: Analysis, repo: ConfigRepo, base: str) -> Request | None:
    """The request that an answer makes of a case; None: it makes none. Raises Refused where a prompt is not there."""
    answer, agent = analysis.answer, case.agent
    if answer is None or isinstance(answer, NoAnswer):
        return None
    runs = [run for run in case.run_ids if re.fullmatch("[0-9a-f]{32}", run)]
    if isinstance(answer, ConfigAnswer):
        return ConfigRequest(agent=agent.name, title=case.title, evidence_runs=runs, key=answer.key, value=answer.value)
    if isinstance(answer, PromptAnswer):
        before = repo.read(path_of(agent.slug, "prompt", answer.prompt), base)
        if before is None:
            raise Refused("the agent has no such prompt", got=answer.prompt)
        content = before.decode("utf-8", "replace").rstrip("\n") + "\n\n" + "\n".join(answer.lines) + "\n"
        return PromptRequest(
            agent=agent.name, title=case.title, evidence_runs=runs, slug=answer.prompt, content=content
        )
    content = skill(case, answer, analysis.drafter)
    return SkillRequest(agent=agent.name, title=case.title, evidence_runs=runs, slug=case.slug, content=content)


def skill(case: Case, answer: SkillAnswer, drafter: str) -> str:
    """The model's lines in the form that every drafted skill has. What was counted is counted here."""
    return rendered(
        "skill.md.j2",
        slug=case.slug,
        title=case.title,
        description=_quoted_scalar(answer.when),
        about=f"Drafted for what recurs in this agent's work: {case.frequency}.",
        reads="In the logs it reads like this.",
        quoted="",
        triggers=answer.triggers,
        prerequisites=answer.prerequisites or ["None."],
        steps=answer.steps,
        rollback=answer.rollback or ["The steps say nothing that would have to be undone."],
        notes=[f"Drafted by {drafter} on {case.made_at:%Y-%m-%d}, not by a person.", *answer.notes],
    )


def _quoted_scalar(text: str) -> str:
    """A sentence as a YAML scalar: quoted, so that a colon or a hash in it is text."""
    return "'" + text.replace("'", "''") + "'"


def said_of(analysis: Analysis) -> str:
    """What is proposed, in a sentence of ours."""
    answer = analysis.answer
    if isinstance(answer, ConfigAnswer):
        return f"The setting {code(answer.key)} becomes {code(answer.value)}."
    if isinstance(answer, PromptAnswer):
        return "Lines are added at the end of a prompt."
    return "A skill; its lines are the model's, its form is AgentRE's."


def home(repo: ConfigRepo, base: str, agent: Agent) -> Home:
    """What of the agent's committed home a model may be told: allowed settings that are there, and names of prompts."""
    path = f"{agent.slug}/config.yaml"
    raw = repo.read(path, base) if repo.entry(path, base) else None
    try:
        there = leaves(raw, where=path) if raw else {}
    except (UsageError, UnicodeError):
        there = {}
    lines = [
        f"`{name}`: {key.told()}; now {there[place][1]!r}"
        for name, key in keys().items()
        if (place := tuple(name.split("."))) in there and key.accepts(there[place][1])
    ]
    prompts = [p.split("/")[-1].removesuffix(".md") for p in repo.paths(base, f"{agent.slug}/prompts")]
    return Home(lines, sorted(name for name in prompts if re.fullmatch("[a-z0-9][a-z0-9-]{0,62}", name)))
