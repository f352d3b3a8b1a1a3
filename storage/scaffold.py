"""A new workspace: its settings, its folders, and the git repository of the agents' configs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from storage.config_repo import ConfigRepo
from storage.errors import UsageError
from storage.handbook import write_pages
from storage.workspace import SETTINGS_FILE, STATE_FOLDER, Workspace

FOLDERS: Final = ("golden-sets", "slos", "experiments", "scores")

SETTINGS: Final = """\
# AgentRE: one workspace. Everything here can be changed; unknown keys are refused with their line.
version: 1
time_zone: {time_zone}        # weeks are cut here; everything stored is UTC

# Who may approve a change. An empty list lets anyone who reaches the form approve, and says so each time.
approvers: {approvers}
{approval}
# Your agents. Type: engineer, ops, research, orchestrator or own. Two or three SLIs each are plenty.
agents: []
#  - name: Ada
#    type: engineer
#    slis:
#      - {{metric: success_rate, target: "> 85% of tasks score 4+"}}
#      - {{metric: autonomy, target: "> 70% of tasks score 4+"}}

# Where their logs are: a file, a folder or a glob. The format is found by content.
sources:
{sources}
  - {{path: scores}}             # your scores, CSV or Markdown tables

schedules:
  nightly: "0 2 * * *"
  weekly: "0 14 * * 5"

proposals:
  after: 3                     # failures of one kind that make a proposal (Rule of Three)
  per_agent_per_week: 3
  expires_after_days: 7

prefect:
  port: 4200

# Who is told of incidents. URLs and keys are named, and stand in the environment; agentre escalation test team
# escalation:
#   quiet: {{start: "22:00", end: "07:00"}}          # P1 passes
#   routes:
#     team: {{webhook: TEAM_WEBHOOK_URL}}            # Slack-compatible
#     pager: {{pagerduty: PAGERDUTY_ROUTING_KEY}}
#     mail: {{email: [you@example.org], smtp: SMTP_URL}}
#   policies:
#     - {{severity: [P1], steps: [{{to: [pager], within: 15}}, {{to: [team, mail]}}]}}
#     - {{severity: [P2], steps: [{{to: [team]}}]}}
"""

SIGNED: Final = """
# An approval is proved by an ssh signature over the exact change; `signers` lists whose key counts for whom.
approval:
  require_signature: true
  allowed_signers: {file}
"""

SIGNERS_FILE: Final = "signers"

NO_SOURCES: Final = "#  - {path: ~/.claude/projects}\n#  - {path: logs/ada, agent: Ada}"

CONFIGS_README: Final = b"""# The agents' configs

One folder an agent: `SOUL.md`, `IDENTITY.md`, `config.yaml`, `skills/<name>/SKILL.md`, `MEMORY.md`,
`memory/YYYY-MM-DD.md`. A change that was proposed lands here as one commit, after a person approved its exact
bytes: the commit's `AgentRE-Approval:` line names the digest. `git log` tells what changed and who approved it.
"""


@dataclass(frozen=True)
class Signers:
    """Whose signature approves, and the public key (`ssh-ed25519 AAAA…`) that it has to be made with."""

    approver: str
    key: str


def create_workspace(
    root: Path, now: datetime, *, time_zone: str = "UTC", source_paths: list[str] | None = None,
    signers: Signers | None = None,
) -> Workspace:  # fmt: skip
    """Makes a workspace in a folder and returns it. Nothing that exists is overwritten.

    `source_paths` become the sources of its `agentre.yaml`. `signers`: every approval needs this signature.
    Raises UsageError where the folder is a workspace already.
    """
    check_new(root)
    path = root / SETTINGS_FILE
    root.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(root.resolve())
    complete_workspace(workspace, now, {"README.md": CONFIGS_README})
    sources = "\n".join(f"  - {{path: {_quoted(source)}}}" for source in source_paths or []) or NO_SOURCES
    approvers, approval = "[]", ""
    if signers:
        _list_key(workspace.root / SIGNERS_FILE, signers)
        approvers, approval = f"[{_quoted(signers.approver)}]", SIGNED.format(file=SIGNERS_FILE)
    text = SETTINGS.format(time_zone=time_zone, sources=sources, approvers=approvers, approval=approval)
    path.write_text(text, encoding="utf-8")
    return workspace


def check_new(root: Path) -> None:
    """Raises UsageError where the folder is a workspace already."""
    path = root / SETTINGS_FILE
    if path.exists():
        raise UsageError("this is a workspace already", where=str(path), next_command="agentre doctor")


def _list_key(path: Path, signers: Signers) -> None:
    """Adds a key to the list, as ssh-keygen has it: for approvals alone."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    line = f'{signers.approver} namespaces="agentre-approval" {signers.key}\n'
    path.write_text(before if line in before else before + line, encoding="utf-8")


def complete_workspace(workspace: Workspace, now: datetime, config_files: dict[str, bytes]) -> None:
    """Adds what a workspace lacks: folders, handbook, the git-ignored state folder, the repository of configs."""
    for folder in FOLDERS:
        (workspace.root / folder).mkdir(exist_ok=True)
    workspace.state.mkdir(mode=0o700, exist_ok=True)
    write_pages(workspace.root)
    if not workspace.configs.exists():
        ConfigRepo.create(workspace.configs, config_files, now)
    ignore = workspace.root / ".gitignore"
    if not ignore.exists():
        ignore.write_text(f"{STATE_FOLDER}/\n")


def _quoted(text: str) -> str:
    """Text as a YAML double-quoted scalar; JSON's strings are that."""
    return msgspec.json.encode(text).decode()
