"""Claude Code: bad lines are quarantined alone, and files are known by content."""

from __future__ import annotations

import pytest
from claude_lines import Session, text
from format_reading import Reader

from storage.settings import Limits
from tasks.ingest.formats import claude_code

BAD_LINES = [
    b"{", b"[]", b"7", b"{}", b'{"type": 5}', b'{"type": "user"}', b'{"type": "user", "message": "hi"}',
    b'{"type": "user", "message": {"content": 5}}', b'{"type": "user", "message": {"content": [[]]}}',
    b'{"type": "assistant", "message": {"content": [{"type": "tool_use", "id": "x"}]}}',
    b'{"type": "assistant", "message": {"content": [], "usage": {"input_tokens": -1}}}',
    b'{"type": "assistant", "message": {"content": [], "usage": {"output_tokens": 9223372036854775808}}}',
    b'{"type": "assistant", "message": {"content": [], "usage": {"output_tokens": "9"}}}',
    b'{"type": "assistant", "message": {"content": [], "usage": 1}}',
    b'{"type": "assistant", "message": {"content": []}, "costUSD": -0.5}',
    b'{"type": "assistant", "message": {"content": []}, "costUSD": NaN}',
    b'{"type": "user", "message": {"content": "x"}, "timestamp": "yesterday"}',
    b'{"type": "user", "message": {"content": "x"}, "timestamp": 5}',
    b'{"type": "user", "message": {"content": "x"}, "timestamp": "0001-01-01T00:00:00+10:00"}',
    b'{"type": "user", "type": "user", "message": {"content": "x"}}',
    b'{"type": "user", "message": {"content": "\xff"}}', b'\xfe\xff\x00{', b"[" * 100_000,
    b'{"type": "user", "message": {"content": ' + b"9" * 5000 + b"}}",
]  # fmt: skip


@pytest.mark.parametrize("line", BAD_LINES)
def test_bad_line_is_alone(reader: Reader, line: bytes) -> None:
    """A line that cannot be read is one entry with its place; the lines around it are loaded."""
    good = Session().user("go").data(), Session().assistant("m", text(), uuid="other").data()
    parsed = reader.data(claude_code, good[0] + line + b"\r\n\n" + good[1])
    (entry,) = parsed.quarantined
    assert (entry.line, entry.byte_offset) == (2, len(good[0]))
    assert (len(parsed.messages), len(parsed.model_calls), parsed.units) == (2, 1, 3)


def test_last_line_may_lack_its_end_and_the_first_may_have_a_mark(reader: Reader) -> None:
    """A byte order mark and a missing final newline cost no line."""
    data = b"\xef\xbb\xbf" + Session().user("a").user("b").data().rstrip(b"\n")
    assert (len(reader.data(claude_code, data).messages), claude_code.detect(data, "x")) == (2, True)


def test_line_over_the_bound(reader: Reader) -> None:
    """A line too long to hold is one entry, and the next lines are read."""
    data = Session().user("a" * 5000).user("b").data()
    parsed = reader.data(claude_code, data, limits=Limits(line_bytes=1000))
    assert [message.text for message in parsed.messages] == ["b"]
    assert [(entry.line, entry.byte_offset) for entry in parsed.quarantined] == [(1, 0)]


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'{"type":"summary","summary":"x","leafUuid":"y"}\n', True),
        (b'{"type":"file-history-snapshot","messageId":"x","snapshot":{}}\n', True),
        (b"not json\n" + Session().user("x").data(), True),
        (b'{"type":"user","sessionId":"x","message":{"content":"' + b"y" * 70_000, True),
        (b'{"type":"system","sessionId":"x"}\n{"type":"user","sessionId":"x","message":{"parts":[]}}\n', False),
        (b'{"type":"session","id":"x"}\n{"type":"message","message":{}}\n', False),
        (b'{"type":"session_meta","payload":{"id":"x"}}\n', False),
        (b"", False),
        (b"Date,Agent,Success\n", False),
    ],
)
def test_detected_by_content(head: bytes, known: bool) -> None:
    """Lines of Claude Code are known whatever comes first; other tools' logs are not taken for them."""
    assert claude_code.detect(head[: 64 * 1024], "session.jsonl") is known
