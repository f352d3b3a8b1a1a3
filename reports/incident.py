"""An incident for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from reports import text
from reports.environment import environment


def incident_text(told: Mapping[str, Any], zone: ZoneInfo) -> str:
    """One incident: its state and figures, time line, causes, guide and action items; times on the zone's clock."""
    when = partial(text.when, zone=zone)
    return environment().get_template("incident.txt.j2").render(told, when=when).rstrip("\n")
