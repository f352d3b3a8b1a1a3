"""Drafting by a model: evidence goes in as data, and what comes out is lines for a shape that is composed here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from prompts.prompt import Prompt, prompt, template_sha256
from reports.visible import hidden
from storage.records import Event, ModelCall, nano_usd, sha256_hex, stable_id
from tasks.common.llm import Model, ModelFailed, ModelReply
from tasks.improve.answers import NAME, TOOL, Answer, NoAnswer, Unusable, lines_of, parsed
from tasks.improve.case import Case
from tasks.improve.figures import claims, known_numbers, without_claims

TEMPLATE: Final = "analyzer"
LONGEST: Final = 600
"""Characters of one text of the evidence that a model is shown."""
SHOWN: Final = 12
"""Runs that a model is shown, and may name."""
IN_A_ROW: Final = 2
"""Requests in a row that got no answer at all, after which the model is left alone until the next run."""
_TEMPLATE_TOKENS: Final = re.compile(
    r"<\|[^|>]{0,40}\|>|\[/?INST\]|<</?SYS>>|</?(?:s|system|user|assistant|human)>", re.I
)


@dataclass(frozen=True)
class Home:
    """What of the agent's home a draft may be about: settings as lines of text, and names of prompts."""

    config_keys: list[str]
    prompts: list[str]


@dataclass(frozen=True)
class Analysis:
    """What a model said to a case. `answer` None: it failed; `outcome`: drafted, nothing, or the kind of the failure.

    `why`, `risk`: its prose without what it made up, `left_out` how many sentences that was. `event`: for the ledger.
    """

    answer: Answer | None
    outcome: str
    why: str
    risk: str
    left_out: int
    drafter: str
    event: Event


class Analyst:
    """A model that drafts, within `requests`; after two requests in a row without any answer it is asked no more."""

    def __init__(self, model: Model, requests: int, redacted: Callable[[str], str]) -> None:
        self.model = model
        self._left, self._silent = requests, 0
        self._redacted = redacted
        self.schema = sha256_hex(msgspec.json.encode(TOOL))[:12]

    def analyse(self, case: Case, home: Home, now: datetime, nonce: str) -> Analysis:
        """Asks about one case; never raises for what a model or its API does. `nonce`: random, marks the evidence."""
        asked = evidence_prompt(case, home, nonce, self._redacted)
        spent, attempts = self.model.spent_nano_usd, self.model.attempts
        call: ModelCall | None
        answer: Answer | None
        try:
            call, answer = self._answer(case, asked, now)
            outcome, why = ("nothing" if isinstance(answer, NoAnswer) else "drafted"), ""
        except ModelFailed as error:
            call, answer = (error.call if isinstance(error, Unusable) else None), None
            outcome, why = error.kind, f"{error.what}: {error.got or ''}"[:300]
        known = _known(case)
        prose, lost = without_claims(answer.why, known) if answer else ("", 0)
        risk, lost_too = without_claims(answer.risk, known) if answer else ("", 0)
        payload: dict[str, object] = {
            "outcome": outcome, "why": why, "case": case.kind, "title": case.title, "left_out": lost + lost_too,
            "model": self.model.name, "template_sha256": template_sha256(TEMPLATE), "prompt_sha256": asked.sha256,
            "schema": self.schema, "requests": self.model.attempts - attempts,
            "input_tokens": call and call.input_tokens, "output_tokens": call and call.output_tokens,
            "cost_nano_usd": self.model.spent_nano_usd - spent,
        }  # fmt: skip
        event = Event(
            event_id=stable_id("analysis", case.agent.name, case.fingerprint, now.isoformat()), kind="analysis", at=now,
            agent=case.agent.name, subject=case.fingerprint, payload=payload,
        )  # fmt: skip
        drafter = f"model:{self.model.name}/{asked.template_sha256[:12]}"
        return Analysis(answer, outcome, prose, risk, lost + lost_too, drafter, event)

    def _answer(self, case: Case, asked: Prompt, now: datetime) -> tuple[ModelCall, Answer]:
        reply = self._reply(asked, now)
        try:
            answer = parsed(reply, {*case.run_ids[:SHOWN]})
            _check_claims(case, answer)
        except Unusable as error:
            error.call = reply.call
            raise
        return reply.call, answer

    def _reply(self, asked: Prompt, now: datetime) -> ModelReply:
        """The answer as it came. What a request without one may have cost is counted as if it had."""
        if self._left <= 0:
            raise ModelFailed("skipped", "not asked: the requests of this run are used up")
        if self._silent >= IN_A_ROW:
            raise ModelFailed("skipped", "not asked: the model did not answer before")
        most, attempts = self.model.most(asked.text, now) or 0, self.model.attempts
        if self.model.spent_nano_usd + most > (nano_usd(self.model.settings.cost_usd) or 0):
            raise ModelFailed("cost", "not asked: the answer may cost more than is left", got=f"${most / 1e9:.4f}")
        self._left -= 1
        try:
            reply = self.model.ask(
                [{"role": "user", "content": asked.text}], now=now, tools=[TOOL],
                tool_choice={"type": "tool", "name": NAME, "disable_parallel_tool_use": True},
            )  # fmt: skip
        except ModelFailed as error:
            self._silent += 1
            if error.kind in ("late", "unreachable", "unreadable"):
                self.model.spent_nano_usd += most * max(1, self.model.attempts - attempts)
            raise
        self._silent = 0
        return reply


def _check_claims(case: Case, answer: Answer) -> None:
    known = _known(case)
    found = [claim for line in lines_of(answer) for claim in claims(line, known)]
    if found:
        raise Unusable(
            "figures", "a line of the draft states what the evidence does not have", got="; ".join(found)[:200]
        )


def _known(case: Case) -> frozenset[float]:
    return known_numbers([case.facts, [[row["score"], row["reason"]] for row in case.rows[:SHOWN]]])


def evidence_prompt(case: Case, home: Home, nonce: str, redacted: Callable[[str], str]) -> Prompt:
    """The prompt of a case: its facts as JSON between marks that nobody could foresee, and that JSON cannot contain."""
    plain = cleaned(
        {"agent_type": case.agent.type, "case": case.kind, **case.facts, "runs_shown": _runs(case)}, redacted
    )
    evidence = msgspec.json.format(msgspec.json.encode(plain), indent=1).decode()
    mark = f"=== {sha256_hex(f'mark {nonce}'.encode())[:24]}"
    return prompt(TEMPLATE, mark=mark, evidence=evidence, config_keys=home.config_keys, prompts=home.prompts)


def _runs(case: Case) -> list[dict[str, Any]]:
    return [
        {"run": row["run_id"], "task": row["task"], "score": row["score"], "what": row["reason"]}
        for row in case.rows[:SHOWN]
    ]


def cleaned(value: Any, redacted: Callable[[str], str]) -> Any:
    """Facts as a model may see them: texts redacted again, cut, without hidden characters and templates' own tokens."""
    if isinstance(value, str):
        return _clean(value, redacted)
    if isinstance(value, dict):
        return {_clean(str(key), redacted): cleaned(each, redacted) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleaned(each, redacted) for each in value[:20]]
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _clean(text: str, redacted: Callable[[str], str]) -> str:
    plain = "".join(" " if hidden(c) else c for c in redacted(text))
    plain = _TEMPLATE_TOKENS.sub(" ", plain)
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]} [cut]"
