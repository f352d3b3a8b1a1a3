"""`agentre` as a person runs it: a process of its own, in a pipe or on a terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from flows.cli import main

AGENTRE = Path(sys.executable).with_name("agentre")
WITHIN_SECONDS = 90


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment with an empty home and nothing that names a workspace, a server or a key."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(home), "TERM": "xterm", "COLUMNS": "120"} | more


def agentre(*arguments: object, home: Path, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a command in a pipe, without a terminal."""
    command = [str(AGENTRE), *map(str, arguments)]
    return subprocess.run(
        command, env=environment(home, **more), cwd=cwd or home, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=WITHIN_SECONDS,
    )  # fmt: skip


def here(*arguments: object, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The same within this process: for answers, not for how a command starts, and in a tenth of the time."""
    command, out, err = ["agentre", *map(str, arguments)], StringIO(), StringIO()
    with (
        patch.dict(os.environ, environment(home, **more), clear=True), patch.object(sys, "argv", command), chdir(home),
        redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stopped,
    ):  # fmt: skip
        main()
    code = stopped.value.code
    return subprocess.CompletedProcess(command, code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


def answer_json(*arguments: object, home: Path, **more: str) -> Any:
    """What a command answers to --json: exactly one document on standard output."""
    result = agentre(*arguments, "--json", home=home, **more)
    return json.loads(result.stdout)


def on_terminal(*arguments: object, home: Path, typed: list[tuple[str, str]], **more: str) -> tuple[int, str]:
    """Runs a command on a terminal, types each answer when its question shows; gives exit code and screen text."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execve(AGENTRE, [str(AGENTRE), *map(str, arguments)], environment(home, **more))
    screen, questions, deadline = "", list(typed), time.monotonic() + WITHIN_SECONDS
    seen = 0
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                chunk = os.read(terminal, 65536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not chunk:
                break
            screen += chunk.decode("utf-8", "replace")
        if questions and questions[0][0] in screen[seen:]:
            seen = len(screen)
            os.write(terminal, f"{questions.pop(0)[1]}\n".encode())
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), screen.replace("\r\n", "\n")
