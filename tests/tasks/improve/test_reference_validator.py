"""What the rails let through is a skill by the Agent Skills reference validator too."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from skills_ref.errors import ParseError
from skills_ref.parser import parse_frontmatter
from skills_ref.validator import validate, validate_metadata

from storage.records import FileChange
from tasks.improve.rails import HEADINGS, Home, broken_rules

BODY = "".join(f"\n## {heading}\n\n- Read the log first.\n" for heading in HEADINGS)
HOME = Home("ada", "", ("Rita", "rita"))
SLUGS = st.one_of(
    st.from_regex(r"[a-z0-9-]{1,66}", fullmatch=True), st.text(max_size=20), st.just("a" * 64), st.just("a--b")
)
DESCRIPTIONS = st.one_of(
    st.text(max_size=60), st.text("use when: {}[]#&*!|>'\"%@`,-?\\", max_size=20),
    st.integers(1000, 1100).map(lambda n: "d" * n), st.just("Use when a job holds the lock."),
)  # fmt: skip


def draft(slug: str, description: str) -> str:
    """A skill with a front as somebody may write it."""
    return f"---\nname: {slug}\ndescription: {description}\n---\n# Retry\n{BODY}"


def accepted(slug: str, text: str) -> bool:
    """Whether the rails let a new skill through."""
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return False
    file = FileChange(
        path=f"ada/skills/{slug}/SKILL.md", mode="100644", old_blob=None, new_blob="b" * 40, content=content
    )
    return not broken_rules(file, slug, HOME)


def complaints(text: str) -> list[str]:
    """What the reference validator says of a skill."""
    try:
        metadata, _ = parse_frontmatter(text)
    except ParseError as error:
        return [str(error)]
    return list(validate_metadata(metadata))


def test_a_plain_skill_passes_both(tmp_path: Path) -> None:
    """The rails are not trivially closed: an ordinary skill passes them, and the validator on disk."""
    text = draft("retry", "Use when a job holds the lock.")
    assert accepted("retry", text)
    (tmp_path / "retry").mkdir()
    (tmp_path / "retry" / "SKILL.md").write_text(text)
    assert validate(tmp_path / "retry") == []


@settings(max_examples=100, deadline=None)
@given(SLUGS, DESCRIPTIONS)
@example("123", "Use when it fails.")
@example("true", "Use when it fails.")
@example("retry", "12")
@example("retry", "[a, b]")
@example("retry", "yes")
def test_what_passes_the_rails_passes_the_validator(slug: str, description: str) -> None:
    """Whatever name and description a draft has: accepted here means valid there."""
    text = draft(slug, description)
    assert not accepted(slug, text) or complaints(text) == []
