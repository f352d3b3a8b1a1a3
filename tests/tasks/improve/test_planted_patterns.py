"""Planted patterns: every triple is found once, no double is drafted, and no flood takes more than its share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest

from storage.config_repo import ConfigRepo
from storage.ledger import Ledger
from storage.records import Message, stable_id
from storage.workspace import Workspace
from tasks.improve.run import Drafted, draft_proposals, patterns, tasks
from tasks.incidents.run import detect_failures

Put = Callable[..., str]
HOMES = {"ada/SOUL.md": b"# Ada\n", "rita/SOUL.md": b"# Rita\n"}
WORDS = ("amber", "basalt", "cobalt", "dolomite", "ebony", "flint", "garnet", "heather", "indigo", "jasper")


@pytest.fixture
def homes(workspace: Workspace, now: datetime) -> ConfigRepo:
    """A config repository with a folder for each agent."""
    return ConfigRepo.create(workspace.configs, HOMES, now)


def draft(workspace: Workspace, ledger: Ledger, now: datetime) -> Drafted:
    numbers = count()
    detect_failures(workspace, ledger, now)
    return draft_proposals(workspace, ledger, now, lambda: f"nonce-{next(numbers):020d}")


def roomy(workspace: Workspace, per_week: int = 50) -> Workspace:
    """The workspace with room for everything that is planted."""
    settings = workspace.root / "agentre.yaml"
    limits = f"proposals: {{per_agent_per_week: {per_week}, tasks_per_agent_per_week: {per_week}}}\n"
    settings.write_text(settings.read_text() + limits)
    return Workspace(workspace.root)


def asked(ledger: Ledger, run_id: str, text: str) -> None:
    """The run's first message of a person."""
    said = Message(message_id=stable_id(run_id, text), run_id=run_id, seq=0, role="user", text=text, is_human=True)
    ledger.add("messages", [said], "message_id")


def test_triples_and_doubles(
    workspace: Workspace, ledger: Ledger, put_run: Put, homes: ConfigRepo, now: datetime
) -> None:
    """Ten kinds of failure, five of them thrice and five twice, over two agents: exactly the five are drafted, once."""
    settled = roomy(workspace)
    for place, word in enumerate(WORDS):
        for i in range(3 if place % 2 == 0 else 2):
            put_run(f"{word}{i}", ("Read", None), ("Bash", f"the {word} valve is stuck at {i} bar"),
                    agent="Ada" if place < 6 else "Rita")  # fmt: skip
    first = draft(settled, ledger, now)
    quoted = [p.files[0].content.decode() for p in first.proposals]
    assert sorted(w for text in quoted for w in WORDS if f"the {w} valve" in text) == sorted(WORDS[::2])
    assert not draft(settled, ledger, now + timedelta(days=7)).proposals
    assert "`Read` → `Bash`" in first.proposals[0].document


def test_tasks_by_hand(workspace: Workspace, ledger: Ledger, put_run: Put, homes: ConfigRepo, now: datetime) -> None:
    """A task asked for thrice becomes a skill of what all its runs did; twice, or too short to tell, it does not."""
    settled = roomy(workspace)
    for i in range(3):
        run = put_run(f"report{i}", ("Read", None), ("Grep", None), *[("Edit", None)] * i, ("Bash", None))
        asked(ledger, run, f"Write the weekly report number {i} for /srv/team-{i}")
        asked(ledger, put_run(f"go{i}", ("Read", None), ("Bash", None)), "continue")
        if i < 2:
            asked(ledger, put_run(f"deploy{i}", ("Read", None), ("Bash", None)), "Deploy the archive service")
    assert [each.stage(3) for each in tasks(ledger, now)] == ["codify", "flagged"]
    (proposal,) = draft(settled, ledger, now).proposals
    text = proposal.files[0].content.decode()
    assert proposal.title == "Recurring task (write, weekly, report, number)"
    assert proposal.files[0].path.startswith("ada/skills/do-write-weekly-report-number-")
    steps = "1. Use `Read`, as in all 3 runs.\n2. Use `Grep`, as in all 3 runs.\n3. Use `Bash`, as in all 3 runs.\n"
    assert steps in text and "Write the weekly report number [n] for [path]" in text
    assert not draft(settled, ledger, now).proposals


def test_a_flood_of_near_identical_failures(
    workspace: Workspace, ledger: Ledger, put_run: Put, homes: ConfigRepo, now: datetime
) -> None:
    """Runs whose texts differ by a number and a word are one kind, and one proposal; each run counts once."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for i in range(14):
        word = letters[i] * 4
        text = f"the valve of pump {i} does not open because the {word} switch on the panel is off"
        put_run(f"f{i}", ("Bash", text), ("Bash", text))
    (proposal,) = draft(roomy(workspace), ledger, now).proposals
    (pattern,) = patterns(ledger)
    assert (pattern.runs, pattern.count, len(pattern.kinds)) == (14, 28, 14)
    assert "13 near-identical texts counted as this one" in proposal.document


def test_a_flood_from_one_file(
    workspace: Workspace, ledger: Ledger, put_run: Put, homes: ConfigRepo, now: datetime
) -> None:
    """Many kinds in one file get all but one place of the week; what other files show is not kept out, nor is Rita."""
    for n in range(12):
        for i in range(4):
            put_run(f"flood{n}-{i}", ("Bash", f"{WORDS[n % 10]} {WORDS[n // 10]} broke"))
    for i in range(3):
        put_run(f"true{i}", ("Deploy", "quorum lost"))
        put_run(f"rita{i}", ("Fetch", "quota spent"), agent="Rita")
    ledger._connection.execute("UPDATE runs SET source_file = 'flood.jsonl' WHERE tool_calls = 1")
    ledger._connection.execute(
        "UPDATE runs SET source_file = run_id WHERE run_id IN (SELECT run_id FROM tool_calls WHERE tool_name <> 'Bash')"
    )
    first = draft(workspace, ledger, now)
    assert sorted(p.agent for p in first.proposals) == ["Ada", "Ada", "Ada", "Rita"]
    assert sum("Deploy" in p.title for p in first.proposals) == 1
    assert not draft(workspace, ledger, now + timedelta(hours=1)).proposals


def test_a_session_counts_once(
    workspace: Workspace, ledger: Ledger, put_run: Put, homes: ConfigRepo, now: datetime
) -> None:
    """Three subagents of one session are one occasion: noted, not drafted."""
    for i in range(3):
        put_run(f"sub{i}", ("Bash", "lock held"))
    ledger._connection.execute("UPDATE runs SET parent_run_id = 'root'")
    assert not draft(workspace, ledger, now).proposals and patterns(ledger)[0].stage(3) == "noted"
