"""Which spans are one call of a model or a tool, told by who stands inside whom.

Frameworks and the SDKs below them are instrumented both, so one call has a span inside a span; and agents
repeat the sum of their calls on their own span. Counting all of these counts a call twice or more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from storage.records import stable_id
from tasks.ingest.families.spans import Kind, Span

_NEAR: Final = 64
"""How many levels up the span is looked for that a call repeats: instrumentors of one call stand close."""
_BORDERS: Final = (Kind.TOOL, Kind.AGENT)
"""What a call of a model does by way of these is not inside it: there, a model answers on its own."""


class Tree:
    """The spans of a trace by id, and who stands inside whom; a circle of parents is cut open."""

    def __init__(self, spans: dict[str, Span]) -> None:
        self.spans = spans
        self._parents = {own: span.parent_id for own, span in spans.items() if span.parent_id in spans}
        done: set[str] = set()
        for own in spans:
            path: dict[str, None] = {}
            while own not in done and own not in path:
                path[own] = None
                if (above := self._parents.get(own)) is None:
                    break
                own = above
            else:
                if own in path:
                    del self._parents[next(reversed(path))]
            done.update(path)

    def parent(self, span: Span) -> Span | None:
        """The span that this one is directly inside of, where it is here."""
        return self.spans.get(self._parents.get(span.span_id) or "")

    def above(self, span: Span) -> Iterator[Span]:
        """The spans that this one is inside of, nearest first."""
        own = span.span_id
        while (parent := self._parents.get(own)) is not None:
            yield self.spans[parent]
            own = parent

    def near(self, span: Span) -> Iterator[Span]:
        """The nearest of the spans that this one is inside of."""
        return islice(self.above(span), _NEAR)

    def is_whole(self, span: Span) -> bool:
        """Whether all that the span is inside of is here: nothing around it stands in another file."""
        *_, outermost = (span, *self.above(span))
        return not outermost.parent_id or outermost.parent_id in self.spans

    def is_in_agent(self, span: Span) -> bool:
        """Whether the span stands inside an agent's."""
        return any(above.kind is Kind.AGENT for above in self.near(span))


def told_apart(given: list[Span]) -> None:
    """Gives spans that use the id of another one an id of their own: a span told again has the same start.

    The earliest keeps the id. Where two such spans come in different files they cannot be told apart, and are one.
    """
    first: dict[str, datetime] = {}
    reused = False
    for span in given:
        if span.started_at and span.kind is not Kind.EVENT:
            start = first.setdefault(span.span_id, span.started_at)
            if start != span.started_at:
                reused, first[span.span_id] = True, min(start, span.started_at)
    for span in given if reused else ():
        if span.started_at and span.kind is not Kind.EVENT and span.started_at != first[span.span_id]:
            span.span_id = stable_id(span.span_id, span.started_at.isoformat())


class Repeats:
    """The spans, by id, that repeat others and are not counted, and those that stand for several calls.

    A call of a model repeats the calls of models inside it. On the span of an agent, a tool or a step, usage
    is a sum, which repeats all usage inside. Where only the outer span has usage, it stands for the calls
    inside, and is an aggregate if these are several or none is told of.
    """

    def __init__(self, tree: Tree, spans: list[Span]) -> None:
        """`spans` are those of agents, models, tools and steps, in the order of their starts."""
        self.repeated: set[str] = set()
        self.aggregates: set[str] = set()
        self._tree = tree
        self._walked: set[tuple[str, bool]] = set()
        for span in spans:
            if span.usage:
                self._mark_outer(span)
        inside: Counter[str] = Counter()
        for span in spans:
            if span.kind is Kind.MODEL and not span.usage and span.span_id not in self.repeated:
                inside[self._stands_for(span)] += 1
        for span in spans:
            if span.usage and (span.kind is not Kind.MODEL or inside[span.span_id] > 1):
                self.aggregates.add(span.span_id)
            elif span.kind is Kind.TOOL and self._repeats_tool(span):
                self.repeated.add(span.span_id)
        self._mark_same_responses(spans)

    def _mark_same_responses(self, spans: list[Span]) -> None:
        """Of calls with one response id counts the first that has usage, else the first."""
        counted: dict[str, Span] = {}
        for span in spans:
            if span.kind is Kind.MODEL and span.response_id and span.span_id not in self.repeated:
                other = counted.setdefault(span.response_id, span)
                if other is span:
                    continue
                if span.usage and not other.usage:
                    counted[span.response_id], span = span, other
                self.repeated.add(span.span_id)

    def _mark_outer(self, span: Span) -> None:
        """Marks all that a counted call is inside of. Each span is passed at most twice, however deep they nest."""
        for above, beyond in self._outer(span):
            if (above.span_id, beyond) in self._walked:
                return
            self._walked.add((above.span_id, beyond))
            if above.usage if above.kind is not Kind.MODEL else not beyond:
                self.repeated.add(above.span_id)

    def _stands_for(self, span: Span) -> str:
        """Id of the span that counts for a call without usage: the nearest around it that has some, or itself."""
        for above, beyond in islice(self._outer(span), _NEAR):
            if above.usage and above.span_id not in self.repeated and not (beyond and above.kind is Kind.MODEL):
                self.repeated.add(span.span_id)
                return above.span_id
        self._mark_outer(span)
        return span.span_id

    def _outer(self, span: Span) -> Iterator[tuple[Span, bool]]:
        """The spans around one, each with whether it is beyond the border of a tool or of an agent."""
        beyond = span.kind in _BORDERS
        for above in self._tree.above(span):
            yield above, beyond
            beyond = beyond or above.kind in _BORDERS

    def _repeats_tool(self, span: Span) -> bool:
        """Whether a tool's span is inside that of the same call: same call id, or same name where one lacks it."""
        for above in self._tree.near(span):
            if above.kind is Kind.TOOL:
                if above.tool_call_id and span.tool_call_id:
                    return above.tool_call_id == span.tool_call_id
                return above.tool_name == span.tool_name
            if above.kind in (Kind.AGENT, Kind.MODEL):
                return False
        return False
