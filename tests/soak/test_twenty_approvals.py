"""Twenty approvals wait while server, serve and runs are killed with -9, fifty times, at any moment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "flows"))

from killed_fleet import trial

KILLS = int(os.environ.get("AGENTRE_KILLS", "50"))
SEED = int(os.environ.get("AGENTRE_SEED", "20261122"))


@pytest.mark.timeout(7200)
def test_twenty_approvals_survive_kills(tmp_path: Path) -> None:
    """All twenty stay answerable, soon after each restart, and each is applied exactly once."""
    found = trial(tmp_path / "fleet", approvals=20, kills=KILLS, seed=SEED)
    sys.stdout.write(
        f"\ntwenty approvals: {sum(found.killed.values())} kills {dict(found.killed)}, commits {found.commits}, faults "
        f"{found.faults}, answerable after {', '.join(f'{wait:.0f}' for wait in found.waits)} s\n"
    )
    assert found.commits == [1] * 20 and found.faults == []
    assert max(found.waits[1:]) < 120  # the first time twenty runs have to start, two at once
