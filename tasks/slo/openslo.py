"""Objectives out of the OpenSLO v1 files of a workspace, `slos/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from storage.errors import UsageError
from storage.workspace import Workspace
from tasks.slo.indicators import INDICATORS
from tasks.slo.objective import Objective, Op
from tasks.slo.openslo_file import (
    Document,
    Metric,
    ObjectiveSpec,
    Query,
    Ratio,
    SliDocument,
    SliSpec,
    SloDocument,
    TimeWindow,
    documents,
)
from tasks.slo.window import ANCHOR, Window, window

FOLDER = "slos"


def read_openslo(workspace: Workspace) -> Iterator[Objective | UsageError]:
    """Every objective of the workspace's OpenSLO files, in the files' order; a UsageError in place of what is wrong.

    A file that cannot be read is one fault, a document that says something wrong is one; the others stand.
    """
    folder = workspace.root / FOLDER
    found: list[tuple[Document, str]] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            found += documents(path)
        except UsageError as error:
            yield error
    for document, where in found:
        if isinstance(document, SloDocument):
            try:
                yield from _objectives(workspace, document, found, where)
            except UsageError as error:
                yield error


def _objectives(
    workspace: Workspace, document: SloDocument, found: Sequence[tuple[Document, str]], where: str
) -> list[Objective]:
    spec = document.spec
    if spec.budgetingMethod != "Occurrences":
        raise UsageError(
            "budgets are counted by events",
            where=where,
            got=spec.budgetingMethod,
            accepted="budgetingMethod: Occurrences",
        )
    many = len(spec.objectives) > 1
    made = []
    for number, each in enumerate(spec.objectives, 1):
        inline, ref = each.indicator or spec.indicator, each.indicatorRef or spec.indicatorRef
        if (inline is None) == (ref is None):
            raise UsageError("an objective needs an indicator", where=where, accepted="`indicator` or `indicatorRef`")
        indicator = inline.spec if inline else _referred(str(ref), found, where)
        query, op, limit = _good(indicator, each, where)
        made.append(
            Objective(
                name=f"{document.metadata.name}-{number}" if many else document.metadata.name,
                agent=_agent(workspace, query, spec.service, where), workflow=query.workflow, label=query.label,
                indicator=query.query, op=op, limit=limit, target=_target(each, where),
                window=_window(workspace, spec.timeWindow[0], where), where=where,
            )
        )  # fmt: skip
    return made


def _referred(name: str, found: Sequence[tuple[Document, str]], where: str) -> SliSpec:
    known = {each.metadata.name: each.spec for each, _ in found if isinstance(each, SliDocument)}
    if name not in known:
        raise UsageError("no such indicator", where=where, got=name, accepted=", ".join(known) or "an SLI in slos/")
    return known[name]


def _good(spec: SliSpec, objective: ObjectiveSpec, where: str) -> tuple[Query, Op, Fraction]:
    """The query, and when one of its events is good."""
    if (spec.thresholdMetric is None) == (spec.ratioMetric is None):
        raise UsageError("an indicator has one metric", where=where, accepted="`thresholdMetric` or `ratioMetric`")
    if spec.thresholdMetric is not None:
        if objective.op is None or objective.value is None:
            raise UsageError("a threshold needs `op` and `value`", where=where)
        return _query(spec.thresholdMetric, where), objective.op, Fraction(repr(objective.value))
    assert spec.ratioMetric is not None
    return _ratio(spec.ratioMetric, where)


def _ratio(ratio: Ratio, where: str) -> tuple[Query, Op, Fraction]:
    """Good and total have to be one indicator: its events of value 1 are the good, or the bad, ones."""
    given = [each for each in (ratio.good, ratio.bad, ratio.raw) if each is not None]
    if len(given) != 1 or (ratio.raw is None) == (ratio.total is None):
        raise UsageError("a ratio needs `good` or `bad`, with `total`; or `raw`", where=where)
    query = _query(given[0], where)
    if ratio.total is not None and _query(ratio.total, where) != query:
        raise UsageError(
            "both parts of a ratio are one indicator here", where=where, got=ratio.total.metricSource.spec.query,
            accepted=f"{query.query}: its events of value 1 are good (or bad), of all its events",
        )  # fmt: skip
    if INDICATORS[query.query].unit != "share":
        raise UsageError(
            "this indicator is a value, not a share", where=where, got=query.query, accepted="thresholdMetric"
        )
    bad = ratio.bad is not None or (ratio.raw is not None and ratio.rawType == "failure")
    return query, "lt" if bad else "gte", Fraction(1)


def _query(metric: Metric, where: str) -> Query:
    query = metric.metricSource.spec
    if query.query not in INDICATORS:
        raise UsageError(
            "no such indicator; SQL in files is not run",
            where=where,
            got=query.query[:80],
            accepted=", ".join(INDICATORS),
        )
    return query


def _target(objective: ObjectiveSpec, where: str) -> Fraction:
    if (objective.target is None) == (objective.targetPercent is None):
        raise UsageError("an objective has one target", where=where, accepted="`target` or `targetPercent`")
    target = Fraction(repr(objective.target)) if objective.target is not None else (
        Fraction(repr(objective.targetPercent)) / 100
    )  # fmt: skip
    if target == 1:
        raise UsageError(
            "100 % is no objective: it leaves no budget, so nothing can be spent or measured against it", where=where,
            got="target 1.0", accepted="a target below 1; what may never happen is an invariant: "
            "`target: 1.0` among an agent's `slis:` in agentre.yaml",
        )  # fmt: skip
    if not 0 < target < 1:
        raise UsageError("a target lies between 0 and 1", where=where, got=f"{float(target):g}")
    return target


def _window(workspace: Workspace, told: TimeWindow, where: str) -> Window:
    zone, anchor = str(workspace.zone), ANCHOR
    if told.isRolling == (told.calendar is not None):
        raise UsageError(
            "a window is rolling, or has a calendar", where=where, accepted="`isRolling: true`, or `calendar`"
        )
    if told.calendar is not None:
        zone = told.calendar.timeZone
        try:
            anchor = datetime.fromisoformat(told.calendar.startTime).replace(tzinfo=None)
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError) as error:
            raise UsageError(
                "not a calendar", where=where, got=f"{told.calendar.startTime}, {zone}",
                accepted="a time such as 2026-01-01 00:00:00, and an IANA time zone",
            ) from error  # fmt: skip
    return window(told.duration, zone, rolling=told.isRolling, anchor=anchor, where=where)


def _agent(workspace: Workspace, query: Query, service: str, where: str) -> str | None:
    """The agent that is named; None where only a workflow is: SLOs belong to workflows rather than agents."""
    agent = workspace.agent(query.agent or service)
    if agent is None and (query.agent or not query.workflow):
        names = ", ".join(each.name for each in workspace.settings.agents)
        raise UsageError(
            "no such agent", where=where, got=query.agent or service,
            accepted=f"{names or 'an agent of agentre.yaml'}; or `workflow:` in the metric's spec",
        )  # fmt: skip
    return agent.name if agent else None
