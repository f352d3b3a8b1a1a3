"""All of `agentre.yaml` as typed, frozen settings; each field says what it means, and has a default that works."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from storage.analyzer_settings import AnalyzerSettings
from storage.detector_settings import DetectorSettings
from storage.escalation_settings import EscalationSettings
from storage.incident_settings import IncidentSettings
from storage.memory_settings import MemorySettings
from storage.records import AgentType
from storage.slo_settings import Budgets, SloSettings


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything in `agentre.yaml`: immutable; unknown keys are refused."""


class Sli(Settings, frozen=True, kw_only=True):
    """A service level indicator in the short form, e.g. metric `success_rate`, target `> 85% of tasks score 4+`.

    A target of 1.0 is an invariant: what may never happen.
    """

    metric: str
    target: str | float


class Runner(Settings, frozen=True, kw_only=True):
    """How golden runs start an agent: exactly one of `command`, `python`, `url` and `model` says what it is.

    `command`: a program with its arguments, in the sandbox. `{prompt}`, `{config}` (the agent's config folder),
    `{transcript}` (a file to write), `{seed}`, `{now}` (ISO 8601) and `{python}` (AgentRE's own) are filled in.
    `again`: arguments that are added for follow-up turns, e.g. `[--continue]`. `python`: `module:function`, called
    with the prompt in the sandbox. `url`: an HTTP endpoint that `request` (JSON) is posted to; `answer`, `session`
    and `cost` are JSON paths in what comes back. `model`: of the Anthropic Messages API, with a shell in the sandbox;
    `system` is its prompt.

    `prompt`: how the command gets the task. `transcript`: a glob below the home or work folder of the sandbox, whose
    files are ingested as `format` (default: recognised). `environment`: names of variables that are handed on; no
    other is. `read_only`: further folders that the sandbox shows. `network`: also for tasks that ask for none.
    """

    command: list[str] = []
    again: list[str] = []
    prompt: Literal["argument", "stdin", "file"] = "stdin"
    python: str | None = None
    url: str | None = None
    request: dict[str, Any] = msgspec.field(default_factory=lambda: {"prompt": "{prompt}"})
    headers: dict[str, str] = {}
    answer: str = "$.answer"
    session: str | None = None
    cost: str | None = None
    model: str | None = None
    system: str | None = None
    transcript: str | None = None
    format: str | None = None
    environment: list[str] = []
    variables: dict[str, str] = {}
    read_only: list[str] = []
    network: bool = False
    timeout_seconds: Annotated[float, Meta(gt=0)] = 600
    memory_mb: Annotated[int, Meta(ge=16)] = 2048
    disk_mb: Annotated[int, Meta(ge=1)] = 256
    processes: Annotated[int, Meta(ge=4)] = 256
    max_steps: Annotated[int, Meta(ge=1)] = 50


class Agent(Settings, frozen=True, kw_only=True):
    """An agent of the fleet. `config` is its folder in the config repository; default: its name as a slug.

    `home`: the folder that it lives in already (`~/.claude`, a project with `.claude/`, an OpenClaw workspace), which
    approved changes then reach. None: it reads the config repository itself.
    `runner`: how golden runs start it; None: they cannot.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    type: AgentType = "own"
    slis: list[Sli] = []
    config: str | None = None
    home: str | None = None
    approvers: list[str] = []
    critical: bool = False  # two people have to approve its changes
    runner: Runner | None = None

    @property
    def slug(self) -> str:
        """The agent's folder in the config repository."""
        return self.config or re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


class MappedField(Settings, frozen=True, kw_only=True):
    """Where a field of a mapping comes from, and what its values mean: `{path: $.status, values: {ok: success}}`."""

    path: str
    values: dict[str, str] = {}


class Source(Settings, frozen=True, kw_only=True):
    """Where logs come from: a file, a folder (read recursively) or a glob, relative to the workspace.

    `format`: asserted instead of detected. `agent`: whose runs these are. `agents`: file glob → agent.
    `mapping`: for format `mapped`, field of the ledger → JSON path (`$.a.b`), CSV column, or `=constant`.
    `store_text`: what is kept of messages and error texts, redacted before it is cut: all, a preview of the first
    `preview_characters`, or none; it holds for what is read from then on.
    """

    path: str
    format: str | None = None
    agent: str | None = None
    agents: dict[str, str] = {}
    mapping: dict[str, str | MappedField] = {}
    store_text: Literal["full", "preview", "none"] = "full"
    preview_characters: Annotated[int, Meta(ge=1)] = 200


class Schedules(Settings, frozen=True, kw_only=True):
    """When the flows run: cron lines in the workspace's time zone; null switches one off."""

    nightly: str | None = "0 2 * * *"
    golden: str | None = "0 3 * * *"  # runs what is due: an agent's prompt, model or tools changed, or its set
    weekly: str | None = "0 14 * * 5"
    retention: str | None = "0 4 * * 0"


class Proposing(Settings, frozen=True, kw_only=True):
    """Limits on machine-drafted proposals. `after`: failures of one kind that make a proposal (Rule of Three)."""

    after: Annotated[int, Meta(ge=2)] = 3
    per_agent_per_week: Annotated[int, Meta(ge=0)] = 3
    tasks_per_agent_per_week: Annotated[int, Meta(ge=0)] = 1  # of these: skills for tasks done by hand
    expires_after_days: Annotated[int, Meta(ge=1, le=30)] = 7


class Approving(Settings, frozen=True, kw_only=True):
    """How an approval is proved. `require_signature`: an ssh signature over the manifest, by a key that
    `allowed_signers` (a file as ssh-keygen has it, relative to the workspace) lists for the approver's name.

    `commit_key`: the service's own ssh key, which then signs its commits. `self_approval`: whether who drafted a
    proposal may approve it.
    """

    require_signature: bool = False
    allowed_signers: str | None = None
    commit_key: str | None = None
    self_approval: bool = False


class Notifying(Settings, frozen=True, kw_only=True):
    """Who is told that a proposal waits. `webhook`: name of the environment variable that holds the URL."""

    webhook: Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]*$")] | None = None


class PrefectSettings(Settings, frozen=True, kw_only=True):
    """The workspace's own Prefect server: loopback only, its own port and home."""

    port: Annotated[int, Meta(ge=1024, le=65535)] = 4200


class Retention(Settings, frozen=True, kw_only=True):
    """How long texts of messages and errors are kept, in days from when they were written; null: for ever.

    `backups`: how many of the ledger's weekly backups are kept. What ages out is gone from new ones only.
    """

    raw_text_days: Annotated[int, Meta(ge=1)] | None = 90
    backups: Annotated[int, Meta(ge=1)] = 4


class Redaction(Settings, frozen=True, kw_only=True):
    """What is replaced besides secrets, which always are. `pii`: e-mail and IP addresses, cards, IBANs and the like."""

    pii: bool = True


class Limits(Settings, frozen=True, kw_only=True):
    """Bounds on input and waiting. What is larger goes to quarantine, with its place and the bound that it met.

    `line_bytes`: a longer line is not read as one. `row_lines`: lines that a quoted CSV row may span. `file_bytes`:
    after unpacking. `unpack_ratio`: a gzip, or a member of an archive, that grows more is a bomb. `document_bytes`:
    what is read of a file, or of a member of an archive, that is one document: JSON that is no JSON lines, a table of
    scores, JUnit's XML. `archive_bytes`: of an archive that is one log, as Inspect's `.eval`, as it is packed.
    `held_bytes`: input that is held of traces that may go on; beyond it, those untouched for longest are put together,
    and what comes of them later meets them in the ledger.
    """

    line_bytes: Annotated[int, Meta(ge=1024)] = 16 * 1024 * 1024
    row_lines: Annotated[int, Meta(ge=1)] = 1000
    file_bytes: Annotated[int, Meta(ge=1024)] = 64 * 1024**3
    unpack_ratio: Annotated[int, Meta(ge=2)] = 2000
    document_bytes: Annotated[int, Meta(ge=1024)] = 128 * 1024 * 1024
    archive_bytes: Annotated[int, Meta(ge=1024)] = 320 * 1024 * 1024
    held_bytes: Annotated[int, Meta(ge=1024)] = 32 * 1024 * 1024
    ledger_wait_seconds: Annotated[int, Meta(ge=0)] = 120


class Watching(Settings, frozen=True, kw_only=True):
    """How weekly trends are watched. `per_year`: watches a year that an agent in which nothing changes may open, all
    its dimensions together; each costs a golden rerun. `normal_from`: agent → ISO week (2026-W30) from which on its
    weeks are normal; default: its first week with scores.
    """

    per_year: Annotated[float, Meta(gt=0, le=52)] = 2
    normal_from: dict[str, Annotated[str, Meta(pattern=r"^\d{4}-W\d{2}$")]] = {}


class ModelSettings(Settings, frozen=True, kw_only=True):
    """Bounds of every request to the Anthropic Messages API. `cost_usd` is the most that one conversation may cost.

    `base_url`: of a gateway; default: the SDK's own, or ANTHROPIC_BASE_URL.
    """

    max_tokens: Annotated[int, Meta(ge=1)] = 4096
    deadline_seconds: Annotated[float, Meta(gt=0)] = 120
    attempts: Annotated[int, Meta(ge=1, le=10)] = 4
    cost_usd: Annotated[float, Meta(gt=0)] = 1.0
    base_url: str | None = None


class JudgeSettings(Settings, frozen=True, kw_only=True):
    """A model that judges golden attempts. `model` None: there is no judge. `kappa`: agreement with people beyond
    chance that it needs before it may decide anything.
    """

    model: str | None = None
    samples: Annotated[int, Meta(ge=1, le=9)] = 3
    kappa: Annotated[float, Meta(gt=0, lt=1)] = 0.6


class GoldenSettings(Settings, frozen=True, kw_only=True):
    """Golden runs: attempts per task and how many run together, where the command does not say.

    `pairs`: at night, new changes are tried on their agent's golden tasks without them and with them.
    """

    trials: Annotated[int, Meta(ge=1, le=1000)] = 3
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 4
    pairs: bool = True


class WorkspaceSettings(Settings, frozen=True, kw_only=True):
    """All of `agentre.yaml`."""

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    time_zone: str = "UTC"
    synthetic: bool = False  # made by the sample generator; every report says so
    agents: list[Agent] = []
    sources: list[Source] = []
    approvers: list[str] = []
    schedules: Schedules = Schedules()
    proposals: Proposing = Proposing()
    approval: Approving = Approving()
    notify: Notifying = Notifying()
    prefect: PrefectSettings = PrefectSettings()
    limits: Limits = Limits()
    redact: Redaction = Redaction()
    retention: Retention = Retention()
    watch: Watching = Watching()
    models: ModelSettings = ModelSettings()
    golden: GoldenSettings = GoldenSettings()
    judge: JudgeSettings = JudgeSettings()
    analyzer: AnalyzerSettings = AnalyzerSettings()
    slo: SloSettings = SloSettings()
    budgets: Budgets = Budgets()
    incidents: IncidentSettings = IncidentSettings()
    detect: DetectorSettings = DetectorSettings()
    escalation: EscalationSettings = EscalationSettings()
    memory: MemorySettings = MemorySettings()
