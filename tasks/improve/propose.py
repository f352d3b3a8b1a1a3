"""From a request to a proposal that waits for a person, or to the rules that it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reports.environment import environment
from reports.text import fenced
from reports.visible import hidden
from storage.config_keys import changed_config
from storage.config_repo import ConfigRepo
from storage.crashpoint import crashpoint
from storage.errors import Refused
from storage.ledger import Ledger
from storage.manifest import POLICY_VERSION, build, digest, path_of
from storage.proposals import PERSON, load, store
from storage.records import Event, FileChange, Proposal, Record, sha256_hex, stable_id
from storage.settings import Agent
from storage.workspace import Workspace
from tasks.common.reach import Broken
from tasks.common.redact import Redactor
from tasks.improve.homes import home_of
from tasks.improve.rails import Home, broken_change, broken_rules
from tasks.improve.requests import ConfigRequest, MemoryRequest, Request
from tasks.metrics.forecast import Forecast
from tasks.metrics.weeks import Week

_NAMED: Final = frozenset(
    {
        "url", "email", "host", "variable", "install", "link", "html", "headings", "permissions", "allowed-tools",
        "frontmatter-keys", "credentials", "protected-file", "home-path", "git-internals", "pipe-to-shell",
        "safety-boundary", "other-agent", "long-line",
    }
)  # fmt: skip
"""What is refused to a machine, and named to the approver where a person drafted it."""


@dataclass(frozen=True)
class About:
    """What is known of a request that came of a case: which one, its document, its forecasts by dimension.

    `fingerprint` and `attempt` make the proposal's id. `new`: the file must not be there yet. `broken`: rules that the
    case itself breaks, whatever was drafted. `copied`: the bytes are committed for another agent, in their own form.
    """

    fingerprint: str
    attempt: int
    document: Callable[[FileChange], str]
    forecasts: Mapping[str, Forecast] = field(default_factory=dict)
    new: bool = False
    broken: Sequence[Broken] = ()
    copied: bool = False


class StoredForecast(Record, frozen=True, kw_only=True):
    """A row of `forecasts`."""

    proposal_id: str
    dimension: str
    low: float
    high: float
    mean: float
    level: float
    n: int
    basis: str
    made_at: datetime


class Unfit(Refused):
    """A draft that breaks rules; `broken` names them."""

    broken: list[Broken]

    def __init__(self, broken: list[Broken]) -> None:
        self.broken = broken
        rules = "; ".join(f"{one.rule} ({one.found[:80]})" for one in broken[:10])
        super().__init__("the draft breaks rules and was not proposed", got=rules)


def propose(
    workspace: Workspace, ledger: Ledger, request: Request, *, drafter: str, now: datetime, nonce: str,
    about: About | None = None,
) -> Proposal:  # fmt: skip
    """Stores what was asked for as a proposal that waits; the same request on the same base is one proposal.

    `drafter`: `person:NAME`, `rules`, or the model and its prompt. A person need not name evidence, and what is merely
    suspicious in their draft is named to the approver instead of refused. `about`: the case that it came of; None: it
    came by itself. Raises Unfit with the broken rules.
    """
    place = "propose" if about else "request"
    crashpoint(f"{place}.begin_draft")
    agent = workspace.agent(request.agent)
    if agent is None or agent.name != request.agent:
        raise Unfit([Broken("agent", request.agent)])
    repo = ConfigRepo(workspace.configs)
    base = repo.head()
    home = home_of(workspace, repo, base, agent)
    human = drafter.startswith(PERSON)
    file, broken = None, [*(about.broken if about else ()), *_home(home)]
    if not broken or not about:
        broken += _claims(workspace, ledger, request, agent, now, human=human, known=about is not None)
        file, content_broken = _file(workspace, repo, base, request, home, human=human)
        broken += content_broken
    if about and about.copied:
        broken = [one for one in broken if one.rule != "headings"]
    if about and about.new and file and file.old_blob is not None:
        broken = [Broken("exists", file.path)]
    crashpoint(f"{place}.after_rails")
    if broken or file is None:
        _record(ledger, request, drafter, broken, now, about)
        raise Unfit(broken)
    proposal = _proposal(workspace, request, file, base, drafter, now, nonce, about)
    crashpoint(f"{place}.before_store")
    with ledger.transaction():
        store(ledger, proposal)
        _keep_forecasts(ledger, proposal, about)
        crashpoint(f"{place}.before_commit")
    crashpoint(f"{place}.after_store")
    return load(ledger, proposal.proposal_id)


def _claims(
    workspace: Workspace, ledger: Ledger, request: Request, agent: Agent, now: datetime, *, human: bool, known: bool
) -> list[Broken]:
    """What the request says of itself: a title that can be read, evidence that is the agent's own, within the week.

    `known`: a case stands behind it, which may rest on other things than runs.
    """
    broken = []
    if any(hidden(c) or c in "\n\t" for c in request.title) or not request.title.strip():
        broken.append(Broken("title", "one line of visible characters"))
    asked = set(request.evidence_runs)
    owners = {row["run_id"]: row["agent"] for row in ledger.rows("improve/owners", runs=sorted(asked))}
    strangers = sorted(run for run in asked if owners.get(run) != agent.name)
    if strangers or not (asked or human or known):
        broken.append(Broken("evidence", ", ".join(strangers[:5]) or "none"))
    week = Week.of(now, workspace.zone)
    span = {"start": week.start(workspace.zone), "end": week.end(workspace.zone)}
    used = {row["agent"]: row["proposals"] for row in ledger.rows("improve/drafted_between", **span)}
    if not human and used.get(agent.name, 0) >= workspace.settings.proposals.per_agent_per_week:
        broken.append(Broken("rate", f"{used.get(agent.name, 0)} this week"))
    return broken


def _home(home: Home) -> list[Broken]:
    return [] if home.exists else [Broken("no-home", f"no folder {home.folder}/ in the config repository")]


def _file(
    workspace: Workspace, repo: ConfigRepo, base: str, request: Request, home: Home, *, human: bool
) -> tuple[FileChange | None, list[Broken]]:
    """The one file that the request changes, and the rules that its bytes break."""
    kind, slug = str(request.__struct_config__.tag), getattr(request, "slug", "")
    try:
        path = path_of(home.folder, kind, slug)
        before = repo.read(path, base)
        if isinstance(request, ConfigRequest):
            content = changed_config(before or b"", request.key, request.value, where=path)
            return repo.change(path, content, base), []
    except Refused as error:
        return None, [Broken("config" if isinstance(request, ConfigRequest) else "slug", str(error)[:300])]
    try:
        file = repo.change(path, request.content.encode("utf-8"), base)
    except UnicodeEncodeError as error:
        return None, [Broken("utf-8", str(error)[:80])]
    return file, _text_rules(workspace, request, file, before, home, human=human)


def _text_rules(
    workspace: Workspace, request: Request, file: FileChange, before: bytes | None, home: Home, *, human: bool
) -> list[Broken]:
    kind, slug = str(request.__struct_config__.tag), getattr(request, "slug", "")
    if before is None and kind == "skill":
        broken = broken_rules(file, slug, home)
    elif before is None and not isinstance(request, MemoryRequest):
        broken = [Broken("absent", file.path)]
    else:
        broken = broken_change(before or b"", file, kind, slug, home)
    text = file.content.decode("utf-8", "replace")
    old = (before or b"").decode("utf-8", "replace")
    if _new_secret(workspace, old, text):
        broken.append(Broken("secret", "a secret"))
    return [one for one in broken if not (human and one.rule in _NAMED)]


def _new_secret(workspace: Workspace, old: str, text: str) -> bool:
    """Whether a line that is new holds a secret."""
    known = set(old.split("\n"))
    fresh = "\n".join(line for line in text.split("\n") if line not in known)
    return Redactor(workspace.secret("redaction-key")).text(fresh) != fresh


def _record(
    ledger: Ledger, request: Request, drafter: str, broken: list[Broken], now: datetime, about: About | None
) -> None:
    """One event per request, or case, and set of rules; what was refused is shown in the review."""
    rules = sorted({one.rule for one in broken})
    content = str(getattr(request, "content", getattr(request, "key", "")))
    digest_of = sha256_hex(content.encode("utf-8", "surrogatepass"))
    subject = about.fingerprint if about else digest_of[:32]
    payload: dict[str, object] = {
        "title": request.title[:120], "rules": rules, "drafter": drafter, "policy_version": POLICY_VERSION,
        "sha256": digest_of, "runs": len(request.evidence_runs),
        "found": [[one.rule, one.found[:120]] for one in broken[:20]],
    }  # fmt: skip
    event = Event(
        event_id=stable_id("proposal_refused", request.agent, subject, POLICY_VERSION, *rules),
        kind="proposal_refused", at=now, agent=request.agent, subject=subject, payload=payload,
    )  # fmt: skip
    ledger.add("events", [event], "event_id")


def _proposal(
    workspace: Workspace, request: Request, file: FileChange, base: str, drafter: str, now: datetime, nonce: str,
    about: About | None,
) -> Proposal:  # fmt: skip
    kind, fingerprint = str(request.__struct_config__.tag), about.fingerprint if about else None
    proposal_id = (
        stable_id("proposal", request.agent, about.fingerprint, about.attempt)
        if about
        else stable_id("request", request.agent, file.path, file.old_blob or "", file.new_blob)
    )
    expires_at = now + timedelta(days=workspace.settings.proposals.expires_after_days)
    manifest = build(
        proposal_id=proposal_id, kind=kind, agent=request.agent, base_commit=base, files=[file], drafter=drafter,
        evidence_runs=request.evidence_runs, expires_at=expires_at, nonce=nonce,
    )  # fmt: skip
    redacted = Redactor(workspace.secret("redaction-key")).text
    text = redacted(about.document(file)) if about else _asked(request, file, drafter, redacted)
    return Proposal(
        proposal_id=proposal_id, agent=request.agent, kind=kind, state="waiting", title=redacted(request.title),
        document=text, manifest=manifest, digest=digest(manifest), base_commit=base, drafter=drafter,
        fingerprint=fingerprint, created_at=now, expires_at=expires_at, files=[file],
    )  # fmt: skip


def _asked(request: Request, file: FileChange, drafter: str, redacted: Callable[[str], str]) -> str:
    return environment().get_template("request.md.j2").render(
        title=redacted(request.title), agent=request.agent, drafter=drafter, path=file.path,
        why=fenced(redacted(request.why)), runs=request.evidence_runs, new=file.old_blob is None,
    )  # fmt: skip


def _keep_forecasts(ledger: Ledger, proposal: Proposal, about: About | None) -> None:
    """Writes what is expected, which is never changed afterwards; to be called within the proposal's transaction."""
    expected = about.forecasts if about else {}
    rows = [
        StoredForecast(
            proposal_id=proposal.proposal_id, dimension=name, low=each.low, high=each.high, mean=each.mean,
            level=each.level, n=each.n, basis=each.basis, made_at=proposal.created_at,
        )
        for name, each in expected.items()
    ]  # fmt: skip
    if rows:
        with ledger.staged(new_forecasts=rows):
            ledger.run("improve/add_forecasts")
