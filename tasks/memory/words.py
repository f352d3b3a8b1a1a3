"""The words of `words.yaml`, as sets."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from storage.yaml_files import parse_yaml

_FILE: Final = Path(__file__).with_name("words.yaml")


@cache
def _all() -> dict[str, str]:
    return parse_yaml(_FILE.read_bytes(), dict[str, str], where=_FILE.name)


@cache
def words(name: str) -> frozenset[str]:
    """A set of words by its name in the file. Raises KeyError for another name."""
    return frozenset(_all()[name].split())
