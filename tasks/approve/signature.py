"""The proof of who approved: an ssh signature over the manifest, checked against the workspace's list of keys."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from storage.errors import Refused, UsageError
from storage.records import Proposal
from storage.workspace import Workspace

NAMESPACE: Final = "agentre-approval"
"""What the signature is for; one made for git or for a file is refused."""
MAX_LENGTH: Final = 16 * 1024
_SECONDS: Final = 20


def check_signature(workspace: Workspace, proposal: Proposal, approver: str, signature: object, channel: str) -> None:
    """Refuses an approval without a valid signature where the workspace requires one.

    The demo's own answer, in its synthetic workspace, needs none. Raises UsageError where ssh-keygen or the list of
    keys is missing.
    """
    settings = workspace.settings.approval
    if not settings.require_signature or (channel == "demo" and workspace.settings.synthetic):
        return
    if type(signature) is not str or not signature.strip() or len(signature) > MAX_LENGTH:
        raise Refused(
            "a signature over the manifest is required",
            next_command=f"{how_to_sign(proposal)} && {then(proposal, approver)}",
        )
    listed = workspace.root / Path(settings.allowed_signers or "").expanduser()
    if not listed.is_file():
        raise UsageError("the list of keys that may approve is missing", where=str(listed))
    status, message = _verify(listed, approver, signature, proposal.manifest.encode())
    if status != 0:
        raise Refused(
            f"the signature is not {approver}'s over this manifest", got=message.strip()[-300:] or f"status {status}",
            accepted=f"a key that {listed.name} lists for {approver}, namespace {NAMESPACE}",
            next_command=f"{how_to_sign(proposal)} && {then(proposal, approver)}",
        )  # fmt: skip


def how_to_sign(proposal: Proposal) -> str:
    """The commands that write the manifest's exact bytes and sign them."""
    name = f"{proposal.proposal_id[:8]}.manifest"
    return (
        f"agentre proposals manifest {proposal.proposal_id[:8]} {name} && "
        f"ssh-keygen -Y sign -f ~/.ssh/id_ed25519 -n {NAMESPACE} {name}"
    )


def then(proposal: Proposal, approver: str) -> str:
    """The command that answers with the signature, in a terminal; for a rollback that was asked for too."""
    short = proposal.proposal_id[:8]
    return f"agentre proposals approve {short} --as {shlex.quote(approver)} --signature {short}.manifest.sig"


def _verify(listed: Path, approver: str, signature: str, manifest: bytes) -> tuple[int, str]:
    with tempfile.NamedTemporaryFile("w", suffix=".sig", prefix="agentre-") as file:
        file.write(signature)
        file.flush()
        command = ["ssh-keygen", "-Y", "verify", "-f", str(listed), "-I", approver, "-n", NAMESPACE, "-s", file.name]
        try:
            done = subprocess.run(
                command, input=manifest, capture_output=True, timeout=_SECONDS, check=False,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            )  # fmt: skip
        except FileNotFoundError as error:
            raise UsageError("ssh-keygen is not installed", next_command="apt-get install openssh-client") from error
        except subprocess.TimeoutExpired:
            return 255, "ssh-keygen did not end"
    return done.returncode, (done.stderr + done.stdout).decode("utf-8", "replace")
