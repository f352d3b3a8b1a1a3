"""Investigation guides: what to look at, to mend and to prevent, for each type of failure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from storage.yaml_files import read_yaml
from tasks.incidents.incident import Incident, Told

FILE: Final = Path(__file__).with_name("guides.yaml")
OF_KIND: Final = {
    "behaviour": "silent regression", "budget": "error budget", "cost": "excessive cost",
    "policy": "boundary violation", "bench": "bench",
}  # fmt: skip


class Guide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One type of failure: sentences for a person."""

    look: list[str]
    mend: list[str]
    prevent: list[str]


@cache
def guides() -> dict[str, Guide]:
    """Every guide by the type of failure."""
    return read_yaml(FILE, dict[str, Guide])


def types_of(incident: Incident) -> list[str]:
    """The types of failure that an incident shows, the one that it is of first; each has a guide."""
    named = [_of(told) for told in incident.opening]
    seen = [str(told.ref.get("failure_class", "")) for told in incident.told if not told.opens]
    return list(dict.fromkeys(name for name in [*named, OF_KIND[incident.kind], *seen] if name in guides()))


def _of(told: Told) -> str:
    """Runs that broke off are a type of their own; those that the platform broke are of the bench."""
    return "hard failure" if (told.source, told.kind) == ("burst", "behaviour") else OF_KIND[told.kind]


def guide_of(incident: Incident) -> list[tuple[str, Guide]]:
    """The guides that an incident needs, at most three."""
    return [(name, guides()[name]) for name in types_of(incident)[:3]]


def prevention(incident: Incident, most: int = 4) -> Sequence[str]:
    """What to leave as action items, without repeats."""
    found = [each for _, guide in guide_of(incident) for each in guide.prevent]
    return list(dict.fromkeys(found))[:most]
