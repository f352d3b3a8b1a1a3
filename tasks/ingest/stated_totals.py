"""Readers of totals that logs of evaluations and coding agents state of themselves (see `claims`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from xml.etree import ElementTree

from tasks.ingest.claims import Claims, Json

_CODEX: Final = {"input_tokens": "input_tokens", "output_tokens": "output_tokens"}


def promptfoo(claims: Claims, files: Iterable[bytes]) -> None:
    """`stats` of the evaluation; of lines without one, the results themselves. A result that is told again is one."""
    seen: set[tuple[str | None, str]] = set()
    for data in files:
        for document in _objects(data):
            inner = document.get("results", [document])
            results = inner.get("results", []) if isinstance(inner, dict) else inner
            stats = inner.get("stats") if isinstance(inner, dict) else None
            told = [_promptfoo_result(one) for one in results]
            for figure, amount in _promptfoo_stats(stats, told).items():
                claims.says(figure, amount)
            for one, figures in zip(results, told, strict=True):
                claims.says("reward", one.get("score"))
                own = (document.get("evalId"), one.get("id") or json.dumps(one, sort_keys=True))
                for figure, amount in {**figures, "reward": one.get("score") or 0}.items() if own in seen else ():
                    claims.less(figure, amount, "a result that is told again")
                seen.add(own)


def _promptfoo_result(result: Json) -> Json:
    response = result.get("response") or {}
    usage = {} if response.get("cached") else response.get("tokenUsage") or result.get("tokenUsage") or {}
    return {"runs": 1, "input_tokens": usage.get("prompt") or 0, "output_tokens": usage.get("completion") or 0}


def _promptfoo_stats(stats: Json | None, told: list[Json]) -> Json:
    if not stats:
        return {figure: sum(one[figure] for one in told) for figure in ("runs", "input_tokens", "output_tokens")}
    usage = stats.get("tokenUsage") or {}
    runs = sum(stats.get(fate) or 0 for fate in ("successes", "failures", "errors"))
    return {"runs": runs, "input_tokens": usage.get("prompt"), "output_tokens": usage.get("completion")}


def junit(claims: Claims, files: Iterable[bytes]) -> None:
    """`tests`, `skipped` and `disabled` of the outermost suites that state them. Raises ValueError for a DOCTYPE."""
    for data in files:
        if b"<!DOCTYPE" in data.replace(b"\0", b""):
            raise ValueError("a document type is declared, which can hold entities")
        root = ElementTree.fromstring(data)  # noqa: S314  without a document type there are no entities
        for suite in [root] if root.get("tests") or root.tag == "testsuite" else list(root.iter("testsuite")):
            claims.says("runs", suite.get("tests") or len(list(suite.iter("testcase"))))
            counted = int(suite.get("skipped") or 0) + int(suite.get("disabled") or 0)
            left_out = counted or sum(case.find("skipped") is not None for case in suite.iter("testcase"))
            claims.less("runs", left_out, "a test case that was skipped is no run")


def codex(claims: Claims, files: Iterable[bytes]) -> None:
    """The last `total_token_usage` of every rollout; forks begin with a copy of the session that they come from."""
    seen: set[tuple[str, ...]] = set()
    for data in files:
        claims.says("runs", 1)
        root, last, copied, mine = "", Json(), Json(), set[tuple[str, ...]]()
        for line in _objects(data):
            payload = line.get("payload") or line
            if line.get("type") == "session_meta":
                root = str(payload.get("forked_from_id") or payload.get("id"))
            info = payload.get("info") if payload.get("type") == "token_count" else None
            if not info:
                continue
            total, step = info.get("total_token_usage") or info["last_token_usage"], info.get("last_token_usage")
            if not last or any((total.get(name) or 0) < (last.get(name) or 0) for name in _CODEX):
                _note(claims.more, last, "a session whose totals began anew")
                before = {name: (total.get(name) or 0) - (step or total).get(name, 0) for name in _CODEX}
                _note(claims.less, before, "what a resumed session had used before its file begins")
            last = total
            own = (root, *(str(total.get(name)) for name in sorted(total)))
            copied = total if own in seen else copied
            mine.add(own)
        seen |= mine
        _note(claims.says, last)
        _note(claims.less, copied, "calls that a fork copied from its session")


def _note(note: Callable[..., None], usage: Json, *why: str) -> None:
    for figure in _CODEX:
        note(figure, usage.get(figure) or 0, *why)


def openhands(claims: Claims, files: Iterable[bytes]) -> None:
    """`llm_metrics` of the last event that has them."""
    for data in files:
        claims.says("runs", 1)
        events = json.loads(data)
        _measured(claims, next((one["llm_metrics"] for one in reversed(events) if one.get("llm_metrics")), {}))


def openhands_eval(claims: Claims, files: Iterable[bytes]) -> None:
    """`metrics` of every instance."""
    for instance in (one for data in files for one in _objects(data)):
        claims.says("runs", 1)
        _measured(claims, instance.get("metrics") or {})


def _measured(claims: Claims, metrics: Json) -> None:
    sums = metrics.get("accumulated_token_usage") or {}
    for figure, name in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        parts = [usage.get(name) or 0 for usage in metrics.get("token_usages") or []]
        claims.says(figure, sums.get(name, sum(parts) if parts else None))
    claims.says("cost_usd", metrics.get("accumulated_cost"))


def langsmith(claims: Claims, files: Iterable[bytes]) -> None:
    """Tokens and cost of the outermost run of a trace, to which LangSmith sums all others up; each run told once."""
    runs: dict[str, Json] = {}
    for data in files:
        for document in _objects(data):
            listed = next((document[name] for name in ("runs", "data") if isinstance(document.get(name), list)), None)
            for one in _tree(listed if listed is not None else [document]):
                runs.setdefault(str(one.get("id")), one)
    outermost = [one for one in runs.values() if str(one.get("parent_run_id")) not in runs]
    claims.says("runs", len({one.get("trace_id") or one.get("id") for one in outermost}))
    for one in outermost:
        claims.says("input_tokens", one.get("prompt_tokens"))
        claims.says("output_tokens", one.get("completion_tokens"))
        claims.says("cost_usd", one.get("total_cost"))


def _tree(waiting: list[Any]) -> Iterator[Json]:
    waiting = list(waiting)
    while waiting:
        run = waiting.pop()
        yield run
        above = {"parent_run_id": run.get("id"), "trace_id": run.get("trace_id") or run.get("id")}
        waiting += [{**above, **child} for child in run.get("child_runs") or []]


def openclaw_telemetry(claims: Claims, files: Iterable[bytes]) -> None:
    """`totalTokens` of every answer in every conversation that is told; session keys; starts of tools."""
    seen: set[str] = set()
    for data in files:
        keys = set()
        for line in _objects(data):
            key = line.get("sessionKey")
            if key and line["type"] in ("agent.start", "agent.end", "tool.start", "tool.end"):
                keys.add(key)
                claims.says("tool_calls", int(line["type"] == "tool.start"))
            for message in line.get("messages") or [] if key else []:
                if message.get("role") == "assistant" and message.get("provider") != "openclaw":
                    _openclaw_answer(claims, message, seen)
        claims.says("runs", len(keys))


def _openclaw_answer(claims: Claims, message: Json, seen: set[str]) -> None:
    usage = message.get("usage") or {}
    output = usage.get("output") or 0
    own = message.get("responseId") or json.dumps(message, sort_keys=True)
    sent = sum(usage.get(name) or 0 for name in ("input", "cacheRead", "cacheWrite"))
    total = usage.get("totalTokens", sent + output)
    told = {"model_calls": 1, "input_tokens": total - output, "output_tokens": output}
    for figure, amount in told.items():
        claims.says(figure, amount)
        if own in seen:
            claims.less(figure, amount, "later turns repeat the conversation so far")
    seen.add(own)


def _objects(data: bytes) -> Iterator[Json]:
    """The objects of a document, of its array, or of its lines."""
    try:
        whole = json.loads(data)
        yield from whole if isinstance(whole, list) else [whole]
    except ValueError:
        yield from (json.loads(line) for line in data.splitlines() if line.strip())


STATED: Final[dict[str, Callable[[Claims, Iterable[bytes]], None]]] = {
    "codex": codex, "junit": junit, "langsmith": langsmith, "openclaw-telemetry": openclaw_telemetry,
    "openhands": openhands, "openhands-eval": openhands_eval, "promptfoo": promptfoo,
}  # fmt: skip
"""By format."""
