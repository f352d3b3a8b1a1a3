"""Which spans stand inside which, as far as other files need it to count a call that they tell of once."""

from __future__ import annotations

from collections.abc import Iterator

from storage.records import stable_id
from tasks.ingest.families.same_calls import Repeats, Tree
from tasks.ingest.families.spans import Kind, Span
from tasks.ingest.parsed import SpanLink


def call_id_of(run_id: str, span: Span) -> str:
    """The id of a model call: by its response, which other spans and files may tell too; else by its span."""
    response = span.response_id if span.kind is Kind.MODEL else None
    return stable_id(run_id, "response", response) if response else _own_id(run_id, span.span_id)


def span_links(run_id: str, tree: Tree, repeats: Repeats) -> Iterator[SpanLink]:
    """What each span stands inside of: the nearest sum that counts, or the span around it that is not here.

    Of a trace that is whole and has no such sum, as nearly every one is, only one call inside each sum that it repeats.
    """

    def link(inner_id: str, around: str) -> SpanLink:
        outer = tree.spans.get(around)
        outer_id = call_id_of(run_id, outer) if outer else _own_id(run_id, around)
        return SpanLink(run_id=run_id, inner_id=inner_id, outer_id=outer_id)

    for inner, total in _repeating(tree, repeats):
        yield link(call_id_of(run_id, inner), total.span_id)
    sums = repeats.aggregates - repeats.repeated
    spans = tree.spans.values()
    if not sums and all(not span.parent_id or span.parent_id in tree.spans for span in spans):
        return
    outer = _outer(tree, sums)
    for span in spans:
        if around := outer[span.span_id]:
            for own in {_own_id(run_id, span.span_id): 0, call_id_of(run_id, span): 0}:
                yield link(own, around)


def _repeating(tree: Tree, repeats: Repeats) -> Iterator[tuple[Span, Span]]:
    """Each sum that repeats the usage inside it, after one call of those: elsewhere it may stand without them."""
    passed: set[str] = set()
    for span in tree.spans.values():
        if not span.usage or span.span_id in repeats.repeated:
            continue
        for above in tree.above(span):
            if above.span_id in passed:
                break
            passed.add(above.span_id)
            if above.span_id in repeats.aggregates and above.span_id in repeats.repeated:
                yield span, above


def _outer(tree: Tree, sums: set[str]) -> dict[str, str | None]:
    """By span: the nearest sum around it, else the span that is named around its outermost one and is not here."""
    found: dict[str, str | None] = {}
    for span in tree.spans.values():
        path, last = [span], span
        while last.span_id not in found and (above := tree.parent(last)) and above.span_id not in sums:
            path.append(above)
            last = above
        if last.span_id in found:
            end = found[last.span_id]
        else:
            end = last.parent_id if tree.parent(last) or last.parent_id not in tree.spans else None
        found.update((one.span_id, end) for one in path)
    return found


def _own_id(run_id: str, span_id: str) -> str:
    return stable_id(run_id, "span", span_id)
