"""The git repository of the agents' configs: read at a commit, changed by plumbing and one compare-and-swap.

A commit is built from blobs in an index of its own, checked against what it was meant to change, and becomes real
only when the branch moves. Nothing of the repository is executed, and a work tree is only ever caught up with.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from storage.crashpoint import crashpoint
from storage.errors import GitFailed, Refused, UsageError
from storage.git import Git, blob_id, git_dir_of
from storage.records import FileChange
from storage.work_tree import bring

COMMITTER: Final = "AgentRE"
EMAIL: Final = "agentre@localhost"
FILE: Final = "100644"
REMOVED: Final = "000000"
"""Mode of a file that a change removes, as git's raw diff has it; its new blob is all zeros, its content empty."""
_BRANCH: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ATTEMPTS: Final = 5


class BranchMoved(GitFailed):
    """The branch is no longer where it was: somebody else committed first. Nothing was changed."""


class Entry(NamedTuple):
    """What a tree has at a path."""

    mode: str
    blob: str


class ConfigRepo:
    """A repository of agents' configs, bare or with a work tree, and the one branch that counts.

    Raises UsageError where there is no repository, Refused for one that is linked or another user's.
    """

    def __init__(self, path: Path, branch: str = "main", signing_key: Path | None = None) -> None:
        if not _BRANCH.fullmatch(branch) or ".." in branch:
            raise UsageError("not a branch name", got=branch)
        self.path = path
        self.branch = branch
        self.signing_key = signing_key  # an ssh key of the service, without a passphrase; None: unsigned commits
        self.git = Git(git_dir_of(path))
        self._ref = f"refs/heads/{branch}"

    @classmethod
    def create(
        cls, path: Path, files: dict[str, bytes], now: datetime, author: str = COMMITTER, branch: str = "main"
    ) -> ConfigRepo:
        """A new repository with these files as its first commit; one that has a commit is left as it is."""
        path.mkdir(parents=True, exist_ok=True)
        if not (path / ".git" / "HEAD").exists():
            arguments = ("init", "--quiet", "--template=", f"--initial-branch={branch}")
            Git(path / ".git").run(*arguments, environment={"GIT_WORK_TREE": str(path)})
        repo = cls(path, branch)
        if repo._tip() is None and not repo.git.run("for-each-ref", "--count=1"):
            changes = [repo.change(name, content, None) for name, content in sorted(files.items())]
            first = repo.build(None, changes, "Configs of the agents, as they are now", author, now)
            repo.advance(None, first)
        if repo._tip() is not None and not (repo.git.git_dir / "index").exists():
            head = repo.head()
            repo.catch_up([repo.change(name, repo.read(name, head) or b"", None) for name in repo.paths(head)])
        return repo

    def head(self) -> str:
        """The commit that the branch is at. Raises UsageError where it has none."""
        tip = self._tip()
        if tip is None:
            raise UsageError(
                f"the config repository has no branch `{self.branch}` with a commit", where=str(self.path),
                next_command=f"git -C {self.path} branch {self.branch}",
            )  # fmt: skip
        return tip

    def _tip(self) -> str | None:
        found = self.git.run("for-each-ref", "--format=%(refname) %(objectname) %(objecttype)", self._ref)
        tips = [line.split() for line in found.decode().splitlines()]
        return next((commit for name, commit, kind in tips if name == self._ref and kind == "commit"), None)

    def commit_of(self, name: str) -> str | None:
        """The commit that a branch, a tag, HEAD or an abbreviated id means; None where it means none."""
        if not name or name.startswith("-"):
            return None
        try:
            found = self.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except GitFailed:
            return None
        commit = found.decode().strip()
        return commit if _ID.fullmatch(commit) else None

    def entry(self, path: str, commit: str | None = None) -> Entry | None:
        """Mode and blob of a file at a commit (default: the branch); None where there is nothing at that path."""
        listed = self.git.run("ls-tree", "-z", "--full-tree", self._commit(commit), "--", path)
        for row in listed.split(b"\0")[:-1]:
            about, _, name = row.partition(b"\t")
            mode, _, blob = about.decode().split()
            if name == path.encode():
                return Entry(mode, blob)
        return None

    def blob_of(self, path: str, commit: str | None = None) -> str | None:
        """Id of a file's bytes at a commit; None where the file does not exist.

        Raises Refused for what is no plain file: a folder, a link, a submodule, an executable.
        """
        entry = self.entry(path, commit)
        if entry is not None and entry.mode != FILE:
            raise Refused("not a plain file", where=path, got=f"mode {entry.mode}", accepted=f"mode {FILE}")
        return None if entry is None else entry.blob

    def read(self, path: str, commit: str | None = None) -> bytes | None:
        """A file's bytes at a commit, unfiltered; None where it does not exist. Raises as `blob_of`."""
        blob = self.blob_of(path, commit)
        return None if blob is None else self.blob(blob)

    def blob(self, blob: str) -> bytes:
        """Bytes by their id, unfiltered. Raises GitFailed where the repository has none."""
        return self.git.run("cat-file", "blob", self._commit(blob))

    def blobs(self, commit: str | None = None, under: str = "") -> dict[str, str]:
        """Blob by path of all plain files at a commit, or of those in one folder."""
        listed = self.git.run("ls-tree", "-r", "-z", "--full-tree", self._commit(commit)).split(b"\0")[:-1]
        rows = [row.decode("utf-8", "surrogateescape").partition("\t") for row in listed if row[:6] == b"100644"]
        return {name: about.split()[2] for about, _, name in rows if not under or name.startswith(f"{under}/")}

    def paths(self, commit: str | None = None, under: str = "") -> list[str]:
        """Paths of all plain files at a commit, or of those in one folder."""
        return list(self.blobs(commit, under))

    def change(self, path: str, content: bytes, base: str | None) -> FileChange:
        """The change of one file to these bytes, as seen from a commit (None: from nothing)."""
        old = None if base is None else self.blob_of(path, base)
        return FileChange(path=path, mode=FILE, old_blob=old, new_blob=self.blob_id(content), content=content)

    def removal(self, path: str, base: str) -> FileChange:
        """The removal of one file, as seen from a commit."""
        zeros = "0" * len(base)
        return FileChange(path=path, mode=REMOVED, old_blob=self.blob_of(path, base), new_blob=zeros, content=b"")

    def blob_id(self, content: bytes) -> str:
        """The id that this repository gives these bytes."""
        return blob_id(content, self._empty_tree)

    def build(self, base: str | None, files: Sequence[FileChange], message: str, author: str, now: datetime) -> str:
        """A commit on top of `base` that changes exactly these files; the branch does not move yet.

        Raises Refused where the files are not what they were built upon, or the result is anything but them.
        """
        for file in (file for file in files if file.mode != REMOVED):
            stored = self.git.run("hash-object", "-w", "--no-filters", "--stdin", stdin=file.content).decode().strip()
            if stored != file.new_blob:
                raise Refused("the bytes are not the ones that were announced", where=file.path, got=stored)
            crashpoint("git.after_blob")
        tree = self._tree(base, files)
        crashpoint("git.after_tree")
        self._check(base, tree, files)
        person = {"NAME": author, "EMAIL": EMAIL, "DATE": f"@{int(now.timestamp())} +0000"}
        names = {f"GIT_AUTHOR_{key}": value for key, value in person.items()}
        names |= {f"GIT_COMMITTER_{key}": value for key, value in {**person, "NAME": COMMITTER}.items()}
        parent = [] if base is None else ["-p", base]
        arguments = (*self._signed("commit-tree"), tree, *parent)
        made = self.git.run(*arguments, stdin=message.encode(), environment=names).decode().strip()
        crashpoint("git.after_commit_object")
        return made

    def _signed(self, command: str) -> tuple[str, ...]:
        """A git command that signs with the service's key where there is one; the program is named here."""
        if self.signing_key is None:
            return (command,)
        settings = ("gpg.format=ssh", "gpg.ssh.program=ssh-keygen", f"user.signingKey={self.signing_key}")
        return (*(part for setting in settings for part in ("-c", setting)), command, "-S")

    def _tree(self, base: str | None, files: Sequence[FileChange]) -> str:
        with tempfile.TemporaryDirectory(prefix="agentre-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            self.git.run("read-tree", "--empty" if base is None else base, environment=index)
            self.git.run("update-index", "-z", "--index-info", stdin=_index_info(files), environment=index)
            crashpoint("git.after_index")
            return self.git.run("write-tree", environment=index).decode().strip()

    def _check(self, base: str | None, tree: str, files: Sequence[FileChange]) -> None:
        """The last word before a commit: git's own account of the difference has to be the files, and nothing else."""
        raw = self.git.run(
            "diff-tree", "-r", "-z", "--raw", "--no-renames", "--full-index", "--no-ext-diff", "--no-textconv",
            base or self._empty_tree, tree,
        ).split(b"\0")[:-1]  # fmt: skip
        found = {
            (path.decode("utf-8", "surrogateescape"), *about.decode().lstrip(":").split())
            for about, path in zip(raw[::2], raw[1::2], strict=True)
        }
        zeros = "0" * len(self._empty_tree)
        expected = {
            (f.path, FILE if f.old_blob else REMOVED, f.mode, f.old_blob or zeros, f.new_blob,
             "D" if f.mode == REMOVED else "M" if f.old_blob else "A")
            for f in files
        }  # fmt: skip
        if found != expected or not files:
            raise Refused(
                "the commit would not change exactly the announced files", where=str(self.path),
                got=", ".join(sorted(row[0] for row in found ^ expected)) or "no change",
            )  # fmt: skip
        self._no_twins(base, {file.path for file in files})

    def _no_twins(self, base: str | None, paths: set[str]) -> None:
        """Refuses a path that differs from an existing one by case only: some disks hold one of the two."""
        if base is None:
            return
        listed = self.git.run("ls-tree", "-r", "-t", "-z", "--name-only", "--full-tree", base).split(b"\0")
        folded = {
            name.decode("utf-8", "surrogateescape").casefold(): name.decode("utf-8", "surrogateescape")
            for name in listed
        }
        for path in paths:
            for part in (path, *map(str, PurePosixPath(path).parents)):
                twin = folded.get(part.casefold(), part)
                if twin != part:
                    raise Refused("a path differs from an existing one by case only", where=path, got=twin)

    def advance(self, old: str | None, new: str) -> None:
        """Moves the branch from one commit to another, if it is still there: the only moment that changes anything.

        Raises BranchMoved where it is not.
        """
        expected = old or "0" * len(new)
        crashpoint("git.before_ref")
        try:
            self.git.run("update-ref", "--no-deref", "-m", "agentre", self._ref, new, expected)
        except GitFailed as error:
            if self._tip() == old:
                raise  # a lock file that another process left, a full disk
            raise BranchMoved("the config branch moved meanwhile", where=str(self.path), got=self._tip()) from error

    def commit(
        self, files: dict[str, bytes], message: str, now: datetime, author: str = COMMITTER, gone: Sequence[str] = ()
    ) -> str:
        """Commits these files as they are given, on whatever is there; returns the commit (the old one: no change).

        `gone`: paths that are removed where they exist.
        """
        for attempt in range(_ATTEMPTS):
            base = self.head()
            changes = [self.change(path, content, base) for path, content in sorted(files.items())]
            changes = [change for change in changes if change.old_blob != change.new_blob]
            changes += [self.removal(path, base) for path in sorted(gone) if self.entry(path, base)]
            if not changes:
                return base
            new = self.build(base, changes, message, author, now)
            try:
                self.advance(base, new)
            except BranchMoved:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            self.catch_up(changes)
            return new
        raise AssertionError("unreachable")

    def find_trailer(self, key: str, value: str) -> list[str]:
        """Commits of the branch whose message carries exactly this trailer, newest first."""
        raw = self.git.run(
            "rev-list", "--fixed-strings", f"--grep={value}",
            f"--format=%(trailers:key={key},valueonly=true,separator=%x00)", self.head(),
        ).decode("utf-8", "replace")  # fmt: skip
        lines = iter(raw.splitlines())
        return [about.split()[1] for about, values in zip(lines, lines, strict=True) if value in values.split("\0")]

    def catch_up(self, files: Sequence[FileChange]) -> list[str]:
        """Brings a checked-out work tree to these files, where it still has what they replaced.

        Returns a notice for each file that somebody changed by hand, which is left as it is.
        """
        if self.git.git_dir == self.path:
            return []
        try:
            if self.git.run("rev-parse", "--symbolic-full-name", "HEAD").decode().strip() != self._ref:
                return [f"{self.path} is not on branch {self.branch}: its files were left as they are"]
            crashpoint("tree.before_files")
            notices = [notice for file in files if (notice := bring(self.path, file.path, file))]
            crashpoint("tree.before_index")
            stale = [file for file in files if self._indexed(file.path) == file.old_blob]
            if stale:
                self.git.run("update-index", "-z", "--index-info", stdin=_index_info(stale))
                crashpoint("tree.after_index")
        except GitFailed as error:  # the commit stands whatever became of the work tree
            return [f"the work tree of {self.path} was left as it is: {error.got or error.what}"]
        return notices

    def _indexed(self, path: str) -> str | None:
        """The blob that the repository's own index has for a path; None: no entry."""
        listed = self.git.run("ls-files", "--stage", "-z", "--", path).decode("utf-8", "surrogateescape")
        rows = [row.partition("\t") for row in listed.split("\0")[:-1]]
        found = [about.split() for about, _, name in rows if name == path]
        return f"{found[0][1]} {found[0][2]}".removesuffix(" 0") if found else None

    @cached_property
    def _empty_tree(self) -> str:
        return self.git.run("mktree", stdin=b"").decode().strip()

    def _commit(self, commit: str | None) -> str:
        if commit is None:
            return self.head()
        if not _ID.fullmatch(commit):
            raise UsageError("not a commit id", got=commit, accepted="40 or 64 hex digits")
        return commit


def _index_info(files: Sequence[FileChange]) -> bytes:
    rows = (f"{'0' if file.mode == REMOVED else file.mode} {file.new_blob}\t{file.path}\0" for file in files)
    return "".join(rows).encode("utf-8", "surrogateescape")
