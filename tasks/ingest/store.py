"""Redacted batches into the ledger: merged so that sightings give the same rows in any order and any number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Final

from storage import opening
from storage.ledger import Ledger
from storage.prices import WORKSPACE_FILE, Price, price_table
from storage.records import IngestedFile, Message, ModelCall, Record, Score, ToolCall
from storage.workspace import Workspace
from tasks.common.redact import Redactor
from tasks.ingest.parsed import Parsed

MERGED: Final = ("model_calls", "tool_calls", "messages")


class KnownAgent(Record, frozen=True, kw_only=True):
    """An agent of the workspace under one of the names that logs may call it by, in lower case."""

    alias: str
    name: str
    type: str


class Copy(Record, frozen=True, kw_only=True):
    """A path whose bytes were taken in under another path."""

    path: str
    original: str


class Assignment(Record, frozen=True, kw_only=True):
    """A file and the agent that the workspace says it is of."""

    path: str
    agent: str


class Identity(Record, frozen=True, kw_only=True):
    """An input that was read again for its hash alone, and by what its file is told from now on."""

    path: str
    identity: str
    inputs: int


class Path(Record, frozen=True, kw_only=True):
    """A file that is taken in, perhaps again."""

    path: str


def redacted(parsed: Parsed, redactor: Redactor) -> Parsed:
    """The batch without secrets: the only way from a parser to the ledger."""
    redactor.learn(
        parsed.runs, parsed.model_calls, parsed.tool_calls, parsed.messages, parsed.scores, parsed.events,
        parsed.quarantined,
    )  # fmt: skip
    return replace(
        parsed,
        runs=redactor.clean(parsed.runs),
        model_calls=redactor.clean(parsed.model_calls),
        tool_calls=redactor.clean(parsed.tool_calls),
        messages=redactor.clean(parsed.messages),
        scores=redactor.clean(parsed.scores),
        events=redactor.clean(parsed.events),
        quarantined=redactor.clean(parsed.quarantined),
    )


class Writer:
    """One transaction on the ledger. Get one from `writing`, which derives the touched runs at its end."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._cleared: set[str] = set()

    def add(self, batch: Parsed, paths: Sequence[str]) -> None:
        """Merges a redacted batch that came from `paths`."""
        self._clear(paths)
        if batch.runs:
            with self._ledger.staged(new_runs=batch.runs):
                self._run("replaced_descriptions", "insert_descriptions", "note_descriptions", "touch_descriptions")
        self._merge("model_calls", batch.model_calls)
        self._merge("tool_calls", batch.tool_calls)
        self._merge("messages", batch.messages)
        self._merge("scores", batch.scores)
        if batch.links:
            with self._ledger.staged(new_links=batch.links):
                self._run("touch_links", "insert_links")
        if batch.events:
            with self._ledger.staged(new_events=batch.events):
                self._run("insert_events")
        if batch.quarantined:
            with self._ledger.staged(new_quarantined=batch.quarantined):
                self._run("insert_quarantine")

    def finish(self, files: Sequence[IngestedFile], copies: Sequence[Copy] = ()) -> None:
        """Writes what became of files, in place of what was written of them before."""
        self._clear([file.path for file in files])
        if copies:
            with self._ledger.staged(new_copies=copies):
                self._run("copy_quarantine")
        if files:
            with self._ledger.staged(new_ingested_files=files):
                self._run("forget_files", "insert_files")

    def identify(self, identities: Sequence[Identity]) -> None:
        """Notes by what known files are told, so that they need not be read the next time."""
        if identities:
            with self._ledger.staged(new_identities=identities):
                self._run("identified_files")

    def assign(self, assignments: Sequence[Assignment]) -> None:
        """Gives the runs of files to the agents that the workspace names now."""
        if assignments:
            with self._ledger.staged(new_assignments=assignments):
                self._run("touch_reassigned", "reassigned_runs")

    def derive(self) -> int:
        """Writes the touched runs anew from what the ledger holds; returns how many changed."""
        self._run("recount_calls", "forget_uncounted", "repeating_calls", "set_aside_calls", "uncount_calls")
        self._run("free_memory", "touch_retyped", "derived_runs", "changed_runs", "replaced_runs", "insert_runs")
        return int(self._ledger.rows("ingest/touched_runs")[0]["runs"])

    def _clear(self, paths: Sequence[str]) -> None:
        """Forgets entries and scores of files that are read again, once in a transaction."""
        if fresh := [Path(path=path) for path in dict.fromkeys(paths) if path not in self._cleared]:
            self._cleared.update(file.path for file in fresh)
            with self._ledger.staged(new_paths=fresh):
                self._run("forget_quarantine", "forget_scores")

    def _merge(self, table: str, records: Sequence[ModelCall | ToolCall | Message | Score]) -> None:
        if not records:
            return
        with self._ledger.staged(**{f"new_{table}": records}):
            if table == "messages":  # whose texts are too large to be copied
                self._run("several_messages")
                if self._ledger.rows("ingest/sighted_again")[0]["messages"]:
                    self._run("free_memory")
            if table == "model_calls":
                self._run("touch_uncounted", "recount_calls", "forget_uncounted")
            self._run(f"stored_{table}", f"changed_{table}")
            if table in MERGED:
                self._run(f"touch_{table}")
            if table == "model_calls":
                self._ledger.run("ingest/call_prices")
            self._run(f"replaced_{table}", f"insert_{table}")

    def _run(self, *names: str) -> None:
        for name in names:
            self._ledger.run(f"ingest/{name}")


@contextmanager
def transaction(workspace: Workspace, ledger: Ledger) -> Iterator[Writer]:
    """A writer on an open ledger: all that it does is written with the runs it touches, or nothing."""
    with ledger.transaction():
        ledger.keep("known_agents", KnownAgent, known_agents(workspace))
        ledger.keep("prices", Price, _prices(workspace))
        ledger.run("ingest/create_touched")
        ledger.run("ingest/create_described")
        writer = Writer(ledger)
        yield writer
        writer.derive()


@contextmanager
def writing(workspace: Workspace) -> Iterator[Writer]:
    """A writer on the workspace's ledger, which is open for as long as the block lasts."""
    with opening.writing(workspace, "ingest") as ledger:
        ledger.run("ingest/bound_memory")
        with transaction(workspace, ledger) as writer:
            yield writer


def price(workspace: Workspace, ledger: Ledger) -> int:
    """Prices the calls that had no price, as after a change of `prices.yaml`; returns how many runs changed."""
    agents = known_agents(workspace)
    if not (_retyped(ledger, agents) or _may_be_priced(workspace, ledger)):
        return 0  # as nearly always: nothing else has to be loaded then
    with ledger.transaction():
        ledger.keep("known_agents", KnownAgent, agents)
        ledger.keep("prices", Price, _prices(workspace))
        for name in ("create_touched", "unpriced_calls", "call_prices", "touch_priced", "priced_calls"):
            ledger.run(f"ingest/{name}")
        return Writer(ledger).derive()


def _retyped(ledger: Ledger, agents: Sequence[KnownAgent]) -> bool:
    aliases, names, types = ([getattr(agent, name) for agent in agents] for name in KnownAgent.__struct_fields__)
    return bool(ledger.rows("ingest/retyped_runs", aliases=aliases, names=names, types=types)[0]["retyped"])


def _may_be_priced(workspace: Workspace, ledger: Ledger) -> bool:
    """Whether a call without a price is of a model that the table may have; it has the beginnings of names."""
    models = [row["model"].lower() for row in ledger.rows("ingest/unpriced_models") if row["model"]]
    return bool(models) and any(price.model in model for price in _prices(workspace) for model in models)


def _prices(workspace: Workspace) -> list[Price]:
    """The price table, read again only where its file has changed: each transaction of an ingest needs it."""
    own = workspace.root / WORKSPACE_FILE
    state = own.stat() if own.exists() else None
    return _prices_of(workspace, (state.st_mtime_ns, state.st_size, state.st_ino) if state else None)


@lru_cache(maxsize=1)
def _prices_of(workspace: Workspace, _state: tuple[int, int, int] | None) -> list[Price]:
    return price_table(workspace)


def known_agents(workspace: Workspace) -> list[KnownAgent]:
    """Every name that a log may use for an agent of the workspace: its name in any case, and its folder's."""
    aliases = {
        alias: KnownAgent(alias=alias, name=agent.name, type=agent.type)
        for agent in workspace.settings.agents
        for alias in (agent.slug, agent.name.lower())
    }
    return list(aliases.values())
