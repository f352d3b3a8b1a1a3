"""Taking a change back: a proposal of its own, to the exact bytes before, or a clear conflict."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.config_repo import ConfigRepo
from storage.errors import Refused
from storage.manifest import build, digest
from storage.records import Change, FileChange, Proposal, stable_id


def _reversed(repo: ConfigRepo, file: FileChange, made: Change, head: str) -> FileChange:
    """The change back to the bytes before, if the file still is as it was applied. Raises Refused otherwise."""
    now_there = repo.blob_of(file.path, head)
    applied = repo.blob_of(file.path, made.commit)
    if now_there != applied:
        raise Refused(
            "others built upon this change, or it was taken back already: nothing was rolled back", where=file.path,
            got=now_there or "no file", accepted=applied or "no file",
            next_command=f"git -C {repo.path} log -- {file.path}",
        )  # fmt: skip
    if file.old_blob is None:
        return repo.removal(file.path, head)
    return repo.change(file.path, repo.blob(file.old_blob), head)


def rollback_proposal(
    repo: ConfigRepo, before: Proposal, made: Change, now: datetime, nonce: str, *, drafter: str = "person",
    document: str | None = None, lasts: timedelta = timedelta(hours=1),
) -> Proposal:  # fmt: skip
    """The proposal to take a change back, upon the branch as it is. Raises Refused where that is not possible.

    `document`: why, where it is not the person who types it that knows.
    """
    head = repo.head()
    files = [_reversed(repo, file, made, head) for file in before.files]
    proposal_id = stable_id("rollback", made.change_id, head)
    expires_at = now + lasts
    manifest = build(
        proposal_id=proposal_id, kind="rollback", agent=made.agent, base_commit=head, files=files, drafter=drafter,
        evidence_runs=[], expires_at=expires_at, nonce=nonce,
    )  # fmt: skip
    return Proposal(
        proposal_id=proposal_id, agent=made.agent, kind="rollback", state="waiting",
        title=f"Roll back: {before.title}",
        document=document or f"Takes back commit {made.commit}, proposal {made.proposal_id}.\n",
        manifest=manifest, digest=digest(manifest), base_commit=head, drafter=drafter, fingerprint=None,
        created_at=now, expires_at=expires_at, files=files,
    )  # fmt: skip
