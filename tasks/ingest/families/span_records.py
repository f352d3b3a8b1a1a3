"""The records of a trace: its run, the calls that its spans tell of, each once, and the messages.

A run is a trace. Agents inside agents stay in it: so a run's calls need no knowledge of spans that stand in
other files, and a trace told twice, in whatever format, is one run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from operator import itemgetter
from typing import Final

import msgspec

from storage.records import Message, ModelCall, Outcome, Run, ToolCall, sha256_hex, stable_id
from storage.text import escaped
from tasks.ingest.families.log_events import NO_SPAN, folded
from tasks.ingest.families.same_calls import Repeats, Tree, told_apart
from tasks.ingest.families.span_links import call_id_of, span_links
from tasks.ingest.families.span_messages import Asked, Said, parsed_json, said, written
from tasks.ingest.families.spans import Kind, Span, Usage
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.argument_facts import argument_sizes, declared_tools, tells_error
from tasks.ingest.values.json_values import excerpt
from tasks.ingest.values.timestamps import milliseconds

NOT_AN_AGENT: Final = "span of no agent, model or tool"
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_NO_USAGE: Final = Usage()
_UNNAMED: Final = "unnamed"
_ERROR: Final = "error"


class TraceRecords:
    """Adds the records of one trace to a batch."""

    def __init__(self, source: Source, source_format: str, system: str, trace_id: str, parsed: Parsed) -> None:
        self._source, self._format = source, source_format
        self._parsed = parsed
        self._run_id = stable_id(system, trace_id)
        self._models = self._tools = 0
        self._native: dict[str, int] = {}
        self._said: set[tuple[str, str | None, int]] = set()
        self._asked: set[tuple[str, str | None, int]] | None = None  # None: tools have spans of their own

    def add(self, given: list[Span]) -> None:
        """The records of these spans and events, in any order, and the fate of each."""
        by_id = self._once(given)
        known = sorted((span for span in by_id.values() if span.kind is not Kind.OTHER), key=_order)
        if len(known) < len(by_id):
            self._parsed.ignored[NOT_AN_AGENT] += len(by_id) - len(known)
        if not known:
            return
        tree = Tree(by_id)
        top = _top(known, tree)
        self._parsed.runs.append(self._run(top, known, tree))
        repeats = Repeats(tree, known)
        stored = self._calls(known, repeats, top)
        self._parsed.links += span_links(self._run_id, tree, repeats)
        self._parsed.stored += stored
        self._parsed.merged += len(known) - stored
        if not self._tools:
            self._asked = set()
        self._messages(known, top, tree)

    def _once(self, given: list[Span]) -> dict[str, Span]:
        """The spans by id with their events; of one that was exported repeatedly, the sighting that ended last."""
        told_apart(given)
        best: dict[str, Span] = {}
        events = []
        for span in given:
            if span.kind is Kind.EVENT:
                events.append(span)
                continue
            other = best.setdefault(span.span_id, span)
            if other is not span:
                best[span.span_id] = max(other, span, key=_finality)
                self._parsed.merged += 1
        if events:
            merged, lost = folded(best, events)
            self._parsed.merged += merged
            if lost:
                self._parsed.ignored[NO_SPAN] += lost
        return best

    def _run(self, top: Span, known: list[Span], tree: Tree) -> Run:
        """The run. The service is its agent only where none is named, here or by spans around it in another file."""
        outcome, reward = _outcome(top)
        named = top.agent or next((span.agent for span in known if span.agent), None)
        if named is None and (tree.is_whole(top) or top.kind is Kind.CHAIN):
            named = top.service
        return Run(
            run_id=self._run_id,
            source_format=self._format,
            source_file=self._source.path,
            agent=self._source.agent_or(_storable(named)),
            model=_storable(top.model),
            started_at=min((span.started_at for span in known if span.started_at), default=None),
            ended_at=max((span.ended_at for span in known if span.ended_at), default=None),
            outcome=outcome,
            reward=reward,
            ended_by=_storable(top.error_type) if outcome == "failure" else None,
            declared_tools=_declared(known),
        )

    def _calls(self, known: list[Span], repeats: Repeats, top: Span) -> int:
        """Adds the calls that count; how many spans made a record, the one that describes the run among them."""
        top_counts = 1
        for span in known:
            if span.span_id in repeats.repeated:
                continue
            if span.kind is Kind.TOOL and not span.usage:
                self._tool_call(span)
            elif span.kind is Kind.MODEL or span.usage:
                self._model_call(span, is_aggregate=span.span_id in repeats.aggregates)
            else:
                continue
            if span is top:
                top_counts = 0
        return self._models + self._tools + top_counts

    def _model_call(self, span: Span, *, is_aggregate: bool) -> None:
        usage = span.usage or _NO_USAGE
        tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        self._parsed.model_calls.append(
            ModelCall(
                call_id=call_id_of(self._run_id, span),
                run_id=self._run_id,
                seq=self._models,
                model=_storable(span.model),
                provider=_storable(span.provider),
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cache_read_tokens=usage.cache_read_tokens,
                cache_write_tokens=usage.cache_write_tokens,
                cache_write_1h_tokens=usage.cache_write_1h_tokens,
                reasoning_tokens=usage.reasoning_tokens,
                reported_cost_nano_usd=None if usage.cost == 0 and tokens else usage.cost,
                started_at=span.started_at,
                ended_at=span.ended_at,
                duration_ms=milliseconds(span.started_at, span.ended_at),
                error_type=_error_type(span),
                is_aggregate=is_aggregate,
            )
        )
        self._models += 1

    def _tool_call(self, span: Span) -> None:
        text = span.error_text or _as_text(span.output)
        arguments = parsed_json(span.input)
        self._parsed.tool_calls.append(
            ToolCall(
                call_id=self._tool_call_id(span.tool_call_id, span.span_id),
                run_id=self._run_id,
                seq=self._tools,
                tool_name=_storable(span.tool_name) or _UNNAMED,
                arguments_sha256=_digest(arguments, span.input),
                result_sha256=digest_of(span.output),
                is_error=span.is_error if span.is_error or span.ended_at else None,
                error_type=_error_type(span),
                error_text=excerpt(escaped(text)) if text and (span.is_error or tells_error(text)) else None,
                started_at=span.started_at,
                duration_ms=milliseconds(span.started_at, span.ended_at),
                argument_sizes=argument_sizes(arguments),
            )
        )
        self._tools += 1

    def _tool_call_id(self, native: str | None, otherwise: str) -> str:
        """By the model's own id of the request, and how often that came before, as ids are reused; else as given."""
        if native is None:
            return stable_id(self._run_id, "tool span", otherwise)
        self._native[native] = number = self._native.get(native, 0) + 1
        return stable_id(self._run_id, f"tool call {number}", native)

    def _messages(self, known: list[Span], top: Span, tree: Tree) -> None:
        """The messages in the order in which they were said, each once although every call repeats the talk before."""
        answering = _answering(known, tree)
        results: dict[tuple[str, str | None], int] = {}
        parts: list[tuple[datetime, int, Callable[[], None]]] = []
        for span in known:
            if span.kind is Kind.TOOL:
                parts.append((span.ended_at or _LAST, len(parts), partial(self._result, span, results)))
            elif span.kind is not Kind.CHAIN:
                parts += self._talk(span, len(parts), is_human=_is_human(span, tree, answering))
        for _, _, say in sorted(parts, key=itemgetter(0, 1)):
            say()
        if not self._said:
            for _, _, say in self._talk(top, 0, is_human=True):
                say()

    def _talk(self, span: Span, number: int, *, is_human: bool) -> list[tuple[datetime, int, Callable[[], None]]]:
        """What was said to a model when its span began, and its answer when it ended."""
        counted: dict[tuple[str, str | None], int] = {}

        def ask() -> None:
            for message in said(span.instructions, "system"):
                self._message(message, counted, span.started_at)
            for message in said(span.input, "user"):
                self._message(message, counted, span.started_at, is_human=is_human and message.role == "user")

        def answer() -> None:
            for message in said(span.output, "assistant"):
                self._message(message, counted, span.ended_at)

        return [
            (span.started_at or _LAST, number, ask),
            (span.ended_at or span.started_at or _LAST, number + 1, answer),
        ]

    def _result(self, span: Span, counted: dict[tuple[str, str | None], int]) -> None:
        if text := _as_text(span.output):
            self._message(Said("tool", text), counted, span.ended_at)

    def _message(
        self,
        message: Said,
        counted: dict[tuple[str, str | None], int],
        at: datetime | None,
        *,
        is_human: bool = False,
    ) -> None:
        """Adds a message the first time that this role says this text, or says it again within one talk."""
        role, text, requests = message
        for asked in requests:
            self._request(asked, counted, at)
        if text is None:
            return
        own = (role, text)
        said_before = counted.get(own, 0)
        counted[own] = said_before + 1
        key = (role, text, said_before)
        if key in self._said:
            return
        self._parsed.messages.append(
            Message(
                message_id=stable_id(self._run_id, f"message {said_before} {role}", text),
                run_id=self._run_id,
                seq=len(self._said),
                role=escaped(role),
                text=escaped(text),
                sent_at=at,
                is_human=is_human,
            )
        )
        self._said.add(key)

    def _request(self, asked: Asked, counted: dict[tuple[str, str | None], int], at: datetime | None) -> None:
        """Adds a tool call that only the model's request tells of, the first time that it is told."""
        if self._asked is None:
            return
        own = (asked.name, asked.call_id or digest_of(asked.arguments))
        counted[own] = counted.get(own, 0) + 1
        if (key := (*own, counted[own])) in self._asked:
            return
        self._asked.add(key)
        self._parsed.tool_calls.append(
            ToolCall(
                call_id=self._tool_call_id(asked.call_id, stable_id(*key)),
                run_id=self._run_id,
                seq=self._tools,
                tool_name=escaped(asked.name),
                arguments_sha256=digest_of(asked.arguments),
                started_at=at,
                argument_sizes=argument_sizes(parsed_json(asked.arguments)),
            )
        )
        self._tools += 1


def _declared(known: list[Span]) -> list[str] | None:
    """The tools that any model or agent of the trace was offered: each span repeats its own."""
    told = {repr(span.definitions): span.definitions for span in known if span.definitions is not None}
    lists = (parsed_json(definitions) for definitions in told.values())
    return declared_tools([tool for tools in lists if isinstance(tools, list) for tool in tools])


def digest_of(value: object) -> str | None:
    """SHA-256 of a value as JSON with sorted keys, however it was written; of the text itself if it is not JSON."""
    return _digest(parsed_json(value), value)


def _digest(plain: object, value: object) -> str | None:
    """The digest of a value by what its JSON says."""
    if value is None:
        return None
    if isinstance(plain, str):
        return sha256_hex(plain.encode("utf-8", "surrogatepass"))
    try:
        return sha256_hex(msgspec.json.encode(plain, order="sorted"))
    except (ValueError, RecursionError, TypeError):
        return sha256_hex(repr(value).encode("utf-8", "surrogatepass")) if isinstance(value, str) else None


def _top(known: list[Span], tree: Tree) -> Span:
    """The span that speaks for the run: the outermost agent's, else the outermost step's, else the first."""
    agents = [span for span in known if span.kind is Kind.AGENT]
    for span in agents:
        if not tree.is_in_agent(span):
            return span
    return agents[0] if agents else next((span for span in known if span.kind is Kind.CHAIN), known[0])


def _answering(known: list[Span], tree: Tree) -> set[str]:
    """Ids of the agents that models answer for, not those that only wrap other agents."""
    models = [span for span in known if span.kind is Kind.MODEL]
    nearest = (next((above for above in tree.near(span) if above.kind is Kind.AGENT), None) for span in models)
    return {span.span_id for span in nearest if span}


def _is_human(span: Span, tree: Tree, answering: set[str]) -> bool:
    """Whether the user of these messages may be a person: not where a tool or another agent does the asking."""
    around = (span, *tree.near(span))
    agents = sum(above.span_id in answering for above in around)
    return agents < 2 and not any(above.kind is Kind.TOOL for above in around)


def _outcome(top: Span) -> tuple[Outcome, float | None]:
    """Failure where the run's span failed; else the source's own verdict on it, if any; success is never guessed."""
    verdicts = top.verdicts or []
    reward = verdicts[0].value if len(verdicts) == 1 else None
    if top.is_error and top.kind in (Kind.AGENT, Kind.CHAIN):
        return "failure", reward
    if not verdicts:
        return "unknown", None
    return ("success" if all(verdict.passed for verdict in verdicts) else "failure"), reward


def _finality(span: Span) -> tuple[datetime, str]:
    return span.ended_at or _FIRST, repr(span)


def _order(span: Span) -> tuple[datetime, str]:
    return span.started_at or _LAST, span.span_id


def _error_type(span: Span) -> str | None:
    return (_storable(span.error_type) or _ERROR) if span.is_error else None


def _storable(text: str | None) -> str | None:
    return None if text is None else escaped(text)


def _as_text(value: object) -> str | None:
    return value if isinstance(value, str) else None if value is None else written(value)
