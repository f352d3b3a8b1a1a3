"""From `agentre init` to a live home that a signed approval reaches, on a terminal as a person types it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from program import agentre, on_terminal

from flows.cli import agentre as commands
from flows.signing import public_keys
from storage.errors import Refused

COOLER = '{"kind": "config", "agent": "Ada", "title": "Cooler", "key": "temperature", "value": 0.2}'


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """A person's home with an ssh key, and things beside it that are no key."""
    ssh = tmp_path / ".ssh"
    ssh.mkdir(mode=0o700)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", ssh / "id_ed25519"], check=True)
    (ssh / "broken.pub").write_bytes(b"\xff\xfe not a key")
    (ssh / "folder.pub").mkdir()
    (ssh / "config").write_text("Host *\n")
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "config.yaml").write_text("temperature: 0.7\n")
    return tmp_path


def test_in_a_pipe_nothing_is_set_up(person: Path) -> None:
    """It says what is not protected and how to ask for signatures, and names the home that is there; no key is kept."""
    assert list(public_keys(person / ".ssh")) == ["id_ed25519.pub"]
    made = agentre("init", "fleet", "--discover", home=person)
    assert f"`home: {person}/.claude`, then agentre config pull" in made.stdout
    assert made.returncode == 0 and "anything that runs as your user can approve" in made.stdout
    assert "require_signature: true, allowed_signers: signers" in made.stdout
    assert not (person / "fleet" / "signers").exists()
    assert "require_signature" not in (person / "fleet" / "agentre.yaml").read_text()


def here(*arguments: object) -> str:
    """What a command prints in this process, where it is not the process that is tested. Raises what it raises."""
    return CliRunner().invoke(commands, [*map(str, arguments)], catch_exceptions=False).output


def test_signed_from_the_first_day(person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for, signatures are required from then on; the signed change reaches the home that the agent lives in."""
    asked = [("require a signature", "y"), ("sign with which key", ""), ("your name", "sam")]
    status, screen = on_terminal("init", "fleet", home=person, typed=asked)
    assert status == 0 and "each needs sam's signature" in screen, screen
    fleet, live = person / "fleet", person / ".claude"
    assert re.fullmatch(r'sam namespaces="agentre-approval" ssh-ed25519 \S+\n', (fleet / "signers").read_text())
    settings = fleet / "agentre.yaml"
    settings.write_text(settings.read_text().replace("agents: []", "agents: [{name: Ada, home: ~/.claude}]"))
    at = ("--workspace", fleet)
    monkeypatch.setenv("HOME", str(person))
    with pytest.raises(Refused):  # a person has to look
        here("config", "pull", "Ada", *at)
    status, screen = on_terminal("config", "pull", "Ada", *at, home=person, typed=[("Record this", "y")])
    assert status == 0 and "ada/config.yaml  17 bytes" in screen
    (person / "ask.json").write_text(COOLER)
    drafted = json.loads(here("proposals", "draft", person / "ask.json", "--as", "li", "--json", *at))
    short, digest = drafted["proposal_id"][:8], drafted["digest"][:8]
    approve = ("proposals", "approve", short, "--as", "sam", *at)
    status, screen = on_terminal(*approve, home=person, typed=[("Type the first", digest)])
    assert status == 1 and "a signature over the manifest is required" in screen
    here("proposals", "manifest", short, person / "m", *at)
    sign = ["ssh-keygen", "-Y", "sign", "-f", person / ".ssh/id_ed25519", "-n", "agentre-approval", "m"]
    subprocess.run(sign, cwd=person, check=True, capture_output=True)
    status, screen = on_terminal(*approve, "--signature", "m.sig", home=person, typed=[("Type the first", digest)])
    assert status == 0 and (live / "config.yaml").read_text() == "temperature: 0.2\n", screen
    (live / "config.yaml").write_text("temperature: 0.9\n")
    checks = json.loads(here("doctor", "--json", *at))["checks"]
    assert [check["state"] for check in checks if check["name"] == "homes"] == ["note"]
    status, screen = on_terminal("config", "push", "Ada", *at, home=person, typed=[("Change", "y")])
    assert status == 0 and (live / "config.yaml").read_text() == "temperature: 0.2\n"
