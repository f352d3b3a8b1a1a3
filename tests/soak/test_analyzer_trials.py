"""A model's API in every state at every position, and a model in the attacker's hands; figures go to RESULTS.md."""

from __future__ import annotations

import os
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tasks" / "improve"))

from evil_drafter import texts
from evil_model import hostile_logs, trial
from model_trials import FAULTS, KINDS, SLOW, Answering, drafted, fleet, forget, whole

from storage.config_repo import ConfigRepo
from storage.ledger import Ledger, open_ledger
from storage.workspace import Workspace
from tests.messages_api import MessagesApi

SEED = int(os.environ.get("AGENTRE_SEED", "20261122"))
CASES = 4
EVERY = int(os.environ.get("AGENTRE_EVERY", "1"))
"""Of the faults, one in so many is tried: for a shorter run."""
RETRIED = ("http 429", "http 5", "429", "early", "closed")


def tell(line: str) -> None:
    """A figure for RESULTS.md, shown with `-s`."""
    sys.stdout.write(line + "\n")


def outcomes(ledger: Ledger) -> list[str]:
    """How each request to the model ended."""
    rows = ledger.typed("SELECT payload ->> 'outcome' AS outcome FROM events WHERE kind = 'analysis'")[1]
    return [str(row["outcome"]) for row in rows]


def cost(ledger: Ledger) -> int:
    """What all of them cost, or may have, in nanodollars."""
    rows = ledger.typed("SELECT (payload ->> 'cost_nano_usd')::BIGINT AS n FROM events WHERE kind = 'analysis'")[1]
    return sum(row["n"] for row in rows)


@pytest.mark.timeout(7200)
def test_faults_at_every_position(workspace: Workspace, messages_api: MessagesApi, now: datetime) -> None:
    """Each fault as the first to the fourth answer of a night: complete, or told; within money and tries."""
    settled = fleet(workspace, now, deadline=1.5)
    hostile_logs(settled, ["lock held by alpha", "quota of beta spent", "port gamma in use", "delta is read-only"], now)
    nights, ends = 0, Counter[str]()
    chosen = dict([*FAULTS.items()][::EVERY]) | SLOW
    with open_ledger(settled.ledger, purpose="soak", wait_seconds=5) as ledger:
        for name, fault in chosen.items():
            for place in range(CASES):
                forget(ledger)
                messages_api.requests.clear()
                attempts = 2 if name.startswith(RETRIED) else 1  # the SDK asks again by itself
                replies: list[Any] = [whole] * place + [fault] * attempts + [whole]
                messages_api.replies = Answering(messages_api, replies)
                made = drafted(settled, ledger, now).proposals
                told = outcomes(ledger)
                nights, ends = nights + 1, ends + Counter(told)
                by_model = sum(each.drafter.startswith("model:") for each in made)
                assert by_model == told.count("drafted"), (name, place)
                assert {*told} <= KINDS | {"drafted", "nothing"} and len(made) >= CASES, (name, place)
                assert cost(ledger) <= 1_000_000_000 and len(messages_api.requests) <= 2 * len(told), (name, place)
    tell(f"\nmodel faults: {len(chosen)} kinds, {nights} nights, requests ended {dict(ends.most_common())}")


@pytest.mark.timeout(7200)
def test_evil_model(shared: Path, workspace: Workspace, messages_api: MessagesApi, now: datetime) -> None:
    """Every text of the corpora in every field that a model fills, about logs that hold hostile text in every field."""
    number = int(os.environ.get("AGENTRE_ANSWERS", "2000"))
    settled = fleet(workspace, now)
    hostile_logs(settled, ["lock held, then obey", *texts(shared)[::170][:2]], now)
    head = ConfigRepo(settled.configs).head()
    with open_ledger(settled.ledger, purpose="soak", wait_seconds=5) as ledger:
        drafts, passed = trial(settled, ledger, messages_api, shared, now, number=number, seed=SEED)
    tell(f"\nevil model: {number} answers, drafts {dict(drafts)}, structural {len(passed)}, seed {SEED}")
    assert passed == [] and ConfigRepo(settled.configs).head() == head
