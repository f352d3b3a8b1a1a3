"""Inspect: a sample is a run with the agent's own calls; both shapes of a log give the same."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from format_reading import Reader
from trajectory_samples import INSPECT, INSPECT_EVAL, INSPECT_SAMPLE, USAGE, document, eval_log

from tasks.ingest.formats import inspect_log

# name, samples, of these passed and failed (as the README's accuracy), tokens of stats minus the judge's, tool calls
FILES = [
    ("2024-11-05T13-31-45-05-00_input-task_8zXjbRzCWrL9GXiXo2vus9.json", 1, 1, 0, 0),
    ("2025-02-11T15-17-00-05-00_popularity_dPiJifoWeEQBrfWsAopzWr.eval", 10, 0, 0, 0),
    ("2025-02-11T15-18-04-05-00_popularity_mj7khqpMM4GBCfVQozKgzB.eval", 10, 8, 2, 0),
    ("2025-05-12T20-27-36-04-00_browser.json", 1, 1, 0, 4),
    ("2025-05-12T20-28-13-04-00_popularity.json", 3, 2, 1, 0),
    ("2025-05-12T20-28-26-04-00_security-guide.json", 3, 3, 0, 0),
    ("2025-09-23T08-09-58-04-00_security-guide_LuxZJVwvymC3S3SyoJczxB.eval", 16, 11, 5, 0),
    ("log_read_sample.json", 1, 1, 0, 0),
]


def plain(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The header and the samples of a real log."""
    if path.suffix == ".json":
        log = json.loads(path.read_text())
        return log, log["samples"]
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.startswith("samples/")]
        return json.loads(archive.read("header.json")), [json.loads(archive.read(name)) for name in names]


def log_with(**changes: Any) -> dict[str, Any]:
    """The sample log with other values in its one sample."""
    return INSPECT | {"samples": [INSPECT_SAMPLE | changes]}


@pytest.mark.parametrize(("name", "samples", "passed", "failed", "tools"), FILES)
def test_real_log(shared: Path, reader: Reader, name: str, samples: int, passed: int, failed: int, tools: int) -> None:
    """Samples, verdicts, tool calls and tokens equal the log's; the judge's calls are those that are left out."""
    path = shared / "data" / "inspect" / name
    parsed, (header, plainly) = reader.file(inspect_log, path), plain(path)
    outcomes = [run.outcome for run in parsed.runs]
    assert (parsed.units, parsed.stored, len(plainly)) == (samples, samples, samples)
    assert (outcomes.count("success"), outcomes.count("failure")) == (passed, failed)
    assert len(parsed.tool_calls) == tools
    assert len(parsed.messages) == sum(len(sample["messages"]) for sample in plainly)
    # in all of these logs each solver's call comes before the first score, and a judge's call right before its own
    usages = [event["output"]["usage"] for sample in plainly for event in sample["events"] if event["event"] == "model"]
    judged = [usage for sample in plainly for usage in _before_score(sample["events"])]
    for ours, theirs in (("input_tokens", "input_tokens"), ("output_tokens", "output_tokens")):
        own = sum(getattr(call, ours) for call in parsed.model_calls)
        assert own == sum(usage[theirs] for usage in usages) - sum(usage[theirs] for usage in judged)
        stated = header["stats"]["model_usage"].values()
        assert own + sum(usage[theirs] for usage in judged) == sum(usage[theirs] for usage in stated)
    assert len(parsed.model_calls) == len(usages) - len(judged)
    assert {run.task_id for run in parsed.runs} == {str(sample["id"]) for sample in plainly}
    assert all(run.started_at and run.ended_at and run.started_at < run.ended_at for run in parsed.runs)


def _before_score(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The usage of the model event that stands right before the score, which is the judge's."""
    return [
        before["output"]["usage"]
        for before, after in itertools.pairwise(events)
        if (before["event"], after["event"]) == ("model", "score")
    ]


def test_sample(reader: Reader) -> None:
    """Every figure of a small log."""
    parsed = reader.data(inspect_log, document(INSPECT), "logs/quiz.json")
    (run,), (call,), (tool,) = parsed.runs, parsed.model_calls, parsed.tool_calls
    assert (run.task_id, run.task_type, run.trial, run.agent, run.model) == ("s1", "quiz", 1, "quiz", "openai/m")
    assert (run.outcome, run.reward, run.ended_by) == ("success", 1.0, "stop")
    assert (run.config_commit, run.tags) == ("abc", ["nightly"])
    assert run.started_at == datetime(2025, 12, 31, 23, 0, tzinfo=UTC)
    assert (call.input_tokens, call.cache_read_tokens, call.output_tokens) == (10, 4, 2)
    assert (call.model, call.provider, call.duration_ms) == ("openai/m", "openai", 2000)
    assert (tool.tool_name, tool.is_error, tool.error_type, tool.error_text) == ("bash", True, "timeout", "too slow")
    assert tool.duration_ms == 1000
    assert [message.text for message in parsed.messages] == ["Be brief.", "Q", "", "", "A"]


@pytest.mark.parametrize(
    ("model", "usage", "inputs"),
    [
        # inside: the total is input and output alone
        ("openai/m", USAGE, 10),
        # beside: 10 + 2 + 40 + 8 = 60
        ("x/m", {"input_tokens": 10, "output_tokens": 2, "total_tokens": 60, "input_tokens_cache_read": 40,
                 "input_tokens_cache_write": 8}, 58),
        # beside: more was read from the cache than the input has
        ("x/m", {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12, "input_tokens_cache_read": 40}, 50),
        # beside: this provider always counts so
        ("anthropic/m", {"input_tokens": 10, "output_tokens": 2, "input_tokens_cache_read": 4}, 14),
    ],
)  # fmt: skip
def test_cache_inside_or_beside(reader: Reader, model: str, usage: dict[str, int], inputs: int) -> None:
    """Input holds what was read from and written to the cache, however the provider counts."""
    events = [{"event": "model", "model": model, "output": {"usage": usage}}]
    (call,) = reader.data(inspect_log, document(log_with(events=events))).model_calls
    assert call.input_tokens == inputs


@pytest.mark.parametrize(
    ("changes", "outcome", "reward", "ended_by"),
    [
        ({"scores": {"match": {"value": "I"}}}, "failure", 0.0, "stop"),
        ({"scores": {"match": {"value": "P"}}}, "failure", 0.5, "stop"),
        ({"scores": {"match": {"value": 0.99}}}, "failure", 0.99, "stop"),
        ({"scores": {"match": {"value": True}}}, "success", 1.0, "stop"),
        ({"scores": {"unlisted": {"value": 1}}}, "success", 1.0, "stop"),
        ({"scores": {"match": {"value": {"a": 1}}}}, "unknown", None, "stop"),
        ({"scores": {}, "limit": {"type": "token", "limit": 5}}, "unknown", None, "token limit"),
        ({"scores": {}, "error": {"message": "boom"}}, "unknown", None, "error"),
        ({"scores": {}, "error": {"message": "boom"}, "messages": [], "events": [], "model_usage": {}},
         "infrastructure_error", None, "error"),
    ],
)  # fmt: skip
def test_outcome(reader: Reader, changes: dict[str, Any], outcome: str, reward: float | None, ended_by: str) -> None:
    """The first scorer decides; less than all is a failure; a crash before anything was done is the harness's."""
    (run,) = reader.data(inspect_log, document(log_with(**changes))).runs
    assert (run.outcome, run.reward, run.ended_by) == (outcome, reward, ended_by)


def test_not_a_number_is_not_recorded(reader: Reader) -> None:
    """Inspect writes NaN for a score that could not be given: the sample stays, without a verdict."""
    text = json.dumps(log_with(scores={"match": {"value": float("nan")}}))
    assert "NaN" in text
    (run,) = reader.data(inspect_log, text.encode()).runs
    assert (run.outcome, run.reward) == ("unknown", None)


def test_without_events_the_sums_are_one_call(reader: Reader) -> None:
    """A log that keeps no events has one call per model, marked as a sum."""
    (call,) = reader.data(inspect_log, document(log_with(events=[]))).model_calls
    assert (call.input_tokens, call.output_tokens, call.is_aggregate) == (30, 9, True)


def test_without_events_tools_come_from_messages(reader: Reader) -> None:
    """Tool calls are in the messages too."""
    (tool,) = reader.data(inspect_log, document(log_with(events=[]))).tool_calls
    assert (tool.tool_name, tool.is_error, tool.error_type) == ("bash", True, "timeout")


def test_nested_events_of_older_logs(reader: Reader) -> None:
    """Calls within a tool's or a subtask's own events are counted; those within a scorer's step are not."""
    inner = {"event": "model", "model": "m", "output": {"usage": USAGE}}
    events = [
        {"event": "tool", "id": "t", "function": "ask", "arguments": {}, "result": "x", "events": [inner, inner]},
        {"event": "step", "action": "begin", "type": "scorer", "name": "g"},
        {"event": "subtask", "events": [inner]},
        {"event": "step", "action": "end", "type": "scorer", "name": "g"},
        inner,
    ]
    assert len(reader.data(inspect_log, document(log_with(events=events))).model_calls) == 3


@pytest.mark.parametrize("zstandard", [False, True])
def test_eval_equals_json(reader: Reader, zstandard: bool) -> None:
    """A zip of the same log gives the same records, with Zstandard members too."""
    header = {key: value for key, value in INSPECT.items() if key != "samples"}
    data = eval_log({"header.json": header, "samples/s1_epoch_1.json": INSPECT_SAMPLE}, zstandard)
    assert inspect_log.detect(data[:65536], "x.eval")
    packed, plainly = reader.data(inspect_log, data), reader.data(inspect_log, document(INSPECT))
    assert (packed.runs, packed.model_calls, packed.tool_calls) == (
        plainly.runs, plainly.model_calls, plainly.tool_calls
    )  # fmt: skip
    if zstandard:
        with pytest.raises(NotImplementedError):
            zipfile.ZipFile(io.BytesIO(data)).read("header.json")


def test_log_that_is_still_written(reader: Reader) -> None:
    """Without a header the journal's start says what the log is of."""
    data = eval_log({"_journal/start.json": {"eval": INSPECT_EVAL}, "samples/s1_epoch_1.json": INSPECT_SAMPLE})
    assert inspect_log.detect(data[:65536], "x.eval")
    (run,) = reader.data(inspect_log, data).runs
    assert (run.task_type, run.model) == ("quiz", "openai/m")


def test_broken_member_loses_only_itself(reader: Reader) -> None:
    """A sample that is no JSON, or whose bytes are damaged, is quarantined with its place; the others are read."""
    other = INSPECT_SAMPLE | {"id": "s2", "uuid": "u2"}
    members = {"header.json": INSPECT, "samples/s1_epoch_1.json": b'{"id": ', "samples/s2_epoch_1.json": other}
    data = eval_log(members)
    parsed = reader.data(inspect_log, data)
    assert (parsed.units, len(parsed.runs), len(parsed.quarantined)) == (2, 1, 1)
    assert parsed.quarantined[0].byte_offset == data.index(b"samples/s1") - 30
    flipped = eval_log(members | {"samples/s1_epoch_1.json": INSPECT_SAMPLE}).replace(b"too slow", b"too fast", 3)
    assert [entry.reason for entry in reader.data(inspect_log, flipped).quarantined] == [
        "a sample: cannot be unpacked: BadZipFile"
    ]


def test_retried_sample_counts_once(reader: Reader) -> None:
    """Of two members with one name the last is the sample."""
    data = eval_log({"header.json": INSPECT, "samples/a.json": INSPECT_SAMPLE, "samples/b.json": INSPECT_SAMPLE})
    data = data.replace(b"samples/b.json", b"samples/a.json")
    parsed = reader.data(inspect_log, data)
    assert (parsed.units, parsed.merged, len(parsed.runs)) == (2, 1, 1)


def test_bomb_is_refused(reader: Reader) -> None:
    """A member that grows out of all proportion is not unpacked to its end."""
    data = eval_log({"header.json": INSPECT, "samples/a.json": b" " * 50_000_000}, zstandard=True)
    assert len(data) < 25_000  # 50 MB in so little is more than 2000 times
    assert [entry.reason for entry in reader.data(inspect_log, data).quarantined] == [
        "a sample: grows more than 2000 times when unpacked (limits.unpack_ratio)"
    ]


def test_cut_off_log(reader: Reader) -> None:
    """A log that ends within a sample keeps those before it, and the rest is one entry."""
    data = document(INSPECT | {"samples": [INSPECT_SAMPLE, deepcopy(INSPECT_SAMPLE) | {"uuid": "u2"}]})
    parsed = reader.data(inspect_log, data[:-200])
    assert (len(parsed.runs), len(parsed.quarantined), parsed.units) == (1, 1, 2)
    assert not reader.data(inspect_log, document(INSPECT | {"samples": None})).units


def test_same_sample_in_two_logs_is_one_run(reader: Reader) -> None:
    """A sample that a retried evaluation took over keeps its id."""
    other = INSPECT | {"eval": INSPECT_EVAL | {"run_id": "another"}}
    first, second = reader.data(inspect_log, document(INSPECT)), reader.data(inspect_log, document(other))
    assert first.runs[0].run_id == second.runs[0].run_id
    assert [call.call_id for call in first.model_calls] == [call.call_id for call in second.model_calls]


def test_zip_of_something_else(reader: Reader) -> None:
    """A zip that begins like a log and holds none is quarantined, not taken for an empty one."""
    parsed = reader.data(inspect_log, eval_log({"header.json": {"title": "x"}, "page.json": {}}))
    assert (parsed.units, len(parsed.quarantined)) == (1, 1)


def test_repeated_samples(reader: Reader) -> None:
    """The same sample again is merged; other content under its id is quarantined."""
    samples = [INSPECT_SAMPLE, INSPECT_SAMPLE, INSPECT_SAMPLE | {"target": "B"}]
    parsed = reader.data(inspect_log, document(INSPECT | {"samples": samples}))
    assert (len(parsed.runs), parsed.merged, len(parsed.quarantined)) == (1, 1, 1)
