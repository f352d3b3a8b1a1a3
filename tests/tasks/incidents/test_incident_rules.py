"""Which signals are one incident, how unlikely counts are, and what golden results prove; all without a ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import Refused
from tasks.incidents.book import as_told
from tasks.incidents.chance import better_chance, beyond_chance, chance, change_point, failing_chance
from tasks.incidents.golden_proof import judged
from tasks.incidents.guides import guides
from tasks.incidents.incident import Incident, Signal, check_open, home_of, is_news, raised, with_told

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOGETHER = 48 * HOUR


def signal(fingerprint: str = "f", **more: Any) -> Signal:
    """A signal of Ada's budget, begun a day ago."""
    about: dict[str, Any] = {
        "source": "slo", "kind": "budget", "agent": "Ada", "severity": "P2", "what": "x", "started_at": NOW - 24 * HOUR,
        "seen_at": NOW,
    }  # fmt: skip
    return Signal(fingerprint=fingerprint, **(about | more))


def incident(*signals: Signal, closed_at: datetime | None = None) -> Incident:
    """An incident that was told of these signals."""
    first = signals[0]
    made = Incident(
        incident_id=f"id {first.fingerprint}", agent=first.agent, kind=first.kind, severity=first.severity,
        state="closed" if closed_at else "open", fingerprint=first.fingerprint, title="x", owner=None, started_at=None,
        detected_at=NOW, closed_at=closed_at, closed_by="rule" if closed_at else None,
    )  # fmt: skip
    for each in signals:
        made = with_told(made, as_told(made, each, NOW))
    return made


def test_the_same_cause_joins_its_open_incident_however_late() -> None:
    """The fingerprint decides, a month later too; the nearest in time does not come first."""
    old, near = incident(signal("a", started_at=NOW - 700 * HOUR)), incident(signal("b"))
    assert home_of(signal("a"), [near, old], TOGETHER) is old


@pytest.mark.parametrize(("hours", "joins"), [(47, True), (49, False), (-47, True), (-49, False)])
def test_another_signal_of_the_agent_joins_within_the_window(hours: int, joins: bool) -> None:
    """Within 48 hours of the beginning, before or after it, it is one incident; beyond, it is another."""
    one = incident(signal("a"))
    other = signal("b", kind="cost", started_at=NOW + (hours - 24) * HOUR)
    assert (home_of(other, [one], TOGETHER) is one) is joins


def test_agents_share_an_incident_only_of_the_bench() -> None:
    """A platform that is down is one cause for all; Rita's budget is not Ada's, and a bench is no agent's fault."""
    ada, bench = incident(signal("a")), incident(signal("b", kind="bench"))
    assert home_of(signal("c", agent="Rita"), [ada], TOGETHER) is None
    assert home_of(signal("c", agent="Rita", kind="bench"), [ada, bench], TOGETHER) is bench
    assert home_of(signal("c"), [bench], TOGETHER) is None


def test_what_is_seen_before_the_end_belongs_to_the_closed_incident() -> None:
    """A late signal opens nothing anew; one that is seen after the end is a new cause."""
    over = incident(signal("a"), closed_at=NOW)
    assert home_of(signal("a", seen_at=NOW - HOUR), [over], TOGETHER) is over
    assert home_of(signal("a", seen_at=NOW + HOUR), [over], TOGETHER) is None
    assert not is_news(signal("a", severity="P1"), over)


def test_news_is_a_new_cause_a_worse_severity_or_an_earlier_recorded_beginning() -> None:
    """The same again is no news; an estimate that moves is none either, a record that moves is."""
    one = incident(signal("a"), signal("p", source="policy", kind="policy"))
    assert not is_news(signal("a"), one)
    assert not is_news(signal("a", severity="P3"), one)
    assert is_news(signal("a", severity="P1"), one)
    assert is_news(signal("new"), one)
    assert not is_news(signal("a", started_at=NOW - 90 * HOUR), one)
    assert is_news(signal("p", source="policy", started_at=NOW - 90 * HOUR), one)


@given(st.permutations([signal("a", severity="P3"), signal("b", severity="P1", started_at=NOW - 90 * HOUR),
                        signal("c", started_at=None)]))  # fmt: skip
def test_the_order_in_which_signals_come_changes_nothing(order: list[Signal]) -> None:
    """Severity is the worst, the beginning the earliest, in any order."""
    one = incident(*order)
    assert (one.severity, one.started_at) == ("P1", NOW - 90 * HOUR)
    assert one.time_to_detect == 90 * HOUR


def test_a_critical_agents_incident_is_one_step_worse() -> None:
    """P3 becomes P2, P1 stays."""
    assert [raised(each, True) for each in ("P1", "P2", "P3")] == ["P1", "P1", "P2"]
    assert raised("P3", False) == "P3"


def test_nothing_happens_to_a_closed_incident() -> None:
    """The message says who closed it, when, and that a cause that returns opens a new one."""
    with pytest.raises(Refused) as refused:
        check_open(incident(signal("a"), closed_at=NOW), "acknowledged")
    assert "cannot be acknowledged" in str(refused.value) and "closed 2026-11-22" in str(refused.value)


def test_a_count_is_judged_by_the_beta_binomial_tail() -> None:
    """3 of 3 with nothing known before: (1/20)(2/21)(3/22); 0 is nothing; more history makes the same count rarer."""
    assert chance(3, 3, 0, 0) == pytest.approx(6 / (20 * 21 * 22))
    assert chance(0, 60, 0, 280) == 1
    assert chance(5, 60, 0, 2800) < chance(5, 60, 0, 280) < chance(5, 60, 8, 280)


def test_exceedances_of_an_order_statistic_follow_their_exact_law() -> None:
    """One new value is above the largest of 99 with chance 1/100; two of two with 1/100 * 2/101."""
    assert beyond_chance(1, 1, 99, 99) == pytest.approx(0.01)
    assert beyond_chance(2, 2, 99, 99) == pytest.approx(2 / (100 * 101))


@given(st.integers(0, 12), st.integers(1, 12), st.integers(0, 12), st.integers(1, 12))
@settings(deadline=None, max_examples=30)  # the first one imports scipy.stats
def test_tails_are_those_of_scipy(a: int, b: int, c: int, d: int) -> None:
    """An independent implementation of each distribution gives the same."""
    from scipy.special import bdtrc
    from scipy.stats import betabinom, hypergeom

    assert chance(a, a + b, c, c + d) == pytest.approx(float(betabinom.sf(a - 1, a + b, c + 1, d + 19)))
    assert failing_chance(a, a + b, 0.05) == pytest.approx(1.0 if a == 0 else float(bdtrc(a - 1, a + b, 0.05)))
    assert failing_chance(300, 5000, 0.05) == pytest.approx(float(bdtrc(299, 5000, 0.05)))
    tail = float(hypergeom.sf(c - 1, a + b + c + d, a + c, c + d))
    assert better_chance((a, b), (c, d)) == pytest.approx(tail)


@given(st.integers(4, 40), st.integers(4, 40))
def test_a_clean_step_upwards_is_found_where_it_is(before: int, after: int) -> None:
    """Zeros, then ones: the first one."""
    assert change_point([0.0] * before + [1.0] * after) == before
    assert change_point([0.0] * before) == 0


BAD, GOOD = frozenset({("SOUL.md", "1")}), frozenset({("SOUL.md", "2")})


def result(commit: str, passed: int, failed: int, digest: str = "d") -> dict[str, Any]:
    """Trials of the task at a commit."""
    return {"task_id": "t", "set_digest": digest, "config_commit": commit, "passed": passed, "failed": failed,
            "first_at": NOW, "last_at": NOW}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([result("bad", 0, 3), result("good", 3, 0)], None),
        ([result("bad", 0, 3)], "has not run on the present config"),
        ([result("good", 3, 0)], "has not failed on the bad config"),
        ([result("bad", 3, 0), result("good", 3, 0)], "has not failed on the bad config"),
        ([result("bad", 0, 3), result("good", 9, 1)], "fails 1 of 10 times"),
        ([result("bad", 0, 2), result("good", 2, 0)], "too few trials"),
        ([result("bad", 9, 1), result("good", 10, 0)], "too few trials"),
        ([result("other", 0, 9), result("good", 3, 0)], "has not failed on the bad config"),
        ([result("bad", 0, 3, "old set"), result("good", 3, 0)], "has not failed on the bad config"),
    ],
)  # fmt: skip
def test_golden_results_prove_a_fix_only_by_the_rule(rows: list[dict[str, Any]], said: str | None) -> None:
    """Failed on the config that was in force, all passed on the present, the same test; 3 against 3 is p = 1/20."""
    states = {"bad": BAD, "good": GOOD, "other": frozenset({("SOUL.md", "3")})}
    proof = judged(["t"], rows, states.get, {BAD}, GOOD)
    assert (proof.passed_at is not None) is (said is None)
    assert said is None or said in proof.said


def test_every_test_of_an_incident_has_to_prove_it() -> None:
    """One that never ran keeps it open."""
    rows = [result("bad", 0, 3), result("good", 3, 0)]
    proof = judged(["t", "u"], rows, {"bad": BAD, "good": GOOD}.get, {BAD}, GOOD)
    assert proof.passed_at is None and "golden test u has not run" in proof.said


def test_every_type_of_the_taxonomy_has_a_guide() -> None:
    """The practitioners' seven, and what goes wrong across steps."""
    named = {"hard failure", "wrong output", "partial completion", "excessive cost", "silent regression",
             "autonomy failure", "boundary violation", "tool misuse", "retry loop", "hallucinated tool", "context loss",
             "drift under pressure"}  # fmt: skip
    assert named <= set(guides())
    assert all(guide.look and guide.mend and guide.prevent for guide in guides().values())
