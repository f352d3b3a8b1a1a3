"""Logs with secrets planted in every text, and what the files of a workspace hold."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from pathlib import Path

# put together here, so that no scanner takes the test for a leak
CANARIES = (
    "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6",
    "AKIA" + "Q3EGRH7TPL2WZ5XM",
    "sk-ant-api03-" + "Zx8Kq2" * 15 + "-AAAA",
    "t028Q~" + "aLbmQuinnZtzbgtlEAYstnBWEmGPAoBm",
    "NRAK-" + "X29R0RTNJIQTUFWOA8Z8YRDENG0",
)
TEXT = " and ".join(CANARIES)


def claude(day: datetime) -> str:
    """A session that fails thrice with the canaries in its prompt, its arguments, its results and its names."""
    common = {"sessionId": f"s-{day:%d}", "version": "2.1.0", "cwd": f"/home/{CANARIES[0]}", "gitBranch": CANARIES[1]}
    lines: list[dict[str, object]] = [
        {"type": "user", "uuid": f"u{day:%d}", "message": {"role": "user", "content": TEXT}}
    ]
    for n in range(3):
        use = {"type": "tool_use", "id": f"toolu_{day:%d}_{n}", "name": "Bash", "input": {"command": f"login {TEXT}"}}
        result = {
            "type": "tool_result",
            "tool_use_id": use["id"],
            "content": f"Error: {TEXT} refused",
            "is_error": True,
        }
        said = {
            "id": f"msg_{day:%d}_{n}", "role": "assistant", "model": "claude-opus-4-6", "stop_reason": "tool_use",
            "content": [{"type": "text", "text": TEXT}, use], "usage": {"input_tokens": 10, "output_tokens": 2},
        }  # fmt: skip
        lines += [
            {"type": "assistant", "uuid": f"a{day:%d}{n}", "message": said},
            {"type": "user", "uuid": f"r{day:%d}{n}", "message": {"role": "user", "content": [result]}},
        ]
    told = [json.dumps({**common, "timestamp": day.isoformat(), **line}) for line in lines]
    return "\n".join([*told, '{"broken": "' + TEXT]) + "\n"


def contents(path: Path) -> list[bytes]:
    """A file's bytes, and what they unpack to where they are an object of git."""
    data = path.read_bytes()
    try:
        return [data, zlib.decompress(data)]
    except zlib.error:
        return [data]
