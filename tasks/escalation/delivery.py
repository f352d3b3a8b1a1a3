"""Sending one message by its route within a bounded time; what an error says names no address and no key."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any, Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from storage.escalation_settings import Route
from tasks.escalation.message import Message, email, line, pagerduty_body, webhook_text

BODY: Final = "{{body}}"
KEY: Final = "{{key}}"
"""Where the text and the secret go in a body that Prefect's block fills in: as values, so a title that looks like a
placeholder is only text."""


LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Post(Protocol):
    """Posts a JSON template to a URL; raises on any answer but a success."""

    def __call__(self, url: str, template: dict[str, Any], body: str, key: str, timeout: float) -> None:
        """`body` and `key` take the places of BODY and KEY."""


class NotSent(Exception):
    """A message was not sent, as far as one knows. `down`: nobody answers there, so others need not be tried now."""

    def __init__(self, why: str, *, down: bool) -> None:
        super().__init__(why)
        self.down = down


def send(message: Message, route: Route, timeout: float, post: Post, environment: Mapping[str, str]) -> None:
    """Sends a message, or raises NotSent with a reason that names no address and no key."""
    try:
        within(timeout, lambda: _send(message, route, timeout, post, environment))
    except NotSent:
        raise
    except Exception as error:  # noqa: BLE001  whatever a server or a library does, the message is tried again
        raise NotSent(words(error), down=_nobody_there(error)) from None


def _send(message: Message, route: Route, timeout: float, post: Post, environment: Mapping[str, str]) -> None:
    if route.webhook:
        url = secret(environment, route.webhook, ("http://", "https://"))
        post(url, {"text": BODY}, webhook_text(message), "", timeout)
    elif route.pagerduty:
        key = secret(environment, route.pagerduty)
        post(route.url, pagerduty_body(message, KEY, BODY), line(message), key, timeout)
    else:
        _mail(message, route, urlsplit(secret(environment, route.smtp, ("smtp://", "smtps://"))), timeout)


def secret(environment: Mapping[str, str], name: str, starts: tuple[str, ...] = ("",)) -> str:
    """What a variable holds. Raises NotSent where it is unset or no address."""
    value = environment.get(name, "").strip()
    if not value or not value.startswith(starts):
        raise NotSent(
            f"the environment variable {name} holds no {' or '.join(filter(None, starts)) or 'key'}", down=True
        )
    return value


def _mail(message: Message, route: Route, server: SplitResult, timeout: float) -> None:
    """With TLS and a checked certificate, where the server is not this machine; no password without it."""
    host, context = server.hostname or "", ssl.create_default_context()
    if server.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(host, server.port or 465, timeout=timeout, context=context)
    else:
        client = smtplib.SMTP(host, server.port or 587, timeout=timeout)
    with client:
        client.ehlo_or_helo_if_needed()
        offered = client.has_extn("starttls") and host not in LOOPBACK
        if server.scheme == "smtp" and (offered or server.username):
            client.starttls(context=context)
        if server.username:
            client.login(unquote(server.username), unquote(server.password or ""))
        client.send_message(email(message, route.sender))


def within(seconds: float, work: Callable[[], None]) -> None:
    """Does the work, or gives up on it after so many seconds in all: a server that drips may hold a socket for ever.

    Raises TimeoutError, and what the work raises.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  handed over to the caller's thread
            raised.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TimeoutError
    if raised:
        raise raised[0]


def words(error: Exception) -> str:
    """An error in words that hold no address: the answer's code, or the kind of error."""
    status = _status(error)
    return f"answered {status}" if status else type(error).__name__


def _status(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _nobody_there(error: Exception) -> bool:
    """No answer, or one that says that the server is not well; a refusal of this one message is neither."""
    status = _status(error)
    return status is None or status == 429 or (status >= 500 and not isinstance(error, smtplib.SMTPResponseException))


def environment() -> Mapping[str, str]:
    """The process's environment, where secrets are."""
    return os.environ
