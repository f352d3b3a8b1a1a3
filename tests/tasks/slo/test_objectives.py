"""What people write becomes exactly the objective that they meant, or is refused with its line."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from slo_rows import slo_file, with_slis

from storage.errors import UsageError
from storage.settings import Agent, Sli
from storage.workspace import Workspace
from tasks.slo.indicators import INDICATORS
from tasks.slo.objectives import lint, objectives, readable
from tasks.slo.short_form import compile_sli
from tasks.slo.window import Window

SLO = """\
apiVersion: openslo/v1
kind: SLO
metadata: {name: ada-refunds}
spec:
  service: Ada
  indicator:
    spec:
      ratioMetric:
        good: {metricSource: {type: DuckDB, spec: {query: task_success, workflow: refund}}}
        total: {metricSource: {type: DuckDB, spec: {query: task_success, workflow: refund}}}
  timeWindow:
    - {duration: 28d, isRolling: true}
  budgetingMethod: Occurrences
  objectives:
    - {target: 0.95}
"""


@pytest.mark.parametrize(
    ("sli", "meant"),
    [
        ('{metric: success_rate, target: "> 85% of tasks score 4+"}', ("success_score", "share", "gte", "4", "0.85")),
        ('{metric: autonomy, target: "> 70% of tasks score 4+"}', ("autonomy_score", "share", "gte", "4", "0.7")),
        ('{metric: routing_accuracy, target: "> 90% tasks routed to correct agent"}',
         ("routing_accuracy", "share", "gte", "1", "0.9")),
        ('{metric: efficiency, target: "Average API cost < $1 per task"}', ("cost_per_task", "mean", "lt", "1", "1")),
        ('{metric: success_rate, target: "99.5%"}', ("task_success", "share", "gte", "1", "0.995")),
        ("{metric: success_rate, target: 0.995}", ("task_success", "share", "gte", "1", "0.995")),
        ('{metric: latency, target: "p95 < 5 s"}', ("latency", "share", "lt", "5", "0.95")),
        ('{metric: latency, target: "p99 <= 800 ms"}', ("latency", "share", "lte", "0.8", "0.99")),
        ('{metric: time, target: "90% < 5 min"}', ("time_to_completion", "share", "lt", "300", "0.9")),
        ('{metric: time, target: "average < 5 minutes"}', ("time_to_completion", "mean", "lt", "300", "300")),
        ('{metric: latency, target: "median < 2s"}', ("latency", "share", "lt", "2", "0.5")),
        ('{metric: trajectory_length, target: "max <= 40 steps"}', ("trajectory_length", "share", "lte", "40", "1")),
        ('{metric: time, target: "95% < 5 minutes"}', ("time_to_completion", "share", "lt", "300", "0.95")),
        ('{metric: time, target: "< 2 days"}', ("time_to_completion", "mean", "lt", "172800", "172800")),
        ('{metric: success_rate, target: "> 80% of tasks score > 3"}', ("success_score", "share", "gt", "3", "0.8")),
        ('{metric: escalation_rate, target: "< 10%"}', ("escalation_rate", "share", "lt", "1", "0.9")),
        ('{metric: hallucination_rate, target: "< 1%"}', ("factual_accuracy", "share", "gte", "4", "0.99")),
        ('{metric: delegation_depth, target: "100% <= 3"}', ("delegation_depth", "share", "lte", "3", "1")),
        ('{metric: governance_weight, target: "total < 10"}', ("governance_weight", "total", "lt", "10", "10")),
        ("{metric: policy_violations, target: 1.0}", ("policy_violations", "share", "lte", "0", "1")),
        ('{metric: hallucinated_tools, target: "zero tolerance"}', ("hallucinated_tools", "share", "lt", "1", "1")),
        ('{metric: cost_per_task, target: "95% < $0.50"}', ("cost_per_task", "share", "lt", "0.5", "0.95")),
    ],
)  # fmt: skip
def test_the_short_form_means_what_people_mean(workspace: Workspace, sli: str, meant: tuple[str, ...]) -> None:
    """Each way of writing a target is one objective: what is counted, when an event is good, how many have to be."""
    made = objectives(with_slis(workspace, sli))[0]
    indicator, aggregate, op, limit, target = meant
    assert (made.indicator, made.aggregate, made.op) == (indicator, aggregate, op)
    assert (made.limit, made.target) == (Fraction(limit), Fraction(target))
    assert made.agent == "Ada" and made.where is not None and made.where.endswith("agentre.yaml:6")
    assert made.invariant == (target == "1" and aggregate == "share")


def test_a_tool_is_named_in_brackets(workspace: Workspace) -> None:
    """`tool_call_success(Bash)` counts the calls of that tool alone."""
    made = objectives(with_slis(workspace, '{metric: tool_call_success(Bash), target: "> 99%"}'))[0]
    assert (made.indicator, made.label) == ("tool_call_success", "Bash")


@pytest.mark.parametrize(
    "sli",
    [
        '{metric: happiness, target: "> 85%"}',
        '{metric: success_rate, target: "very good"}',
        '{metric: latency, target: "> 95%"}',
        '{metric: success_rate, target: "> 140%"}',
        '{metric: success_rate, target: "< 5"}',
        '{metric: time, target: "average < 5 fortnights"}',
        '{metric: time, target: "95% < 5 fortnights"}',
        '{metric: latency, target: "p950 < 5 s"}',
        '{metric: latency, target: "p0 < 5 s"}',
        '{metric: success_rate, target: "> 85% of tasks score 9+"}',
    ],
)
def test_a_target_that_means_nothing_is_refused_with_its_line(workspace: Workspace, sli: str) -> None:
    """Nothing is guessed: file, line, what was got, and what is accepted."""
    with pytest.raises(UsageError) as refused:
        objectives(with_slis(workspace, sli))
    assert refused.value.where is not None and refused.value.where.endswith(":6")
    assert refused.value.accepted


@given(
    target=st.one_of(st.text(max_size=40), st.from_regex(r"(average |p\d+ |total )?[<>]=? ?\$?\d+(\.\d+)?%?.{0,12}"))
)
@example(target="> " + "9" * 400 + "%")
@settings(max_examples=100, deadline=None)
def test_no_text_makes_more_than_a_refusal(target: str) -> None:
    """Whatever stands as a target is an objective or a UsageError, on any indicator."""
    over = Window(text="28d", zone="UTC")
    for metric in ("success_rate", "latency", "cost_per_task", "autonomy", "policy_violations"):
        try:
            made = compile_sli(Agent(name="Ada"), Sli(metric=metric, target=target), over, "agentre.yaml:1")
        except UsageError:
            continue
        assert made.aggregate != "share" or 0 < made.target <= 1


def test_openslo_is_read(workspace: Workspace) -> None:
    """An OpenSLO v1 file is an objective of its service's agent and workflow."""
    slo_file(workspace, SLO)
    made = objectives(workspace)[0]
    assert (made.name, made.agent, made.workflow) == ("ada-refunds", "Ada", "refund")
    assert (made.indicator, made.op, made.limit, made.target) == ("task_success", "gte", 1, Fraction("0.95"))
    assert (made.window.text, made.window.rolling) == ("28d", True)


def test_openslo_with_references_thresholds_and_a_calendar(workspace: Workspace) -> None:
    """Several objects in one file; a threshold's op and value make an event good; calendar windows have a zone."""
    slo_file(
        workspace,
        """\
apiVersion: openslo/v1
kind: Service
metadata: {name: Ada}
---
# latency of a step
apiVersion: openslo/v1
kind: SLI
metadata: {name: steps}
spec:
  thresholdMetric: {metricSource: {spec: {query: latency}}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: fast}
spec:
  service: Ada
  indicatorRef: steps
  timeWindow:
    - {duration: 1M, isRolling: false, calendar: {startTime: "2026-01-01 00:00:00", timeZone: America/New_York}}
  budgetingMethod: Occurrences
  objectives:
    - {op: lte, value: 5, target: 0.95}
    - {op: lte, value: 30, targetPercent: 99.9}
""",
    )
    first, second = objectives(workspace)
    assert (first.name, first.op, first.limit, first.target) == ("fast-1", "lte", 5, Fraction("0.95"))
    assert (second.name, second.limit, second.target) == ("fast-2", 30, Fraction("0.999"))
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert first.window.start(now) == datetime(2026, 11, 1, 4, tzinfo=UTC)  # midnight in New York, still summer time
    assert first.where is not None and first.where.endswith("a.yaml:13")


def test_an_unknown_field_is_refused_with_its_line(workspace: Workspace) -> None:
    """A field that OpenSLO does not know is refused with file and line and the accepted ones."""
    path = slo_file(workspace, SLO.replace("  budgetingMethod: Occurrences\n", "  budgeting: Occurrences\n"))
    with pytest.raises(UsageError) as refused:
        objectives(workspace)
    assert refused.value.where == f"{path}:13" and "budgetingMethod" in (refused.value.accepted or "")


def test_lines_are_those_of_the_file_in_a_second_document_too(workspace: Workspace) -> None:
    """The line of a mistake counts from the file's beginning, not from its document's."""
    path = slo_file(
        workspace, "apiVersion: openslo/v1\nkind: Service\nmetadata: {name: Ada}\n---\n" + SLO + "more: 1\n"
    )
    with pytest.raises(UsageError) as refused:
        objectives(workspace)
    assert refused.value.where == f"{path}:20"


@pytest.mark.parametrize("target", ["target: 1.0", "target: 1", "targetPercent: 100"])
def test_an_objective_of_a_hundred_percent_is_refused_with_the_reason(workspace: Workspace, target: str) -> None:
    """100 % leaves no budget: it is an invariant, and the message says where those are written."""
    slo_file(workspace, SLO.replace("target: 0.95", target))
    with pytest.raises(UsageError) as refused:
        objectives(workspace)
    assert "100 %" in refused.value.what and "invariant" in (refused.value.accepted or "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("target: 0.95", "target: 1.5"),
        ("target: 0.95", "target: .nan"),
        ("target: 0.95", "target: 0.95, targetPercent: 95"),
        ("service: Ada", "service: Nobody\n  description: x"),
        ("query: task_success", "query: DROP TABLE runs"),
        ("28d", "28 days"),
        ("Occurrences", "Timeslices"),
        ("kind: SLO", "kind: Budget"),
        ("openslo/v1", "openslo/v2"),
        ("isRolling: true", "isRolling: false"),
        ("good:", "best:"),
        ("task_success, workflow: refund", "latency, workflow: refund"),
    ],
)
def test_what_cannot_be_meant_is_refused(workspace: Workspace, old: str, new: str) -> None:
    """Wrong targets, agents, queries, windows, methods, kinds and versions are refused with the file's name."""
    other = ", workflow: refund" if "Nobody" in new else "nothing"
    text = SLO.replace(old, new).replace(other, "")
    path = slo_file(workspace, text)
    with pytest.raises(UsageError) as refused:
        objectives(workspace)
    assert (refused.value.where or "").startswith(str(path))


def test_two_slos_of_one_name_are_refused(workspace: Workspace) -> None:
    """A name has one objective."""
    slo_file(workspace, SLO)
    slo_file(workspace, SLO, "b.yaml")
    with pytest.raises(UsageError, match="one name"):
        objectives(workspace)


def test_what_is_wrong_leaves_the_others_standing(workspace: Workspace) -> None:
    """A night reads the objectives that can be read, and is told of a bad file, a bad line and a second name."""
    slo_file(workspace, SLO)
    bad, twice = slo_file(workspace, "kind: [", "b.yaml"), slo_file(workspace, SLO, "c.yaml")
    slis = '{metric: success_rate, target: "> 90%"}\n{metric: nonsense, target: "> 90%"}'
    found, faults = readable(with_slis(workspace, slis))
    assert [each.indicator for each in found] == ["task_success", "task_success"]
    assert [(fault.where or "").rpartition(":")[0] for fault in faults] == [
        str(workspace.root / "agentre.yaml"), str(bad), str(twice),
    ]  # fmt: skip


def test_more_than_three_slis_are_said_to_be_plenty(workspace: Workspace) -> None:
    """A lint line, not a refusal."""
    metrics = ["success_rate", "autonomy", "tool_call_success", "routing_accuracy"]
    slis = "\n".join(f'{{metric: {name}, target: "> 90%"}}' for name in metrics)
    assert lint(with_slis(workspace, slis)) == ["Ada has 4 SLIs: two or three are plenty"]
    assert len(objectives(with_slis(workspace, slis))) == 4


def test_every_indicator_has_its_query() -> None:
    """Each indicator is one SQL file whose first line says what a row is."""
    from storage.ledger import sql

    for indicator in INDICATORS.values():
        assert sql(indicator.query).startswith("-- one row per ")


@pytest.mark.parametrize(
    ("text", "rolling", "start"),
    [
        # now is Sunday 22 November 2026, 12:00 UTC, 13:00 in Berlin (UTC+1); on 25 October clocks went back
        ("1h", True, "2026-11-22T11:00+00:00"),
        ("28d", True, "2026-10-25T12:00+00:00"),  # 13:00 in Berlin, after the change at 03:00
        ("29d", True, "2026-10-24T11:00+00:00"),  # 13:00 in Berlin, still summer time
        ("1M", True, "2026-10-22T11:00+00:00"),
        ("1d", False, "2026-11-21T23:00+00:00"),
        ("1w", False, "2026-11-15T23:00+00:00"),
        ("1M", False, "2026-10-31T23:00+00:00"),
        ("1Q", False, "2026-09-30T22:00+00:00"),
        ("1Y", False, "2025-12-31T23:00+00:00"),
    ],
)
def test_windows_are_cut_on_the_zones_calendar(text: str, rolling: bool, start: str) -> None:
    """Days, weeks, months, quarters and years are those of the workspace's time zone, daylight saving included."""
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert Window(text=text, zone="Europe/Berlin", rolling=rolling).start(now) == datetime.fromisoformat(start)


def test_a_month_before_the_thirty_first_is_the_shorter_months_end() -> None:
    """One month before 31 March is 28 February."""
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert Window(text="1M", zone="UTC").start(now) == datetime(2026, 2, 28, 12, tzinfo=UTC)
