"""What `agentre.yaml` says of the analyzer, which drafts proposals through a model."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class AnalyzerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Drafting by a model of the Anthropic Messages API. `model` None, or no key: drafted by rules.

    `requests`: the most that one run of the flow asks; its money is `models: {cost_usd}`. `nights`: nights on which
    a draft that failed is tried again before it waits for the next week.
    """

    model: str | None = None
    requests: Annotated[int, Meta(ge=1, le=100)] = 12
    nights: Annotated[int, Meta(ge=0, le=30)] = 3
