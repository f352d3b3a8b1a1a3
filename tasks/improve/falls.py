"""A fall of an agent's scores that a golden rerun confirmed: what fell, since when, and what changed around then."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from reports.text import code
from storage.settings import Agent
from tasks.improve.case import Case, evidence_row

Known = Annotated[list[dict[str, Any]], Meta(max_length=200)]


class Fall(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of an `investigation_opened`: a confirmed watch with the causes that time suggests."""

    dimension: str
    week: str
    since: str
    earliest: str
    latest: str
    size: float
    golden_delta: float | None = None
    p: float | None = None
    causes: Known = []

    def told(self) -> str:
        """What changed around then, in a line; time alone ranks it."""
        if not self.causes:
            return "Nothing that the ledger records changed in the weeks in which the cause must lie."
        named = "; ".join(f"{cause['kind']} {code(cause['what'])}, {cause['why']}" for cause in self.causes[:5])
        return f"What changed in the weeks in which the cause must lie, likeliest first (time alone ranks it): {named}."


def fall_case(
    agent: Agent, fingerprint: str, fall: Fall, rows: list[dict[str, Any]], facts: dict[str, Any], attempt: int,
    made_at: datetime,
) -> Case:  # fmt: skip
    """The fall as a case, with the agent's lowest runs since as evidence. The rules have nothing to say about it."""
    golden = "" if fall.golden_delta is None else f" A golden rerun fell by {abs(fall.golden_delta):.2f} as well."
    return Case(
        kind="fall", agent=agent, fingerprint=fingerprint, attempt=attempt,
        title=f"Fall of {fall.dimension} since {fall.since}", slug=f"restore-{fall.dimension}-{fingerprint[:8]}",
        problem=f"{fall.dimension.capitalize()} fell by about {abs(fall.size):.2f} since {fall.since} (between "
        f"{fall.earliest} and {fall.latest}).{golden}",
        quoted="", frequency=f"{len(rows)} runs with the lowest {fall.dimension} since then",
        rows=[evidence_row(row, f"outcome {row['outcome']}") for row in rows],
        run_ids=[row["run_id"] for row in rows], known=[fall.told()],
        facts={
            "fallen": fall.dimension, "since": fall.since, "between": [fall.earliest, fall.latest],
            "by": round(abs(fall.size), 2),
            "causes": [{name: str(value) for name, value in cause.items()} for cause in fall.causes[:5]],
        } | facts,
        made_at=made_at, touched=[row["run_id"] for row in rows],
    )  # fmt: skip
