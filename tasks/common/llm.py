"""Models through the Anthropic Messages API: the only user of the SDK, bounded in time, attempts and money.

Every request ends in a `ModelReply` or in `ModelFailed`, within its deadline. The key is the SDK's own
(ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN) and is never read here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from anthropic import Anthropic, AnthropicError, APIConnectionError, APIStatusError, DefaultHttpxClient

from storage.errors import AgentREError
from storage.prices import Price, cost_of
from storage.records import ModelCall, nano_usd
from storage.settings import ModelSettings

T = TypeVar("T")
Block = dict[str, Any]
KEYS: Final = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
MAX_ATTEMPT_SECONDS: Final = 600
UNREADABLE: Final = "the model API answered with something else"


class ModelFailed(AgentREError):
    """The model could not be asked, or its answer is not whole. `kind`: absent, refused, unreachable, late, cost,
    or unreadable.
    """

    def __init__(self, kind: str, what: str, **parts: str | None) -> None:
        self.kind = kind
        super().__init__(what, **parts)


@dataclass(frozen=True)
class ModelReply:
    """An answer as it came: its content blocks, why it ended, what it used. `cost_nano_usd` None: no price."""

    content: list[Block]
    stop_reason: str | None
    call: ModelCall
    cost_nano_usd: int | None

    @property
    def text(self) -> str:
        """All its text blocks."""
        return "\n".join(str(block.get("text", "")) for block in self.content if block.get("type") == "text")

    @property
    def is_whole(self) -> bool:
        """Whether the model ended by itself: an answer cut by `max_tokens` must never be used as one."""
        return self.stop_reason in ("end_turn", "tool_use", "stop_sequence")


def missing(environment: Mapping[str, str] | None = None) -> str | None:
    """Why no model can be asked; None where a key is set."""
    found = os.environ if environment is None else environment
    return None if any(found.get(name) for name in KEYS) else f"no {' or '.join(KEYS)} in the environment"


class Model:
    """A model with its bounds; `spent_nano_usd` and `attempts` (HTTP requests) add up over this instance."""

    def __init__(self, name: str, settings: ModelSettings, prices: Sequence[Price]) -> None:
        self.name, self.settings = name, settings
        self.spent_nano_usd = 0
        self.attempts = 0
        self._prices = prices
        self._client: Anthropic | None = None

    def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        now: datetime,
        system: str | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
        **more: Any,
    ) -> ModelReply:
        """One request; `more` is handed to the API (`tool_choice`, `stop_sequences`). Raises ModelFailed."""
        if self.spent_nano_usd >= (nano_usd(self.settings.cost_usd) or 0):
            raise ModelFailed("cost", "the cost cap of this work is reached", got=f"${self.spent_nano_usd / 1e9:.4f}")
        wanted: dict[str, Any] = {"model": self.name, "max_tokens": self.settings.max_tokens, "messages": messages}
        wanted |= more | ({"system": system} if system else {}) | ({"tools": list(tools)} if tools else {})
        begun = time.monotonic()
        message = _within(self.settings.deadline_seconds, lambda: self._request(wanted))
        reply = self._reply(message, now, round((time.monotonic() - begun) * 1000))
        self.spent_nano_usd += reply.cost_nano_usd or 0
        return reply

    def _request(self, wanted: dict[str, Any]) -> Any:
        if reason := missing():
            raise ModelFailed("absent", "no model can be asked", got=reason)
        settings = self.settings
        try:
            self._client = self._client or Anthropic(
                base_url=settings.base_url, max_retries=settings.attempts - 1,
                timeout=min(settings.deadline_seconds, MAX_ATTEMPT_SECONDS),
                http_client=DefaultHttpxClient(event_hooks={"request": [self._attempted]}),
            )  # fmt: skip
            return self._client.messages.create(**wanted)
        except APIStatusError as error:
            raise ModelFailed("refused", "the model API refused", got=f"HTTP {error.status_code}") from error
        except APIConnectionError as error:
            raise ModelFailed("unreachable", "the model API does not answer", got=str(error)[:200]) from error
        except (AnthropicError, ValueError, TypeError) as error:
            raise ModelFailed(
                "unreadable", "the model API answered with something else", got=str(error)[:200]
            ) from error

    def _attempted(self, _: object) -> None:
        self.attempts += 1

    def most(self, text: str, now: datetime) -> int | None:
        """The most that one request with this text may cost, in nanodollars: two bytes to a token, an answer of full
        length. None: the price is not known.
        """
        size = len(text.encode("utf-8", "surrogatepass")) // 2
        call = ModelCall(call_id="", run_id="", seq=0, model=self.name, started_at=now, input_tokens=size,
                         output_tokens=self.settings.max_tokens)  # fmt: skip
        return cost_of(call, self._prices)

    def _reply(self, message: Any, now: datetime, duration_ms: int) -> ModelReply:
        """The answer as plain data. Anything that is not a message of the API is a failure, never half an answer."""
        try:
            content = [block.model_dump(mode="json", exclude_none=True) for block in message.content]
            usage, identity, model = message.usage, str(message.id), str(message.model)
            read, write = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
            call = ModelCall(
                call_id=identity, run_id="", seq=0, model=model, provider="anthropic", started_at=now,
                input_tokens=int(usage.input_tokens) + read + write, output_tokens=int(usage.output_tokens),
                cache_read_tokens=read, cache_write_tokens=write, duration_ms=duration_ms,
            )  # fmt: skip
        except (AttributeError, TypeError, ValueError) as error:
            raise ModelFailed(
                "unreadable", "the model API answered with something else", got=str(error)[:200]
            ) from error
        return ModelReply(content, message.stop_reason, call, cost_of(call, self._prices))


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What the call returns or raises, unless it takes longer: the SDK's timeout is for a silence, not for the whole.

    A call that is late goes on in a thread that ends with its own timeout, and nobody waits for it.
    """
    ended: list[tuple[T | None, BaseException | None]] = []

    def work() -> None:
        try:
            ended.append((call(), None))
        except BaseException as error:  # noqa: BLE001  handed over to the caller's thread
            ended.append((None, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        raise ModelFailed("late", "the model did not answer in time", got=f"{seconds:g} s")
    value, error = ended[0]
    if error:
        raise error
    return value  # type: ignore[return-value]  # None only where the call returned it
