"""A fleet with a planted incident of every kind: the sample of `tests/soak/test_quarters.py` that is always run."""

from __future__ import annotations

import pytest
from planted_quarter import Quarter, faults, invented, live, match

SEED = 3


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    """Three weeks after sixteen days of health, with budgets of seven days."""
    return live(tmp_path_factory.mktemp("quarter") / "fleet", SEED, weeks=3, warm=16, more="slo: {window: 7d}\n")


def test_each_planted_incident_is_found_once_with_its_times_and_closed_by_its_rule(lived: Quarter) -> None:
    """Budget, burst, cost, limit, policy, trend, platform, bench, and two signals of one cause."""
    assert faults(lived) == []
    assert {len(group) for group in match(lived).values()} == {1}


def test_none_is_invented(lived: Quarter) -> None:
    """Three weeks of eight agents: the stated rates expect a twentieth of one."""
    assert [each.title for each in invented(lived)] == []


def test_the_change_that_broke_an_agent_is_among_its_causes(lived: Quarter) -> None:
    """The commit that was made when the burst began is the first suspect of kind config."""
    (burst,) = match(lived)["burst"]
    assert burst.causes[0]["kind"] == "config"
    assert 0 <= float(str(burst.causes[0]["hours"])) < 48


def test_two_signals_of_one_cause_wait_for_both_rules(lived: Quarter) -> None:
    """Runs that broke off also spent the budget: one incident, closed when both are over."""
    (both,) = match(lived)["both"]
    assert {told.kind for told in both.opening} == {"behaviour", "budget"}
    assert both.is_open or ("golden test" in (both.reason or "") and "SLO" in (both.reason or ""))
