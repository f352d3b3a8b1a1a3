"""What `agentre.yaml` says of the search for failures in runs."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Rate = Annotated[float, Meta(gt=0, le=0.5)]


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an agent may do. `tools`: it may call these only (globs; none given: any). `forbidden`: never these.

    `most`: tool → argument → the largest number, or longest list, that it may give, e.g. `{delete_rows: {limit: 50}}`.
    """

    tools: list[str] = []
    forbidden: list[str] = []
    most: dict[str, dict[str, float]] = {}


class DetectorSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How failures are looked for. Below 1 / rate - 1 runs (uses of tools) to compare with, there is no alarm.

    `outlier_rate`: share of ordinary runs that may be called outliers in length, cost or the size of an action.
    `unseen_rate`: share of a run's uses of tools that may be called unlike all others. `reference_runs`: an agent's
    latest runs that new ones are compared with. `scope`: agent → what it may do; a call outside it is a boundary
    violation.
    """

    outlier_rate: Rate = 0.01
    unseen_rate: Rate = 0.01
    reference_runs: Annotated[int, Meta(ge=20, le=100_000)] = 1000
    scope: dict[str, Scope] = {}
