"""When an incident is over, by the rule of its kind. Nothing else closes one but a person, with a reason.

- behaviour: its golden test failed on the configuration that was in force when it began, and every attempt passes on
  the present one; Fisher's exact test, one-sided, at 5 %, for each of its tests.
- budget, and cost by an SLO: back in bounds for the stated days. Cost by a limit: no limit passed for as long. Cost by
  an anomaly: the runs of those days cost again what they did before it began.
- bench: a golden run that tells something, or a run of production that the platform did not break, since.
- policy: none. What may never happen is looked at by a person.

An incident of several causes is over when each of them is.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from reports.text import plural
from storage.records import Record
from tasks.incidents.chance import beyond_chance
from tasks.incidents.golden_proof import Proof, proof
from tasks.incidents.incident import Incident, Told
from tasks.incidents.signals import Look, anomalies
from tasks.incidents.spending import overspent

STALE: Final = timedelta(days=2)
"""How old the newest status of an SLO may be that says it is back in bounds."""
FEWEST: Final = 5
"""Runs that have to tell that costs are as they were."""
USUAL: Final = 0.05
"""Chance from which on a count of dear runs is nothing unusual."""


class Over(Record, frozen=True, kw_only=True):
    """That a cause is over: since when, and what says so."""

    since: datetime
    reason: str


def over(look: Look, incident: Incident) -> Over | None:
    """What says that every cause of an incident is over; None while one is not."""
    shown = _shown(look, incident)
    found = [_over(look, incident, each, shown) for each in incident.opening]
    ended = [each for each in found if each is not None]
    if not ended or len(ended) < len(found):
        return None
    return Over(since=max(each.since for each in ended), reason="; ".join(dict.fromkeys(e.reason for e in ended)))


def _over(look: Look, incident: Incident, told: Told, shown: Proof) -> Over | None:
    if told.kind == "policy":
        return None
    if told.kind == "behaviour":
        return None if shown.passed_at is None else Over(since=shown.passed_at, reason=shown.said)
    if told.source == "slo":
        return _in_bounds(look, told)
    if told.source == "limit":
        return _within_limit(look, told)
    if told.source == "cost":
        return _usual_cost(look, incident, told)
    return _good_run(look, told)


def awaited(look: Look, incident: Incident) -> str:
    """What an open incident waits for, in words: the rule of each of its causes that is not over."""
    shown = _shown(look, incident)
    waits = [each for each in incident.opening if _over(look, incident, each, shown) is None]
    return "; ".join(dict.fromkeys(_rule(look, each, shown) for each in waits)) or "by the next night"


def _shown(look: Look, incident: Incident) -> Proof:
    """What its golden tests show, looked for where one of its causes needs it."""
    needed = any(each.kind == "behaviour" for each in incident.opening)
    return proof(look, incident) if needed else Proof(passed_at=None, said="")


def _rule(look: Look, told: Told, shown: Proof) -> str:
    days = _days(look).days
    if told.kind == "policy":
        return "when a person closes it with a reason: agentre incidents close ID"
    if told.kind == "behaviour":
        return f"when its golden test failed on the bad config and passes on the present one ({shown.said})"
    if told.source == "slo":
        return f"when SLO {told.ref['slo']} is back in bounds for {days} days"
    if told.source == "limit":
        return f"after {days} days without a {told.ref['limit']} over its limit"
    if told.source == "cost":
        return f"when the runs of {days} days cost again what they did before"
    return "at the next good run"


def _days(look: Look) -> timedelta:
    return timedelta(days=look.workspace.settings.incidents.back_days)


def _in_bounds(look: Look, told: Told) -> Over | None:
    named = told.ref["slo"], told.ref["of"], told.ref["workflow"]
    row = next((row for row in look.slos if (row["slo"], row["agent"], row["workflow"]) == named), None)
    if row is None or row["is_out"] or row["evaluated_at"] < look.now - STALE:
        return None
    since: datetime = max(row["since"], told.at)  # late data may say that it never was out
    if row["evaluated_at"] - since < _days(look):
        return None
    return Over(since=since, reason=f"SLO {row['slo']} is back in bounds for {_days(look).days} days")


def _within_limit(look: Look, told: Told) -> Over | None:
    """Whole local days without the limit passed, in which something was spent: silence is no recovery."""
    since = told.started_at or told.seen_at
    passed = [
        each for each in overspent(look.workspace, look.ledger, since - timedelta(seconds=1), look.now)
        if (each.agent, "day" if each.agent else "month") == (told.agent, told.ref["limit"])
    ]  # fmt: skip
    ended = max((_end(look, each.period) for each in passed), default=None)
    if ended is None or look.now < ended + _days(look):
        return None
    spent = look.ledger.rows("incidents/incident_spent_after", agent=told.agent, after=ended, now=look.now)[0]["at"]
    if spent is None:
        return None
    return Over(since=ended, reason=f"no {told.ref['limit']} over the limit for {_days(look).days} days")


def _end(look: Look, period: str) -> datetime:
    """The end of a local day or month."""
    whole_month = len(period) == 7
    day = datetime.fromisoformat(f"{period}-01" if whole_month else period).replace(tzinfo=look.workspace.zone)
    return (day + timedelta(days=32)).replace(day=1) if whole_month else day + timedelta(days=1)


def _usual_cost(look: Look, incident: Incident, told: Told) -> Over | None:
    begun, start = incident.started_at or incident.detected_at, look.now - _days(look)
    if start < incident.detected_at:
        return None
    rows = [
        row for row in anomalies(look, begun, start)
        if (row["agent"], row["task_type"]) == (told.agent, told.ref["task_type"])
    ]  # fmt: skip
    if not rows or rows[0]["n"] < FEWEST:
        return None
    row = rows[0]
    if beyond_chance(row["beyond"], row["n"], row["rank"], row["n_before"]) <= USUAL:
        return None
    said = f"{row['n'] - row['beyond']} of {row['n']} runs of the last {_days(look).days} days cost what they used to"
    return Over(since=start, reason=said)


def _good_run(look: Look, told: Told) -> Over | None:
    return _golden_told(look, told) if told.source == "bench" else _production_ran(look, told)


def _golden_told(look: Look, told: Told) -> Over | None:
    rows = look.ledger.rows("incidents/incident_benches", now=look.now, since=told.seen_at - timedelta(days=1))
    named = told.agent, told.ref["golden_set"]
    row = next((row for row in rows if (row["agent"], row["golden_set"]) == named), None)
    if row is None or row["is_down"] or row["last_good_at"] is None or row["last_good_at"] <= told.seen_at:
        return None
    return Over(since=row["last_good_at"], reason=f"golden set {named[1]} told something again")


def _production_ran(look: Look, told: Told) -> Over | None:
    """The next good run where every run had been broken; else so many in a row as would be chance in 1 of 20 cases."""
    row = look.ledger.rows("incidents/incident_good_runs", agent=told.agent, since=told.seen_at, now=look.now)[0]
    broken = min(float(str(told.ref["share"])), 0.95)
    needed = max(1, math.ceil(math.log(0.05) / math.log(1 - broken) - 1e-9))
    if row["good"] < needed:
        return None
    said = plural(row["good"], "run")
    return Over(since=row["first_good_at"], reason=f"{said} of {told.agent} since the last that the platform broke")
