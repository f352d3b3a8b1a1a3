"""What `agentre.yaml` says of the agents' memory."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class MemorySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Consolidation of daily logs into MEMORY.md. `bytes`: the most that AgentRE's own section of it may have.

    `lesson_days`, `decision_days`, `event_days`: how long a line lives after it was last seen, counted to the newest
    daily log; each further day on which it was seen adds as many again, up to four times. `log_bytes`: larger daily
    logs are not read. `model`: words lines anew, as a proposal; None: every line is verbatim, by rules.
    """

    bytes: Annotated[int, Meta(ge=512, le=16_384)] = 8_192
    lesson_days: Annotated[int, Meta(ge=1)] = 90
    decision_days: Annotated[int, Meta(ge=1)] = 180
    event_days: Annotated[int, Meta(ge=1)] = 30
    log_bytes: Annotated[int, Meta(ge=1024)] = 1024 * 1024
    model: str | None = None
