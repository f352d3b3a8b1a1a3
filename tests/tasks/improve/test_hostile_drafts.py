"""A drafter in the attacker's hands, and harmless edits: the first gets nothing through, the second lose nothing.

A sample; `make soak` runs thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from rails_trials import BASE_SKILL, benign_edits, forged_paths, hostile_drafts, legal_configs

from storage.ledger import Ledger
from storage.workspace import Workspace

Put = Callable[..., str]


def test_nothing_hostile_becomes_applicable(
    shared: Path, workspace: Workspace, ledger: Ledger, put_run: Put, now: datetime
) -> None:
    """Every class of violation in every disguise, around hostile texts: no proposal waits, the branch stands still."""
    passed = hostile_drafts(workspace, ledger, shared, put_run("r1", ("Bash", "x")), now, number=60, seed=20261122)
    assert passed == []


def test_forged_paths(workspace: Workspace, now: datetime) -> None:
    """A proposal that somebody stored around the rails, with any path but the one of its kind, is not applicable."""
    tried, passed = forged_paths(workspace, now)
    assert tried >= 400 and passed == []


def test_benign_edits_of_committed_skills(shared: Path) -> None:
    """Real skills as committed base and one harmless edit: none refused."""
    tried, refused = benign_edits(shared, every=5)
    assert tried >= 40 and refused == {}


def test_legal_config_changes() -> None:
    """Changes of allowed keys within their range, in files of any layout: none refused."""
    assert legal_configs(number=100, seed=20261122) == (100, [])


def test_the_base_is_harmless() -> None:
    """The skill that hostile text is added to has nothing of its own that could be what is refused."""
    assert "evil" not in BASE_SKILL
