"""Key figures and maturity as people read them: each figure with its interval and n, and what is missing by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from reports.environment import environment
from reports.text import NOT_RECORDED, clean, money, percent, plural, short, when

STANDING: Final = {"met": "ok", "missed": "MISSED", "open": "open", None: ""}
"""How a figure stands to the usual target; open: its interval holds both sides."""
_SAYS_OPEN: Final = "the interval lies on both sides of the usual target, so either may be true"
STAGES: Final = {1: "Demo", 2: "Beta", 3: "Production", 4: "Reliable"}


def told(value: float | None, unit: str) -> str:
    """A value in its unit."""
    if value is None:
        return NOT_RECORDED
    return _UNITS[unit](value)


def _hours(value: float) -> str:
    return f"{value:.0f} h" if value >= 10 else f"{value:.1f} h" if value >= 1 else f"{60 * value:.0f} min"


_UNITS: Final[dict[str, Callable[[float], str]]] = {
    "share": percent,
    "seconds": lambda value: f"{value:.2f} s",
    "hours": _hours,
    "dollars": lambda value: money(Decimal(repr(value))),
    "tokens": lambda value: short(round(value)),
    "count": lambda value: f"{value:.1f}".removesuffix(".0"),
    "points": lambda value: f"{value:.2f}",
    "change": lambda value: f"{100 * value:+.0f} %",
}


def interval(figure: Any, unit: str) -> str:
    """`67 % to 81 %`; one bound alone where n is too small for the other; empty where nothing is recorded."""
    if figure.value is None:
        return ""
    if figure.low is None and figure.high is None:
        return "no interval"
    if figure.high is None:
        return f"from {told(figure.low, unit)}"
    return (
        f"{told(figure.low, unit)} to {told(figure.high, unit)}"
        if figure.low is not None
        else (f"up to {told(figure.high, unit)}")
    )


def parts_of(line: Any) -> list[str]:
    """The parts of a figure, each with its n: `P1 2 (n = 2)`."""
    return [
        f"{clean(part.label, 40)} {told(part.figure.value, line.kpi.unit)}"
        + ("" if line.kpi.parts == "reasons" else f" (n = {part.figure.n:,})")
        for part in line.parts
        if part.figure.value
    ]


def kpi_text(overview: Any, zone: ZoneInfo) -> str:
    """All key figures for the terminal, and what to do where one is not recorded."""
    first, last = (moment.astimezone(zone) for moment in (overview.start, overview.end))
    lines = [
        f"Key figures {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
        + (f", {overview.agent}" if overview.agent else ""),
        "",
        f"{'':<36} {'figure':>13}  {'95 % interval':<22} {'n':>7}  {'usual':<29} ",
    ]
    for line in overview.lines:
        figure, kpi = line.figure, line.kpi
        lines.append(
            f"{kpi.name:<36} {told(figure.value, kpi.unit):>13}  {interval(figure, kpi.unit):<22} {figure.n:>7,}  "
            f"{kpi.usual:<29} {STANDING[line.standing]}".rstrip()
        )
        parts = parts_of(line)
        lines += [f"    {', '.join(parts)}"] if parts else []
        lines += [f"    needs {kpi.source}"] if figure.value is None else []
    return "\n".join([*lines, *_improver_lines(overview.improver), *notes(overview)])


def improver_unit(figure: Any) -> str:
    """The unit of a figure of the improver: widths and gains are score points, all else are shares."""
    return "points" if figure.name in ("forecast width", "imp@k") else "share"


def sentence(name: str) -> str:
    """A name as a row begins with it; `imp@k` stays what it is."""
    return name if "@" in name else name[:1].upper() + name[1:]


def _improver_lines(figures: Any) -> list[str]:
    lines = ["", "The improver, of all time"]
    for each in figures:
        unit = improver_unit(each)
        lines.append(
            f"{sentence(each.name):<36} {told(each.value, unit):>13}  {interval(each, unit):<22} {each.n:>7,}".rstrip()
        )
        lines.append(f"    {clean(each.said, 110)}")
    return lines


def notes(overview: Any) -> list[str]:
    """What the figures leave out."""
    found = ["", f"open: {_SAYS_OPEN}."]
    if overview.untimed:
        found.append(f"{plural(overview.untimed, 'run')} without a recorded time, so in no period.")
    found += [f"tickets: {clean(each)}" for each in overview.refused[:5]]
    if len(overview.refused) > 5:
        found.append(f"tickets: and {len(overview.refused) - 5:,} more lines that could not be read")
    return found


def maturity_text(found: Any) -> str:
    """The stage for the terminal: each criterion with what can be pointed to, then what the next stage lacks."""
    lines = [f"Maturity: stage {found.stage} of 4, {found.name}"]
    for stage, name in STAGES.items():
        lines += ["", f"{stage} {name}"]
        lines += [
            f"  {'✓' if each.met else '✗'} {each.name:<40} {clean(each.artefact, 120)}"
            for each in found.criteria
            if each.stage == stage
        ]
    if found.missing:
        lines += ["", f"For stage {found.stage + 1}:"]
        lines += [f"  {each.name}: {each.next}" for each in found.missing]
    return "\n".join(lines)


def overview_html(overview: Any, found: Any, *, zone: ZoneInfo, synthetic: bool, made_at: Any) -> str:
    """Key figures and maturity as one self-contained page beside the weekly review: no script, every text escaped."""
    template = environment().get_template("overview.html.j2")
    return template.render(
        overview=overview, maturity=found, stages=STAGES, synthetic=synthetic, made_at=made_at, zone=zone,
        when=partial(when, zone=zone), told=told, interval=interval, parts_of=parts_of, sentence=sentence,
        improver_unit=improver_unit, note=_SAYS_OPEN,
    )  # fmt: skip
