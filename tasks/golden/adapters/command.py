"""An agent that is a program: `claude -p`, Codex, any script. One process a turn, in the sandbox."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import msgspec

from storage.settings import Runner
from tasks.common.sandbox import Outcome, Surroundings, run
from tasks.common.snapshot import Snapshot, joined, snapshot_of
from tasks.golden.adapters.call_python import NO_FUNCTION
from tasks.golden.adapters.protocol import BenchError, Captured, Job, Performance, text_of

ROOT: Final = Path(__file__).parents[3]
ROOMS: Final = ("tasks", "storage", "prompts")
"""What a program of this project needs to see of it."""
PROMPT_FILE: Final = "../home/prompt.txt"
TRANSCRIPT: Final = "home/transcript.jsonl"
MAX_TRANSCRIPTS: Final = 20
MAX_COMPLAINT: Final = 200
CALLER: Final = "tasks.golden.adapters.call_python"


class CommandAdapter:
    """Runs `runner.command`, its answer is what it prints; follow-up turns run it again where the last one ended."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def attempt(self, job: Job) -> Performance:
        """All turns; a turn that a limit ended is the last. The time limit is for all of them together."""
        left, answers, spent = joined(job.config, job.start), list[str](), 0
        for turn, prompt in enumerate(job.prompts):
            outcome = self._turn(job, joined(left, *self._prompt_file(prompt)), prompt, turn, spent)
            spent += outcome.wall_ms
            answers.append(text_of(outcome.stdout))
            left = joined(job.config, outcome.left, snapshot_of({}))
            if outcome.ended_by:
                break
        transcripts = captured(outcome.left, self._runner)
        complaint = text_of(outcome.stderr)[-MAX_COMPLAINT:].strip() if outcome.exit_code else ""
        return Performance(
            answers, outcome.left, spent, outcome.exit_code, outcome.ended_by, transcripts, complaint=complaint
        )

    def _turn(self, job: Job, start: Snapshot, prompt: str, turn: int, spent_ms: int) -> Outcome:
        command = self._runner.command + (self._runner.again if turn else [])
        filled = [_filled(part, job, prompt) for part in command]
        if self._runner.prompt == "argument" and not any("{prompt}" in part for part in command):
            filled.append(prompt)
        bounds = replace(job.bounds, wall_seconds=max(0.1, job.bounds.wall_seconds - spent_ms / 1000))
        if turn:
            bounds = replace(bounds, disk_bytes=2 * bounds.disk_bytes)  # what a full disk held has to fit again
        outcome = run(
            filled, start=start, stdin=prompt.encode() if self._runner.prompt == "stdin" else b"",
            surroundings=surroundings_for(command, job.surroundings), bounds=bounds,
            destructive=job.task.destructive, isolation=job.isolation, slot=job.slot,
        )  # fmt: skip
        if outcome.exit_code == NO_FUNCTION and CALLER in command:
            raise BenchError("the function cannot be found", got=text_of(outcome.stderr)[-300:])
        return outcome

    def _prompt_file(self, prompt: str) -> list[Snapshot]:
        if self._runner.prompt != "file":
            return []
        return [snapshot_of({"prompt.txt": prompt.encode()}, under="home")]


def _filled(part: str, job: Job, prompt: str) -> str:
    """An argument with its `{names}` filled in, once: text of the task is never searched for names."""
    values = {
        "prompt": prompt, "prompt_file": PROMPT_FILE, "config": "../config", "transcript": f"../{TRANSCRIPT}",
        "seed": str(job.seed), "now": job.now.isoformat(), "python": sys.executable,
    }  # fmt: skip
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), part)


def surroundings_for(command: list[str], given: Surroundings) -> Surroundings:
    """What a command that uses `{python}` sees beside: AgentRE's Python and its packages, read-only."""
    if not any("{python}" in part for part in command):
        return given
    path = ":".join(filter(None, [str(ROOT), given.environment.get("PYTHONPATH")]))
    environment = {**given.environment, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    own = (Path(sys.base_prefix), Path(sys.prefix), *(ROOT / room for room in ROOMS))
    return replace(given, environment=environment, read_only=(*given.read_only, *dict.fromkeys(own)))


def captured(left: Snapshot, runner: Runner) -> list[Captured]:
    """The transcripts among what an agent left: what it wrote to `{transcript}`, and what the runner's glob names."""
    pattern = runner.transcript
    found = [
        Captured(name, data, runner.format)
        for name, data in sorted(left.files().items())
        if name == TRANSCRIPT
        or (pattern and (fnmatchcase(name, pattern) or fnmatchcase(name.partition("/")[2], pattern)))
    ]
    return found[:MAX_TRANSCRIPTS]


def callable_runner(runner: Runner) -> Runner:
    """The runner of a Python callable as that of the command which calls it."""
    command = ["{python}", "-m", CALLER, runner.python or ""]
    return msgspec.structs.replace(runner, command=command, python=None, prompt="stdin")
