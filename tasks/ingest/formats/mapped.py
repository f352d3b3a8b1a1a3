"""Any JSON lines, JSON or CSV, by a mapping in the workspace: what is read from where is in `tasks.ingest.mapping`."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, Final, cast

import msgspec

from storage.errors import UsageError
from storage.records import Message, ModelCall, Quarantined, Run, Score, ToolCall, stable_id
from tasks.ingest.mapping import MAPPED, Plan, plan_of
from tasks.ingest.parsed import Parsed
from tasks.ingest.reading import Headed
from tasks.ingest.source import Source
from tasks.ingest.values.csv_rows import csv_records
from tasks.ingest.values.json_records import JsonRecord, json_records
from tasks.ingest.values.json_values import Invalid, JsonObject, digest, excerpt

NAME = MAPPED
UNIT = "record"
TELLS = "What the mapping in agentre.yaml reads from a JSON object or CSV row; never detected, always asserted."

_BATCH: Final = 5_000
_REMEMBERED: Final = 1_000_000
"""Digests of records without an id of their own that are kept, to tell the second of two equal ones."""
_NO_VALUES: Final = "nothing that the mapping names is there"


def detect(head: bytes, path: str) -> bool:
    """Never: a mapping is asserted."""
    return False


def parse(source: Source) -> Iterator[Parsed]:
    """Batches of the records that the mapping makes."""
    try:
        reader = _Reader(source, plan_of(source.mapping))
    except UsageError as error:
        yield Parsed(quarantined=[source.quarantined(1, 0, error.what, b"")])
        return
    if not source.mapping:
        yield Parsed(quarantined=[source.quarantined(1, 0, "format `mapped` needs a mapping in agentre.yaml", b"")])
        return
    for number, record in enumerate(_records(source)):
        reader.take(record)
        if (number + 1) % _BATCH == 0:
            yield reader.batch()
    yield reader.batch()


def _records(source: Source) -> Iterator[JsonRecord | Quarantined]:
    """JSON where the first byte is that of an object or array, else CSV."""
    first = source.stream.readline(source.limits.line_bytes + 1)
    stream = io.BufferedReader(Headed(first, cast(io.RawIOBase, source.stream)), 1024 * 1024)
    source = replace(source, stream=cast(BinaryIO, stream))
    is_json = first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))
    return json_records(source) if is_json else csv_records(source)


class _Reader:
    def __init__(self, source: Source, plan: Plan) -> None:
        self._source, self._plan = source, plan
        self._runs: dict[str, Run] = {}
        self._parsed = Parsed()
        self._seen: dict[int, int] = {}
        self._made_of: Counter[str] = Counter()

    def batch(self) -> Parsed:
        """What was read since the last batch; a run of several records is described once in it."""
        parsed, self._parsed = self._parsed, Parsed()
        parsed.runs, self._runs = list(self._runs.values()), {}
        return parsed

    def take(self, record: JsonRecord | Quarantined) -> None:
        """Takes a record in whole, or not at all."""
        if isinstance(record, Quarantined):
            self._parsed.quarantined.append(record)
            return
        try:
            made = self._made(record.value)
        except Invalid as error:
            self._parsed.quarantined.append(record.refused(str(error)))
            return
        if made is None:
            self._parsed.ignored[_NO_VALUES] += 1
            return
        run, parsed = made
        self._runs[run.run_id] = _joined(self._runs[run.run_id], run) if run.run_id in self._runs else run
        self._parsed.take(parsed)

    def _made(self, value: JsonObject) -> tuple[Run, Parsed] | None:
        """The run and the other records of one; None where no mapped field has a value."""
        fields, told = self._plan.fields("run", value, value)
        found = [
            (kind, place, *self._plan.fields(kind, value, element))
            for kind in self._plan.kinds
            for place, element in enumerate(self._plan.elements(kind, value))
        ]
        others = [(kind, place, own) for kind, place, own, is_one in found if is_one]
        if not told and not others:
            return None
        content = digest(value)
        times = self._times(content)
        run = self._run(fields, value, f"{content} {times}")
        parsed = Parsed(stored=1)
        if times and "run_id" in fields and not self._plan.kinds:
            parsed = Parsed(merged=1)
        for kind, place, own in others:
            self._made_of[kind] += 1
            _ADD[kind](parsed, run, {"seq": self._made_of[kind] - 1, **own}, stable_id(content, times, place))
        return run, parsed

    def _times(self, content: str) -> int:
        """How often an equal record came before in this input: two that are equal are two."""
        key = int(content[:16], 16)
        times = self._seen.get(key, 0)
        if times or len(self._seen) < _REMEMBERED:
            self._seen[key] = times + 1
        return times

    def _run(self, fields: dict[str, object], value: JsonObject, otherwise: str) -> Run:
        system = self._plan.system.value(value, value) if self._plan.system else None
        given = {**fields, "run_id": stable_id(NAME, system, fields.get("run_id", otherwise))}
        if "parent_run_id" in fields:
            given["parent_run_id"] = stable_id(NAME, system, fields["parent_run_id"])
        agent = self._source.agent_or(cast(str | None, fields.get("agent")))
        return msgspec.convert({**given, "agent": agent, "source_format": NAME, "source_file": self._source.path}, Run)


def _model_call(parsed: Parsed, run: Run, fields: dict[str, object], native: str) -> None:
    cost = fields.pop("cost_usd", None)
    tokens = fields.get("input_tokens") or fields.get("output_tokens")
    if cost is not None and not (cost == 0 and tokens):
        fields["reported_cost_nano_usd"] = cost
    parsed.model_calls.append(msgspec.convert(_placed(fields, "call_id", "model call", run, native), ModelCall))


def _tool_call(parsed: Parsed, run: Run, fields: dict[str, object], native: str) -> None:
    if "tool_name" not in fields:
        return
    for name in ("arguments", "result"):
        if name in fields:
            fields[f"{name}_sha256"] = fields.pop(name)
    text = fields.get("error_text")
    if isinstance(text, str):
        fields["error_text"] = excerpt(text)
    parsed.tool_calls.append(msgspec.convert(_placed(fields, "call_id", "tool call", run, native), ToolCall))


def _message(parsed: Parsed, run: Run, fields: dict[str, object], native: str) -> None:
    placed = _placed({"role": "user", **fields}, "message_id", "message", run, native)
    parsed.messages.append(msgspec.convert(placed, Message))


def _score(parsed: Parsed, run: Run, fields: dict[str, object], native: str) -> None:
    """A score without a day of its own is of the day on which it was made, or its run began."""
    if "score" not in fields:
        return
    at = fields.get("scored_at") or run.started_at
    day = fields.get("day") or (at.date() if hasattr(at, "date") else None)
    agent = fields.get("agent") or run.agent
    if day is None or agent is None:
        raise Invalid("the score has no day" if day is None else "the score has no agent")
    placed = _placed(fields, "score_id", "score", run, native)
    score = {
        "dimension": "success", "scorer_kind": "check", "task_id": run.task_id, **placed,
        "agent": agent, "day": day, "source_file": run.source_file,
    }  # fmt: skip
    score.pop("seq")
    made = msgspec.convert(score, Score)
    if not 1 <= made.score <= 5:
        raise Invalid("score is not from 1 to 5")
    parsed.scores.append(made)


_ADD: Final = {"model_call": _model_call, "tool_call": _tool_call, "message": _message, "score": _score}


def _placed(fields: dict[str, object], key: str, kind: str, run: Run, native: str) -> dict[str, object]:
    """With the id of the record, from its own where it has one, and the run that it is of."""
    return {**fields, key: stable_id(run.run_id, kind, fields.get(key, native)), "run_id": run.run_id}


def _joined(old: Run, new: Run) -> Run:
    """What two records say of one run: the first to say it, from the earliest start to the latest end."""
    said = {name: value for name in Run.__struct_fields__ if (value := getattr(old, name)) is not None}
    fields = {**{name: getattr(new, name) for name in Run.__struct_fields__}, **said}
    starts = [at for at in (old.started_at, new.started_at) if at]
    ends = [at for at in (old.ended_at, new.ended_at) if at]
    outcome = new.outcome if old.outcome == "unknown" else old.outcome
    fields |= {"started_at": min(starts, default=None), "ended_at": max(ends, default=None), "outcome": outcome}
    return msgspec.convert(fields, Run)
