"""The sample fleet: twelve weeks of four invented agents, written as the files that users have.

Nothing here is real and everything says so: `synthetic: true` in the settings, `/synthetic` folders and the
version in the sessions, `synthetic` in the notes of the scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from storage.errors import UsageError
from storage.workspace import SETTINGS_FILE, STATE_FOLDER
from tasks.sample.cast import CAST, SIGNORA, Character, Plant
from tasks.sample.homes import config_files
from tasks.sample.jobs import Job, Week, calendar, jobs_of
from tasks.sample.scoring import Key, scored_week
from tasks.sample.sessions import Files, session_of
from tasks.sample.simulations import result_file
from tasks.sample.truth import Planted, RunTruth, WeekScore

TIME_ZONE: Final = "Europe/Berlin"
SETS: Final = Path(__file__).with_name("sets")
"""Golden sets of the agents that can be run: tasks that fail as their history does, and some that do not."""
RUNNER: Final = (
    '{command: ["{python}", -m, tasks.sample.agent, --config, "{config}", --transcript, "{transcript}", '
    '--seed, "{seed}", --now, "{now}"], format: claude-code}'
)
"""The scripted agent, which Ada and Opal are in golden runs."""
MIN_WEEKS: Final = 3
MIN_RUNS: Final = 6
SETTINGS: Final = """\
# A synthetic fleet: made by the sample generator, no such agents exist.
version: 1
synthetic: true
time_zone: {zone}
slo: {{on_exhaustion: report}}   # the demo shows changes being approved; the default is to freeze
proposals: {{tasks_per_agent_per_week: 0}}   # and two proposals; by default recurring tasks are drafted about too
agents:
  - name: "Ada"
    type: engineer
    runner: {runner}
    slis:
      - {{metric: success_rate, target: "> 85% of tasks score 4+"}}
      - {{metric: autonomy, target: "> 70% of tasks score 4+"}}
  - name: "Opal"
    type: ops
    runner: {runner}
    slis:
      - {{metric: success_rate, target: "> 85% of tasks score 4+"}}
      - {{metric: autonomy, target: "> 70% of tasks score 4+"}}
  - name: "Rita"
    type: research
    slis:
      - {{metric: success_rate, target: "> 60% of tasks score 4+"}}
  - name: "Signora"
    type: orchestrator
    slis:
      - {{metric: routing_accuracy, target: "> 90% tasks routed to correct agent"}}
      - {{metric: efficiency, target: "Average API cost < $1 per task"}}
sources:
  - {{path: logs/ada, agent: Ada}}
  - {{path: logs/opal, agent: Opal}}
  - {{path: logs/rita, agent: Rita}}
  - {{path: logs/signora, agent: Signora}}
  - {{path: scores}}
"""


@dataclass(frozen=True)
class Fleet:
    """What was written, and the truth about it that a ledger must reproduce."""

    root: Path
    until: datetime
    weeks: tuple[str, ...]  # labels, oldest first; the last is the running week
    runs: tuple[RunTruth, ...]
    planted: tuple[Planted, ...]
    scores: dict[Key, WeekScore]
    config_files: dict[str, bytes]  # by path within the config repository, which the caller makes


Work = list[tuple[Job, list[RunTruth]]]
"""Jobs with the counts of their runs; the first is the job's own, the others are its subagents."""


def write_fleet(root: Path, *, until: datetime, weeks: int = 12, runs_per_week: int = 10, seed: int) -> Fleet:
    """Writes settings, logs and scores into the new or empty folder `root`; a `.agentre` in it is left alone.

    The history has `weeks` closed ISO weeks, and of the running week what had ended by `until`. Each agent does
    `runs_per_week` tasks a week. The same arguments give the same bytes; a job's randomness depends on seed,
    agent, week and number alone.
    Raises UsageError for a folder that is not empty, a naive `until`, fewer than 3 weeks or 6 runs a week
    (the planted failures would not fit).
    """
    _check(root, until, weeks, runs_per_week)
    zone = ZoneInfo(TIME_ZONE)
    settings = SETTINGS.format(zone=TIME_ZONE, runner=RUNNER).encode()
    sets = {f"golden-sets/{path.name}": path.read_bytes() for path in sorted(SETS.glob("*.yaml"))}
    _write(root, {SETTINGS_FILE: settings} | sets)
    history = calendar(until, weeks, zone)
    work: Work = []
    scores: dict[Key, WeekScore] = {}
    for week in history:
        done: Work = []
        for character in CAST:
            jobs = list(jobs_of(character, week, runs=runs_per_week, weeks=weeks, seed=seed, zone=zone))
            files, worked = _worked(character, week, jobs, until)
            _write(root, files)
            done += worked
        table, totals = scored_week(week, [job for job, _ in done], weeks, seed)
        _write(root, {f"scores/{week.label}.md": table.encode()} if totals else {})
        scores |= totals
        work += done
    return Fleet(
        root=root,
        until=until,
        weeks=tuple(week.label for week in history),
        runs=tuple(truth for _, truths in work for truth in truths),
        planted=_planted(work),
        scores=scores,
        config_files=config_files(until.astimezone(zone).date()),
    )


def _worked(character: Character, week: Week, jobs: list[Job], until: datetime) -> tuple[Files, Work]:
    """Files and counts of an agent's week, without what had not ended by `until`."""
    if character is SIGNORA:
        path = f"logs/signora/{week.label}.json"
        data, done = result_file(path, jobs, until)
        return ({path: data} if done else {}), [(job, [truth]) for job, truth in done]
    files: Files = {}
    work: Work = []
    for job in jobs:
        written, truths = session_of(job)
        if truths[0].ended_at <= until:
            files |= written
            work.append((job, truths))
    return files, work


def _planted(work: Work) -> tuple[Planted, ...]:
    held: dict[tuple[str, str], tuple[Plant, list[RunTruth]]] = {}
    for job, truths in sorted(work, key=lambda entry: entry[1][0].started_at):
        if job.plant:
            held.setdefault((job.character.name, job.plant.key), (job.plant, []))[1].append(truths[0])
    return tuple(
        Planted(
            key=key,
            agent=agent,
            tool=plant.uses[0].tool,
            marker=plant.marker,
            errors=sum(truth.tool_errors for truth in truths),
            runs=[truth.native_id for truth in truths],
        )
        for (agent, key), (plant, truths) in sorted(held.items())
    )


def _check(root: Path, until: datetime, weeks: int, runs_per_week: int) -> None:
    if root.exists() and any(path.name != STATE_FOLDER for path in root.iterdir()):
        raise UsageError("the sample fleet needs a new or empty folder", where=str(root))
    if until.tzinfo is None or weeks < MIN_WEEKS or runs_per_week < MIN_RUNS:
        raise UsageError(
            "this history cannot be made",
            got=f"until {until.isoformat()}, {weeks} weeks, {runs_per_week} runs a week",
            accepted=f"a time with its zone, at least {MIN_WEEKS} weeks and {MIN_RUNS} runs a week",
        )


def _write(root: Path, files: Files) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
