"""What a change of an agent may be expected to do: the data behind a forecast, read from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from storage.ledger import Ledger
from storage.records import DIMENSIONS
from storage.workspace import Workspace
from tasks.metrics.effects import WEEKS
from tasks.metrics.forecast import Effect, Forecast, Touched, forecast

LOOKED_BACK: Final = 8
"""Weeks of scores that a forecast looks at."""
_PER_WINDOW: Final = LOOKED_BACK / WEEKS


def expected(
    workspace: Workspace, ledger: Ledger, agent: str, runs: Sequence[str], kind: str, now: datetime
) -> tuple[dict[str, Forecast], dict[str, str]]:
    """Forecasts by dimension of a change that touches these runs, and why a dimension has none.

    `kind`: of the measurements that are its history, e.g. `imp@skill`, over the whole fleet.
    """
    scores = _scores(workspace, ledger, agent, runs, now)
    share = _share(ledger, agent, runs, now)
    history = _history(ledger, kind)
    found, without = dict[str, Forecast](), dict[str, str]()
    for name in DIMENSIONS:
        row = scores.get(name)
        if row is None:
            without[name] = f"no score of the last {LOOKED_BACK} weeks"
            continue
        touched = Touched(share=share, **{key: row[key] for key in _COLUMNS})
        window = row["recent_n"] or (row["touched_n"] + row["other_n"]) / _PER_WINDOW
        told = forecast(history[name], touched, window, window)
        if told is None:
            without[name] = "too few scores, or all alike: their spread is not known"
        else:
            found[name] = told
    return found, without


_COLUMNS: Final = ("touched_n", "touched_mean", "other_n", "other_mean", "sd")


def _scores(
    workspace: Workspace, ledger: Ledger, agent: str, runs: Sequence[str], now: datetime
) -> dict[str, dict[str, Any]]:
    today = now.astimezone(workspace.zone).date()
    rows = ledger.rows(
        "improve/touched_scores", agent=agent, runs=list(runs), zone=str(workspace.zone),
        first_day=today - timedelta(weeks=LOOKED_BACK), after_day=today + timedelta(days=1),
        recent_day=today - timedelta(weeks=WEEKS),
    )  # fmt: skip
    return {row["dimension"]: row for row in rows}


def _share(ledger: Ledger, agent: str, runs: Sequence[str], now: datetime) -> float:
    start = now - timedelta(weeks=LOOKED_BACK)
    [row] = ledger.rows("improve/touched_share", agent=agent, runs=list(runs), start=start, end=now)
    return row["touched"] / row["runs"] if row["runs"] else 0.0


def _history(ledger: Ledger, kind: str) -> dict[str, list[Effect]]:
    """Measured effects by dimension; an interval's half width over t(.975, n - 2) is its standard error."""
    from scipy.special import stdtrit  # imported late: it costs most of a second

    found: dict[str, list[Effect]] = defaultdict(list)
    for row in ledger.rows("improve/earlier_effects", kind=kind):
        freedom = max(1, row["before_n"] + row["after_n"] - 2)
        error = (row["ci_high"] - row["ci_low"]) / 2 / float(stdtrit(freedom, 0.975))
        if error > 0:
            found[row["dimension"]].append(Effect(delta=row["delta"], error=error))
    return found
