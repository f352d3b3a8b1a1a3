"""Seeded quarters of a fleet with a planted incident of every kind; figures go to RESULTS.md by hand."""

from __future__ import annotations

import os
import statistics
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tasks" / "incidents"))

from planted_quarter import AGENTS, WITH_SLO, Quarter, faults, invented, live, match

SEED = int(os.environ.get("AGENTRE_SEED", "20261122"))
QUARTERS = int(os.environ.get("AGENTRE_QUARTERS", "8"))
FALSE_A_YEAR = 0.5 * len(WITH_SLO) + 365 * 1e-4 * 4 * len(AGENTS)
"""What the rules state: half an alert a year for each SLO; each night of an agent, four counts wrong in 1 of 10,000."""


def told(quarters: list[Quarter]) -> str:
    """The figures, a line each."""
    pairs = [(each, group[0]) for one in quarters for each in one.planted if (group := match(one)[each.name])]
    off = [abs(one.started_at - each.begins) / timedelta(hours=1) for each, one in pairs if one.started_at]
    lines = [f"found {len(pairs)} of {sum(len(one.planted) for one in quarters)}"]
    lines.append(f"invented {sum(len(invented(one)) for one in quarters)} in {len(quarters)} quarters")
    lines.append(f"beginnings off by hours: median {statistics.median(off):.1f}, largest {max(off):.1f}")
    for name in sorted({each.name for each, _ in pairs}):
        found = [one.time_to_detect for each, one in pairs if each.name == name and one.time_to_detect]
        hours = [span / timedelta(hours=1) for span in found]
        lines.append(f"{name}: detected after {statistics.median(hours):.0f} h (largest {max(hours):.0f} h)")
    return "\n".join(lines)


def test_every_planted_incident_of_every_quarter_is_found_and_closed_by_its_rule(tmp_path: Path) -> None:
    """Each found once, times right, closed by its rule only; those invented within what the rules state."""
    quarters = [live(tmp_path / str(i), SEED + i) for i in range(QUARTERS)]
    sys.stdout.write(f"\n{told(quarters)}\n")  # for RESULTS.md, shown with `-s`
    wrong = {SEED + i: found for i, one in enumerate(quarters) if (found := faults(one))}
    assert wrong == {}
    made = sum(len(invented(one)) for one in quarters)
    expected = FALSE_A_YEAR * QUARTERS / 4
    assert made <= expected + 3 * expected**0.5, [each.title for one in quarters for each in invented(one)]
