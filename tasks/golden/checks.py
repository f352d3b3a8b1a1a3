"""What the checks of a task say of an attempt. Pure: everything they look at was copied out of the sandbox before."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from storage.records import nano_usd, usd
from storage.text import printable
from storage.yaml_files import read_yaml
from tasks.golden.check_specs import (
    Answer,
    CheckSpec,
    Command,
    CostLimit,
    Declines,
    ExitCode,
    FileAbsent,
    FileContains,
    FileEquals,
    JsonValue,
    OnlyChanged,
    StepLimit,
    Todo,
    ToolNotUsed,
    ToolUsed,
)
from tasks.golden.json_check import written, wrong
from tasks.golden.json_path import json_in, parse, value_at
from tasks.golden.searching import TookTooLong, any_found
from tasks.golden.task import Attempt, Check, CheckResult, CommandResult, Verdict

MAX_ANSWER: Final = 100_000
"""Characters at the end of an answer in which JSON and declining phrases are looked for."""
MAX_DETAIL: Final = 300
_BY_PRODUCTS: Final = ("__pycache__/*", "*/__pycache__/*", "*.pyc")
Told = tuple[Verdict, str]


class _Undecided(Exception):
    """The check cannot be decided, which says nothing about the agent."""


def spec_of(check: Check) -> CheckSpec:
    """The check as its typed struct. Raises msgspec.ValidationError for one that no set could hold."""
    spec: CheckSpec = msgspec.convert({"type": check.kind, **check.arguments}, CheckSpec)
    return spec


def command_of(check: Check) -> str | None:
    """The shell command that the bench runs for a check; None for a check that needs none."""
    return str(check.arguments["run"]) if check.kind == "command" else None


def evaluate(check: Check, attempt: Attempt, ran: CommandResult | None = None) -> CheckResult:
    """What a check says of an attempt, with a reason in one line.

    `ran`: what became of the command of `command_of`. A human criterion is `needs_human`; a check whose evidence the
    bench does not have (no transcript, a command that could not start) is a `bench_error`, never a failed attempt.
    """
    if check.kind == "human":
        return CheckResult(
            kind="human", criterion=check.criterion, verdict="needs_human", detail="only a person can say"
        )
    try:
        spec = spec_of(check)
        verdict, detail = _command(spec, ran) if isinstance(spec, Command) else _JUDGES[type(spec)](spec, attempt)
    except _Undecided as why:
        verdict, detail = "bench_error", str(why)
    except TookTooLong as why:  # of the agent's text: were it left out, flooding would be a way not to fail
        verdict, detail = "fail", str(why)
    except msgspec.ValidationError as error:
        verdict, detail = "bench_error", f"the check cannot run: {error}"
    return CheckResult(kind=check.kind, criterion=check.criterion, verdict=verdict, detail=_short(detail))


def _command(spec: Command, ran: CommandResult | None) -> Told:
    if ran is None or ran.error:
        raise _Undecided(f"the bench did not run `{spec.run}`: {ran.error if ran else 'nothing was run'}")
    said = f": {_last_line(ran.output)}" if ran.output.strip() else ""
    if ran.exit_code is None:
        return "fail", f"`{spec.run}` was ended by its limit ({ran.ended_by})"
    if ran.exit_code == 127 != spec.exit_code and "/" not in spec.run.split()[0]:
        raise _Undecided(f"`{spec.run}` is no command of this machine{said}")
    if ran.exit_code != spec.exit_code:
        return "fail", f"`{spec.run}` ended with {ran.exit_code}, not {spec.exit_code}{said}"
    if spec.output is not None and not _found(spec.output, ran.output):
        return "fail", f"`{spec.run}` did not print {spec.output!r}{said}"
    return "pass", f"`{spec.run}` ended with {ran.exit_code}"


def _exit_code(spec: ExitCode, attempt: Attempt) -> Told:
    if attempt.exit_code is None:
        return "fail", f"the agent did not end by itself ({attempt.ended_by or 'it was stopped'})"
    return _told(attempt.exit_code == spec.equals, f"the agent ended with {attempt.exit_code}")


def _file_contains(spec: FileContains, attempt: Attempt) -> Told:
    text, problem = _text(attempt, spec.path)
    if text is None:
        return "fail", problem
    if spec.text is not None and spec.text not in text:
        return "fail", f"{spec.path} does not contain {spec.text!r}"
    if spec.pattern is not None and not _found(spec.pattern, text):
        return "fail", f"nothing in {spec.path} matches {spec.pattern!r}"
    if spec.lacks is not None and _found(spec.lacks, text):
        return "fail", f"{spec.path} contains what it must not: {spec.lacks!r}"
    return "pass", f"{spec.path} reads as asked"


def _file_equals(spec: FileEquals, attempt: Attempt) -> Told:
    text, problem = _text(attempt, spec.path)
    if text is None:
        return "fail", problem
    wanted, got = spec.text.rstrip().splitlines(), text.rstrip().splitlines()
    for number, (want, have) in enumerate(zip(wanted, got, strict=False), 1):
        if want != have:
            return "fail", f"{spec.path}:{number} is {have!r}, not {want!r}"
    return _told(len(wanted) == len(got), f"{spec.path} has {len(got)} lines; {len(wanted)} are right")


def _file_absent(spec: FileAbsent, attempt: Attempt) -> Told:
    there = spec.path in attempt.after or spec.path in attempt.left_out
    return _told(not there, f"{spec.path} is {'still there' if there else 'not there'}")


def _answer(spec: Answer, attempt: Attempt) -> Told:
    if spec.lacks is not None and _found(spec.lacks, "\n".join(attempt.answers)):
        return "fail", f"the agent said what it must not: {spec.lacks!r}"
    if spec.matches is not None and not _found(spec.matches, attempt.answer):
        return "fail", f"nothing in the answer matches {spec.matches!r}: {_last_line(attempt.answer) or 'no answer'}"
    return "pass", "the answer reads as asked"


def _json_value(spec: JsonValue, attempt: Attempt) -> Told:
    source = spec.path or "the answer"
    try:
        if spec.path is None:
            document = json_in(attempt.answer[-MAX_ANSWER:])
        else:
            text, problem = _text(attempt, spec.path)
            if text is None:
                return "fail", problem
            document = parse(text)
        value = value_at(document, spec.at)
        fault = wrong(spec, value)
        got = written(value)
    except (ValueError, LookupError, OverflowError, RecursionError) as error:
        return "fail", f"{source}: {error}"
    return ("fail", f"{source}: {spec.at} is {got}, {fault}") if fault else ("pass", f"{spec.at} is as asked")


def _only_changed(spec: OnlyChanged, attempt: Attempt) -> Told:
    paths = {*attempt.before, *attempt.after, *attempt.left_out}
    changed = sorted(p for p in paths if p in attempt.left_out or attempt.before.get(p) != attempt.after.get(p))
    others = [p for p in changed if not any(fnmatchcase(p, allowed) for allowed in (*spec.paths, *_BY_PRODUCTS))]
    return _told(
        not others, f"changed beside what was asked: {', '.join(others)}" if others else "nothing else changed"
    )


def _tool_used(spec: ToolUsed, attempt: Attempt) -> Told:
    used = any(fnmatchcase(tool, spec.tool) for tool in _tools(attempt))
    return _told(used, f"the tool {spec.tool} was {'used' if used else 'never used'}")


def _tool_not_used(spec: ToolNotUsed, attempt: Attempt) -> Told:
    used = any(fnmatchcase(tool, spec.tool) for tool in _tools(attempt))
    return _told(not used, f"the tool {spec.tool} was {'used' if used else 'not used'}")


def _tools(attempt: Attempt) -> list[str]:
    if attempt.tools is None:
        raise _Undecided("the transcript does not say which tools were used")
    return attempt.tools


def _declines(spec: Declines, attempt: Attempt) -> Told:
    declined = any_found(decline_phrases(), _unquoted(attempt.answer[-MAX_ANSWER:]), re.IGNORECASE)
    return _told(declined, "the answer declines" if declined else "the answer does not say that it cannot be done")


def _cost_limit(spec: CostLimit, attempt: Attempt) -> Told:
    if attempt.cost_nano_usd is None:
        raise _Undecided("the cost was not recorded")
    limit = nano_usd(Decimal(str(spec.usd))) or 0
    return _told(attempt.cost_nano_usd <= limit, f"it cost ${usd(attempt.cost_nano_usd):f}; the limit is ${spec.usd}")


def _step_limit(spec: StepLimit, attempt: Attempt) -> Told:
    if attempt.steps is None:
        raise _Undecided("the calls of the model were not recorded")
    return _told(attempt.steps <= spec.steps, f"it took {attempt.steps} steps; the limit is {spec.steps}")


def _todo(spec: Todo, attempt: Attempt) -> Told:
    return "fail", f"this check is not written yet: {spec.note}"


_JUDGES: Final[dict[type, Callable[[Any, Attempt], Told]]] = {
    ExitCode: _exit_code, FileContains: _file_contains, FileEquals: _file_equals, FileAbsent: _file_absent,
    Answer: _answer, JsonValue: _json_value, OnlyChanged: _only_changed, ToolUsed: _tool_used,
    ToolNotUsed: _tool_not_used, Declines: _declines, CostLimit: _cost_limit, StepLimit: _step_limit, Todo: _todo,
}  # fmt: skip


@cache
def decline_phrases() -> tuple[str, ...]:
    """The phrases that count as declining, from `decline_phrases.yaml`."""
    return tuple(read_yaml(Path(__file__).with_name("decline_phrases.yaml"), dict[str, list[str]])["phrases"])


def _unquoted(text: str) -> str:
    """The text without code and quotations: what the agent cites is not what it says."""
    prose = " ".join(text.split("```")[::2])
    return re.sub(r"`[^`\n]*`|\"[^\"\n]*\"|“[^“”\n]*”|^>.*$", " ", prose, flags=re.MULTILINE)


def _text(attempt: Attempt, path: str) -> tuple[str | None, str]:
    """A file's text, or None and why there is none."""
    if path in attempt.left_out:
        return None, f"{path} was not copied: {attempt.left_out[path]}"
    if path not in attempt.after:
        return None, f"there is no file {path}"
    try:
        return attempt.after[path].decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return None, f"{path} is not UTF-8 text"


def _found(pattern: str, text: str) -> bool:
    return any_found([pattern], text, re.MULTILINE)


def _told(passed: bool, detail: str) -> Told:
    return ("pass" if passed else "fail"), detail


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def _short(text: str) -> str:
    """One line of printable characters, bounded."""
    line = printable(text)
    return line if len(line) <= MAX_DETAIL else line[: MAX_DETAIL - 1] + "…"
