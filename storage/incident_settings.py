"""What `agentre.yaml` says of incidents."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Days = Annotated[int, Meta(ge=1, le=365)]


class DueDays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days within which an action item has to be done, by the severity of its incident."""

    P1: Days = 7
    P2: Days = 14
    P3: Days = 28


class IncidentSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Incidents: whose they are, what belongs together, and when one is over.

    `on_call`: agent → person; `owner`: whose the others are (default: the agent's first approver). `together_hours`:
    signals of one agent that begin so close to each other are one incident. `back_days`: days for which a budget or a
    cost has to be back in bounds. `recur_days`: an incident of the same cause within so many days of the last one's
    end is its recurrence. `model`: drafts postmortems where a key is set; None: rules do.
    """

    on_call: dict[str, str] = {}
    owner: str | None = None
    together_hours: Annotated[float, Meta(gt=0, le=336)] = 48
    back_days: Days = 3
    recur_days: Days = 28
    due: DueDays = DueDays()
    model: str | None = None
