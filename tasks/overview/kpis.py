"""The twenty key figures that practitioners keep of agents in production: what each counts, and its usual target."""

from __future__ import annotations

from typing import Final, Literal

from storage.records import Record
from tasks.overview.estimates import Method

Unit = Literal["share", "seconds", "hours", "dollars", "tokens", "count", "change"]
Parts = Literal["none", "groups", "reasons"]


class Kpi(Record, frozen=True, kw_only=True):
    """A row of the table. `query`: one row per event, with agent, label, value and units. `usual`: the target that is
    usual in the field, in words, and as bounds `at_least` and `at_most` where it has any.

    `parts`: what labels mean. groups: each is a figure of its own kind of rows; reasons: each is a share of all rows.
    `further`: more methods on the same rows. `source`: what has to be there for the figure to be recorded.
    """

    key: str
    name: str
    query: str
    method: Method
    unit: Unit
    says: str
    source: str
    usual: str = "your SLO"
    at_least: float | None = None
    at_most: float | None = None
    parts: Parts = "none"
    further: tuple[Method, ...] = ()


def _row(key: str, name: str, query: str, method: Method, unit: Unit, says: str, source: str, **more: object) -> Kpi:
    return Kpi(key=key, name=name, query=query, method=method, unit=unit, says=says, source=source, **more)  # type: ignore[arg-type]  # **more holds the fields with defaults, checked by the tests


KPIS: Final[tuple[Kpi, ...]] = (
    _row(
        "task-success", "Task success rate", "overview/task_success", "share", "share",
        "runs with a verdict that succeeded; of agents without verdicts, scored tasks at 4 and more",
        "verdicts in logs, or scores",
        usual="> 85 % (engineering)", at_least=0.85, parts="groups",
    ),
    _row(
        "user-visible-failures", "User-visible failure rate", "overview/user_visible_failures", "share", "share",
        "runs that a user started and that did not succeed, whoever broke them", "verdicts in logs",
        usual="< 1-3 %", at_most=0.03,
    ),
    _row(
        "escalation", "Escalation to a human, by reason", "slo/escalations", "share", "share",
        "runs that were handed to a person", "runs with tool calls or a recorded end", usual="none; watch the reasons",
        parts="reasons",
    ),
    _row(
        "slo-attainment", "SLO attainment", "overview/slo_attainment", "share", "share",
        "SLOs whose budget was not overspent when they were evaluated last", "`slis:` or slos/*.yaml, and nightly",
        usual="100 %", at_least=1.0,
    ),
    _row(
        "latency", "Latency of a model call, p95 and p99", "slo/latency", "p95", "seconds",
        "seconds of a model call", "durations in logs (spans have them)", usual="p95 < 5 s", at_most=5.0,
        further=("p99",),
    ),
    _row(
        "mttr", "MTTR", "overview/time_to_resolve", "mean", "hours",
        "hours from an incident's beginning until it was resolved", "resolved incidents", usual="falling",
        parts="groups",
    ),
    _row(
        "incidents", "Incidents, by severity", "overview/incidents", "count", "count",
        "incidents detected, in 28 days", "runs that agentre nightly looked at", usual="falling, no P1", parts="groups",
    ),
    _row(
        "tool-success", "Tool-call success", "slo/tool_success", "share", "share",
        "tool calls without an error", "tool results in logs", usual="> 98-99.5 %", at_least=0.98,
    ),
    _row(
        "tool-schema", "Tool-schema validation failures", "slo/schema_failures", "share", "share",
        "tool calls whose arguments were refused", "tool results in logs", usual="< 0.1-0.5 %", at_most=0.005,
    ),
    _row(
        "retrieval", "Retrieval quality (proxy)", "overview/retrieval", "share", "share",
        "calls of tools that search or fetch that were no error; says nothing about relevance",
        "calls of tools named search, fetch, retrieve …", usual="rising", parts="groups",
    ),
    _row(
        "policy", "Safety policy violations", "overview/policy_violations", "count", "count",
        "violations that a governance layer told of, and runs outside their scope, in 28 days",
        "events of a governance layer", usual="0", at_most=0.0, parts="groups",
    ),
    _row(
        "injection", "Prompt-injection susceptibility", "overview/injection", "share", "share",
        "trials of golden tasks tagged `injection` that failed", "agentre golden run adversarial",
        usual="< 1-5 % of a suite", at_most=0.05,
    ),
    _row(
        "cost-per-success", "Cost per successful task", "slo/cost_per_success", "ratio", "dollars",
        "cost of all judged runs for each that succeeded", "verdicts and costs", usual="< $0.50 (coding)",
        at_most=0.5,
    ),
    _row(
        "tokens", "Token efficiency", "overview/tokens_per_success", "ratio", "tokens",
        "tokens of all judged runs for each that succeeded, cached ones included", "verdicts and tokens",
        usual="falling",
    ),
    _row(
        "observability", "Observability coverage", "overview/observability", "share", "share",
        "runs whose agent, end, model calls, tokens and tool results are all recorded", "runs", usual="> 90 %",
        at_least=0.9, parts="reasons",
    ),
    _row(
        "eval-coverage", "Evaluation suite coverage", "overview/eval_coverage", "share", "share",
        "of the 20 most frequent kinds of task, those that a golden task is tagged with that was run",
        "kinds of task (`task_type`) in logs", usual="top 20 intents, then 60-80 %", at_least=0.6, parts="reasons",
    ),
    _row(
        "change-failure", "Change failure rate", "overview/change_failure", "share", "share",
        "applied changes that were rolled back or measured as worse", "applied changes", usual="< 10-15 %",
        at_most=0.15, parts="reasons",
    ),
    _row(
        "action-closure", "Postmortem action closure", "overview/action_closure", "share", "share",
        "action items due in the period that are done", "action items of postmortems", usual="> 80-90 %",
        at_least=0.8,
    ),
    _row(
        "tickets", "Support ticket trend", "overview/tickets", "trend", "change",
        "tickets against as many days before", "tickets/*.csv with a column `date`", usual="not rising", at_most=0.0,
    ),
    _row(
        "improvements", "Reliability improvements", "overview/improvements", "count", "count",
        "changes applied that still stand, in 28 days", "runs in the period", usual="1-3 a month", at_least=1.0,
        parts="groups",
    ),
)  # fmt: skip
