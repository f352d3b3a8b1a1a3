"""The words of the project: frozen records, stable ids, money as integers.

Records are msgspec structs: frozen dataclasses in all but name, made ten times faster, which ingest needs.
A field that a source lacks is None, and is never filled with 0.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Literal

import msgspec

NANO_USD: Final = 1_000_000_000
"""Nanodollars in a dollar. Ledger columns named `cost_usd` are DECIMAL(18, 9), which is the same unit."""

Outcome = Literal["success", "failure", "infrastructure_error", "unknown"]
CostSource = Literal["reported", "priced", "missing"]
ScorerKind = Literal["human", "judge", "check"]
AgentType = Literal["engineer", "ops", "research", "orchestrator", "own"]
Dimension = Literal["success", "autonomy", "efficiency"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("success", "autonomy", "efficiency")
ProposalState = Literal["waiting", "approved", "applied", "rejected", "expired", "stale", "refused"]


def stable_id(*parts: object) -> str:
    """32 hex digits that depend on the parts alone, so loading anything twice changes nothing.

    Parts are joined by their lengths, so ("ab", "c") and ("a", "bc") differ. None and "" differ too.
    """
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = b"\xff" if part is None else str(part).encode("utf-8", "surrogatepass")
        hashed.update(len(raw).to_bytes(8, "big"))
        hashed.update(raw)
    return hashed.hexdigest()


def sha256_hex(data: bytes) -> str:
    """SHA-256 of bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def nano_usd(amount: Decimal | float | int | str | None) -> int | None:
    """Dollars to whole nanodollars, half to even; None stays None.

    A float goes through its shortest text, so 0.0001618 is 161800 and not 161799.
    Raises ValueError for text that is no number, NaN, infinity, or more than the ledger's 10^9 dollars.
    """
    if amount is None:
        return None
    try:
        value = Decimal(str(amount))
        nano = int((value * NANO_USD).to_integral_value(ROUND_HALF_EVEN))
    except (ArithmeticError, ValueError) as error:
        raise ValueError(f"not an amount of money: {amount!r}") from error
    if abs(nano) >= 10**18:
        raise ValueError(f"amount of money out of range: {amount!r}")
    return nano


def usd(nano: int | None) -> Decimal | None:
    """Nanodollars to the ledger's DECIMAL(18, 9); None stays None."""
    return None if nano is None else Decimal(nano).scaleb(-9)


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all records: immutable, keyword-only."""


class Run(Record, frozen=True, kw_only=True):
    """An attempt of an agent at a task: a session, a trace, a trajectory.

    Totals (calls, tokens, cost, human turns) are not here: the ledger derives them from the run's own
    calls and messages, so they cannot disagree. Times are UTC; None where the source has none.
    """

    run_id: str
    source_format: str
    source_file: str
    parent_run_id: str | None = None
    agent: str | None = None
    expected_agent: str | None = None
    task_id: str | None = None
    task_type: str | None = None
    difficulty: str | None = None
    tags: list[str] | None = None
    trial: int | None = None
    golden_set: str | None = None
    config_commit: str | None = None
    model: str | None = None  # as named for the whole run; the calls' own models win
    started_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome = "unknown"
    reward: float | None = None
    ended_by: str | None = None
    declared_tools: list[str] | None = None  # that the agent was offered, each as JSON; None: the source does not tell


class ModelCall(Record, frozen=True, kw_only=True):
    """A call of a model, counted once. `input_tokens` includes cache reads and writes (OpenTelemetry's rule).

    Seen in several files, the call belongs to the run where `started_at` is earliest, with the usage of the
    sighting whose `ended_at` is latest.
    """

    call_id: str
    run_id: str
    seq: int
    model: str | None = None
    provider: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None  # part of cache_write_tokens that is priced for an hour's life
    reasoning_tokens: int | None = None
    reported_cost_nano_usd: int | None = None  # the source's own figure; a reported 0 with tokens is None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_ms: int | None = None
    error_type: str | None = None
    is_aggregate: bool = False  # the source has only the sum over several calls


class ToolCall(Record, frozen=True, kw_only=True):
    """A call of a tool: once per request of the model. `error_text` is the redacted start of an error result, or of
    one that reads as an error though its source flags none (then `is_error` is False).

    `argument_sizes`: JSON, each argument's name with the size of its number or list; None where not known.
    """

    call_id: str
    run_id: str
    seq: int
    tool_name: str
    arguments_sha256: str | None = None
    result_sha256: str | None = None
    is_error: bool | None = None  # None: no result is recorded
    error_type: str | None = None
    error_text: str | None = None
    started_at: datetime | None = None
    duration_ms: int | None = None
    argument_sizes: str | None = None


class Message(Record, frozen=True, kw_only=True):
    """A message of a run. `is_human`: written by a person to the agent, which makes it a human turn."""

    message_id: str
    run_id: str
    seq: int
    role: str
    text: str | None = None
    sent_at: datetime | None = None
    is_human: bool = False


class Score(Record, frozen=True, kw_only=True):
    """A score from 1 to 5 on one dimension, by a human, a calibrated judge or a check."""

    score_id: str
    agent: str
    day: date
    dimension: str
    score: float
    scorer_kind: ScorerKind
    task_id: str | None = None
    run_id: str | None = None
    scorer: str | None = None
    rubric_version: str | None = None
    scored_at: datetime | None = None
    note: str | None = None
    source_file: str | None = None


class Quarantined(Record, frozen=True, kw_only=True):
    """Input that could not be read, found again by file, line (1-based) and byte offset (0-based)."""

    file: str
    line: int
    byte_offset: int
    reason: str
    bytes_sha256: str


class IngestedFile(Record, frozen=True, kw_only=True):
    """What became of one file: units = stored + merged + sum(ignored) + quarantined, always."""

    path: str
    sha256: str
    bytes: int
    format: str
    units: int
    stored: int
    merged: int
    ignored: dict[str, int]
    quarantined: int
    ingested_at: datetime
    identity: str | None = None  # of the file on disk; None: it has to be read to tell whether it changed
    inputs: int = 1  # that the file on disk holds: an archive's members, else 1


class Finding(Record, frozen=True, kw_only=True):
    """A failure found in a run. `fingerprint` is equal for failures of the same kind."""

    finding_id: str
    run_id: str
    agent: str | None
    failure_class: str
    severity: str
    detector: str
    fingerprint: str
    evidence: dict[str, object]
    found_at: datetime


class Event(Record, frozen=True, kw_only=True):
    """A thing that happened; append-only. The id makes telling it twice harmless."""

    event_id: str
    kind: str
    at: datetime
    agent: str | None = None
    subject: str | None = None
    payload: dict[str, object] = {}


class Measurement(Record, frozen=True, kw_only=True):
    """A comparison: after minus before on one dimension, with what is needed to trust it.

    None for a mean, the delta or the interval: not enough data (see the n). `verdict` is better, worse,
    equivalent or inconclusive; `seed_label` is the practitioners' label at +-0.2, which decides nothing.
    """

    measurement_id: str
    kind: str
    agent: str
    dimension: str
    before_mean: float | None
    before_n: int
    after_mean: float | None
    after_n: int
    delta: float | None
    ci_low: float | None
    ci_high: float | None
    mde: float | None
    verdict: str
    seed_label: str | None
    made_at: datetime
    before_period: str | None = None
    after_period: str | None = None


class FileChange(Record, frozen=True, kw_only=True):
    """One file of a proposal: what it is now in the config repository and the exact bytes it becomes."""

    path: str
    mode: str
    old_blob: str | None  # None: the file is new
    new_blob: str
    content: bytes


class Proposal(Record, frozen=True, kw_only=True):
    """A change somebody has to decide about. `manifest` is canonical JSON; `digest` its SHA-256."""

    proposal_id: str
    agent: str
    kind: str
    state: ProposalState
    title: str
    document: str  # the improvement proposal as practitioners know it, Markdown
    manifest: str
    digest: str
    base_commit: str
    drafter: str
    fingerprint: str | None
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None = None
    files: list[FileChange] = []


class Approval(Record, frozen=True, kw_only=True):
    """One answer of a person to one proposal, chained to the answer before it.

    `position` counts all answers from 0; `sha256` covers every other field, `previous_sha256` included.
    """

    approval_id: str
    proposal_id: str
    digest: str
    decision: Literal["approve", "reject"]
    approver: str
    channel: Literal["terminal", "prefect", "demo", "commit"]  # commit: rebuilt from a commit's trailers
    feedback: str
    answered_at: datetime
    position: int = 0
    previous_sha256: str = ""
    sha256: str = ""
    signature: str = ""  # an ssh signature over the manifest, armoured; "": none was required


class Change(Record, frozen=True, kw_only=True):
    """A proposal that became a commit of the config repository."""

    change_id: str
    proposal_id: str
    agent: str
    kind: str
    digest: str
    commit: str
    base_commit: str
    applied_at: datetime
    approver: str
