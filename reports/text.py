"""How figures and text from logs are written: exact, with their n, and unable to do anything but be read."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import PurePosixPath
from typing import Any, Final

from reports.review import Point
from reports.visible import visible

NOT_RECORDED: Final = "not recorded"
LONGEST: Final = 160
"""Characters of a text from a log that a report shows."""
ARROWS: Final = {"improving": "↑ improving", "regressing": "↓ regressing", "stable": "→ stable"}


def clean(value: object, limit: int = LONGEST) -> str:
    """Text from a log on one line: whitespace folded, hidden characters named, cut at `limit`."""
    text = visible(" ".join(str(value)[: 4 * limit].split()))
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def code(value: object, limit: int = LONGEST) -> str:
    """Text from a log as a Markdown code span that it cannot leave, in a table neither.

    The fence is longer than any run of backticks inside; a pipe, which would end a table's cell, becomes ¦.
    """
    text = clean(value, limit).replace("|", "¦")
    if not text:
        return "(empty)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fenced(text: str) -> str:
    """Lines as a Markdown code block that they cannot leave."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def money(amount: Decimal | None) -> str:
    """Dollars from the ledger's exact decimal: cents from a dollar up, else four places; never through a float."""
    if amount is None:
        return NOT_RECORDED
    places = Decimal("0.01") if abs(amount) >= 1 or amount == 0 else Decimal("0.0001")
    rounded = amount.quantize(places, ROUND_HALF_EVEN)
    return f"${rounded:,f}" if rounded or not amount else "under $0.0001"


def count(number: int | None) -> str:
    """A whole number with thousands apart."""
    return NOT_RECORDED if number is None else f"{number:,}"


def short(number: int | None) -> str:
    """A large number in three figures: 1.23M."""
    if number is None:
        return NOT_RECORDED
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.3g}{unit}" if number < 1000 * size else f"{number / size:,.0f}{unit}"
    return str(number)


def tokens(row: dict[str, Any]) -> str:
    """Input and output tokens of a row."""
    pair = (row["input_tokens"], row["output_tokens"])
    return NOT_RECORDED if pair == (None, None) else " / ".join(map(short, pair))


def share(part: int | None, whole: int | None) -> str:
    """A part of a whole in percent; "not recorded" where there is no whole."""
    return NOT_RECORDED if part is None or not whole else percent(part / whole)


def percent(rate: float | None) -> str:
    """A rate in percent, one place below ten."""
    if rate is None:
        return NOT_RECORDED
    return f"{100 * rate:.1f} %" if 0 < rate < 0.1 else f"{100 * rate:.0f} %"


def between(low: float | None, high: float | None, *, as_percent: bool = False) -> str:
    """A 95 % interval, or why there is none."""
    if low is None or high is None:
        return "no interval"
    return f"{percent(low)} to {percent(high)}" if as_percent else f"{low:.2f} to {high:.2f}"


def points(value: float | None, *, signed: bool = False) -> str:
    """A score or, signed, a difference of scores; an empty place is a dash."""
    if value is None:
        return "–"
    return f"{value:+.2f}" if signed else f"{value:.2f}"


def scored(point: Point) -> str:
    """A week's mean with its interval and n, in words."""
    if point.value is None:
        return "not scored"
    return f"{point.value:.2f} ({between(point.low, point.high)}; n = {point.n})"


def duration(seconds: int | None) -> str:
    """Seconds as people say them: 45 s, 12 min, 3 h 05 min, 2 d 4 h."""
    if seconds is None:
        return NOT_RECORDED
    minutes, hours = seconds // 60, seconds // 3600
    if minutes < 1:
        return f"{seconds} s"
    if hours < 1:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def when(instant: datetime | None, zone: Any) -> str:
    """An instant on a zone's clock, to the minute."""
    return NOT_RECORDED if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


def run_name(row: dict[str, Any]) -> str:
    """What people call a run: its task, with the file where the task is but a number; else the file."""
    task, name = row.get("task_id"), PurePosixPath(row.get("source_file") or "unknown file").name
    if task is None:
        return re.sub(r"(\.jsonl?)?(\.gz)?$", "", name)
    return f"task {task} of {name}" if str(task).isdigit() else str(task)


def plural(number: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def cost_sources(row: dict[str, Any]) -> str:
    """Of how many runs the cost is known, and from where."""
    words = {"cost_reported": "reported", "cost_priced": "priced", "cost_missing": "not recorded"}
    return ", ".join(f"{row[name]:,} {word}" for name, word in words.items() if row[name]) or "no runs"
