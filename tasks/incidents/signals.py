"""What in the ledger needs somebody now: each signal from figures that other steps wrote, none from text.

False alarms: an SLO's alert has the rate that its rules state; each of the other counts is wrong once in
`1 / LEVEL` looks at an agent by chance; limits, violations, investigations and benches are facts, not tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

import msgspec

from storage.ledger import Ledger
from storage.records import stable_id
from storage.workspace import Workspace
from tasks.incidents.beginnings import Beginnings
from tasks.incidents.chance import LEVEL, beyond_chance, chance
from tasks.incidents.incident import Incident, Kind, Severity, Signal
from tasks.incidents.spending import overspent

RECENT: Final = timedelta(days=3)
"""Runs in which a burst or an anomaly is looked for."""
EARLIER: Final = timedelta(days=42)
"""How far back the runs go that they are compared with."""
MEMORY: Final = timedelta(days=28)
"""How old a violation, an investigation or a golden run may be and still be a signal."""
PATTERN: Final = "failures"
PATTERNS: Final = 5
"""Kinds of failure that one incident is told of."""
ORDER: Final[tuple[Kind, ...]] = ("policy", "behaviour", "bench", "budget", "cost")
"""What says most of a cause first: an incident is of the kind of its first signal."""
STALE: Final = timedelta(days=8)
"""After which an SLO that is evaluated no more says nothing."""
KINDS: Final[dict[str, Kind]] = {
    "policy_violations": "policy", "governance_weight": "policy", "cost_per_task": "cost",
    "cost_per_successful_task": "cost",
}  # fmt: skip
"""Kinds of incident by the indicator of the SLO; any other is of the error budget."""


_BROKEN: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("hard", "behaviour", "broke off"), ("infra", "bench", "were broken by the platform")
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One look at the ledger: `now` is its time."""

    workspace: Workspace
    ledger: Ledger
    now: datetime

    @cached_property
    def slos(self) -> list[dict[str, Any]]:
        """How each SLO stands, as incident_slos gives it: read once, for what is new and for what is over."""
        return self.ledger.rows("incidents/incident_slos", now=self.now)


def signals(look: Look, cleared: Mapping[str, datetime]) -> list[Signal]:
    """Everything that may open an incident now, the worst first; the order is the same in every look.

    `cleared`: fingerprints of incidents that were closed, and when: what came before that opens nothing again.
    """
    found = [
        *_slos(look, cleared), *_investigations(look), *_violations(look), *_bursts(look), *_costs(look),
        *overspending(look), *_benches(look),
    ]  # fmt: skip
    return sorted(
        found, key=lambda each: (not each.opens, each.severity, ORDER.index(each.kind), each.seen_at, each.what)
    )


def patterns(look: Look, incident: Incident) -> list[Signal]:
    """Failures that recur in the agent's runs since an incident began: what fixes one of them is a fix of it.

    Minor ones (P3: effort that was wasted) count where the incident is of cost.
    """
    told = {each.fingerprint for each in incident.told if each.source == PATTERN}
    if incident.agent is None or incident.kind == "bench" or len(told) >= PATTERNS:
        return []
    rows = look.ledger.rows(
        "incidents/incident_patterns", agent=incident.agent, now=look.now, minor=incident.kind == "cost",
        since=incident.started_at or incident.detected_at, least=2,
    )  # fmt: skip
    new = [row for row in rows if row["fingerprint"] not in told][: PATTERNS - len(told)]
    return [
        Signal(
            source=PATTERN, kind=incident.kind, agent=incident.agent, fingerprint=row["fingerprint"],
            severity="P3", opens=False, started_at=row["first_at"], seen_at=look.now,
            what=f"{row['failure_class']}{' of ' + row['tool'] if row['tool'] else ''} in {row['runs']} runs since",
            ref={"failure_class": row["failure_class"]},
        )
        for row in new
    ]  # fmt: skip


def _signal(
    source: str, kind: Kind, agent: str | None, severity: Severity, what: str, started_at: datetime | None,
    seen_at: datetime, *parts: object, opens: bool = True, **ref: object,
) -> Signal:  # fmt: skip
    return Signal(
        source=source, kind=kind, agent=agent, fingerprint=stable_id(source, agent, *parts), severity=severity,
        what=what, started_at=started_at, seen_at=seen_at, opens=opens, ref=ref,
    )  # fmt: skip


def _slos(look: Look, cleared: Mapping[str, datetime]) -> Iterator[Signal]:
    """An exhausted budget or a page opens; a warning only adds. A broken invariant is a violation: zero tolerance.

    One whose incident was closed counts again when what failed since then is no chance: its windows reach back further.
    """
    begun = Beginnings(look.ledger)
    for row in look.slos:
        if row["evaluated_at"] < look.now - STALE or not (row["is_out"] or row["alert"] == "warn"):
            continue
        # of a mean or a sum, which has no count of good events, the target is its limit: 5 seconds are no invariant
        invariant = row["good"] is not None and row["target"] >= 1 and row["exhausted"]
        kind = "policy" if invariant else KINDS.get(row["indicator"], "budget")
        severity: Severity = "P1" if kind == "policy" else "P2" if row["is_out"] else "P3"
        made = _signal(
            "slo", kind, row["agent"], severity, _slo_says(row), begun.of(row), row["since"], row["slo"],
            row["workflow"], opens=row["is_out"], slo=row["slo"], workflow=row["workflow"], of=row["agent"],
        )  # fmt: skip
        closed_at = cleared.get(made.fingerprint)
        if closed_at is None or begun.again(row, closed_at):
            yield made


def _slo_says(row: dict[str, Any]) -> str:
    spent = "" if row["budget_spent"] is None else f"budget spent {100 * row['budget_spent']:.0f} %"
    rule = row["rule"] or ("exhausted" if row["exhausted"] else row["alert"])
    return f"SLO {row['slo']}: {', '.join(part for part in (spent, rule) if part)} (n = {row['total']})"


def _investigations(look: Look) -> Iterator[Signal]:
    rows = look.ledger.rows("incidents/incident_investigations", now=look.now, since=look.now - MEMORY)
    for row in rows:
        told = msgspec.json.decode(row["payload"])
        yield _signal(
            "watch", "behaviour", row["agent"], "P2",
            f"{told['dimension']} fell by {abs(told['size']):.2f} points since {told['since']}, and golden tests fell",
            Beginnings.of_week(told["since"], look.workspace.zone), row["at"], told["dimension"],
            watch_id=row["watch_id"], causes=told.get("causes", []),
        )  # fmt: skip


def _violations(look: Look) -> Iterator[Signal]:
    for row in look.ledger.rows("incidents/incident_violations", now=look.now, since=look.now - MEMORY):
        times = "once" if row["times"] == 1 else f"{row['times']} times"
        yield _signal(
            "policy", "policy", row["agent"], "P1", f"policy {row['policy']} violated {times}", row["first_at"],
            row["last_at"], row["policy"], policy=row["policy"],
        )  # fmt: skip


def _bursts(look: Look) -> Iterator[Signal]:
    """Runs that broke off, or that the platform broke, beyond what chance and the agent's own past explain."""
    rows = look.ledger.rows(
        "incidents/incident_bursts", recent=look.now - RECENT, history=look.now - RECENT - EARLIER, now=look.now
    )
    for row in rows:
        for name, kind, said in _BROKEN:
            bad, n, before, n_before = row[name], row["n"], row[f"{name}_before"], row["n_before"]
            if not bad or chance(bad, n, before, n_before) > LEVEL:
                continue
            what = f"{bad} of {n} runs {said} in {RECENT.days} days, {before} of {n_before} before"
            severity: Severity = "P1" if 2 * bad >= n else "P2"
            begun, share = _turned(look, "incidents/incident_broken", agent=row["agent"], infra=name == "infra")
            yield _signal("burst", kind, row["agent"], severity, what, begun, row[f"{name}_to"], name, share=share)


def _costs(look: Look) -> Iterator[Signal]:
    for row in anomalies(look, look.now - RECENT, look.now - RECENT):
        if beyond_chance(row["beyond"], row["n"], row["rank"], row["n_before"]) <= LEVEL:
            of = f" of {row['task_type']}" if row["task_type"] else ""
            what = f"{row['beyond']} of {row['n']} runs{of} cost over ${row['bound']:.4f}, as 1 % of earlier ones did"
            begun, _ = _turned(look, "incidents/incident_priced", agent=row["agent"], task_type=row["task_type"])
            yield _signal(
                "cost", "cost", row["agent"], "P3", what, begun, row["last_at"], row["task_type"],
                task_type=row["task_type"],
            )  # fmt: skip


def _turned(look: Look, query: str, **about: object) -> tuple[datetime | None, float]:
    """When the runs turned, and their mean since: looked for in twice the time in which the signal was found."""
    return Beginnings(look.ledger).of_runs(query, look.now - 2 * RECENT, look.now, **about)


def anomalies(look: Look, before: datetime, start: datetime) -> list[dict[str, Any]]:
    """Costs of the runs since `start` against the bounds of those before `before`, by agent and task type."""
    return look.ledger.rows(
        "incidents/incident_costs", history=before - EARLIER, before=before, start=start, now=look.now
    )


def overspending(look: Look) -> Iterator[Signal]:
    """Limits of the workspace that were passed in the last days: an agent's day P3, the organisation's month P2."""
    for each in overspent(look.workspace, look.ledger, look.now - RECENT, look.now):
        name = f"{each.agent}'s day" if each.agent else "the organisation's month"
        what = f"{name} {each.period} cost ${each.spent_usd:.2f}, the limit is ${each.limit_usd:.2f}"
        yield _signal(
            "limit", "cost", each.agent, "P3" if each.agent else "P2", what, each.passed_at, each.passed_at,
            limit="day" if each.agent else "month",
        )  # fmt: skip


def _benches(look: Look) -> Iterator[Signal]:
    for row in look.ledger.rows("incidents/incident_benches", now=look.now, since=look.now - MEMORY):
        if row["is_down"]:
            what = f"golden set {row['golden_set']}: all {row['bench_errors']} trials failed on the bench"
            yield _signal(
                "bench", "bench", row["agent"], "P2", what, row["since"], row["since"], row["golden_set"],
                golden_set=row["golden_set"],
            )  # fmt: skip
