"""Freezes: an agent whose budget is exhausted changes nothing until it recovers, or a person lets it for a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from storage.errors import Refused, UsageError
from storage.ledger import Ledger
from storage.records import Event, stable_id
from storage.text import storable
from storage.workspace import Workspace
from tasks.common.redact import Redactor
from tasks.slo.evaluation import Evaluation

LONGEST: Final = timedelta(days=30)
"""How long one override may hold."""


def freeze_events(
    current: Sequence[Evaluation], held: Sequence[dict[str, Any]], now: datetime, *, complete: bool = True
) -> list[Event]:
    """A `freeze` for each newly exhausted SLO, and a `freeze_ended` for each freeze whose SLO recovered or is gone.

    A window without events is no recovery: nothing is known then. Nor is an SLO that is missing while some could not
    be read (`complete` False): a typo lifts no freeze. An SLO without an agent freezes nobody.
    """
    standing = {(each.objective.agent, each.objective.name): each for each in current if each.objective.agent}
    known = {(row["agent"], row["slo"]) for row in held}
    opened = [
        _event("freeze", now, agent, name, reason=_why(each), status_id=each.status_id)
        for (agent, name), each in standing.items()
        if each.exhausted and (agent, name) not in known
    ]
    ended = [
        Event(
            event_id=stable_id("freeze_ended", row["freeze_id"]), kind="freeze_ended", at=now, agent=row["agent"],
            subject=row["freeze_id"], payload={"slo": row["slo"]},
        )
        for row in held
        if _over(standing.get((row["agent"], row["slo"])), complete)
    ]  # fmt: skip
    return opened + ended


def _over(each: Evaluation | None, complete: bool) -> bool:
    return complete if each is None else each.total > 0 and not each.exhausted


def _why(each: Evaluation) -> str:
    of = f"of {each.objective.says} in the {each.objective.window.name}"
    if each.budget_spent is None:
        return f"{each.rule}: {of.removeprefix('of ')}, {each.total - (each.good or 0)} of {each.total} events"
    sure = "" if each.p_violated is None else f", violated with probability {each.p_violated:.2f}"
    return f"budget spent {100 * each.budget_spent:.0f} % {of} (n = {each.total}{sure})"


def _event(kind: str, at: datetime, agent: str | None, subject: str, **payload: object) -> Event:
    return Event(
        event_id=stable_id(kind, agent, subject, at.isoformat()), kind=kind, at=at, agent=agent, subject=subject,
        payload=payload,
    )  # fmt: skip


def override(
    workspace: Workspace, ledger: Ledger, agent: str, until: datetime, reason: str, by: str, now: datetime
) -> Event:
    """Records that a person lets a frozen agent's changes pass until a stated time.

    Raises UsageError for an unknown agent, a time that is past or more than 30 days away, or no reason; Refused for
    somebody who may not approve for the agent, and for an agent that is not frozen.
    """
    known = workspace.agent(agent)
    if known is None:
        raise UsageError("no such agent", got=agent, accepted=", ".join(a.name for a in workspace.settings.agents))
    allowed = known.approvers or workspace.settings.approvers
    if allowed and by not in allowed:
        raise Refused(f"{by} may not override for {known.name}", got=by, accepted=", ".join(allowed))
    if not now < until <= now + LONGEST:
        raise UsageError("not an end for an override", got=until.isoformat(), accepted="within the next 30 days")
    if not reason.strip() or len(reason) > 1000:
        raise UsageError("an override needs a reason", got=repr(reason[:80]), accepted="1 to 1000 characters")
    if not any(row["agent"] == known.name for row in ledger.rows("slo/held_freezes")):
        raise Refused(f"{known.name} is not frozen: there is nothing to override", next_command="agentre slo")
    kept = Redactor(workspace.secret("redaction-key")).text(storable(reason.strip()))
    event = _event(
        "freeze_override", now, known.name, f"until {until.isoformat()}", until=until.isoformat(), by=by, reason=kept
    )
    ledger.add("events", [event], "event_id")
    return event
