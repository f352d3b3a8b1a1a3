"""While a workspace is served: who has to be told of an incident is looked at every minute.

In the serving process itself: a look takes some hundredths of a second, a flow run's process some seconds, and a page
at night does not queue behind the flows that run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from flows.console import now
from storage.workspace import Workspace
from tasks.escalation.steps import escalate

EVERY_SECONDS: Final = 60.0


@contextmanager
def escalating(workspace: Workspace, say: Callable[[str], None], every: float = EVERY_SECONDS) -> Iterator[None]:
    """Looks again and again within the block. `say` gets what was sent, and each trouble once."""
    ended = Event()
    Thread(target=_look, args=(workspace, say, every, ended), daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _look(workspace: Workspace, say: Callable[[str], None], every: float, ended: Event) -> None:
    """`agentre.yaml` is read anew for each look, so what is changed there counts at once."""
    said: set[str] = set()
    while not ended.is_set():
        try:
            done = escalate(Workspace(workspace.root), now())
            troubles = [*done.failed, *(f"given up: {each}" for each in done.dead)]
            if done.sent:
                say(f"told of incidents: {done.sent} message{'' if done.sent == 1 else 's'}")
        except Exception as error:  # noqa: BLE001  whatever it is, the next look may work, and serving goes on
            troubles = [f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"]
        for trouble in troubles:
            if trouble not in said:
                say(f"escalation: {trouble}")
        said = set(troubles)
        ended.wait(every)
