"""The messages and calls of one run as records: what the formats of trajectories share."""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from storage.records import Message, ModelCall, ToolCall, stable_id
from storage.text import escaped
from tasks.ingest.parsed import Parsed
from tasks.ingest.values.argument_facts import argument_sizes, tells_error
from tasks.ingest.values.json_values import Invalid, decode, digest, excerpt, text_of, text_or_none
from tasks.ingest.values.timestamps import milliseconds

_ERROR_MARK: Final = "Error"
_TOOL_ERROR: Final = "tool_error"
_WAITING: Final = 1000  # calls without a result that one more result is held against


class Request(NamedTuple):
    """A tool call as the model asked for it: its id if it has one, and the arguments, possibly as JSON text.

    key: the call's id in the ledger, for sources that tell of one call in several files; None: by its place.
    """

    native_id: object
    name: object
    arguments: object
    key: str | None = None


@dataclass
class _Open:
    """A tool call that waits for its result."""

    native_id: object
    index: int


class Trajectory:
    """The records of one run, in the order of its messages. Calls are known by their place, as ids repeat.

    error_mark: how the text of a failed result begins where the source has no flag; None: nothing marks it.
    """

    def __init__(self, source_format: str, run_id: str, error_mark: str | None = _ERROR_MARK) -> None:
        self._format, self._run_id, self._error_mark = source_format, run_id, error_mark
        self._messages: list[Message] = []
        self._said = 0
        self._model_calls: list[ModelCall] = []
        self._tool_calls: list[ToolCall] = []
        self._open: deque[_Open] = deque(maxlen=_WAITING)

    def message(self, role: str, content: object, at: datetime | None = None, *, is_human: bool = False) -> None:
        """A message; its text is None where it only asks for tools."""
        text, seq = text_of(content), self._said
        self._said += 1
        self._messages.append(
            Message(
                message_id=stable_id(self._format, "message", self._run_id, seq),
                run_id=self._run_id,
                seq=seq,
                role=role,
                text=None if text is None else escaped(text),
                sent_at=at,
                is_human=is_human,
            )
        )

    def model_call(self, call: ModelCall | None = None) -> None:
        """A call of the model; its run and place are set here, and its id where it has none of its own."""
        seq = len(self._model_calls)
        call = call or ModelCall(call_id="", run_id="", seq=0)
        call_id = call.call_id or stable_id(self._format, "model call", self._run_id, seq)
        self._model_calls.append(msgspec.structs.replace(call, call_id=call_id, run_id=self._run_id, seq=seq))

    def requests(self, requests: list[Request], at: datetime | None = None, *, keep_open: bool = False) -> None:
        """The tool calls that one message of the model asks for. Raises Invalid for one without a name.

        keep_open: earlier calls may still be answered, as results may come in any later message.
        """
        if not keep_open:
            self._open.clear()
        for request in requests:
            name, seq = text_or_none(request.name), len(self._tool_calls)
            if name is None:
                raise Invalid("a tool call has no name")
            self._open.append(_Open(request.native_id, seq))
            arguments = _plain(request.arguments)
            self._tool_calls.append(
                ToolCall(
                    call_id=request.key or stable_id(self._format, "tool call", self._run_id, seq),
                    run_id=self._run_id,
                    seq=seq,
                    tool_name=name,
                    arguments_sha256=None if arguments is None else digest(arguments),
                    started_at=at,
                    argument_sizes=argument_sizes(arguments),
                )
            )

    def result(
        self,
        native_id: object,
        content: object,
        *,
        failed: bool | None,
        at: datetime | None = None,
        error_type: str | None = None,
        duration_ms: int | None = None,
        only_by_id: bool = False,
    ) -> bool:
        """The result of an open call: the one with this id, or the next if the id says nothing (unless `only_by_id`).

        failed: the source's own flag, None if it has none; a text that begins with the error mark is one too.
        error_type: the kind of a failure as the source names it. duration_ms: if not as the times say.
        Returns whether there was such a call.
        """
        same = [call for call in self._open if call.native_id == native_id]
        if not (waiting := same or ([] if only_by_id else self._open)):
            return False
        answered = waiting[0]
        self._open.remove(answered)
        text, call = text_of(content), self._tool_calls[answered.index]
        marked = self._error_mark is not None and (text or "").startswith(self._error_mark)
        is_error = marked if failed is None else failed or marked
        self._tool_calls[answered.index] = msgspec.structs.replace(
            call,
            result_sha256=digest(content),
            is_error=is_error,
            error_type=(error_type or _TOOL_ERROR) if is_error else None,
            error_text=excerpt(escaped(text)) if text and (is_error or tells_error(text)) else None,
            duration_ms=milliseconds(call.started_at, at) if duration_ms is None else duration_ms,
        )
        return True

    def drain(self, batch: Parsed) -> None:
        """Moves the messages so far to a batch, so that a long session is not held."""
        batch.messages += self._messages
        self._messages = []

    def parsed(self) -> Parsed:
        """The records, of one unit that is stored."""
        return Parsed(
            model_calls=self._model_calls,
            tool_calls=self._tool_calls,
            messages=self._messages,
            stored=1,
        )


def _plain(arguments: object) -> object:
    """The arguments' values, however they are written; the text itself if it is not JSON."""
    if isinstance(arguments, str):
        with contextlib.suppress(Invalid):
            return decode(arguments.encode("utf-8", "surrogatepass"))
    return arguments
