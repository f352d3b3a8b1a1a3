"""SLOs on a real ledger: what is counted, what is written, and what late data changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from slo_rows import StoredCall, run, runs, with_slis

from storage.errors import Refused, UsageError
from storage.ledger import Ledger
from storage.records import Event, Score, ToolCall, stable_id
from storage.workspace import Workspace
from tasks.slo.freeze import override
from tasks.slo.indicators import INDICATORS
from tasks.slo.run import evaluate_all, evaluate_slos, events_of

SUCCESS = '{metric: success_rate, target: "> 95%"}'


def values(workspace: Workspace, ledger: Ledger, indicator: str, now: datetime) -> list[tuple[str, str | None, float]]:
    """Agent, label and value of an indicator's events of the last 30 days."""
    frame = events_of(workspace, ledger, indicator, now - timedelta(days=30), now)
    assert frame.columns == ["agent", "workflow", "label", "at", "value", "units"]
    return list(frame.select("agent", "label", pl.col("value")).iter_rows())


def test_an_empty_ledger_records_nothing(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """No indicator makes a 0 of nothing: no events, and a status that says so with n = 0."""
    for indicator in INDICATORS:
        assert values(workspace, ledger, indicator, now) == []
    done = evaluate_slos(with_slis(workspace, SUCCESS), ledger, now)
    row = ledger.rows("slo/stored_status", since=now - timedelta(days=1))[0]
    assert (row["total"], row["good"], row["value"], row["budget_spent"], row["alert"]) == (
        0,
        None,
        None,
        None,
        "no data",
    )
    assert not done.frozen


def test_runs_are_counted_by_their_verdicts(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Success, autonomy, infrastructure errors, steps, times and costs of five runs; each counts where it can."""
    at = now - timedelta(days=1)
    rows = [
        run("a", at),
        run("b", at, ok=False, human_turns=3, cost_usd="0.75"),
        run("c", at, outcome="infrastructure_error", human_turns=0, cost_usd=None, model_calls=0, tool_calls=0),
        run("d", at, outcome="unknown", ended_at=at - timedelta(minutes=1), cost_usd="-4"),
        run("e", at, golden_set="g"),
    ]
    ledger.add("runs", rows, "run_id")
    found = {name: [value for _, _, value in values(workspace, ledger, name, now)] for name in INDICATORS}
    assert found["task_success"] == [1, 0]  # c is the bench's, d has no verdict, e is a golden run
    assert found["autonomy"] == [1, 0, 1]
    assert found["infrastructure_errors"] == [0, 0, 1, 0]
    assert found["trajectory_length"] == [7, 7, 7]
    assert found["time_to_completion"] == [600, 600, 600]  # d ended before it began
    assert found["cost_per_task"] == [0.25, 0.75]  # c is not recorded, d's is negative
    assert found["latency"] == found["factual_accuracy"] == []


def test_cost_per_success_is_all_cost_by_successes(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """0.25 + 0.75 for one success: $1.00, which has spent all of a limit of $1."""
    at = now - timedelta(days=1)
    ledger.add("runs", [run("a", at), run("b", at, ok=False, cost_usd="0.75")], "run_id")
    fleet = with_slis(workspace, '{metric: cost_per_successful_task, target: "average < $1"}')
    found = evaluate_all(fleet, ledger, now)[0]
    assert (found.total, found.value, found.budget_spent) == (2, 1.0, 1.0)


def test_only_the_first_attempt_counts_as_the_first(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A task that failed and was then solved is not resolved at the first attempt, whenever the first was."""
    old, new = now - timedelta(days=40), now - timedelta(days=1)
    tried = [("a", old, False, "t1"), ("b", new, True, "t1"), ("c", new, True, "t2"), ("d", new, False, "t3")]
    ledger.add("runs", [run(name, at, ok=ok, task_id=task) for name, at, ok, task in tried], "run_id")
    assert sorted(value for *_, value in values(workspace, ledger, "first_attempt_resolution", now)) == [0, 1]


def test_routing_is_counted_for_who_handed_over(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Signora's two hand-overs: one to the agent that was expected."""
    at = now - timedelta(days=1)
    rows = [
        run("s", at, "Signora"),
        run("a", at, "Ada", expected_agent="Ada", parent_run_id="s"),
        run("b", at, "Ada", expected_agent="Rita", parent_run_id="s"),
    ]
    ledger.add("runs", rows, "run_id")
    assert values(workspace, ledger, "routing_accuracy", now) == [("Signora", "Ada", 1.0), ("Signora", "Rita", 0.0)]


def test_tool_calls_are_told_apart(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A wrong result, a tool that does not exist, refused arguments; a call without a result is not counted."""
    at = now - timedelta(days=1)
    ledger.add("runs", [run("a", at)], "run_id")
    texts = [
        ("Bash", False, None),
        ("Bash", True, "Exit code 1"),
        ("Foo", True, "<tool_use_error>Error: No such tool available: Foo</tool_use_error>"),
        ("Edit", True, "InputValidationError: Edit failed due to the following issue"),
        ("Read", None, None),
    ]
    calls = [
        ToolCall(call_id=str(i), run_id="a", seq=i, tool_name=tool, is_error=error, error_text=text)
        for i, (tool, error, text) in enumerate(texts)
    ]
    ledger.add("tool_calls", calls, "call_id")
    found = {
        name: [value for *_, value in values(workspace, ledger, name, now)]
        for name in ("tool_call_success", "tool_call_accuracy", "hallucinated_tools", "tool_schema_failures")
    }
    assert found == {
        "tool_call_success": [1, 0, 0, 0], "tool_call_accuracy": [1, 1, 0, 0], "hallucinated_tools": [0, 0, 1, 0],
        "tool_schema_failures": [0, 0, 0, 1],
    }  # fmt: skip
    fleet = with_slis(workspace, '{metric: tool_call_success(Bash), target: "> 90%"}')
    assert [(e.good, e.total) for e in evaluate_all(fleet, ledger, now)] == [(1, 2)]


def test_escalations_have_their_reason_and_delegations_their_depth(
    workspace: Workspace, ledger: Ledger, now: datetime
) -> None:
    """A transfer by tool, one by ending; a run below a run below a run is at depth 2, and a circle ends."""
    at = now - timedelta(days=1)
    rows = [
        run("a", at),
        run("b", at, parent_run_id="a", ended_by="transfer_to_human"),
        run("c", at, parent_run_id="b"),
        run("x", at, "Rita", parent_run_id="y"),
        run("y", at, "Rita", parent_run_id="x"),
    ]
    ledger.add("runs", rows, "run_id")
    call = ToolCall(call_id="1", run_id="c", seq=1, tool_name="transfer_to_human_agents", is_error=False)
    ledger.add("tool_calls", [call], "call_id")
    assert values(workspace, ledger, "escalation_rate", now)[:3] == [
        ("Ada", None, 0.0), ("Ada", "transfer_to_human", 1.0), ("Ada", "transfer_to_human_agents", 1.0),
    ]  # fmt: skip
    by_reason = with_slis(workspace, '{metric: escalation_rate(transfer_to_human), target: "< 10%"}')
    assert [(e.good, e.total) for e in evaluate_all(by_reason, ledger, now)] == [(2, 3)]  # one of Ada's three runs
    assert [v for a, _, v in values(workspace, ledger, "delegation_depth", now) if a == "Ada"] == [0, 1, 2]


def test_latency_is_of_single_calls(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Seconds of each call that has a duration; a sum over several calls is none."""
    at = now - timedelta(days=1)
    ledger.add("runs", [run("a", at)], "run_id")
    calls = [
        StoredCall(call_id="1", run_id="a", duration_ms=2500),
        StoredCall(call_id="2", run_id="a", duration_ms=900_000, is_aggregate=True),
        StoredCall(call_id="3", run_id="a"),
        StoredCall(call_id="4", run_id="a", duration_ms=7000),
    ]
    ledger.add("model_calls", calls, "call_id")
    fleet = with_slis(workspace, '{metric: latency, target: "p95 < 5 s"}')
    assert [(e.good, e.total) for e in evaluate_all(fleet, ledger, now)] == [(1, 2)]


def test_governance_events_are_weighed(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A violation breaks an invariant; weights add up against a total; a feed without violations is a good sign."""
    slis = "{metric: policy_violations, target: 1.0}\n" + '{metric: governance_weight, target: "total < 10"}'
    fleet = with_slis(workspace, slis)

    def tell(kind: str, payload: dict[str, object]) -> None:
        event_id = stable_id(kind, *payload.values())
        at = now - timedelta(hours=2)
        ledger.add("events", [Event(event_id=event_id, kind=kind, at=at, agent="Ada", payload=payload)], "event_id")

    tell("governance.trust", {"trust_score": 0.9})
    first, second = evaluate_all(fleet, ledger, now)
    assert (first.total, first.good, first.alert, second.total) == (1, 1, "none", 0)
    tell("governance.violation", {"weight": 5.0})
    tell("governance.violation", {"weight": 2.0})
    first, second = evaluate_all(fleet, ledger, now)
    assert (first.total, first.good, first.alert, first.exhausted) == (3, 1, "page", True)
    assert (second.value, second.budget_spent, second.exhausted) == (7.0, 0.7, False)
    assert first.budget_spent is None and first.p_violated is None  # an invariant has no budget


def test_scores_are_events_of_their_local_day(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A score of a task counts at the day's noon in Berlin, once, human before check."""
    day = (now - timedelta(days=2)).date()
    given = [
        Score(score_id=kind, agent="Ada", day=day, dimension="success", score=score, scorer_kind=kind, task_id="t")  # type: ignore[arg-type]  # the kinds are the literal's
        for kind, score in (("human", 4.0), ("check", 1.0))
    ]
    ledger.add("scores", given, "score_id")
    frame = events_of(workspace, ledger, "success_score", now - timedelta(days=30), now)
    assert frame["value"].to_list() == [4.0]
    assert frame["at"][0].isoformat() == f"{day}T11:00:00+00:00"


def test_a_workflow_has_its_own_slo(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Only runs of the task type count."""
    from test_objectives import SLO

    (workspace.root / "slos").mkdir()
    (workspace.root / "slos" / "a.yaml").write_text(SLO)
    at = now - timedelta(days=1)
    ledger.add("runs", [run("a", at, task_type="refund"), run("b", at, ok=False, task_type="other")], "run_id")
    assert [(e.good, e.total) for e in evaluate_all(workspace, ledger, now)] == [(1, 1)]


def test_a_night_that_runs_twice_writes_once(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """One row per SLO and hour: the same minute or a later one of that hour changes nothing."""
    fleet = with_slis(workspace, SUCCESS)
    runs(ledger, now, "....x...", hours=3)
    evaluate_slos(fleet, ledger, now)
    before = ledger.rows("slo/stored_status", since=now - timedelta(days=1))
    evaluate_slos(fleet, ledger, now + timedelta(minutes=20))
    assert ledger.rows("slo/stored_status", since=now - timedelta(days=1)) == before
    assert [(row["good"], row["total"], row["revision"]) for row in before] == [(7, 8, 0)]
    evaluate_slos(fleet, ledger, now + timedelta(hours=1))
    assert len(ledger.rows("slo/stored_status", since=now - timedelta(days=1))) == 2


def test_late_data_recomputes_and_says_so(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A failure that arrives a week later changes the earlier status, which is marked; later data does not."""
    fleet = with_slis(workspace, SUCCESS)
    runs(ledger, now, ".....", hours=6)
    evaluate_slos(fleet, ledger, now)
    later = now + timedelta(days=7)
    ledger.add(
        "runs", [run("late", now - timedelta(hours=2), ok=False), run("new", later - timedelta(hours=1))], "run_id"
    )
    assert evaluate_slos(fleet, ledger, later).revised == 1
    rows = sorted(ledger.rows("slo/stored_status", since=now - timedelta(days=1)), key=lambda row: row["evaluated_at"])
    assert [(row["good"], row["total"], row["revision"]) for row in rows] == [(5, 6, 1), (6, 7, 0)]
    assert evaluate_slos(fleet, ledger, later).revised == 0
    assert ledger.typed("SELECT count(*) AS n FROM events WHERE kind = 'slo_revised'")[1] == [{"n": 1}]


def test_an_exhausted_budget_freezes_until_it_recovers(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """One freeze, however often it is looked at; ended when the failures have left the window."""
    fleet = with_slis(workspace, SUCCESS)
    runs(ledger, now, "x." * 10, hours=2)
    done = evaluate_slos(fleet, ledger, now)
    assert done.frozen == ["Ada: ada-success_rate"]
    assert evaluate_slos(fleet, ledger, now + timedelta(hours=2)).frozen == []
    frozen = ledger.rows("slo/frozen", now=now)
    assert [(row["agent"], row["slo"]) for row in frozen] == [("Ada", "ada-success_rate")]
    assert "budget spent 1000 %" in frozen[0]["reason"] and "n = 20" in frozen[0]["reason"]
    healthy = now + timedelta(days=40)
    assert evaluate_slos(fleet, ledger, healthy).ended == []  # a window without events is no recovery
    runs(ledger, healthy, "." * 60, tag="-new")
    assert evaluate_slos(fleet, ledger, healthy + timedelta(hours=1)).ended == ["Ada"]
    assert ledger.rows("slo/frozen", now=healthy + timedelta(hours=2)) == []


def test_a_typo_lifts_no_freeze(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """While an objective cannot be read its freeze holds, and the night says what is wrong and goes on."""
    runs(ledger, now, "x" * 20, hours=2)
    assert evaluate_slos(with_slis(workspace, SUCCESS), ledger, now).frozen
    later = now + timedelta(hours=2)
    told = evaluate_slos(with_slis(workspace, SUCCESS.replace("success_rate", "sucess_rate")), ledger, later)
    assert ([fault.got for fault in told.faults], told.ended) == (["sucess_rate"], [])
    assert evaluate_slos(with_slis(workspace, '{metric: autonomy, target: "> 50%"}'), ledger, later).ended == ["Ada"]


def test_a_fleet_may_choose_to_be_told_only(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """`on_exhaustion: report` opens no freeze, and ends those that were open."""
    runs(ledger, now, "x" * 20, hours=2)
    evaluate_slos(with_slis(workspace, SUCCESS), ledger, now)
    told = evaluate_slos(with_slis(workspace, SUCCESS, "slo: {on_exhaustion: report}\n"), ledger, now)
    assert (told.frozen, told.ended) == ([], ["Ada"]) and told.evaluations[0].exhausted


def test_an_override_holds_until_its_time(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """It is recorded with who, why and until when; before and after that the freeze holds."""
    fleet = with_slis(workspace, SUCCESS)
    runs(ledger, now, "x" * 20, hours=2)
    with pytest.raises(Refused, match="not frozen"):
        override(fleet, ledger, "ada", now + timedelta(days=1), "hotfix", "sam", now)
    evaluate_slos(fleet, ledger, now)
    with pytest.raises(Refused, match="may not override"):
        override(fleet, ledger, "ada", now + timedelta(days=1), "hotfix", "eve", now)
    for until in (now, now - timedelta(days=1), now + timedelta(days=31)):
        with pytest.raises(UsageError):
            override(fleet, ledger, "ada", until, "hotfix", "sam", now)
    with pytest.raises(UsageError, match="reason"):
        override(fleet, ledger, "ada", now + timedelta(days=1), "  ", "sam", now)
    override(fleet, ledger, "ada", now + timedelta(days=1), "hotfix", "sam", now)
    assert ledger.rows("slo/frozen", now=now + timedelta(hours=23)) == []
    assert len(ledger.rows("slo/frozen", now=now + timedelta(hours=25))) == 1
    assert [(r["agent"], r["given_by"], r["reason"]) for r in ledger.rows("slo/overrides", now=now)] == [
        ("Ada", "sam", "hotfix")
    ]


def test_a_negative_cost_is_missing(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """`cost_entries` has no negative cost and no 0 in its place."""
    ledger.add("runs", [run("a", now)], "run_id")
    calls = [StoredCall(call_id="1", run_id="a", cost_usd="-1.5"), StoredCall(call_id="2", run_id="a")]
    ledger.add("model_calls", calls, "call_id")
    rows = ledger.typed("SELECT cost_usd, cost_source FROM cost_entries ORDER BY call_id")[1]
    assert [(row["cost_usd"], row["cost_source"]) for row in rows] == [(None, "missing"), (Decimal("0.25"), "priced")]
