"""Turns recurring failures into proposals for a person to decide about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.ledger import Ledger
from storage.manifest import POLICY_VERSION, build, digest, skill_path
from storage.proposals import store
from storage.records import Event, FileChange, Proposal, sha256_hex, stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.common.reach import Broken
from tasks.common.redact import Redactor
from tasks.improve.drafts import DRAFTER, Evidence, document, skill, slug_of, title
from tasks.improve.homes import home_of
from tasks.improve.patterns import Pattern, recovery
from tasks.improve.rails import Home, broken_rules
from tasks.metrics.weeks import Week

EVIDENCE_RUNS: Final = 50
"""Runs that a proposal names as its evidence; the document says how many more there are."""
_SETTLED: Final = ("waiting", "approved", "rejected", "applied")
"""States after which a failure is not drafted again. One that recurs after its change is left to a later rule."""


@dataclass
class Drafted:
    """What one pass drafted: new proposals, drafts that the rails refused, and what a person should know."""

    proposals: list[Proposal] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)  # agent and skill → ids of the rules it broke
    notices: list[str] = field(default_factory=list)


def patterns(ledger: Ledger) -> list[Pattern]:
    """Every kind of failure by agent, most frequent first; its `stage` says where the Rule of Three has it."""
    return [Pattern(**row) for row in ledger.rows("improve/patterns")]


def draft_proposals(workspace: Workspace, ledger: Ledger, now: datetime, nonce: Callable[[], str]) -> Drafted:
    """Drafts a skill for each failure that recurred often enough (Rule of Three) and has no proposal yet.

    `nonce` gives a new random text per call, e.g. `lambda: secrets.token_hex(16)`. Safe to repeat: one live
    proposal per agent and fingerprint, and at most `proposals.per_agent_per_week` per agent and ISO week.
    """
    drafted = Drafted()
    crashpoint("propose.begin")
    due = _due(workspace, ledger, drafted)
    if not due:
        return drafted
    repo = ConfigRepo(workspace.configs)
    base = repo.head()
    room, full = _room(workspace, ledger, now), Counter[str]()
    redactor = Redactor(workspace.secret("redaction-key"))
    homes = {agent.slug: home_of(workspace, repo, base, agent) for agent, _, _ in due}
    for agent, pattern, attempt in due:
        if room[agent.name] >= workspace.settings.proposals.per_agent_per_week:
            full[agent.name] += 1
            continue
        evidence = _evidence(ledger, agent, pattern, now)
        file = _draft(repo, base, evidence)
        crashpoint("propose.after_draft")
        broken = _refusals(file, evidence, homes[agent.slug], redactor)
        if broken:
            _record_refusal(ledger, file, evidence, broken, drafted)
            continue
        crashpoint("propose.after_rails")
        proposal = _proposal(workspace, evidence, file, base, attempt, nonce())
        _store(ledger, proposal)
        drafted.proposals.append(proposal)
        room[agent.name] += 1
    for name, number in sorted(full.items()):
        drafted.notices.append(f"{name}: {number} more recurring failures wait, this week's proposals are used up")
    return drafted


def _due(workspace: Workspace, ledger: Ledger, drafted: Drafted) -> list[tuple[Agent, Pattern, int]]:
    """Failures that are to be codified and were not yet, with how many proposals each had before."""
    earlier = ledger.rows("improve/proposed")
    settled = {row["fingerprint"] for row in earlier if row["state"] in _SETTLED}
    attempts = Counter(row["fingerprint"] for row in earlier)
    due, homeless = [], Counter[str]()
    for pattern in patterns(ledger):
        recurs = pattern.stage(workspace.settings.proposals.after) == "codify"
        if not recurs or not pattern.draftable or pattern.fingerprint in settled:
            continue
        agent = workspace.agent(pattern.agent)
        if agent is None:
            homeless[pattern.agent] += 1
        else:
            due.append((agent, pattern, attempts[pattern.fingerprint]))
    for name, number in sorted(homeless.items()):
        drafted.notices.append(
            f"{number} recurring failures of {name!r}, which is no agent of agentre.yaml: nothing drafted"
        )
    return due


def _room(workspace: Workspace, ledger: Ledger, now: datetime) -> Counter[str]:
    """Proposals that were drafted in the week of `now`, by agent."""
    week = Week.of(now, workspace.zone)
    start, end = week.start(workspace.zone), week.end(workspace.zone)
    rows = ledger.rows("improve/drafted_between", start=start, end=end)
    return Counter({row["agent"]: row["proposals"] for row in rows})


def _evidence(ledger: Ledger, agent: Agent, pattern: Pattern, now: datetime) -> Evidence:
    rows = ledger.rows("improve/evidence", agent=pattern.agent, fingerprint=pattern.fingerprint, at_most=EVIDENCE_RUNS)
    runs = [row["run_id"] for row in rows]
    followed = ledger.rows("improve/recoveries", runs=runs, tool=pattern.tool)
    return Evidence(agent=agent, pattern=pattern, recovery=recovery(pattern, followed), rows=rows, made_at=now)


def _draft(repo: ConfigRepo, base: str, evidence: Evidence) -> FileChange:
    return repo.change(skill_path(evidence.agent.slug, slug_of(evidence.pattern)), skill(evidence).encode(), base)


def _refusals(file: FileChange, evidence: Evidence, home: Home, redactor: Redactor) -> list[Broken]:
    if not home.exists:
        return [Broken("no-home", f"no folder {home.folder}/ in the config repository")]
    if not evidence.pattern.named_plainly:
        return [Broken("tool-name", evidence.pattern.tool or "")]
    if file.old_blob is not None:
        return [Broken("exists", file.path)]
    text = file.content.decode("utf-8", "replace")
    secret = [] if redactor.text(text) == text else [Broken("secret", "a secret that the source's redaction missed")]
    return [*secret, *broken_rules(file, slug_of(evidence.pattern), home)]


def _record_refusal(
    ledger: Ledger, file: FileChange, evidence: Evidence, broken: list[Broken], drafted: Drafted
) -> None:
    """One event per draft and set of rules, however often it is drafted again."""
    rules = sorted({rule.rule for rule in broken})
    drafted.refused[f"{evidence.agent.name}: {slug_of(evidence.pattern)}"] = rules
    payload: dict[str, object] = {
        "title": title(evidence.pattern), "rules": rules, "found": [[b.rule, b.found[:120]] for b in broken[:20]],
        "runs": evidence.pattern.runs, "policy_version": POLICY_VERSION, "sha256": sha256_hex(file.content),
    }  # fmt: skip
    event = Event(
        event_id=stable_id("proposal_refused", evidence.pattern.fingerprint, POLICY_VERSION, *rules),
        kind="proposal_refused", at=evidence.made_at, agent=evidence.agent.name,
        subject=evidence.pattern.fingerprint, payload=payload,
    )  # fmt: skip
    ledger.add("events", [event], "event_id")


def _proposal(
    workspace: Workspace, evidence: Evidence, file: FileChange, base: str, attempt: int, nonce: str
) -> Proposal:
    proposal_id = stable_id("proposal", evidence.agent.name, evidence.pattern.fingerprint, attempt)
    expires_at = evidence.made_at + timedelta(days=workspace.settings.proposals.expires_after_days)
    manifest = build(
        proposal_id=proposal_id, kind="skill", agent=evidence.agent.name, base_commit=base, files=[file],
        drafter=DRAFTER, evidence_runs=[row["run_id"] for row in evidence.rows], expires_at=expires_at, nonce=nonce,
    )  # fmt: skip
    return Proposal(
        proposal_id=proposal_id, agent=evidence.agent.name, kind="skill", state="waiting",
        title=title(evidence.pattern), document=document(evidence, file.path, file.content), manifest=manifest,
        digest=digest(manifest), base_commit=base, drafter=DRAFTER, fingerprint=evidence.pattern.fingerprint,
        created_at=evidence.made_at, expires_at=expires_at, files=[file],
    )  # fmt: skip


def _store(ledger: Ledger, proposal: Proposal) -> None:
    crashpoint("propose.before_store")
    with ledger.transaction():
        store(ledger, proposal)
        crashpoint("propose.before_commit")
    crashpoint("propose.after_store")
