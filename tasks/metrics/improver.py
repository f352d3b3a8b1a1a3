"""The improver's own score: whether its forecasts hold, its drafts are wanted, and they do anything."""

from __future__ import annotations

from storage.ledger import Ledger
from storage.records import Record
from tasks.metrics.intervals import wilson


class Figure(Record, frozen=True, kw_only=True):
    """A figure of the improver. `value` is None where there is nothing to tell it from; `n`: of what it is made.

    `low`, `high`: 95 % interval. Shares are from 0 to 1, widths and gains in score points.
    """

    name: str
    value: float | None
    n: int
    low: float | None
    high: float | None
    said: str


def improver_figures(ledger: Ledger) -> list[Figure]:
    """All figures of the improver, always the same names in the same order: what `agentre kpi` shows of it."""
    [forecasts] = ledger.rows("metrics/improver_forecasts")
    [answers] = ledger.rows("metrics/improver_answers")
    [effects] = ledger.rows("metrics/improver_effects")
    best = ledger.rows("metrics/improver_best")
    return [
        coverage(forecasts["covered"], forecasts["n"], forecasts["proposals"], forecasts["level"]),
        width(forecasts["width"], forecasts["n"]),
        acceptance(answers["approved"], answers["n"]),
        nothing_done(effects["nothing"], effects["n"]),
        _imp_at_k(best[0]) if best else _unknown("imp@k", "no variants were tried on a visible and a sealed split"),
    ]


def coverage(covered: int, n: int, proposals: int, level: float | None) -> Figure:
    """Share of forecasts whose measured change lies in their interval; near the promised level is right, 1 is too wide.

    The interval is Wilson's over the forecasts; those of one proposal vary together, so it is a little narrow.
    """
    if not n or level is None:
        return _unknown("forecast coverage", "no forecast was held against a measurement yet")
    said = f"{covered} of {n} forecasts, of {proposals} proposals, held; {level:.0%} was promised"
    return _share("forecast coverage", covered, n, said)


def width(mean: float | None, n: int) -> Figure:
    """Mean width of the forecasts that were scored, in score points: a forecast that says nothing is wide."""
    if mean is None:
        return _unknown("forecast width", "no forecast was held against a measurement yet")
    said = f"on average {mean:.2f} points from end to end"
    return Figure(name="forecast width", value=mean, n=n, low=None, high=None, said=said)


def acceptance(approved: int, answered: int) -> Figure:
    """Share of the improver's answered drafts that people approved."""
    if not answered:
        return _unknown("acceptance rate", "no draft of the improver was answered yet")
    return _share("acceptance rate", approved, answered, f"{approved} of {answered} answered drafts were approved")


def nothing_done(nothing: int, decided: int) -> Figure:
    """Share of null proposals among those accepted whose effect is decided: they surely changed nothing."""
    if not decided:
        return _unknown("null proposals accepted", "no approved draft has a decided effect yet")
    said = f"{nothing} of {decided} approved drafts whose effect is decided did nothing"
    return _share("null proposals accepted", nothing, decided, said)


def _imp_at_k(row: dict[str, object]) -> Figure:
    """The newest imp@k: what the best of k variants gained on the tasks that did not choose it."""
    delta, low, high = (None if row[key] is None else float(str(row[key])) for key in ("delta", "ci_low", "ci_high"))
    optimism = row["optimism"]
    flattered = "" if optimism is None else f"; choosing alone seemed to gain {float(str(optimism)):+.2f} more"
    gained = "could not be told" if delta is None else f"{delta:+.2f} points"
    said = f"the best of {row['k']} variants of {row['agent']} on {row['tasks']} sealed tasks: {gained}{flattered}"
    return Figure(name="imp@k", value=delta, n=int(str(row["tasks"])), low=low, high=high, said=said)


def _share(name: str, part: int, n: int, said: str) -> Figure:
    low, high = wilson(part, n) or (None, None)
    return Figure(name=name, value=part / n, n=n, low=low, high=high, said=said)


def _unknown(name: str, said: str) -> Figure:
    return Figure(name=name, value=None, n=0, low=None, high=None, said=said)
