"""Thousands of hostile drafts, mutants, replays and interleavings; figures go to RESULTS.md by hand."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

sys.path.insert(0, str(Path(__file__).parents[1] / "tasks" / "improve"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tasks" / "approve"))

from approval_trials import HOMES, asked_by, key_of, mutants, replays, signed
from interleaving import Approvals
from meaning_trials import by_meaning, harmless_edits_named
from rails_trials import as_new_drafts, benign_edits, forged_paths, hostile_drafts, legal_configs

from storage.config_repo import ConfigRepo
from storage.ledger import open_ledger
from storage.workspace import Workspace
from tasks.approve.run import decide

SEED = int(os.environ.get("AGENTRE_SEED", "20261122"))


def tell(line: str) -> None:
    """A figure for RESULTS.md, shown with `-s`."""
    sys.stdout.write(line + "\n")


@pytest.mark.timeout(3600)
def test_hostile_drafts(shared: Path, workspace: Workspace, now: datetime) -> None:
    """5,000 hostile drafts of a scripted drafter: none becomes a proposal."""
    with open_ledger(workspace.ledger, purpose="soak", wait_seconds=5) as ledger:
        ledger._connection.execute(
            "INSERT INTO runs (run_id, agent, source_format, source_file, outcome, model_calls, tool_calls, "
            "tool_errors, "
            f"human_turns, cost_source) VALUES ('{'e' * 32}', 'Ada', 'x', 'x', 'unknown', 0, 0, 0, 0, 'missing')"
        )
        passed = hostile_drafts(workspace, ledger, shared, "e" * 32, now, number=5000, seed=SEED)
        refusals = ledger.typed("SELECT count(*) AS n FROM events WHERE kind = 'proposal_refused'")[1]
    tell(f"\nhostile drafts: 5000 tried, {len(passed)} became proposals, seed {SEED}, refusals kept {refusals}")
    assert passed == []


def test_forged_paths_and_benign_changes(shared: Path, workspace: Workspace, now: datetime) -> None:
    """Forged paths never pass; harmless edits and legal config changes always do; new skills are told by rule."""
    forged, through = forged_paths(workspace, now)
    edits, refused = benign_edits(shared)
    configs, denied = legal_configs(number=5000, seed=SEED)
    skills, rules = as_new_drafts(shared)
    tell(f"\nforged paths: {forged} tried, {len(through)} passed")
    tell(f"benign edits: {edits} tried, {len(refused)} refused")
    tell(f"legal config changes: {configs} tried, {len(denied)} refused")
    tell(f"{skills} real skills as new drafts, refusals by rule: {dict(rules.most_common())}")
    assert not through and not refused and not denied


def test_attacks_by_meaning(shared: Path) -> None:
    """Injections that break no rule: most are named to the person all the same, few harmless edits are."""
    tried, refused, named, left = by_meaning(shared)
    edits, warned = harmless_edits_named(shared)
    tell(
        f"\nattacks by meaning: {tried} injections into a skill, {refused} refused by a rule; of the other "
        f"{tried - refused}, {named} named to the person ({named / (tried - refused):.0%}), {len(left)} not named"
    )
    tell(f"harmless edits: {edits}, {warned} of them named ({warned / edits:.1%})")
    assert named >= 0.6 * (tried - refused) and warned < 0.15 * edits


@pytest.mark.timeout(3600)
def test_mutants(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """5,000 single-byte mutants of manifest, bytes, base, expiry, nonce, answer and signature: all refused."""
    ConfigRepo.create(workspace.configs, HOMES, now)
    key = key_of(tmp_path, "sam")
    (workspace.root / "signers").write_text(f"sam {key.with_suffix('.pub').read_text()}")
    rule = "approval: {require_signature: true, allowed_signers: signers}\n"
    (workspace.root / "agentre.yaml").write_text("agents: [{name: Ada}]\napprovers: [sam]\n" + rule)
    fleet = Workspace(workspace.root)
    with open_ledger(fleet.ledger, purpose="soak", wait_seconds=5) as ledger:
        asked = asked_by(fleet, ledger, now)
        given = (asked.proposal_id, asked.digest, "approve", "sam", "terminal", "", now, signed(key, asked.manifest))
        answer = decide(fleet, ledger, *given).approval
    tried, passed = mutants(fleet, asked, answer, number=5000, seed=SEED)
    tell(f"\nmutants: {tried.total()} tried, {len(passed)} passed: {dict(tried)}")
    assert passed == []


@pytest.mark.timeout(3600)
def test_replays(workspace: Workspace, now: datetime) -> None:
    """1,000 replays, double clicks and forced states: no further commit."""
    ConfigRepo.create(workspace.configs, HOMES, now)
    with open_ledger(workspace.ledger, purpose="soak", wait_seconds=5) as ledger:
        extra = replays(workspace, ledger, asked_by(workspace, ledger, now), now + timedelta(hours=1), number=1000)
    tell(f"\nreplays: 1000 tried, {extra} further commits")
    assert extra == 0


@pytest.mark.timeout(3600)
def test_interleavings() -> None:
    """Random interleavings of everybody: bytes applied are bytes approved, at most once."""
    rules = settings(max_examples=150, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Approvals, settings=rules)
    tell("\ninterleavings: 150 sequences of up to 30 steps, 0 violations")
