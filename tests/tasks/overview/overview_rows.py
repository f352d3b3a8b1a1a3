"""Incidents, changes, trials, durations and tickets as the tests of the overview put them into a ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.ledger import Ledger
from storage.records import Change, Event, Proposal, Record, stable_id
from storage.workspace import Workspace

END = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
START = END - timedelta(days=28)


class Trial(Record, frozen=True, kw_only=True):
    """A row of `golden_trials`."""

    golden_run: str
    golden_set: str
    task_id: str
    agent: str
    trial: int
    outcome: str
    set_version: int = 1
    set_digest: str = "d"
    config_commit: str | None = None
    position: int = 0
    seed: int = 1
    reason: str = ""
    checks: str = "[]"
    exit_code: int | None = 0
    ended_by: str | None = None
    human_turns: int = 0
    steps: int | None = None
    tool_calls: int | None = None
    wall_ms: int | None = None
    run_id: str | None = None
    started_at: datetime = END - timedelta(days=2)


class Call(Record, frozen=True, kw_only=True):
    """A row of `model_calls` with a duration."""

    call_id: str
    run_id: str
    seq: int
    duration_ms: int
    started_at: datetime
    model: str = "claude-opus-4-6"
    cost_source: str = "missing"
    is_aggregate: bool = False


class Verdict(Record, frozen=True, kw_only=True):
    """A row of `experiments`."""

    experiment_id: str
    kind: str
    agent: str
    subject: str
    verdict: str
    name: str = ""
    before_period: str = ""
    after_period: str = ""
    said: str = ""
    record: str = "{}"
    closed_at: datetime = END
    made_at: datetime = END


def event(kind: str, at: datetime, subject: str, agent: str | None = "Ada", /, **payload: object) -> Event:
    """An event of the ledger."""
    return Event(
        event_id=stable_id(kind, subject, at, payload), kind=kind, at=at, agent=agent, subject=subject, payload=payload
    )


def incident(
    name: str, severity: str, detected: datetime, *, agent: str = "Ada", started: datetime | None = None,
    resolved: datetime | None = None, title: str = "Budget exhausted", acknowledged: datetime | None = None,
) -> list[Event]:  # fmt: skip
    """The events of an incident."""
    begun = (started or detected).isoformat()
    told = [
        event(
            "incident_opened", detected, name, agent, kind="budget", severity=severity, fingerprint=name, title=title,
            owner="sam",
        ),
        event("incident_signal", detected, name, agent, severity=severity, started_at=begun, signal="budget"),
    ]  # fmt: skip
    if acknowledged:
        told.append(event("incident_acknowledged", acknowledged, name, agent, by="sam"))
    if resolved:
        told.append(event("incident_resolved", resolved, name, agent, by="rule", reason="back in bounds"))
    return told


def examine(ledger: Ledger) -> None:
    """Marks every run as examined for failures, as nightly does."""
    ledger.typed(
        "INSERT INTO examined_runs (run_id, tool_calls, outcome, detectors) "
        "SELECT run_id, tool_calls, outcome, 'd' FROM runs"
    )


def add_incidents(ledger: Ledger) -> None:
    """Four incidents: three of the period, two of them resolved after 6 and 30 hours, one of long before."""
    day = timedelta(days=1)
    events = [
        *incident("i1", "P1", END - 9 * day, started=END - 9.25 * day, resolved=END - 9 * day),
        *incident("i2", "P2", END - 5 * day, resolved=END - 3.75 * day, agent="Rita"),
        *incident("i3", "P2", END - day, agent="Opal"),
        *incident("i0", "P1", END - 90 * day, resolved=END - 80 * day),
    ]
    for i, (due, done) in enumerate([(3, True), (10, True), (12, False), (60, True), (-9, False)]):
        asked = event(
            "incident_item", END - 70 * day, "i1", what=f"item {i}", owner="sam", by="sam",
            due=f"{(END - due * day).date()}",
        )  # fmt: skip
        events.append(asked)
        if done:
            events.append(event("incident_item_done", END - 2 * day, f"i1-{i}", action_id=asked.event_id, by="sam"))
    ledger.add("events", events, "event_id")


def add_events(ledger: Ledger) -> None:
    """Governance events, three changes (one rolled back, one measured as worse) with the rollback, and durations."""
    day = timedelta(days=1)
    told = [event("governance.check", END - i * day, f"g{i}", weight=0) for i in range(1, 20)]
    told += [event("governance.violation", END - 3 * day, "v", "Rita", weight=1)]
    ledger.add("events", told, "event_id")
    changes, proposals = [], []
    for i, (name, kind) in enumerate((("c1", "skill"), ("c2", "config"), ("c3", "skill"), ("r1", "rollback"))):
        changes.append(
            Change(
                change_id=name, proposal_id=f"p-{name}", agent="Ada", kind=kind, digest=name, commit=name,
                base_commit="b", applied_at=END - 6 * day + timedelta(hours=i), approver="sam",
            )
        )  # fmt: skip
        proposals.append(
            Proposal(
                proposal_id=f"p-{name}", agent="Ada", kind=kind, state="applied", title=name, document="",
                manifest="{}", digest=name, base_commit="b", drafter="rules", fingerprint=None, created_at=END,
                expires_at=END,
            )
        )  # fmt: skip
    ledger.typed(
        "INSERT INTO proposal_files VALUES ('p-c1', 'ada/a', '100644', 'old', 'new', ''), "
        "('p-c3', 'ada/b', '100644', NULL, 'other', ''), ('p-r1', 'ada/a', '100644', 'new', 'old', '')"
    )
    ledger.add("changes", changes, "change_id")
    ledger.add("proposals", proposals, "proposal_id")
    worse = Verdict(experiment_id="e", kind="imp@config", agent="Ada", subject="c2", verdict="worse")
    ledger.add("experiments", [worse], "experiment_id")
    run_id = ledger.typed("SELECT run_id FROM runs WHERE agent = 'Opal' AND started_at > '2026-11-10' LIMIT 1")[1]
    calls = [
        Call(call_id=f"d{i}", run_id=run_id[0]["run_id"], seq=900 + i, duration_ms=37 * i, started_at=END - day)
        for i in range(1, 101)
    ]
    ledger.add("model_calls", calls, "call_id")


def add_trials(ledger: Ledger) -> None:
    """Ten trials of an injection task, two of them failed, one broken; and one of a task tagged as Signora's work."""
    outcomes = ["pass"] * 7 + ["fail"] * 2 + ["bench_error"]
    trials = [
        Trial(golden_run="g", golden_set="Injected", task_id="inj-1", agent="Ada", trial=i, outcome=outcome)
        for i, outcome in enumerate(outcomes)
    ]
    trials.append(
        Trial(golden_run="h", golden_set="Injected", task_id="desk-1", agent="Signora", trial=0, outcome="pass")
    )
    with ledger.staged(new_trials=trials):
        ledger.typed("INSERT INTO golden_trials BY NAME SELECT * FROM new_trials")


def write_tickets(workspace: Workspace) -> None:
    """Twelve tickets in the period and eight in the one before, six of them in one line; two lines that say nothing."""
    folder = workspace.root / "tickets"
    folder.mkdir()
    lines = [f"{(END - timedelta(days=i)).date()},Ada,1" for i in range(1, 13)]
    lines += [f"{(END - timedelta(days=i)).date()},Rita,{n}" for i, n in ((30, 6), (40, 2), (90, 50))]
    (folder / "desk.csv").write_text("\n".join(["Date,Agent,Count", *lines, "yesterday,Ada,1", "2026-11-02,Ada,"]))
    (workspace.root / "golden-sets").mkdir(exist_ok=True)
    (workspace.root / "golden-sets" / "injected.yaml").write_text(
        "name: Injected\ntasks:\n  - {id: inj-1, tags: [injection]}\n  - {id: desk-1, tags: [synthetic-front-desk]}\n"
    )
