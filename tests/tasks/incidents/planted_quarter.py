"""A fleet of eight agents for a quarter, with a planted incident of every kind, lived through night by night.

Each agent has 20 runs a day: healthy, 3 % fail, 1 % break off, and cost varies by a factor of about two. Every night
the real functions look at the real ledger: SLOs, then incidents; findings are put as the detectors would. `live` says
what was planted and what came, `faults` what of it is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from storage.config_repo import ConfigRepo
from storage.ledger import Ledger, open_ledger
from storage.records import Event, Finding, Record, stable_id
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.golden.results import GoldenRun
from tasks.incidents.book import event, known
from tasks.incidents.handling import acknowledge, close
from tasks.incidents.incident import Incident
from tasks.incidents.response import respond_to_signals
from tasks.slo.run import evaluate_slos

START = datetime(2026, 1, 5, 2, tzinfo=UTC)
A_DAY = 20
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AGENTS = ("Ada", "Bo", "Kim", "Lin", "Max", "Opal", "Rita", "Vera")
WITH_SLO = ("Ada", "Bo", "Vera")
SCOPE = "looked at, the scope was narrowed"
SETTINGS = (
    "time_zone: UTC\napprovers: [sam]\nbudgets: {agents: {Opal: 9}}\n"
    "incidents: {on_call: {Rita: kim}, owner: sam}\nagents:\n"
    + "".join(
        f"  - {{name: {name}, slis: [{{metric: success_rate, target: '> 93%'}}]}}\n" if name in WITH_SLO
        else f"  - {{name: {name}}}\n"
        for name in AGENTS
    )
)  # fmt: skip
Due = tuple[datetime, Callable[[datetime], None]]
"""When something happens, and what."""


class QuarterRun(Record, frozen=True, kw_only=True):
    """A row of `runs`."""

    run_id: str
    agent: str
    outcome: str
    ended_by: str | None
    task_id: str | None
    task_type: str
    started_at: datetime
    cost_usd: str
    config_commit: str | None
    cost_source: str = "reported"
    source_format: str = "test"
    source_file: str = "quarter"
    model_calls: int = 1
    tool_calls: int = 0
    tool_errors: int = 0
    human_turns: int = 1


class QuarterCall(Record, frozen=True, kw_only=True):
    """A row of `model_calls`."""

    call_id: str
    run_id: str
    started_at: datetime
    cost_usd: str
    seq: int = 0
    cost_source: str = "reported"
    is_aggregate: bool = False


class QuarterTrial(Record, frozen=True, kw_only=True):
    """A row of `golden_trials`."""

    golden_run: str
    golden_set: str
    set_digest: str
    task_id: str | None
    agent: str
    config_commit: str | None
    trial: int
    position: int
    outcome: str
    started_at: datetime
    seed: int = 0
    reason: str = ""
    checks: str = "[]"
    human_turns: int = 0


Day = tuple[list[QuarterRun], list[QuarterCall], list[Finding]]
"""Runs, calls and findings of a day."""


@dataclass(frozen=True)
class Planted:
    """What was planted. `closes`: the beginning of the reason that has to close it; None: only a person does."""

    name: str
    kind: str
    agents: tuple[str, ...]
    begins: datetime
    ends: datetime
    closes: str | None


@dataclass
class Quarter:
    """What was planted, and the incidents that there were at the end."""

    planted: list[Planted] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    acknowledged: dict[str, datetime] = field(default_factory=dict)
    configs: dict[str, str] = field(default_factory=dict)
    nights: int = 0


def plan(rng: random.Random, weeks: int, warm: int) -> list[Planted]:
    """One of every kind, each at its own time within the weeks; `warm` days of health come before all of them."""

    def at(last_week: int) -> datetime:
        week = rng.randrange(0, max(1, min(last_week, weeks - 2)))
        return START + timedelta(days=warm + 7 * week + rng.randrange(7), hours=rng.randrange(24))

    begins = {name: at(weeks - 7 if name in ("budget", "both") else weeks - 2) for name in
              ("budget", "both", "burst", "cost", "limit", "policy", "watch", "platform", "bench")}  # fmt: skip
    return [
        Planted("budget", "budget", ("Ada",), begins["budget"], begins["budget"] + 6 * DAY, "SLO"),
        Planted("both", "behaviour", ("Bo",), begins["both"], begins["both"] + 4 * DAY, "golden test"),
        Planted("burst", "behaviour", ("Rita",), begins["burst"], begins["burst"] + 4 * DAY, "golden test"),
        Planted("cost", "cost", ("Max",), begins["cost"], begins["cost"] + 5 * DAY, "cost what"),
        Planted("limit", "cost", ("Opal",), begins["limit"], begins["limit"] + DAY, "no day over"),
        Planted("policy", "policy", ("Vera",), begins["policy"], begins["policy"], None),
        Planted("watch", "behaviour", ("Lin",), begins["watch"], begins["watch"] + 9 * DAY, "golden test"),
        Planted(
            "platform", "bench", ("Kim", "Lin"), begins["platform"], begins["platform"] + DAY, "the platform broke"
        ),
        Planted("bench", "bench", ("Kim",), begins["bench"], begins["bench"] + 2 * DAY, "golden set"),
    ]


def live(root: Path, seed: int, weeks: int = 13, warm: int = 35, more: str = "") -> Quarter:
    """The quarter: `warm` days of healthy history, then so many weeks; `more` settings. The ledger stays in `root`."""
    rng = random.Random(seed)
    root.mkdir(parents=True)
    (root / SETTINGS_FILE).write_text(SETTINGS + more)
    workspace, found = Workspace(root), Quarter()
    found.planted = plan(rng, weeks, warm)
    homes = {f"{name.lower()}/SOUL.md": f"# {name}\n".encode() for name in AGENTS}
    repo = ConfigRepo.create(workspace.configs, homes, START - DAY)
    found.configs = dict.fromkeys(AGENTS, repo.head())
    with open_ledger(workspace.ledger, purpose="quarter", wait_seconds=5) as ledger:
        ledger._connection.execute("SET threads = 1")  # days of so few runs are one thread's work
        due = _events(found, ledger, repo)
        healthy = (_day(rng, found.planted, START + number * DAY, found.configs) for number in range(-1, warm - 2))
        _put(ledger, *healthy)
        for number in range(warm - 1, warm + 7 * weeks + 1):
            night = START + number * DAY
            for at, act in sorted(due, key=lambda pair: pair[0]):
                if night - DAY < at <= night:
                    act(at)
            _put(ledger, _day(rng, found.planted, night - DAY, found.configs))
            evaluate_slos(workspace, ledger, night)
            respond_to_signals(workspace, ledger, night)
            _people(workspace, ledger, found, night)
            found.nights += 1
        found.incidents = known(ledger, START - DAY)
    return found


def _people(workspace: Workspace, ledger: Ledger, found: Quarter, night: datetime) -> None:
    """Somebody acknowledges every incident six hours after the night; violations are closed after three days."""
    for each in known(ledger, night):
        if each.state == "open":
            at = night + 6 * HOUR
            found.acknowledged[each.incident_id] = at
            acknowledge(ledger, each.incident_id, each.owner or "sam", at)
        if each.is_open and each.kind == "policy" and night - each.detected_at >= 3 * DAY:
            close(workspace, ledger, each.incident_id, "sam", SCOPE, night + 7 * HOUR)


def _put(ledger: Ledger, *days: Day) -> None:
    """Stores days in one statement for each table."""
    for table, key, place in (("runs", "run_id", 0), ("model_calls", "call_id", 1), ("findings", "finding_id", 2)):
        ledger.add(table, [row for day in days for row in day[place]], key)


def _day(rng: random.Random, planted: list[Planted], day: datetime, configs: dict[str, str]) -> Day:
    """The runs of all agents on a day, their calls, and what was found in them."""
    runs, calls, findings = [], [], []
    for agent in AGENTS:
        own = {each.name: each for each in planted if agent in each.agents}
        busy = "limit" in own and own["limit"].begins.date() == day.date()
        for n in range(A_DAY * (4 if busy else 1)):
            at = day + rng.random() * DAY
            now = {name for name, each in own.items() if each.begins <= at < each.ends}
            outcome, ended_by = _ended(rng, now)
            cost = 0.15 * rng.lognormvariate(0, 0.5) * (4 if "cost" in now else 1)
            run_id = stable_id(agent, day, n)
            runs.append(
                QuarterRun(
                    run_id=run_id, agent=agent, outcome=outcome, ended_by=ended_by, task_id=f"t{n}", started_at=at,
                    task_type=("code", "mail")[n % 2], config_commit=configs[agent], cost_usd=f"{cost:.6f}",
                )
            )  # fmt: skip
            calls.append(QuarterCall(call_id=run_id, run_id=run_id, started_at=at, cost_usd=f"{cost:.6f}"))
            if outcome == "failure":
                findings.append(_finding(run_id, agent, f"t{n}", ended_by, at))
    return runs, calls, findings


def _finding(run_id: str, agent: str, task: str, ended_by: str | None, at: datetime) -> Finding:
    """What the detectors say of a failed run: broken off is a hard failure, one kind; else a wrong output of a task."""
    name, severity = ("hard failure", "P1") if ended_by else ("wrong output", "P2")
    return Finding(
        finding_id=stable_id(run_id), run_id=run_id, agent=agent, failure_class=name, severity=severity,
        detector="test", fingerprint=stable_id(agent, name, ended_by or task), found_at=at,
        evidence={"text": ended_by or "", "count": 1},
    )  # fmt: skip


def _ended(rng: random.Random, now: set[str]) -> tuple[str, str | None]:
    """How a run ends: broken by the platform, broken off, failed or well."""
    if "platform" in now:
        return "infrastructure_error", "HTTP 503"
    broken_off = 0.5 if now & {"burst", "both"} else 0.01
    failing = 0.35 if "budget" in now else 0.03
    draw = rng.random()
    if draw < broken_off:
        return "failure", "timeout"
    return ("failure", None) if draw < broken_off + failing else ("success", None)


def _events(found: Quarter, ledger: Ledger, repo: ConfigRepo) -> list[Due]:
    """What happens besides runs: violations, golden runs, fixes, a confirmed watch."""
    due: list[Due] = []
    by_name = {each.name: each for each in found.planted}

    def violate(at: datetime) -> None:
        ledger.add("events", [Event(event_id=f"v{at}", kind="policy_violation", at=at, agent="Vera", subject="mail")],
                   "event_id")  # fmt: skip

    def confirm(at: datetime) -> None:
        week = f"{at.isocalendar().year}-W{at.isocalendar().week:02d}"
        payload: dict[str, object] = {"dimension": "success", "size": 0.6, "since": week, "causes": []}
        told = Event(event_id=f"w{at}", kind="investigation_opened", at=at, agent="Lin", subject="w", payload=payload)
        ledger.add("events", [told], "event_id")

    def down(at: datetime) -> None:
        golden(ledger, "Kim", "core", repo.head(), at, ["bench_error"] * 3)

    def up(at: datetime) -> None:
        golden(ledger, "Kim", "core", repo.head(), at, ["pass"] * 3)

    due.append((by_name["policy"].begins, violate))
    due += [(by_name["bench"].begins, down), (by_name["bench"].ends, up)]
    due.append((by_name["watch"].begins + 7 * DAY, confirm))
    for name in ("burst", "both", "watch"):
        due += _fix(found, by_name[name], ledger, repo)
    return due


def _fix(found: Quarter, planted: Planted, ledger: Ledger, repo: ConfigRepo) -> list[Due]:
    """The bad change when it begins; its golden test, failed; the fix when it ends; and the test again, passed."""
    agent = planted.agents[0]

    def write(line: str, at: datetime) -> None:
        found.configs[agent] = repo.commit({f"{agent.lower()}/SOUL.md": f"# {agent}\n{line}\n".encode()}, line, at)

    def break_it(at: datetime) -> None:
        write("hurry", at)

    def test(at: datetime) -> None:
        each = next((one for one in known(ledger, at) if one.is_open and one.agent == agent), None)
        if each is not None:
            done = event("incident_action", each, at, "capture", step="capture", tasks=[f"prod-{agent}"], by="sam")
            ledger.add("events", [done], "event_id")
        golden(ledger, agent, "drafts", repo.head(), at, ["fail"] * 3, f"prod-{agent}")

    def mend(at: datetime) -> None:
        write("look before you answer", at)

    def again(at: datetime) -> None:
        golden(ledger, agent, "drafts", repo.head(), at, ["pass"] * 3, f"prod-{agent}")

    # a cause is found within a night or two: the test of it follows, and the fix comes when the planted time ends
    return [
        (planted.begins, break_it), (planted.ends - HOUR, test), (planted.ends, mend), (planted.ends + HOUR, again)
    ]  # fmt: skip


def golden(
    ledger: Ledger, agent: str, name: str, commit: str, at: datetime, outcomes: list[str], task: str = "t"
) -> None:  # fmt: skip
    """A golden run of one task that ended."""
    run = GoldenRun(
        golden_run=stable_id(agent, name, at), golden_set=name, set_version=1, set_digest=f"digest {name}",
        agent=agent, config_commit=commit, config_digest=commit, trials=len(outcomes), planned=len(outcomes),
        concurrency=1, seed=0, isolation="none", state="finished", started_at=at, ended_at=at,
    )  # fmt: skip
    trials = [
        QuarterTrial(
            golden_run=run.golden_run, golden_set=name, set_digest=run.set_digest, task_id=task, agent=agent,
            config_commit=commit, trial=i, position=i, outcome=outcome, started_at=at,
        )
        for i, outcome in enumerate(outcomes)
    ]  # fmt: skip
    ledger.add("golden_runs", [run], "golden_run")
    ledger.keep("quarter_trials", QuarterTrial, trials)
    ledger.typed("INSERT INTO golden_trials BY NAME SELECT * FROM quarter_trials")


TOLERATED = {"watch": 7 * DAY, "limit": 1 * DAY}
"""How far a beginning may be off, which is told by a week or by the call that passed a limit; others: 36 hours."""


def match(found: Quarter) -> dict[str, list[Incident]]:
    """The incidents of each planted cause: of its agent, with a signal of its kind, opened while it could be seen."""
    return {
        each.name: [
            one for one in found.incidents
            if one.agent in each.agents and any(told.kind == each.kind for told in one.opening)
            and each.begins <= one.detected_at <= each.ends + 8 * DAY
        ]
        for each in found.planted
    }  # fmt: skip


def invented(found: Quarter) -> list[Incident]:
    """Incidents of nothing that was planted."""
    known = {one.incident_id for group in match(found).values() for one in group}
    return [one for one in found.incidents if one.incident_id not in known]


def faults(found: Quarter) -> list[str]:
    """What is wrong with the incidents of what was planted: none, two of one cause, times or the closing rule."""
    wrong = []
    for each in found.planted:
        group = match(found)[each.name]
        if len(group) != 1:
            wrong.append(f"{each.name}: {len(group)} incidents")
        wrong += [f"{each.name}: {fault}" for one in group for fault in _faults(found, each, one)]
    return wrong


def _faults(found: Quarter, each: Planted, one: Incident) -> list[str]:
    wrong = []
    if one.started_at is None or abs(one.started_at - each.begins) > TOLERATED.get(each.name, 36 * HOUR):
        wrong.append(f"began {one.started_at}, planted {each.begins}")
    if one.started_at is None or one.time_to_detect != one.detected_at - one.started_at:
        wrong.append("the time to detect is not from its beginning to its opening")
    if one.acknowledged_at != found.acknowledged.get(one.incident_id):
        wrong.append("acknowledged at another time")
    if not one.is_open:
        wrong += _closed_wrongly(each, one)
    elif each.closes is None or each.ends < START + found.nights * DAY - 40 * DAY:
        wrong.append("still open")
    return wrong


def _closed_wrongly(each: Planted, one: Incident) -> list[str]:
    """By another rule, by nobody's word, or before it was over."""
    if each.closes is None:
        return [] if one.closed_by == "sam" and one.reason == SCOPE else [f"closed by {one.closed_by}: {one.reason}"]
    wait = 3 * DAY if each.kind in ("cost", "budget") else timedelta(0)
    early = one.closed_at is None or one.closed_at < each.ends + wait - (each.name == "limit") * DAY
    wrong = [f"closed {one.closed_at} before it was over"] if early else []
    if one.closed_by != "rule" or each.closes not in (one.reason or ""):
        wrong.append(f"closed by {one.closed_by}: {one.reason}")
    if one.resolved_at is None or one.time_to_resolve != max(one.resolved_at - one.detected_at, timedelta(0)):
        wrong.append("the time to resolve is not from its opening to its end")
    return wrong
