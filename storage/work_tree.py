"""Files of a checked-out work tree, read and replaced without ever following a symbolic link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from storage.crashpoint import crashpoint
from storage.errors import Refused
from storage.git import blob_id
from storage.records import FileChange

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def read_file(root: Path, path: str, limit: int | None = None) -> bytes | None:
    """Bytes of a regular file below the root; None where there is none.

    Raises Refused where the file or a folder on the way is a link or anything else than it has to be, and for a file
    of more bytes than the limit.
    """
    try:
        with _folder(root, path, make=False) as (folder, name):
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            with os.fdopen(handle, "rb") as stream:
                status = os.fstat(stream.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise Refused("not a regular file", where=path)
                if limit is not None and status.st_size > limit:
                    raise Refused(f"larger than {limit} bytes", where=path, got=str(status.st_size))
                return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Refused("not a regular file in regular folders", where=path, got=error.strerror) from error


def write_file(root: Path, path: str, content: bytes) -> None:
    """Replaces or makes a file, whole at any moment; one that is replaced keeps who may read it.

    Raises Refused as `read_file`.
    """
    temporary = f".{PurePosixPath(path).name}.agentre.tmp"
    try:
        with _folder(root, path, make=True) as (folder, name):
            _unlink(temporary, folder)  # left by a process that was killed
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, _mode(name, folder), dir_fd=folder), "wb") as stream:
                crashpoint("file.after_open")
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            crashpoint("file.after_write")
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            crashpoint("file.after_replace")
    except (NotADirectoryError, IsADirectoryError) as error:
        raise Refused("not a regular file in regular folders", where=path, got=error.strerror) from error


def remove_file(root: Path, path: str) -> None:
    """Removes a file and the folders that are empty without it. Raises Refused as `read_file`."""
    try:
        with _folder(root, path, make=False) as (folder, name):
            _unlink(name, folder)
            crashpoint("file.after_remove")
    except NotADirectoryError as error:
        raise Refused("not a regular file in regular folders", where=path, got=error.strerror) from error
    for parent in list(PurePosixPath(path).parents)[:-2]:  # an agent's own folder stays
        try:
            with _folder(root, str(parent), make=False) as (folder, name):
                os.rmdir(name, dir_fd=folder)
        except OSError:
            return


def bring(root: Path, path: str, file: FileChange) -> str | None:
    """Brings a file below the root to what a change made of it, where it still has what the change replaced.

    None: it is so now. Otherwise a notice: somebody changed it by hand, or it cannot be written.
    """
    try:
        there = read_file(root, path)
        found = None if there is None else blob_id(there, file.new_blob)
        wanted = file.new_blob if file.new_blob.strip("0") else None
        if found == wanted:
            return None
        if found != file.old_blob:
            return f"{path} was changed by hand: the file on disk was left as it is, the branch has the new one"
        if wanted is None:
            remove_file(root, path)
        else:
            write_file(root, path, file.content)
    except (Refused, OSError) as error:
        return f"{path}: left as it is on disk ({error.what if isinstance(error, Refused) else error})"
    return None


def _mode(name: str, folder: int) -> int:
    try:
        return stat.S_IMODE(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode) & 0o777
    except FileNotFoundError:
        return 0o644


def _unlink(name: str, folder: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


@contextmanager
def _folder(root: Path, path: str, *, make: bool) -> Iterator[tuple[int, str]]:
    """An open folder that holds the path's last part, reached part by part without following links."""
    *parents, name = PurePosixPath(path).parts
    if not name or ".." in (*parents, name) or path.startswith("/"):
        raise Refused("a path leaves the repository", got=path)
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parents:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o755, dir_fd=handle)
            inner = os.open(part, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle, name
    finally:
        os.close(handle)
