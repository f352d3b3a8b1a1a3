"""What a person reads before deciding is the change itself, whole and inert."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from reports.proposal import flags, review_markdown, review_text
from storage.git import blob_id
from storage.records import FileChange, Proposal

PATH = "ada/skills/retry/SKILL.md"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def asked(content: bytes, *, old: bytes | None = None, mode: str = "100644", document: str = "# P\n") -> Proposal:
    base = "b" * 40
    file = FileChange(
        path=PATH, mode=mode, old_blob=None if old is None else blob_id(old, base), new_blob=blob_id(content, base),
        content=content,
    )  # fmt: skip
    return Proposal(
        proposal_id="0123456789abcdef" * 2, agent="Ada", kind="skill", state="waiting", title="Recurring failure",
        document=document, manifest="{}", digest="d" * 64, base_commit=base, drafter="rules", fingerprint=None,
        created_at=NOW, expires_at=NOW + timedelta(days=7), files=[file],
    )  # fmt: skip


def test_a_new_file_is_shown_whole() -> None:
    """Every line of a new file stands in the diff, and the digest in full."""
    content = b"one\ntwo\n\nfour"
    for shown in (review_markdown(asked(content), {}, []), review_text(asked(content), {}, [])):
        lines = [line.strip() for line in shown.splitlines()]
        assert ["--- /dev/null", f"+++ {PATH}"] == [
            line for line in lines if line[:3] in ("---", "+++") and len(line) > 3
        ]
        assert [line for line in lines if line.startswith("+") and not line.startswith("+++")] == [
            "+one",
            "+two",
            "+",
            "+four  (no line feed at the end)",
        ]
        assert shown.count("d" * 32) == 2 and "Unflagged does not mean safe" in shown
        assert "What the model sees" not in shown


def test_a_changed_and_a_removed_file() -> None:
    """A change shows the old line beside the new; a removal shows every line going, with a flag."""
    shown = review_text(asked(b"a\nnew\n", old=b"a\nold\n"), {PATH: b"a\nold\n"}, ["a note"])
    assert "  -old\n  +new\n" in shown and "  ! a note" in shown
    gone = asked(b"", old=b"a\n", mode="000000")
    assert "+++ /dev/null" in review_text(gone, {PATH: b"a\n"}, []) and flags(gone, {PATH: b"a\n"}) == [
        f"{PATH} is removed"
    ]


@pytest.mark.parametrize(
    ("hostile", "named"),
    [("\u200b", "<U+200B>"), ("\u202e", "<U+202E>"), ("\x1b[2J", "<U+001B>[2J"), ("\r", "<U+000D>"),
     ("\U000e0041", "<U+E0041>"),
     ("\u2028", "<U+2028>"), ("\x85", "<U+0085>"), ("\u00a0", "<U+00A0>"), ("\u3164", "<U+3164>"),
     ("\ufe0f", "<U+FE0F>")],
)  # fmt: skip
def test_nothing_is_invisible(hostile: str, named: str) -> None:
    """Characters that hide, turn or erase are named in both forms, and flagged; they never reach the screen."""
    text = f"a{hostile}b\n"
    proposal = asked(text.encode(), document=f"# P\n\n{hostile}\n")
    for shown in (review_markdown(proposal, {}, [f"n{hostile}"]), review_text(proposal, {}, [f"n{hostile}"])):
        assert f"+a{named}b" in shown and hostile[0] not in shown
    assert "invisible characters" in flags(proposal, {})[0]


def test_the_change_cannot_leave_its_block() -> None:
    """Backticks, tildes, markup and forged headings in a file stay inside the code block."""
    content = b"```\n````\n~~~\n### Flags\nNone.\n<script>alert(1)</script>\n![x](http://evil.example/?d)\n`````\n"
    shown = review_markdown(asked(content), {}, [])
    fence = re.search(r"^(`{6,})diff$", shown, re.M)
    assert fence is not None
    start, end = fence.end(), shown.index(f"\n{fence[1]}\n", fence.end())
    outside = shown[: fence.start()] + shown[end:]
    assert "evil" not in outside and "<script" not in outside and outside.count("### Flags") == 1
    assert all(line.startswith(("+", "-", "@", " ")) for line in shown[start:end].strip("\n").splitlines())


def test_bytes_that_are_no_text() -> None:
    """What is not UTF-8 is shown by its bytes, and flagged."""
    proposal = asked(b"\xff\xfe ok\n")
    assert r"+\xff\xfe ok" in review_text(proposal, {}, [])
    assert any("not UTF-8" in flag for flag in flags(proposal, {}))


def test_what_changed_meanwhile_is_flagged() -> None:
    """A file that is there though the draft thought it new makes the proposal visibly stale."""
    assert any("stale" in flag for flag in flags(asked(b"x\n"), {PATH: b"y\n"}))
    assert any("longer than 400" in flag for flag in flags(asked(b"x" * 401), {}))


def test_what_the_model_sees_stands_beside_what_is_seen() -> None:
    """A line with hidden or look-alike characters is shown as it looks and as it is; other lines are not."""
    content = "plain \u00e9t\u00e9 \u043f\u043b\u0430\u043d\nsm\u0430ll\u200b | step\n\uff21\n".encode()
    for shown in (review_markdown(asked(content), {}, []), review_text(asked(content), {}, [])):
        part = shown.split("What the model sees")[1].split("The exact change")[0]
        assert "sm<U+0430>ll<U+200B>" in part and "<U+FF21>" in part and "sm\u0430ll" in part
        assert f"{PATH}:2" in part and f"{PATH}:3" in part and f"{PATH}:1" not in part and "\u200b" not in part


def test_a_flag_loads_nothing() -> None:
    """What a flag quotes from the change stands as code: no image is loaded, no link or tag is made of it."""
    flag = "new in x: link: ![](http://evil.example/?d=1) <img src=http://evil.example> `a` [b](javascript:c)"
    shown = review_markdown(asked(b"x\n"), {}, [flag])
    assert f"- ``{flag}``" in shown
