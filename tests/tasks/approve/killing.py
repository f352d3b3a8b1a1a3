"""Kills the whole loop at named points, runs it again, and compares the end with that of a quiet pass."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whole_loop import prepare

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).parent / "whole_loop.py"
NAMED = re.compile(r'crashpoint\("([a-z_.]+)"\)')
PASSED = tuple(
    f"{first}."
    for first in ("ingest", "detect", "respond", "memory", "propose", "request", "store", "decide", "apply", "git",
                  "file", "tree", "home", "close", "rollback", "measure", "tag", "rebuild", "publish")
)  # fmt: skip
"""What this loop goes through; points of other work are killed at by that work's own tests."""


def named() -> set[str]:
    """Every point in the source that this loop is to pass."""
    files = [path for room in ("tasks", "storage", "flows") for path in (ROOT / room).rglob("*.py")]
    files = [path for path in files if path.parent.name not in ("experiments", "golden")]
    found = {name for path in files for name in NAMED.findall(path.read_text(encoding="utf-8"))}
    return {name for name in found if name.startswith(PASSED)}


def environment() -> dict[str, str]:
    """What the process gets."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}


def passed(folder: Path) -> dict[str, int]:
    """The points that a quiet pass goes through, and how often."""
    prepare(folder)
    done = subprocess.run(
        [sys.executable, SCRIPT, "count", folder], env=environment(), capture_output=True, check=True, cwd=ROOT
    )
    counted: dict[str, int] = json.loads(done.stdout)
    return counted


class Loop:
    """A process from which each pass is forked."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.quiet = self._end(prepare(folder / "quiet").root)
        assert self._end(folder / "quiet") == self.quiet, "run again, something was done twice"
        prepare(folder / "fresh")

    def does(self, workspace: Path, crash: str) -> int:
        """The status of one pass."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{workspace} {crash}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def killed_at(self, point: str, times: int) -> str | None:
        """What is wrong after a kill at the point's k-th pass and a restart; None: nothing."""
        workspace = self.folder / "killed"
        shutil.copytree(self.folder / "fresh", workspace)
        try:
            if (status := self.does(workspace, f"{point}:{times}")) != -9:
                return f"{point}:{times} was not reached, status {status}"
            found = self._end(workspace)
            return None if found == self.quiet else f"{point}:{times} ended otherwise: {_difference(found, self.quiet)}"
        finally:
            shutil.rmtree(workspace)

    def _end(self, workspace: Path) -> dict[str, object]:
        if self.does(workspace, "-") != 0:
            return {"failed": str(workspace)}
        found: dict[str, object] = json.loads((workspace / "state.json").read_text())
        return found


def _difference(found: dict[str, object], quiet: dict[str, object]) -> str:
    return "; ".join(
        f"{key}: {found.get(key)} instead of {quiet[key]}" for key in quiet if found.get(key) != quiet[key]
    )


@contextmanager
def loop(folder: Path) -> Iterator[Loop]:
    """A loop that can be killed, over a folder of its own."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, SCRIPT], env=environment(), text=True, cwd=ROOT, **pipes) as process:
        yield Loop(process, folder)
        assert process.stdin
        process.stdin.close()
