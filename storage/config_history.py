"""What the config repository's own history tells: commits, what they touched, the tree that an agent had, tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

from storage.config_repo import EMAIL, ConfigRepo
from storage.crashpoint import crashpoint
from storage.errors import NotFound, UsageError

TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Commit:
    """A commit of the branch. `trailers`: values by key, in order; `at`: the committer's time, UTC.

    `base`: the commit before, along the branch; None for the first.
    """

    id: str
    base: str | None
    at: datetime
    author: str
    subject: str
    trailers: dict[str, list[str]]

    def trailer(self, key: str) -> str:
        """The one value of a trailer; "" where there is none or several."""
        values = self.trailers.get(key, [])
        return values[0] if len(values) == 1 else ""


def commits(repo: ConfigRepo, *, until: str | None = None, after: str | None = None, under: str = "") -> list[Commit]:
    """Commits up to `until` (default: the branch) that `after` has not, newest first; of one folder alone if named."""
    span = [until or repo.head(), *([f"^{after}"] if after else [])]
    paths = ["--full-history", "--", under] if under else ["--"]
    raw = repo.git.run(
        "log", "-z", "--no-show-signature", "--no-color", "--no-decorate",
        "--format=%H%n%P%n%ct%n%an%n%s%n%(trailers:only=true,unfold=true)", *span, *paths,
    )  # fmt: skip
    return [_commit(text) for text in raw.decode("utf-8", "replace").split("\0") if text]


def _commit(text: str) -> Commit:
    commit, parents, at, author, subject, *rest = text.split("\n")
    trailers: dict[str, list[str]] = {}
    for key, separator, value in (line.partition(": ") for line in rest):
        if separator:
            trailers.setdefault(key, []).append(value)
    base = next(iter(parents.split()), None)
    return Commit(commit, base, datetime.fromtimestamp(int(at), UTC), author, subject, trailers)


def touched(repo: ConfigRepo, before: str | None, after: str, under: str = "") -> dict[str, str]:
    """Paths that differ between two commits (None: from nothing), with what happened: A, M or D."""
    base = before or repo.git.run("mktree").decode().strip()
    arguments = ("-r", "-z", "--name-status", "--no-renames", "--no-ext-diff", "--no-textconv", base, after)
    raw = repo.git.run("diff-tree", *arguments, *(["--", under] if under else [])).decode("utf-8", "surrogateescape")
    parts = raw.split("\0")[:-1]
    return dict(zip(parts[1::2], parts[::2], strict=True))


class Touched(NamedTuple):
    """A path that a commit changed: its mode now, and its blobs before and after; all zeros where there is none."""

    path: str
    mode: str
    before: str
    after: str


def touched_by_each(repo: ConfigRepo, some: Sequence[Commit]) -> dict[str, list[Touched]]:
    """By commit, what each changed as seen from the commit before it; read in one go. A first commit has nothing."""
    asked = "".join(f"{commit.id} {commit.base}\n" for commit in some if commit.base)
    raw = repo.git.run(
        "diff-tree", "--stdin", "-r", "-z", "--raw", "--no-renames", "--full-index", "--no-ext-diff", "--no-textconv",
        stdin=asked.encode(),
    )  # fmt: skip
    found: dict[str, list[Touched]] = {}
    parts = iter(raw.decode("utf-8", "surrogateescape").split("\0")[:-1])
    commit = ""
    for part in parts:
        if part.startswith(":"):
            _, mode, before, after, _ = part.split()
            found[commit].append(Touched(next(parts), mode, before, after))
        else:
            commit = part.strip()
            found[commit] = []
    return found


def objects(repo: ConfigRepo, names: Iterable[str]) -> dict[str, bytes]:
    """Bytes of blobs and trees by their names (an id, or `commit:path`), read in one go; without what is not there."""
    asked = list(dict.fromkeys(names))
    raw = repo.git.run("cat-file", "--batch", stdin="".join(f"{name}\n" for name in asked).encode())
    found, at = dict[str, bytes](), 0
    for name in asked:
        end = raw.index(b"\n", at)
        about = raw[at:end].split(b" ")
        at = end + 1
        if about[-1] != b"missing":
            size = int(about[-1])
            found[name] = raw[at : at + size]
            at += size + 1
    return found


def tree_entries(raw: bytes, id_bytes: int) -> dict[str, tuple[str, str]]:
    """Mode and id by name of what a tree object lists. `id_bytes`: 20, or 32 in a SHA-256 repository."""
    found, at = dict[str, tuple[str, str]](), 0
    while at < len(raw):
        end = raw.index(b"\0", at)
        mode, _, name = raw[at:end].partition(b" ")
        at = end + 1 + id_bytes
        found[name.decode("utf-8", "surrogateescape")] = (mode.decode(), raw[end + 1 : at].hex())
    return found


def tree_of(repo: ConfigRepo, folder: str, commit: str) -> str | None:
    """Hash of an agent's folder at a commit: equal hashes are equal bytes. None where there is no such folder."""
    rows = repo.git.run("ls-tree", "-d", "-z", "--full-tree", commit, "--", folder).decode().split("\0")[:-1]
    return rows[0].partition("\t")[0].split()[2] if rows else None


def at_time(repo: ConfigRepo, moment: datetime) -> str | None:
    """The commit that the branch was at at a moment, by the commits' own times; None before the first."""
    found = repo.git.run(
        "rev-list", "--first-parent", "--max-count=1", f"--before={int(moment.timestamp())}", repo.head()
    )
    return found.decode().strip() or None


def tagged(repo: ConfigRepo, name: str) -> str | None:
    """The commit that a tag is at; None where there is no such tag."""
    if not TAG.fullmatch(name):
        return None
    shape = "--format=%(refname) %(objectname) %(*objectname)"
    rows = (row.split(" ") for row in repo.git.run("for-each-ref", shape, f"refs/tags/{name}").decode().splitlines())
    return next((peeled or direct for ref, direct, peeled in rows if ref == f"refs/tags/{name}"), None)


def tag_message(repo: ConfigRepo, name: str) -> str:
    """The message of an annotated tag; "" for a plain one."""
    return repo.git.run("for-each-ref", "--format=%(contents)", f"refs/tags/{name}").decode("utf-8", "replace").strip()


def tag(repo: ConfigRepo, name: str, commit: str, message: str, now: datetime, author: str) -> None:
    """Makes an annotated tag, once; the same tag on the same commit again changes nothing.

    Raises UsageError for a name that is taken by another commit, or that is no name.
    """
    if not TAG.fullmatch(name) or ".." in name or name.endswith((".lock", ".")):
        raise UsageError("not a name for a tag", got=name, accepted="e.g. v2026-w12")
    there = tagged(repo, name)
    if there == commit:
        return
    if there is not None:
        raise UsageError("this tag is on another commit already", got=f"{name} at {there[:12]}")
    head = f"object {commit}\ntype commit\ntag {name}\ntagger {author} <{EMAIL}> {int(now.timestamp())} +0000"
    text = f"{head}\n\n{message}\n"
    crashpoint("tag.before_object")
    made = repo.git.run("mktag", stdin=text.encode()).decode().strip()
    crashpoint("tag.before_ref")
    repo.git.run("update-ref", f"refs/tags/{name}", made, "0" * len(made))
    crashpoint("tag.after_ref")


def resolved(repo: ConfigRepo, text: str, zone_date: datetime | None) -> str:
    """The commit that a tag, a commit id (7 digits or more) or a date names. Raises NotFound.

    `zone_date`: the end of the day that the text is, where it is a date.
    """
    if zone_date is not None:
        found = at_time(repo, zone_date)
        if found is None:
            raise NotFound("there was no config yet at that time", got=text)
        return found
    found = tagged(repo, text)
    if found is None and re.fullmatch(r"[0-9a-f]{7,64}", text):
        names = [commit.id for commit in commits(repo) if commit.id.startswith(text)]
        found = names[0] if len(names) == 1 else None
    if found is None:
        raise NotFound("no such tag, commit or date", got=text, next_command="agentre config log")
    return found


def entries_below(repo: ConfigRepo, folder: str, commit: str) -> Iterator[tuple[str, str, str, int]]:
    """Path, mode, blob and size in bytes of everything below a folder at a commit, links and executables too."""
    listed = repo.git.run("ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--", f"{folder}/")
    for row in listed.split(b"\0")[:-1]:
        about, _, name = row.partition(b"\t")
        mode, _, blob, size = about.decode().split()
        yield name.decode("utf-8", "surrogateescape"), mode, blob, int(size) if size.isdigit() else 0
