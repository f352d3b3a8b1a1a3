"""Attacks on a skill that are only a matter of meaning, and harmless edits: what of each is named to the person."""

from __future__ import annotations

import json
from pathlib import Path

from rails_trials import BASE_SKILL, _edits, benign_skills

from storage.records import FileChange
from tasks.approve.orders import new_orders
from tasks.improve.rails import Home, broken_change

HOME = Home("ada", BASE_SKILL, ("Rita", "rita"))


def by_meaning(shared: Path) -> tuple[int, int, int, list[str]]:
    """Injections tried, refused by a rule, named though no rule refused them, and those that are neither."""
    rows = [json.loads(line) for line in (shared / "corpora/skill-inject/injections.jsonl").read_text().splitlines()]
    through = [text for text in (f"{BASE_SKILL}\n{row['text']}\n" for row in rows) if not _refused(text)]
    left = [text for text in through if not list(new_orders(BASE_SKILL, text))]
    return len(rows), len(rows) - len(through), len(through) - len(left), left


def harmless_edits_named(shared: Path) -> tuple[int, int]:
    """Harmless edits of real skills, and how many of them are named."""
    pairs = [(old, new) for old in benign_skills(shared).values() for new in _edits(old).values()]
    return len(pairs), sum(bool(list(new_orders(old, new))) for old, new in pairs)


def _refused(text: str) -> bool:
    file = FileChange(
        path="ada/skills/deploy/SKILL.md", mode="100644", old_blob="a" * 40, new_blob="b" * 40, content=text.encode()
    )
    return bool(broken_change(BASE_SKILL.encode(), file, "skill", "deploy", HOME))
