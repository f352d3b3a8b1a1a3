"""Steps of a flow: Prefect tasks while a flow run is active, plain function calls otherwise.

Calling a Prefect task outside of a flow run starts a server; a plain call costs nothing. So one list of calls
serves both. Prefect is imported by the flow that is running, never by this file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from storage.ledger import publish
from storage.workspace import Workspace

P = ParamSpec("P")
R = TypeVar("R")

Progress = Callable[[int, int, str], None]
"""Told of long work: units done, units in all, and what is being done."""

_finished: ContextVar[list[str] | None] = ContextVar("finished_steps", default=None)


def under_prefect() -> bool:
    """Whether a Prefect flow run is active here."""
    if "prefect" not in sys.modules:
        return False
    from prefect.context import FlowRunContext

    return FlowRunContext.get() is not None


def step(*, retries: int = 0, retry_delay_seconds: float = 10) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes a function a step. Give retries only to what talks to a network; a step may run twice in any case."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            made = _task(function, retries, retry_delay_seconds) if under_prefect() else function
            result: R = made(*args, **kwargs)
            if (finished := _finished.get()) is not None:
                finished.append(step_name(function))
            return result

        return call

    return decorate


def step_name(function: Callable[..., Any]) -> str:
    """A step as people read it: `detect failures`."""
    return function.__name__.replace("_", " ")


@contextmanager
def watch_steps() -> Iterator[list[str]]:
    """Gives the names of the steps that finish within the block, in their order; a block around it gets them too."""
    around, finished = _finished.get(), list[str]()
    token = _finished.set(finished)
    try:
        yield finished
    finally:
        _finished.reset(token)
        if around is not None:
            around.extend(finished)


@cache
def _task(function: Callable[..., Any], retries: int, retry_delay_seconds: float) -> Callable[..., Any]:
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    name = step_name(function)
    made: Callable[..., Any] = task(
        name=name,
        task_run_name=name,
        retries=retries,
        retry_delay_seconds=retry_delay_seconds,
        cache_policy=NO_CACHE,
        persist_result=False,
        log_prints=False,
    )(function)
    return made


@step()
def publish_read_copy(workspace: Workspace) -> bool:
    """Publishes the ledger for people and dashboards; False where nothing changed."""
    return publish(workspace.ledger, workspace.read_copy)


def show_markdown(key: str, text: str, description: str) -> None:
    """A Markdown artifact of the running flow; nothing outside of one. Keys are lower-case letters, digits, dashes."""
    if under_prefect():
        from prefect.artifacts import create_markdown_artifact

        create_markdown_artifact(text, key=key, description=description)


def show_table(key: str, rows: Sequence[dict[str, Any]], description: str) -> None:
    """A table artifact of the running flow; nothing outside of one, or without rows."""
    if rows and under_prefect():
        from prefect.artifacts import create_table_artifact

        create_table_artifact(list(rows), key=key, description=description)


def show_progress(key: str, description: str) -> Progress | None:
    """A progress artifact of the running flow, moved at each whole percent; None outside of one."""
    if not under_prefect():
        return None
    from prefect.artifacts import create_progress_artifact, update_progress_artifact

    artifact = cast("UUID", create_progress_artifact(0.0, key=key, description=description))  # not awaited: an id
    shown = 0

    def progress(done: int, total: int, _what: str) -> None:
        nonlocal shown
        percent = 100 * done // total if total else 100
        if percent > shown:
            shown = percent
            update_progress_artifact(artifact, progress=float(percent))

    return progress
