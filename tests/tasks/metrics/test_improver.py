"""The improver's own score: figures with their n, and nothing where nothing is known."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pytest

from storage.ledger import Ledger
from storage.records import Approval, Change, Event, Measurement, Record, stable_id
from tasks.metrics.improver import Figure, improver_figures


class Scored(Record, frozen=True, kw_only=True):
    """A row of `forecast_scores`."""

    proposal_id: str
    dimension: str
    covered: bool
    width: float
    scored_at: datetime
    low: float = 0.0
    high: float = 1.0
    mean: float = 0.5
    level: float = 0.8
    delta: float = 0.2
    experiment_id: str = "e"


class Measured(Record, frozen=True, kw_only=True):
    """A row of `experiments`."""

    experiment_id: str
    subject: str
    verdict: str
    closed_at: datetime
    made_at: datetime
    record: str = "{}"
    method: str = "golden"
    kind: str = "imp@skill"
    agent: str = "Ada"
    name: str = "n"
    before_period: str = "b"
    after_period: str = "a"
    said: str = "s"


class ProposalRow(Record, frozen=True, kw_only=True):
    """A row of `proposals`, without the files, which have a table of their own."""

    proposal_id: str
    state: str
    drafter: str
    created_at: datetime
    expires_at: datetime
    agent: str = "Ada"
    kind: str = "skill"
    title: str = "t"
    document: str = ""
    manifest: str = ""
    digest: str = "d"
    base_commit: str = "b"


def figures(ledger: Ledger) -> dict[str, Figure]:
    """The figures by name."""
    return {each.name: each for each in improver_figures(ledger)}


def test_an_empty_ledger_has_no_figure(ledger: Ledger) -> None:
    """Five names, each with None and n = 0, and a sentence that says what is missing."""
    found = figures(ledger)
    assert list(found) == [
        "forecast coverage", "forecast width", "acceptance rate", "null proposals accepted", "imp@k",
    ]  # fmt: skip
    assert all((each.value, each.n) == (None, 0) and "no " in each.said for each in found.values())


def put_answered(
    ledger: Ledger, now: datetime, name: str, decision: Literal["approve", "reject"], drafter: str = "rules"
) -> None:
    """A proposal that was answered; an approved one was applied as change `c-name`."""
    row = ProposalRow(
        proposal_id=name, state="applied" if decision == "approve" else "rejected", drafter=drafter, created_at=now,
        expires_at=now,
    )  # fmt: skip
    approval = Approval(
        approval_id=name, proposal_id=name, digest=name, decision=decision, approver="sam", channel="terminal",
        feedback="", answered_at=now,
    )  # fmt: skip
    ledger.add("proposals", [row], "proposal_id")
    ledger.add("approvals", [approval], "approval_id")
    if decision == "approve":
        made = Change(
            change_id=f"c-{name}", proposal_id=name, agent="Ada", kind="skill", digest=name, commit=name,
            base_commit="b", applied_at=now, approver="sam",
        )  # fmt: skip
        ledger.add("changes", [made], "change_id")


def test_shares_have_their_n_and_interval(ledger: Ledger, now: datetime) -> None:
    """3 of 4 drafts approved; what a person drafted is not the improver's. Wilson of 3/4: .301 to .954."""
    for name in "abc":
        put_answered(ledger, now, name, "approve")
    put_answered(ledger, now, "d", "reject")
    put_answered(ledger, now, "own", "reject", drafter="person:sam")
    rate = figures(ledger)["acceptance rate"]
    assert (rate.value, rate.n) == (0.75, 4)
    assert [rate.low, rate.high] == pytest.approx([0.301, 0.954], abs=0.001)


def test_accepted_drafts_that_did_nothing_are_counted(ledger: Ledger, now: datetime) -> None:
    """Equivalent, or alike in every golden trial, is nothing; undecided is not counted; better by one method is not."""
    for name in "abcde":
        put_answered(ledger, now, name, "approve")
    rows = [
        ("a", "golden", "equivalent", "{}"), ("b", "golden", "inconclusive", '{"identical": true}'),
        ("c", "golden", "equivalent", "{}"), ("c", "production", "better", "{}"),
        ("d", "production", "worse", "{}"), ("e", "production", "inconclusive", "{}"),
    ]  # fmt: skip
    measured = [
        Measured(
            experiment_id=stable_id(name, method), subject=f"c-{name}", verdict=verdict, record=record, method=method,
            closed_at=now, made_at=now,
        )
        for name, method, verdict, record in rows
    ]  # fmt: skip
    ledger.add("experiments", measured, "experiment_id")
    found = figures(ledger)["null proposals accepted"]
    assert (found.value, found.n) == (0.5, 4)


def test_forecasts_and_the_best_of_k(ledger: Ledger, now: datetime) -> None:
    """Coverage and mean width of what was scored; imp@k is the sealed gain, the optimism is said beside it."""
    rows = [
        Scored(proposal_id=f"p{i}", dimension="success", covered=i < 4, width=1.0 + i, scored_at=now) for i in range(5)
    ]
    ledger.add("forecast_scores", rows, "proposal_id")
    best = Measurement(
        measurement_id="m", kind="imp@k", agent="Ada", dimension="success", before_mean=3.0, before_n=6, after_mean=3.4,
        after_n=6, delta=0.4, ci_low=-0.1, ci_high=0.9, mde=0.7, verdict="inconclusive", seed_label=None, made_at=now,
    )  # fmt: skip
    ledger.add("measurements", [best], "measurement_id")
    told = Event(event_id="e", kind="imp_at_k", at=now, agent="Ada", subject="m", payload={"k": 5, "optimism": 0.3})
    ledger.add("events", [told], "event_id")
    found = figures(ledger)
    assert (found["forecast coverage"].value, found["forecast width"].value) == (0.8, 3.0)
    assert (found["imp@k"].value, found["imp@k"].n, found["imp@k"].low) == (0.4, 6, -0.1)
    assert "best of 5" in found["imp@k"].said and "+0.30 more" in found["imp@k"].said
