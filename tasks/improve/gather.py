"""Reads from the ledger what is due for a proposal, and makes cases of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from reports.text import plural
from storage.ledger import Ledger
from storage.manifest import POLICY_VERSION
from storage.records import stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.improve.candidates import Bounds, Candidate
from tasks.improve.case import EVIDENCE_RUNS, Case
from tasks.improve.drafts import Evidence, case_of
from tasks.improve.expected import LOOKED_BACK
from tasks.improve.falls import Fall, fall_case
from tasks.improve.patterns import Pattern, merged, recovery
from tasks.improve.recurring import Recurring, recurring
from tasks.improve.task_drafts import task_case
from tasks.metrics.weeks import Week

_OPEN: Final = ("waiting", "approved")
_ANSWERED: Final = ("rejected", "applied")
"""States after which something is drafted again only where it recurs, and by a model: rules repeat themselves."""
_SAMPLES: Final = 5
"""Error texts, as they were logged, that a model is shown."""

Earlier = dict[str, list[dict[str, Any]]]
"""Fingerprint to the proposals that it had, oldest first."""


def patterns(ledger: Ledger) -> list[Pattern]:
    """Every kind of failure by agent, most frequent first; its `stage` says where the Rule of Three has it."""
    found = merged(Pattern(**row) for row in ledger.rows("improve/patterns"))
    return sorted((_counted(ledger, each) for each in found), key=lambda p: (-p.runs, p.agent, p.fingerprint))


def _counted(ledger: Ledger, pattern: Pattern) -> Pattern:
    """A pattern of several kinds with its runs counted once each."""
    if len(pattern.kinds) == 1:
        return pattern
    [row] = ledger.rows("improve/run_counts", agent=pattern.agent, fingerprints=pattern.kinds)
    return replace(pattern, runs=row["runs"], sessions=row["sessions"])


def tasks(ledger: Ledger, now: datetime) -> list[Recurring]:
    """Tasks that were asked for in the last eight weeks, by agent, most frequent first."""
    return recurring(ledger.rows("improve/hand_tasks", start=now - timedelta(weeks=LOOKED_BACK), end=now))


def candidates(
    workspace: Workspace, ledger: Ledger, now: datetime, *, asked: bool
) -> tuple[list[Candidate], list[str]]:
    """All that is due, and what a person should know. `asked`: a model will draft, which may be about anything."""
    earlier: Earlier = defaultdict(list)
    for row in ledger.rows("improve/proposed"):
        earlier[row["fingerprint"]].append(row)
    refused = {row["fingerprint"] for row in ledger.rows("improve/refused_before", policy=POLICY_VERSION)}
    found, homeless = list[Candidate](), Counter[str]()
    after = workspace.settings.proposals.after
    for pattern in patterns(ledger):
        if pattern.stage(after) != "codify" or not (asked or pattern.draftable):
            continue
        agent = workspace.agent(pattern.agent)
        if agent is None:
            homeless[pattern.agent] += 1
            continue
        again = _again(ledger, pattern, earlier, after, asked=asked)
        if again is not None:
            found.append(
                Candidate("failure", agent, pattern.fingerprint, pattern.sessions or pattern.runs, pattern.only_source,
                          again, pattern, pattern.draftable, pattern.fingerprint in refused)
            )  # fmt: skip
    found += _tasks_due(workspace, ledger, earlier, refused, now)
    found += _falls_due(workspace, ledger, earlier, now) if asked else []
    notices = [
        f"{plural(number, 'recurring failure')} of {name!r}, which is no agent of agentre.yaml: nothing drafted"
        for name, number in sorted(homeless.items())
    ]
    return found, notices


def _again(ledger: Ledger, pattern: Pattern, earlier: Earlier, after: int, *, asked: bool) -> int | None:
    """How many proposals the failure had, if it is to be drafted now; None: it is not.

    One that waits is not drafted again, nor one that was answered, unless so many sessions more have shown it since.
    """
    had = [row for kind in pattern.kinds for row in earlier.get(kind, [])]
    if any(row["state"] in _OPEN for row in had):
        return None
    answered = [row["decided_at"] or row["created_at"] for row in had if row["state"] in _ANSWERED]
    if answered:
        since = {"agent": pattern.agent, "fingerprints": pattern.kinds, "since": max(answered)}
        more = sum(row["sessions"] for row in ledger.rows("improve/runs_since", **since)) if asked else 0
        if more < after:
            return None
    return len(had)


def _tasks_due(
    workspace: Workspace, ledger: Ledger, earlier: Earlier, refused: set[str], now: datetime
) -> list[Candidate]:
    if not workspace.settings.proposals.tasks_per_agent_per_week:
        return []
    due = []
    for task in tasks(ledger, now):
        agent = workspace.agent(task.agent)
        had = [row for kind in task.kinds for row in earlier.get(kind, [])]
        settled = any(row["state"] in (*_OPEN, *_ANSWERED) for row in had)
        if agent is None or settled or task.stage(workspace.settings.proposals.after) != "codify":
            continue
        before = task.fingerprint in refused
        due.append(
            Candidate("task", agent, task.fingerprint, task.runs, task.only_source, len(had), task, True, before)
        )
    return due


def _falls_due(workspace: Workspace, ledger: Ledger, earlier: Earlier, now: datetime) -> list[Candidate]:
    due = []
    for row in ledger.rows("improve/investigations", since=now - timedelta(weeks=LOOKED_BACK)):
        agent, mark = workspace.agent(row["agent"]), stable_id("fall", row["watch_id"])
        had = earlier.get(mark, [])
        if agent is not None and not any(each["state"] in (*_OPEN, *_ANSWERED) for each in had):
            due.append(Candidate("fall", agent, mark, 1, None, len(had), row, False))
    return due


def bounds(workspace: Workspace, ledger: Ledger, now: datetime) -> dict[str, Bounds]:
    """What each agent's week has left. What one file alone shows gets all but one place where there are other files."""
    week, limits = Week.of(now, workspace.zone), workspace.settings.proposals
    span = {"start": week.start(workspace.zone), "end": week.end(workspace.zone)}
    drafted = {row["agent"]: row for row in ledger.rows("improve/drafted_between", **span)}
    used: dict[str, dict[str, int]] = defaultdict(dict)
    for row in ledger.rows("improve/used_sources", **span):
        used[row["agent"]][row["source"]] = row["proposals"]
    sources = {row["agent"]: row["sources"] for row in ledger.rows("improve/agent_sources")}
    most = limits.per_agent_per_week
    return {
        agent.name: Bounds(
            left=most - drafted.get(agent.name, {}).get("proposals", 0),
            tasks_left=limits.tasks_per_agent_per_week - drafted.get(agent.name, {}).get("tasks", 0),
            per_source=max(1, most - 1) if sources.get(agent.name, 0) > 1 else None,
            used_by_source=used[agent.name],
        )
        for agent in workspace.settings.agents
    }


def case(workspace: Workspace, ledger: Ledger, candidate: Candidate, now: datetime) -> Case:
    """Everything that is known of a candidate."""
    agent, subject = candidate.agent, candidate.subject
    facts = {"rejected_before": ledger.rows("improve/rejections", agent=agent.name)}
    if isinstance(subject, Pattern):
        return _failure(ledger, agent, subject, candidate.attempt, facts, now)
    if isinstance(subject, Recurring):
        rows = ledger.rows("improve/run_rows", runs=subject.run_ids[:EVIDENCE_RUNS])
        sequences = ledger.rows("improve/sequences", runs=subject.run_ids[:EVIDENCE_RUNS])
        return task_case(agent, subject, rows, sequences, candidate.attempt, facts, now)
    return _fall(ledger, candidate, subject, facts, now)


def _failure(
    ledger: Ledger, agent: Agent, pattern: Pattern, attempt: int, facts: dict[str, Any], now: datetime
) -> Case:
    rows = ledger.rows("improve/evidence", agent=pattern.agent, fingerprints=pattern.kinds, at_most=EVIDENCE_RUNS)
    runs = [row["run_id"] for row in rows]
    followed = ledger.rows("improve/recoveries", runs=runs, tool=pattern.tool)
    texts = ledger.rows("improve/error_texts", runs=runs, tool=pattern.tool)
    evidence = Evidence(agent=agent, pattern=pattern, recovery=recovery(pattern, followed), rows=rows, made_at=now)
    logged = [{"run": row["run_id"], "text": row["error_text"]} for row in texts if row["error_text"]]
    every = ledger.rows("improve/all_runs", agent=agent.name, fingerprints=pattern.kinds)
    return case_of(
        evidence, attempt, facts | {"as_logged": logged[:_SAMPLES]}, _lead_up(pattern, texts),
        [row["run_id"] for row in every],
    )  # fmt: skip


def _lead_up(pattern: Pattern, texts: Sequence[dict[str, Any]]) -> str | None:
    """The tools called before the failure, where most runs have the same."""
    first = {row["run_id"]: row for row in reversed(texts)}
    found = Counter(
        (row["second_before"], row["before"], pattern.tool) for row in first.values() if row["before"] is not None
    )
    if not found or not pattern.named_plainly:
        return None
    (names, number) = found.most_common(1)[0]
    plain = [name for name in names if name and Pattern.is_plain(name)]
    if number < 2 or len(plain) < 2:
        return None
    return (
        f"In {number} of {len(first)} runs the calls were, in this order: {' → '.join(f'`{name}`' for name in plain)}."
    )


def _fall(ledger: Ledger, candidate: Candidate, row: Any, facts: dict[str, Any], now: datetime) -> Case:
    payload = msgspec.json.decode(row["payload"]) if isinstance(row["payload"], str) else row["payload"]
    fall = msgspec.convert(payload, Fall)
    first = Week.parse(fall.since)
    low = ledger.rows(
        "improve/low_runs", agent=candidate.agent.name, dimension=fall.dimension, first_day=first.monday,
        after_day=first.plus(LOOKED_BACK).monday, at_most=10,
    )  # fmt: skip
    rows = ledger.rows("improve/run_rows", runs=[each["run_id"] for each in low])
    return fall_case(candidate.agent, candidate.fingerprint, fall, rows, facts, candidate.attempt, now)


def offers(ledger: Ledger, now: datetime) -> list[dict[str, Any]]:
    """Offers of a transferred change in the last eight weeks that have no proposal, with how many they had."""
    had = Counter(row["fingerprint"] for row in ledger.rows("improve/proposed"))
    settled = {row["fingerprint"] for row in ledger.rows("improve/proposed") if row["state"] in (*_OPEN, *_ANSWERED)}
    rows = ledger.rows("improve/offers", since=now - timedelta(weeks=LOOKED_BACK))
    marked = [row | {"fingerprint": stable_id("transfer", row["event_id"])} for row in rows]
    return [row | {"attempt": had[row["fingerprint"]]} for row in marked if row["fingerprint"] not in settled]
