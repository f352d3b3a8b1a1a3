"""What the rails are tried on: hostile drafts, forged paths, harmless edits, legal config changes."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from evil_drafter import PATHS, hostile

from storage.config_keys import changed_config, check_config, keys
from storage.config_repo import ConfigRepo
from storage.errors import Refused
from storage.git import blob_id
from storage.ledger import Ledger
from storage.manifest import CHANGES, build, digest
from storage.records import FileChange, Proposal
from storage.workspace import Workspace
from tasks.approve.apply import verified
from tasks.improve.propose import propose
from tasks.improve.rails import Home, broken_change, broken_rules
from tasks.improve.requests import read_request

BASE_SKILL = "---\nname: deploy\ndescription: Use when a service is deployed.\n---\n# Deploy\n\nRead the log first.\n"
HOMES = {
    "ada/SOUL.md": b"# Ada\n", "rita/SOUL.md": b"# Rita\n", "ada/skills/deploy/SKILL.md": BASE_SKILL.encode(),
    "ada/MEMORY.md": b"# Memory\n", "ada/prompts/plan.md": b"Plan first.\n",
    "ada/config.yaml": b"temperature: 0.7\ntools: [bash]\npermissions: {write: false}\nmodel: {name: m}\n",
}  # fmt: skip


def hostile_drafts(
    workspace: Workspace, ledger: Ledger, shared: Path, evidence: str, now: datetime, *, number: int, seed: int
) -> list[str]:
    """Classes of those hostile drafts that became a proposal; the branch is checked to have stood still."""
    settings = workspace.root / "agentre.yaml"
    settings.write_text(settings.read_text() + "proposals: {per_agent_per_week: 1000000}\n")  # or that is what refuses
    repo, passed = ConfigRepo.create(workspace.configs, HOMES, now), []
    fleet, head = Workspace(workspace.root), repo.head()
    drafts = hostile(shared, BASE_SKILL, evidence, seed)
    for name, raw in (next(drafts) for _ in range(number)):
        try:
            propose(fleet, ledger, read_request(raw), drafter="model:evil/1", now=now, nonce="n" * 32)
            passed.append(f"{name}: {raw[:300]!r}")
        except Refused:
            pass
    assert repo.head() == head
    assert len(ledger.typed("SELECT 1 FROM proposals")[1]) == len(passed)
    return passed


def forged_paths(workspace: Workspace, now: datetime) -> tuple[int, list[str]]:
    """How many proposals with a forged path were tried against the check before an answer counts; which passed."""
    tried, passed = 0, []
    for path in PATHS:
        for kind in (*CHANGES, "rollback"):
            for mode, old in (("100644", None), ("100644", "a" * 40)):
                tried += 1
                try:
                    verified(workspace, _stored(path, kind, mode, old, now))
                    passed.append(f"{kind} {path!r}")
                except Refused:
                    pass
    return tried, passed


def _stored(path: str, kind: str, mode: str, old: str | None, now: datetime) -> Proposal:
    content, base = b"x\n", "b" * 40
    file = FileChange(path=path, mode=mode, old_blob=old, new_blob=blob_id(content, base), content=content)
    expires = now + timedelta(days=1)
    text = build(
        proposal_id="p1", kind=kind, agent="Ada", base_commit=base, files=[file], drafter="model:evil/1",
        evidence_runs=[], expires_at=expires, nonce="n" * 32,
    )  # fmt: skip
    return Proposal(
        proposal_id="p1", agent="Ada", kind=kind, state="waiting", title="x", document="x", manifest=text,
        digest=digest(text), base_commit=base, drafter="model:evil/1", fingerprint=None, created_at=now,
        expires_at=expires, files=[file],
    )  # fmt: skip


def benign_skills(shared: Path) -> dict[str, str]:
    """Real skills that are known to be harmless, by id."""
    rows = [json.loads(line) for line in (shared / "corpora/skills/skills.jsonl").read_text().splitlines()]
    found = {r["id"]: base64.b64decode(r["content_b64"]).decode() for r in rows if r["label"] == "benign"}
    return found | {str(p): p.read_text() for p in sorted((shared / "data/skills-anthropic").glob("*/SKILL.md"))}


def _edits(text: str) -> dict[str, str]:
    lines = text.rstrip("\n").split("\n")
    last = max(i for i, line in enumerate(lines) if line.strip())
    end = lines.index("---", 1) if "---" in lines[1:] else 0
    heading = next((i for i in range(end + 1, len(lines)) if lines[i].startswith("#")), last)
    described = text.replace("description: ", "description: In short. ", 1)
    if 'description: "' in text or described == text:
        described = text + "\n"
    return {
        "line at the end": "\n".join([*lines, "- Check the result before you report it.", ""]),
        "line after the heading": "\n".join(
            [*lines[: heading + 1], "", "Work in small steps.", *lines[heading + 1 :], ""]
        ),
        "last line goes": "\n".join([*lines[:last], ""]),
        "a new section": "\n".join([*lines, "", "## Notes", "", "1. If it fails twice, stop and say so.", ""]),
        "space at the end": text + "\n",
        "description": described if ">" not in described[: described.find("\n---", 4)] else text + "\n",
        "a word": text[: len(text) // 2] + text[len(text) // 2 :].replace(" and ", " and then ", 1) + "\n",
    }


def benign_edits(shared: Path, *, every: int = 1) -> tuple[int, dict[str, list[str]]]:
    """How many harmless edits were tried, and the rules that refused any. `every`: that many skills apart."""
    tried, refused = 0, {}
    for name, text in list(benign_skills(shared).items())[::every]:
        for what, edited in _edits(text).items():
            tried += 1
            content = edited.encode()
            path = "ada/skills/real/SKILL.md"
            file = FileChange(path=path, mode="100644", old_blob="a" * 40, new_blob="b" * 40, content=content)
            broken = broken_change(text.encode(), file, "skill", "real", Home("ada", text, ("Rita", "rita")))
            if broken:
                refused[f"{name}: {what}"] = [f"{one.rule}: {one.found}" for one in broken]
    return tried, refused


def as_new_drafts(shared: Path) -> tuple[int, Counter[str]]:
    """The same real skills as a machine's new drafts: how many, and refusals by rule."""
    rules: Counter[str] = Counter()
    found = benign_skills(shared)
    for text in found.values():
        file = FileChange(
            path="ada/skills/real/SKILL.md", mode="100644", old_blob=None, new_blob="b" * 40, content=text.encode()
        )
        rules.update(
            {one.rule for one in broken_rules(file, "real", Home("ada", "", ("Rita", "rita")))} or {"(passes)"}
        )
    return len(found), rules


LAYOUTS = (
    "# of the agent\n{flat}  # why\nother: [1, 2]\n", "{{{flow}}}\n", "a: 1\n{nested}b: |\n  text: 3\n  more\n",
    "\n\n{nested}\n# end", "{nested}x: 'y: 1'\nz: \"\u00e9 \U0001f600\"\n",
)  # fmt: skip


def legal_configs(*, number: int, seed: int) -> tuple[int, list[str]]:
    """How many legal config changes were tried, and those that were refused."""
    draw, refused = random.Random(seed), []
    for _ in range(number):
        key = draw.choice(sorted(keys()))
        old, new = draw.sample(_legal(draw, key), 2)
        before = _laid_out(draw, key, old)
        try:
            after = changed_config(before, key, new, where="config.yaml")
            assert check_config(before, after, where="config.yaml").startswith(key)
        except Refused as error:
            refused.append(f"{key} {old!r} {new!r} {before!r}: {error}")
    return number, refused


def _legal(draw: random.Random, key: str) -> list[Any]:
    rule = keys()[key]
    if rule.type in ("boolean", "choice"):
        return list(rule.choices) or [True, False]
    low, high = int(rule.min), int(rule.max)
    whole = sorted({draw.randint(low, high) for _ in range(9)} | {low, high})
    return whole if rule.type == "integer" else sorted({round(draw.uniform(low, high), 3) for _ in range(9)})


def _laid_out(draw: random.Random, key: str, value: Any) -> bytes:
    told = str(value).lower() if isinstance(value, bool) else f"'{value}'" if isinstance(value, str) else str(value)
    outer, _, inner = key.rpartition(".")
    nested = f"{outer}:\n  # here\n  {inner}:   {told}   # kept\n  zz: 9\n" if outer else f"{inner}: {told}\n"
    flow = f"{outer}: {{{inner}: {told}}}" if outer else f"{inner}: {told}"
    flat = flow if outer else f"{inner}: {told}"
    return draw.choice(LAYOUTS).format(flat=flat, flow=flow, nested=nested).encode()
