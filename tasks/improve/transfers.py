"""A change that transferred, for the other agents that it was offered for: the committed skill, byte for byte."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from storage.config_repo import ConfigRepo
from storage.records import stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.improve.case import Case, RulesDraft

_SAID = "A skill of another agent as it is committed there, byte for byte. It was measured there and on a second agent."


def transfer_case(
    workspace: Workspace, repo: ConfigRepo, base: str, agent: Agent, offer: dict[str, Any], attempt: int, now: datetime
) -> Case | str | None:
    """The offer as a case; in words why there is nothing to copy; None where the agent has it already.

    The improvement is known by name: the source agent's skill whose name is part of what the experiment calls it.
    """
    source = workspace.agent(str(offer["source_agent"]))
    slug = _named(repo, base, source, str(offer["improvement"])) if source else None
    if source is None or slug is None:
        return f"{agent.name}: an improvement that transferred is no committed skill of its source: nothing to copy"
    if repo.entry(f"{agent.slug}/skills/{slug}/SKILL.md", base) is not None:
        return None
    content = (repo.read(f"{source.slug}/skills/{slug}/SKILL.md", base) or b"").decode("utf-8", "replace")
    said = str(offer["said"] or "It transferred.")
    return Case(
        kind="transfer", agent=agent, fingerprint=stable_id("transfer", offer["event_id"]), attempt=attempt,
        title=f"Skill {slug}, which transferred", slug=slug,
        problem="A skill that transferred to an agent of this type is not among this agent's. The experiment's result:",
        quoted=said, frequency=f"experiment {str(offer['experiment_id'])[:12]}", rows=[], run_ids=[], known=[],
        facts={}, made_at=now, rules=RulesDraft(slug, content, [], _SAID),
    )  # fmt: skip


def _named(repo: ConfigRepo, base: str, source: Agent, improvement: str) -> str | None:
    """The skill of the source that the improvement's name contains; the longest name where several do."""
    wanted = re.sub(r"[^a-z0-9]+", "-", improvement.lower()).strip("-")
    paths = repo.paths(base, f"{source.slug}/skills")
    slugs = [parts[2] for path in paths if len(parts := path.split("/")) == 4 and parts[3] == "SKILL.md"]
    fitting = [slug for slug in slugs if f"-{slug}-" in f"-{wanted}-"]
    return max(fitting, key=lambda slug: (len(slug), slug), default=None)
