"""What may have caused an incident: everything that changed around its beginning, the nearest before it first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from storage.ledger import Ledger
from storage.records import Record
from tasks.incidents.chance import chance
from tasks.metrics.causes import BEFORE, Candidate, mix_shift
from tasks.metrics.trend import ScoredWeek
from tasks.metrics.weeks import Week

AFTER: Final = timedelta(days=1)
"""How long after the likeliest beginning a change may lie and still be a cause: a beginning is an estimate."""
NORMAL: Final = timedelta(days=28)
UPSTREAM_LEVEL: Final = 0.01


class Suspect(Record, frozen=True, kw_only=True):
    """A thing that changed. `hours`: before the incident began; negative: after. Nearness ranks, it proves nothing."""

    kind: str
    what: str
    at: datetime
    hours: float
    why: str


def suspects(ledger: Ledger, agent: str, begun: datetime, now: datetime) -> list[Suspect]:
    """Config commits, models, tools and their schemas, the mix of tasks, and errors from upstream, ranked."""
    end = min(begun + AFTER, now)
    rows = ledger.rows("metrics/changes_around", agent=agent, start=begun - BEFORE, end=end)
    found = [Candidate(kind=row["kind"], what=row["what"], at=row["changed_at"]) for row in rows]
    found += _schemas(ledger, agent, begun, end)
    around = {"agent": agent, "start": begun - NORMAL, "begun": begun, "end": min(begun + NORMAL / 4, now)}
    found += _mix(ledger.rows("incidents/incident_mix", **around), begun)
    found += _upstream(ledger.rows("incidents/incident_upstream", **around)[0], begun)
    return rank(found, begun)


def rank(candidates: Sequence[Candidate], begun: datetime) -> list[Suspect]:
    """The candidates before the beginning, the nearest first, then those just after it."""
    told = [_suspect(each, begun) for each in candidates]
    return sorted(told, key=lambda each: (each.hours < 0, abs(each.hours), each.kind, each.what))


def _suspect(each: Candidate, begun: datetime) -> Suspect:
    hours = (begun - each.at) / timedelta(hours=1)
    when = f"{abs(hours):.0f} h" if abs(hours) < 72 else f"{abs(hours) / 24:.0f} days"
    side = "before" if hours >= 0 else "after"
    why = "when it began" if abs(hours) < 1 else f"{when} {side} its likeliest beginning"
    return Suspect(kind=each.kind, what=each.what, at=each.at, hours=round(hours, 2), why=why)


def _schemas(ledger: Ledger, agent: str, begun: datetime, end: datetime) -> Iterator[Candidate]:
    for row in ledger.rows("incidents/incident_schemas", agent=agent, start=begun - BEFORE, end=end):
        yield Candidate(kind="tool schema", what=f"{row['tool'] or 'a tool'} takes other arguments", at=row["at"])


def _mix(rows: Sequence[dict[str, Any]], begun: datetime) -> list[Candidate]:
    """A changed mix of task types, by the test of trends."""
    sides = []
    for since in (False, True):
        kinds = [row["task_type"] or "" for row in rows if row["is_since"] is since for _ in range(row["runs"])]
        sides.append([ScoredWeek(week=Week.of_day(begun.date()), scores=[], kinds=kinds)])
    found = mix_shift(sides[0], sides[1], begun)
    return [found] if found else []


def _upstream(row: dict[str, Any], begun: datetime) -> list[Candidate]:
    """Errors of models and of the platform that became more frequent, as a candidate."""
    if not row["broken"] or chance(row["broken"], row["n"], row["broken_before"], row["n_before"]) > UPSTREAM_LEVEL:
        return []
    named = f", most often {row['error_type']}" if row["error_type"] else ""
    what = f"{row['broken']} of {row['n']} runs with errors of a model or the platform{named}"
    return [Candidate(kind="upstream errors", what=what, at=row["first_at"] or begun)]
