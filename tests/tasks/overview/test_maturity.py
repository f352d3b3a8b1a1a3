"""The stage follows from artefacts alone: each that is added moves it, each that is missing holds it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from overview_rows import END, Trial, event, incident

from storage.handbook import BLANK, FOLDER, pages, write_pages
from storage.ledger import Ledger
from storage.records import Finding, Measurement, Proposal, Record, Run, Score
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.overview.maturity import Maturity, maturity

DAY = timedelta(days=1)


class StoredRun(Run, frozen=True, kw_only=True):
    """A row of `runs`."""

    model_calls: int = 3
    tool_calls: int = 2
    tool_errors: int = 0
    human_turns: int = 1
    cost_source: str = "missing"


class Status(Record, frozen=True, kw_only=True):
    """A row of `slo_status`."""

    status_id: str
    evaluated_at: datetime
    slo: str = "ada-success"
    indicator: str = "task_success"
    window_name: str = "28d"
    window_days: float = 28
    window_start: datetime = END
    total: int = 9
    target: float = 0.9
    budget_spent: float = 0.3
    alert: str = "none"
    reason: str = ""
    exhausted: bool = False
    revision: int = 0
    computed_at: datetime = END


def demo_stage(ledger: Ledger) -> None:
    """Runs, and nothing else."""
    rows = [
        StoredRun(run_id=f"r{i}", agent="Ada", source_format="t", source_file="f", started_at=END - i * DAY)
        for i in range(12)
    ]
    ledger.add("runs", rows, "run_id")


def beta_stage(ledger: Ledger) -> None:
    """Failures with their class, and a set of ten golden tasks with verdicts."""
    found = Finding(
        finding_id="f", run_id="r1", agent="Ada", failure_class="wrong output", severity="P2", detector="d",
        fingerprint="p", evidence={}, found_at=END - DAY,
    )  # fmt: skip
    ledger.add("findings", [found], "finding_id")
    trials = [
        Trial(golden_run="g", golden_set="own", task_id=f"t{i}", agent="Ada", trial=0, outcome="pass")
        for i in range(10)
    ]
    with ledger.staged(new_trials=trials):
        ledger.typed("INSERT INTO golden_trials BY NAME SELECT * FROM new_trials")


def slos(_workspace: Workspace, ledger: Ledger) -> None:
    """Budgets evaluated on two days."""
    rows = [Status(status_id=str(i), evaluated_at=END - i * DAY) for i in (1, 2)]
    ledger.add("slo_status", rows, "status_id")


def gates(_workspace: Workspace, ledger: Ledger) -> None:
    """A gate that was run."""
    made = Measurement(
        measurement_id="m", kind="gate", agent="Ada", dimension="pass_rate", before_mean=1, before_n=9, after_mean=1,
        after_n=9, delta=0, ci_low=-0.1, ci_high=0.1, mde=0.1, verdict="equivalent", seed_label=None,
        made_at=END - DAY,
    )  # fmt: skip
    ledger.add("measurements", [made], "measurement_id")


def scores(_workspace: Workspace, ledger: Ledger) -> None:
    """Ten sampled runs that a person scored."""
    rows = [
        Score(
            score_id=f"s{i}", agent="Ada", day=(END - i * DAY).date(), dimension="success", score=4,
            scorer_kind="human", run_id=f"r{i}",
        )
        for i in range(10)
    ]  # fmt: skip
    ledger.add("scores", rows, "score_id")


def with_tested_incident(_workspace: Workspace, ledger: Ledger) -> None:
    """A closed incident whose failing run became a golden task."""
    told = incident("i1", "P2", END - 3 * DAY, resolved=END - DAY)
    told.append(event("incident_action", END - 2 * DAY, "i1", step="capture", tasks=["t1"]))
    ledger.add("events", told, "event_id")


def readiness(workspace: Workspace, _ledger: Ledger) -> None:
    """Every fallback ticked."""
    path = workspace.root / FOLDER / "readiness.md"
    path.write_text(path.read_text().replace("- [ ]", "- [x]"))


def on_call(workspace: Workspace, _ledger: Ledger) -> None:
    """The on-call page filled in, and a policy for P1."""
    path = workspace.root / FOLDER / "on-call.md"
    path.write_text(path.read_text().replace(BLANK, "sam"))
    settings = workspace.root / SETTINGS_FILE
    settings.write_text(
        settings.read_text() + "escalation:\n  routes: {team: {webhook: TEAM_HOOK}}\n"
        "  policies: [{severity: [P1, P2], steps: [{to: [team]}]}]\n"
    )


def runbooks(workspace: Workspace, _ledger: Ledger) -> None:
    """Charter and runbooks filled in."""
    for path in [workspace.root / FOLDER / "charter.md", *(workspace.root / FOLDER / "runbooks").glob("*.md")]:
        path.write_text(path.read_text().replace(BLANK, "said"))


def rollback(_workspace: Workspace, ledger: Ledger, drafter: str = "rules") -> None:
    """A rollback that the pipeline proposed."""
    made = Proposal(
        proposal_id="p", agent="Ada", kind="rollback", state="waiting", title="t", document="", manifest="{}",
        digest="d", base_commit="b", drafter=drafter, fingerprint=None, created_at=END - DAY, expires_at=END,
    )  # fmt: skip
    ledger.add("proposals", [made], "proposal_id")


def reviews(workspace: Workspace, _ledger: Ledger) -> None:
    """Four weekly reviews."""
    workspace.reports.mkdir(parents=True, exist_ok=True)
    for week in (44, 45, 46, 47):
        (workspace.reports / f"2026-W{week}.html").write_text("")


def shadow(workspace: Workspace, _ledger: Ledger) -> None:
    """Where shadow tests can be seen."""
    path = workspace.root / FOLDER / "readiness.md"
    path.write_text(path.read_text().replace(BLANK, "dashboards/shadow, every release"))


THIRD = {
    "SLIs and SLOs": slos, "Error budgets tracked": slos, "Offline evaluations in CI": gates,
    "Online evaluations on sampled traffic": scores, "Postmortems that end in test cases": with_tested_incident,
    "Fallback layers": readiness, "On-call": on_call, "Charter and runbooks": runbooks,
}  # fmt: skip
FOURTH = {
    "Automated rollback on regression": rollback, "Regular reliability reviews": reviews, "Shadow tests": shadow,
}  # fmt: skip


def now_at(workspace: Workspace, ledger: Ledger) -> Maturity:
    """The stage, with `agentre.yaml` read anew."""
    return maturity(Workspace(workspace.root), ledger, END)


def test_artefacts_move_the_stage_one_by_one(workspace: Workspace, ledger: Ledger) -> None:
    """0 before the first run, 1 with runs, 2 with a curated set; then each artefact of the third stage is missing by
    its name until it is there, and the last one moves the stage; the same for the fourth."""
    write_pages(workspace.root)
    assert now_at(workspace, ledger).stage == 0
    demo_stage(ledger)
    assert now_at(workspace, ledger).name == "demo"
    beta_stage(ledger)
    found = now_at(workspace, ledger)
    assert (found.stage, found.name) == (2, "beta")
    for stage, artefacts in ((2, THIRD), (3, FOURTH)):
        assert {each.name for each in found.missing} == set(artefacts)
        assert all(each.next for each in found.missing)
        for name, add in artefacts.items():
            assert found.stage == stage
            if name in {each.name for each in found.missing}:
                add(workspace, ledger)
                found = now_at(workspace, ledger)
                assert name not in {each.name for each in found.missing} or found.stage > stage
    assert (found.stage, found.missing) == (4, [])


@pytest.mark.parametrize("gone", ["scores", "golden_trials", "runs"])
def test_a_stage_falls_with_what_it_stands_on(workspace: Workspace, ledger: Ledger, gone: str) -> None:
    """All of the fourth stage does not hold the third without scored traffic, the second without a golden set, or
    anything without runs."""
    write_pages(workspace.root)
    demo_stage(ledger)
    beta_stage(ledger)
    for add in dict.fromkeys([*THIRD.values(), *FOURTH.values()]):
        add(workspace, ledger)
    assert now_at(workspace, ledger).stage == 4
    ledger.typed(f"DELETE FROM {gone}")
    assert now_at(workspace, ledger).stage == {"scores": 2, "golden_trials": 1, "runs": 0}[gone]


def test_what_was_not_kept_up_does_not_count(workspace: Workspace, ledger: Ledger) -> None:
    """A gate and SLOs of two months ago are no artefacts of today."""
    demo_stage(ledger)
    beta_stage(ledger)
    for add in dict.fromkeys(THIRD.values()):
        if add not in (readiness, on_call, runbooks):
            add(workspace, ledger)
    later = maturity(workspace, ledger, END + 60 * DAY)
    held = {each.name: each.met for each in later.criteria}
    assert not held["Offline evaluations in CI"]
    assert not held["SLIs and SLOs"]
    assert later.stage == 2


def test_a_rollback_by_hand_is_no_automation(workspace: Workspace, ledger: Ledger) -> None:
    """What a person proposed to take back says nothing of the pipeline."""
    rollback(workspace, ledger, "person:sam")
    (found,) = (one for one in now_at(workspace, ledger).criteria if one.name == "Automated rollback on regression")
    assert (found.met, found.artefact) == (False, "0 rollbacks proposed by the pipeline")


def test_scaffolded_pages_are_no_artefacts(workspace: Workspace) -> None:
    """Pages as they are written say how many places nobody filled in; a page is never written over."""
    written = write_pages(workspace.root)
    assert len(written) == 7
    assert not any(each.done for each in pages(workspace.root))
    (workspace.root / FOLDER / "charter.md").write_text("ours")
    assert write_pages(workspace.root) == []
    assert [each.path for each in pages(workspace.root) if each.done] == ["handbook/charter.md"]
    (workspace.root / FOLDER / "charter.md").write_bytes(b"\xff\xfe\x00")
    assert not pages(workspace.root)[0].exists
