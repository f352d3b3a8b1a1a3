"""What a change means beyond its lines, compared with the committed base and named to who decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reports.text import clean
from storage.config_keys import check_config
from storage.errors import Refused
from storage.records import FileChange, Proposal
from tasks.approve.orders import new_orders
from tasks.common.reach import new_reaches, new_scripts


def named(proposal: Proposal, base: Mapping[str, bytes]) -> list[str]:
    """Lines for the person: a new host, script, package, tool, hidden sign, order; a config key with both values.

    `base`: bytes of each touched path in the config repository now. An empty list does not mean that it is safe.
    """
    return [line for file in proposal.files for line in _named(proposal.kind, file, base.get(file.path, b""))]


def _named(kind: str, file: FileChange, before: bytes) -> Iterator[str]:
    if file.path.endswith("/config.yaml"):
        try:
            yield clean(check_config(before, file.content, where=file.path))
        except Refused as error:
            yield clean(f"{file.path}: {error.what} ({error.got})")
        return
    old, new = before.decode("utf-8", "replace"), file.content.decode("utf-8", "replace")
    for reach in [*new_reaches(old, new, ""), *new_scripts(old, new)]:
        yield clean(f"new in {file.path}: {reach.rule}: {reach.found}")
    for kind, line in new_orders(old, new):
        yield clean(f"new in {file.path}: {kind}: {line}")
