"""Whether the service's own key signed a commit: what an approval's trailer is worth when only git is left."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from storage.config_repo import EMAIL, ConfigRepo
from storage.errors import GitFailed, UsageError

_SECONDS: Final = 20


def public_key(private: Path) -> str:
    """Type and public key of an ssh key without a passphrase. Raises UsageError where it cannot be had."""
    command = ["ssh-keygen", "-y", "-P", "", "-f", str(private)]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS, check=False, env=environment
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise UsageError("ssh-keygen is not installed, or did not end", where=str(private)) from error
    if done.returncode != 0:
        message = done.stderr.decode("utf-8", "replace").strip()
        raise UsageError("not the service's ssh key", where=str(private), got=message[-200:] or None)
    return " ".join(done.stdout.decode().split()[:2])


def is_signed(repo: ConfigRepo, commit: str, key: str) -> bool:
    """Whether a commit's signature is by this public key, and of nothing but an ssh key."""
    with tempfile.NamedTemporaryFile("w", prefix="agentre-", suffix=".signers") as listed:
        listed.write(f'{EMAIL} namespaces="git" {key}\n')
        listed.flush()
        settings = ("gpg.format=ssh", "gpg.ssh.program=ssh-keygen", f"gpg.ssh.allowedSignersFile={listed.name}",
                    "gpg.minTrustLevel=fully")  # fmt: skip
        try:
            repo.git.run(*(part for setting in settings for part in ("-c", setting)), "verify-commit", commit)
        except GitFailed:
            return False
    return True
