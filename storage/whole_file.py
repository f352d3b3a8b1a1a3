"""Files that are there once they are whole: the old one or the new one, at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def write_whole(path: Path, content: bytes, *, folder_mode: int = 0o777) -> None:
    """Writes a file, with its folder where that is missing."""
    path.parent.mkdir(mode=folder_mode, parents=True, exist_ok=True)
    with writing_whole(path) as stream:
        stream.write(content)


@contextmanager
def writing_whole(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content is the file's when the block ends, and nothing where it raises."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            yield stream
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
