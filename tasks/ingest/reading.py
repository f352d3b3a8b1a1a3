"""Files, gzip and zip members as streams that are hashed as they are read, bounded, and never break a parser."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

from storage.settings import Limits
from tasks.ingest import registry
from tasks.ingest.zip_members import open_member

BLOCK: Final = 1024 * 1024
GZIP: Final = b"\x1f\x8b"
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_BROKEN: Final = (EOFError, OSError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Input:
    """One file, or one member of an archive (`archive.zip!member`). `size` is in bytes, unpacked from a zip only.

    `refused` says why it is not to be read at all; `together` is how many inputs the file on disk holds.
    """

    name: str
    size: int
    open: Callable[[], IO[bytes]]
    refused: str | None = None
    together: int = 1


def inputs(path: Path, name: str, limits: Limits) -> Iterator[Input]:
    """What a file holds: itself, or the members of a zip, told by its first bytes and not by its name.

    A zip that is one log of a format, such as Inspect's `.eval`, is itself.
    Raises OSError where the file cannot be opened or is no regular file.
    """
    with _open_regular(path) as stream:
        head, size = stream.read(registry.HEAD_BYTES), os.fstat(stream.fileno()).st_size
    if not head.startswith(ZIP) or registry.detected(_first_member(head), name):
        yield Input(name, size, partial(_open_regular, path))
        return
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        yield Input(name, size, partial(_open_regular, path), refused=f"zip cannot be opened: {error}")
        return
    seen: set[str] = set()
    members = [member for member in archive.infolist() if not member.is_dir()]
    for number, member in enumerate(members):
        label = member.filename if member.filename not in seen else f"{member.filename}#{number}"
        seen.add(label)
        opener = partial(open_member, archive, member)
        yield Input(f"{name}!{label}", member.file_size, opener, _bomb(member, limits), len(members))


def _first_member(head: bytes) -> bytes:
    """The header of a zip's first member up to its name (APPNOTE 4.3.7): its content may be a log of its own."""
    return head[: 30 + int.from_bytes(head[26:28], "little")]


def _open_regular(path: Path) -> IO[bytes]:
    """Opens without ever waiting for a FIFO's other end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("not a regular file")
    return os.fdopen(handle, "rb", buffering=0)


def _bomb(member: zipfile.ZipInfo, limits: Limits) -> str | None:
    if member.file_size > limits.file_bytes:
        return f"larger than {limits.file_bytes} bytes (limits.file_bytes)"
    if member.file_size > limits.unpack_ratio * max(member.compress_size, 1):
        return f"grows more than {limits.unpack_ratio} times when unpacked (limits.unpack_ratio)"
    return None


class Packed(io.RawIOBase):
    """The bytes as they are stored, hashed as they pass. Ends where the input ended when it was opened, and where
    it cannot be read on: `cut` then says why.
    """

    def __init__(self, source: Input) -> None:
        self._left = source.size
        self._digest = hashlib.sha256()
        self.count = 0
        self.cut = source.refused
        self._stream: IO[bytes] | None = None
        if self.cut is None:
            try:
                self._stream = source.open()
            except _BROKEN as error:
                self.cut = f"cannot be opened: {error}"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed wants Buffer, 3.12's name
        if self._stream is None or self.cut:
            return 0
        try:
            data = self._stream.read(min(len(buffer), self._left))
        except _BROKEN as error:
            self.cut = f"cannot be read on: {error}"
            return 0
        buffer[: len(data)] = data
        self._digest.update(data)
        self._left -= len(data)
        self.count += len(data)
        return len(data)

    def finish(self) -> str:
        """Reads what is left and closes; the SHA-256 of all bytes, 64 hex digits."""
        while self.read(BLOCK):
            pass
        if self._stream:
            self._stream.close()
        return self._digest.hexdigest()


class Unpacked(io.RawIOBase):
    """The bytes that a parser sees, from gzip where the first bytes say so; what breaks or bursts ends the stream.

    `cut` then says why; `lines` and `count` say where.
    """

    def __init__(self, packed: Packed, limits: Limits) -> None:
        self._packed = packed
        self._limits = limits
        self._reader: io.BufferedReader | gzip.GzipFile = io.BufferedReader(packed, BLOCK)
        self._cut: str | None = None
        self.lines = self.count = 0
        if self._reader.peek(2)[:2] == GZIP:
            self._reader = gzip.GzipFile(fileobj=self._reader)

    @property
    def cut(self) -> str | None:
        """Why the input ended before its end; None where it did not."""
        return self._cut or self._packed.cut

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as above
        if self._cut:
            return 0
        try:
            data = self._reader.read1(len(buffer))  # a block at a time, so a cut loses nothing before it
        except _BROKEN as error:
            self._cut = f"cannot be unpacked on: {error}"
            return 0
        self.count += len(data)
        self.lines += data.count(b"\n")
        if self.count > self._limits.file_bytes:
            self._cut = f"larger than {self._limits.file_bytes} bytes when unpacked (limits.file_bytes)"
        elif self.count > self._limits.unpack_ratio * max(self._packed.count, 1):
            self._cut = f"grows more than {self._limits.unpack_ratio} times when unpacked (limits.unpack_ratio)"
        buffer[: len(data)] = data
        return len(data)


class Headed(io.RawIOBase):
    """A stream whose first bytes were looked at already."""

    def __init__(self, head: bytes, rest: io.RawIOBase) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as above
        if not self._head:
            return self._rest.readinto(buffer)  # never None: nothing here is non-blocking
        taken = min(len(buffer), len(self._head))
        buffer[:taken] = self._head[:taken]
        self._head = self._head[taken:]
        return taken


def head_of(stream: io.RawIOBase, size: int) -> bytes:
    """The first `size` bytes, fewer only where the input ends."""
    head = b""
    while len(head) < size and (more := stream.read(size - len(head))):
        head += more
    return head


def sha256_of(source: Input) -> str:
    """SHA-256 of the stored bytes, as `Packed` will see them."""
    return Packed(source).finish()
