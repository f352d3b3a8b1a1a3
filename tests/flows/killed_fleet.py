"""Approvals that wait while server, serve and runs are killed again and again: what is left in the end."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from served_fleet import Api, Serve, ask, commits_of, fleet, state_of, until

from storage.ledger import open_ledger
from storage.records import Proposal
from tasks.approve.audit import faults

VICTIMS = ("everything", "server", "serve", "a run")
FORM_WITHIN = 600  # seconds; twenty runs start two at once
START_WITHIN = 600
LOOK_EVERY = 3
"""Starts from one after which all that waits is looked at to the next; the others are cut short anywhere."""


@dataclass
class Trial:
    """What a trial found. `waits`: seconds from a restart until everything that waited could be answered."""

    waits: list[float] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    commits: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def trial(folder: Path, *, approvals: int, kills: int, seed: int) -> Trial:
    """Starts, answers some, and kills, again and again; then answers the rest, and looks at what was applied."""
    draw, found, serve = random.Random(seed), Trial(), Serve(fleet(folder))
    asked = ask(serve.workspace, tuple(f"Tool{chr(65 + number)}" for number in range(approvals)))
    assert len(asked) == approvals
    answered = 0
    try:
        for kill in range(kills):
            begun = time.monotonic()
            api = serve.start(START_WITHIN)
            if kill % LOOK_EVERY == 0:
                for proposal in asked[answered:]:
                    api.suspended(proposal, FORM_WITHIN)
                found.waits.append(time.monotonic() - begun)
            upto = approvals * (kill + 1) // (kills + 1)
            _approve(api, asked[answered:upto])
            answered = max(answered, upto)
            time.sleep(draw.uniform(0, 8))
            found.killed[_kill(serve, draw.choice(VICTIMS))] += 1
            sys.stdout.write(f"\rkilled {kill + 1} times, {answered} of {approvals} answered")
        _approve(serve.start(START_WITHIN), asked[answered:])
        until(lambda: all(state_of(serve.workspace, one) == "applied" for one in asked), FORM_WITHIN, "all applied")
    finally:
        serve.kill()
    found.commits = [commits_of(serve.workspace, one) for one in asked]
    with open_ledger(serve.workspace.ledger, purpose="test") as ledger:
        found.faults = list(faults(serve.workspace, ledger))
    return found


def _approve(api: Api, proposals: list[Proposal]) -> None:
    for proposal in proposals:
        given = {"decision": "approve", "digest": proposal.digest, "approver": "sam"}
        assert api.answer(api.suspended(proposal, FORM_WITHIN), **given) == "ACCEPT"


def _kill(serve: Serve, victim: str) -> str:
    """kill -9 of what was chosen, and a moment later, as when a machine goes down, of all that is left."""
    chosen = [pid for pid in serve.processes() if victim in ("everything", _role(serve, pid))]
    for pid in chosen:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0 if victim == "everything" else 2)
    serve.kill()
    return victim if chosen else "everything"


def _role(serve: Serve, pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
    if serve.process and pid == serve.process.pid:
        return "serve"
    return "server" if b"flows.server" in words else "a run"
