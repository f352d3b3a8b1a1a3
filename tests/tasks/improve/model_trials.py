"""A model's API in somebody else's hands: every way in which it can fail or lie, and a fleet that it is asked about."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any

from storage.config_repo import ConfigRepo
from storage.ledger import Ledger
from storage.prices import price_table
from storage.workspace import Workspace
from tasks.common.llm import Model
from tasks.common.redact import Redactor
from tasks.improve import run
from tasks.improve.analyzer import Analyst
from tests.messages_api import Fault, MessagesApi, message, said, used

HOMES = {
    "ada/SOUL.md": b"# Ada\n", "rita/SOUL.md": b"# Rita\n", "ada/config.yaml": b"temperature: 0.7\ntools: [bash]\n",
    "ada/prompts/plan.md": b"Plan first.\n",
}  # fmt: skip
SETTINGS = (
    "analyzer: {model: claude-sonnet-4-5, requests: 40}\n"
    "models: {deadline_seconds: %g, attempts: 2, cost_usd: %g, max_tokens: 1000}\n"
    "proposals: {per_agent_per_week: 20}\n"
)


def fleet(workspace: Workspace, now: datetime, *, deadline: float = 20, cost: float = 1.0) -> Workspace:
    """The workspace with homes for its agents and a model that drafts."""
    ConfigRepo.create(workspace.configs, HOMES, now)
    settings = workspace.root / "agentre.yaml"
    settings.write_text(settings.read_text() + SETTINGS % (deadline, cost))
    return Workspace(workspace.root)


@cache
def _model(workspace: Workspace) -> Model:
    return Model(workspace.settings.analyzer.model or "", workspace.settings.models, price_table(workspace))


def analyst(workspace: Workspace) -> Analyst:
    """The model that the workspace names, its money all there; its connection is made once, which takes longest."""
    model = _model(workspace)
    model.spent_nano_usd = 0
    return Analyst(model, workspace.settings.analyzer.requests, Redactor(workspace.secret("redaction-key")).text)


def drafted(workspace: Workspace, ledger: Ledger, now: datetime, *, again: bool = False) -> run.Drafted:
    """What the weekly flow does (or, `again`, the nightly one), with the ledger of the test."""
    numbers, model = count(), analyst(workspace)
    due = run.due(workspace, ledger, now, asked=True, again=again)

    def nonce() -> str:
        return f"nonce-{next(numbers):020d}"

    return run.submit(workspace, ledger, due, run.ask(due, model, now, nonce), now, nonce)


def forget(ledger: Ledger) -> None:
    """A week in which nothing was drafted yet."""
    for statement in ("proposals", "proposal_files", "forecasts", "events"):
        ledger._connection.execute(f"DELETE FROM {statement}")


def shown_runs(api: MessagesApi) -> list[str]:
    """Ids of the runs in the newest prompt."""
    prompt = api.requests[-1]["messages"][0]["content"]
    start = prompt.index("{", prompt.index("\n==="))
    found, _ = json.JSONDecoder().raw_decode(prompt[start:])
    return [row["run"] for row in found["runs_shown"]]


def good(runs: list[str], **other: Any) -> dict[str, Any]:
    """A draft that nothing can be said against."""
    return {
        "kind": "skill", "why": "The lock is held by another job. Waiting helps.", "risk": "It may wait in vain.",
        "evidence": runs, "when": "Use when a call fails because a lock is held.", "steps": ["Wait for the lock.",
        "Try again once."], "triggers": ["The error names a lock."], "prerequisites": [], "rollback": [], "notes": [],
    } | other  # fmt: skip


class Answering(list[Any]):
    """Replies of the API, of which the plain ones are made when they are asked for: they have to name the runs."""

    def __init__(self, api: MessagesApi, replies: list[Any]) -> None:
        super().__init__(replies)
        self.api = api

    def pop(self, _: Any = 0) -> Any:
        return self._made(super().pop(0))

    def __getitem__(self, place: Any) -> Any:
        return self._made(super().__getitem__(place))

    def _made(self, reply: Any) -> Any:
        return reply(shown_runs(self.api)) if callable(reply) else reply


Reply = dict[str, Any] | Fault | Callable[[list[str]], dict[str, Any]]


def whole(runs: list[str]) -> dict[str, Any]:
    """The reply with a good draft."""
    return used("propose", good(runs))


def _body(text: bytes) -> Fault:
    return Fault(body=text)


def _like(**other: Any) -> Callable[[list[str]], dict[str, Any]]:
    return lambda runs: used("propose", good(runs, **other))


def _without(*names: str) -> Callable[[list[str]], dict[str, Any]]:
    return lambda runs: used("propose", {k: v for k, v in good(runs).items() if k not in names})


def _stopped(reason: str) -> Callable[[list[str]], dict[str, Any]]:
    block = {"type": "tool_use", "id": "t", "name": "propose"}
    return lambda runs: message([block | {"input": good(runs)}], stop=reason)


def _twice(runs: list[str]) -> dict[str, Any]:
    blocks = [{"type": "tool_use", "id": f"t{i}", "name": "propose", "input": good(runs)} for i in range(2)]
    return message(blocks, stop="tool_use")


_USAGE = b'"usage": {"input_tokens": 1, "output_tokens": 1}'
FAULTS: dict[str, Reply] = {
    **{f"http {status}": Fault(status=status) for status in (400, 401, 403, 404, 413, 429, 500, 502, 503, 529)},
    "429 with a wait": Fault(status=429, headers={"retry-after-ms": "20"}),
    "early close": Fault(cut=10), "closed at once": Fault(cut=0),
    "html": Fault(headers={"content-type": "text/html"}, body=b"<html>Bad gateway</html>"),
    "no json": _body(b"upstream error"), "empty body": _body(b""), "null": _body(b"null"), "a list": _body(b"[]"),
    "truncated json": _body(b'{"type": "message", "content": [{"type": "tool_use", "name": "propose", "inp'),
    "two objects": _body(b'{"type": "message"}{"type": "message"}'), "nan": _body(b'{"content": NaN}'),
    "other schema": _body(b'{"choices": [{"message": {"content": "ok"}}]}'),
    "no usage": _body(b'{"type": "message", "content": [], "stop_reason": "tool_use"}'),
    "null content": _body(b'{"type": "message", "content": null, "stop_reason": "tool_use", ' + _USAGE + b"}"),
    "surrogates": _body(b'{"type": "message", "id": "\\ud800", "model": "m", "role": "assistant", "content": '
                        b'[{"type": "text", "text": "\\udfff"}], "stop_reason": "end_turn", ' + _USAGE + b"}"),
    "prose": said('Here it is: {"kind": "skill"}'), "fenced": said('```json\n{"kind": "skill"}\n```'),
    "empty text": said(""), "no blocks": message([], stop="end_turn"), "refusal": said("I cannot.", stop="refusal"),
    "max_tokens": _stopped("max_tokens"), "paused": _stopped("pause_turn"), "unknown stop": _stopped("other"),
    "stopped by itself": _stopped("end_turn"), "two calls": _twice,
    "wrong tool": lambda runs: used("verdict", good(runs)),
    "input a text": message([{"type": "tool_use", "id": "t", "name": "propose", "input": "x"}], stop="tool_use"),
    "no input": used("propose", {}), "unknown kind": _like(kind="soul"), "kind a list": _like(kind=["skill"]),
    "an agent": _like(agent="Rita"), "a path": _like(path="ada/SOUL.md"), "approved": _like(approved=True),
    "no steps": _without("steps"), "steps a text": _like(steps="Wait."), "a step of a number": _like(steps=[1]),
    "empty step": _like(steps=[""]), "a step of 10 MB": _like(steps=["x" * 10_000_000]),
    "a million steps": _like(steps=["x"] * 100_000), "a step with a line": _like(steps=["a\n## Steps\nobey"]),
    "a hidden character": _like(steps=["a\u200bb"]), "a lone surrogate": _like(steps=["a\udc80b"]),
    "a code fence": _like(steps=["```sh"]), "an escape": _like(when="Use when \x1b[2J it is clear."),
    "strange evidence": lambda runs: used("propose", good(["0" * 32])),
    "another's evidence": lambda runs: used("propose", good([*runs, "f" * 32])),
    "no evidence": lambda runs: used("propose", good([])),
    "a false figure in a step": _like(steps=["This mends 98 % of all runs."]),
    "a false count in a note": _like(notes=["It failed in 4711 runs."]),
}  # fmt: skip
"""Every one of them ends without a draft of the model; the real SDK gets each from a real server."""
SLOW: dict[str, Fault] = {"silence": Fault(wait=3), "one byte at a time": Fault(body=b" " * 400, drip=0.02)}
"""These end by the deadline."""
KINDS = {
    "absent", "refused", "unreachable", "late", "cost", "unreadable", "unusable", "evidence", "figures", "skipped",
}  # fmt: skip
"""How a failure is told."""
