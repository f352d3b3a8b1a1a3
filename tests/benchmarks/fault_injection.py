"""Faults put into successful runs of tau-bench: a renamed tool, a dropped argument, identical retries."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Run = dict[str, Any]
FILES: Final = ("airline-gpt-4o", "retail-gpt-4o-l0", "retail-gpt-4o-l2", "retail-preconditions")
RETRIES: Final = 3


def successes(data: Path, name: str) -> list[Run]:
    """The runs of a file with reward 1 that call a tool."""
    runs = json.loads(gzip.decompress((data / "tau-bench" / f"{name}.json.gz").read_bytes()))
    return [run for run in runs if run["reward"] == 1 and calls(run)]


def calls(run: Run) -> list[int]:
    """Places of the messages that call a tool."""
    return [place for place, message in enumerate(run["traj"]) if message.get("tool_calls")]


def injected(run: Run, fault: str, draw: random.Random) -> Run | None:
    """A copy of the run with one fault at a drawn call; None where the run has no call that it fits."""
    changed = copy.deepcopy(run)
    fitting = [place for place in calls(run) if fault != "dropped argument" or _arguments(run, place)]
    if not fitting:
        return None
    FAULTS[fault](changed, draw.choice(fitting), draw)
    changed["trial"] = draw.randrange(10**9)  # else its bytes could be those of another copy
    return changed


def _arguments(run: Run, place: int) -> dict[str, Any]:
    try:
        told = json.loads(run["traj"][place]["tool_calls"][0]["function"]["arguments"])
    except ValueError:  # this source writes some as Python does
        return {}
    return told if isinstance(told, dict) else {}


def _rename(run: Run, place: int, draw: random.Random) -> None:
    function = run["traj"][place]["tool_calls"][0]["function"]
    function["name"] = draw.choice([f"{function['name']}_v2", f"fetch_{function['name']}", "lookup"])


def _drop(run: Run, place: int, draw: random.Random) -> None:
    function, told = run["traj"][place]["tool_calls"][0]["function"], _arguments(run, place)
    told.pop(draw.choice(sorted(told)))
    function["arguments"] = json.dumps(told)


def _retry(run: Run, place: int, _: random.Random) -> None:
    step = run["traj"][place : place + 2]
    run["traj"][place:place] = [copy.deepcopy(message) for _ in range(RETRIES) for message in step]


FAULTS: Final[dict[str, Callable[[Run, int, random.Random], None]]] = {
    "renamed tool": _rename, "dropped argument": _drop, "identical retries": _retry,
}  # fmt: skip
DETECTORS: Final = {
    "renamed tool": ("unknown-tool", "refused-tool"), "dropped argument": ("bad-arguments",),
    "identical retries": ("repeated-call",),
}  # fmt: skip
