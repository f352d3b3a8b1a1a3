"""Setting up signatures with a new workspace: asks a person, and says plainly what is not protected without them."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from storage.scaffold import Signers
from storage.text import printable

KEY: Final = re.compile(r"(?:sk-)?(?:ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/=]{40,}")
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,98}")
_MAX_BYTES: Final = 16 * 1024

UNPROTECTED: Final = """\
approvals  a name in the form, or after --as, is only a claim: anything that runs as your user can approve. A
           signature over each change is a proof, as far as your key is (a passphrase, or a key in hardware). Even
           then: who can edit agentre.yaml can switch it off."""
HOW: Final = """\
           To ask for signatures, in agentre.yaml:
             approvers: [NAME]
             approval: {require_signature: true, allowed_signers: signers}
           and in the file signers, a line for each approver:
             NAME namespaces="agentre-approval" ssh-ed25519 AAAA…    (what ~/.ssh/id_ed25519.pub has)"""


def public_keys(folder: Path) -> dict[str, str]:
    """The ssh public keys of a folder: type and key, by file name. Nothing else there is opened."""
    found = {}
    for path in sorted(folder.glob("*.pub")):
        try:
            line = path.read_bytes()[:_MAX_BYTES].decode() if path.is_file() else ""
        except (OSError, UnicodeDecodeError):
            continue
        if match := KEY.match(line):
            found[path.name] = match[0]
    return found


def offer(folder: Path, say: Callable[[str], object]) -> Signers | None:
    """Says what signatures are for and, on a terminal, asks whether to require them, of whom and with which key.

    None: not wanted, nobody can be asked, or there is no key. Nothing is ever set up without asking.
    """
    say(UNPROTECTED)
    keys = public_keys(folder)
    if not (keys and sys.stdin.isatty() and sys.stdout.isatty()):
        say(HOW)
        return None
    if not click.confirm("require a signature for every approval?", default=False):
        say(HOW)
        return None
    names = [printable(name) for name in keys]
    picked = click.prompt("sign with which key", type=click.Choice(names), default=names[0])
    person = click.prompt("your name, as approver", default=getpass.getuser(), value_proc=_name)
    return Signers(person, list(keys.values())[names.index(picked)])


def _name(text: str) -> str:
    if not NAME.fullmatch(text.strip()):
        raise click.BadParameter("letters, digits and . _ @ + - only, so that the list of keys can hold it")
    return text.strip()
