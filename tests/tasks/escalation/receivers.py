"""Receivers on this machine: a webhook and PagerDuty's Events API over HTTP, and a mail server; each can misbehave."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What arrived, and how the next ones are answered: a status for each, the last one for all that follow.

    `drip`: seconds for which the answer is held back byte by byte.
    """

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    drip: float = 0.0
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def next_status(self) -> int:
        """The status of the answer that is due."""
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def http_receiver(path: str) -> Iterator[Receiver]:
    """A server that takes JSON by POST, as Slack and PagerDuty do."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Keeps what is posted."""

        def do_POST(self) -> None:
            """One message."""
            receiver.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(receiver.next_status())
            self.send_header("Content-Length", "1000" if receiver.drip else "0")
            self.end_headers()
            until = time.monotonic() + receiver.drip
            while time.monotonic() < until:
                self.wfile.write(b".")
                time.sleep(0.05)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/{path}"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Mailbox:
    """Mails that arrived; `refuse`: the code with which every recipient is refused."""

    url: str = ""
    refuse: int | None = None
    mails: list[EmailMessage] = field(default_factory=list)


@contextmanager
def mail_receiver() -> Iterator[Mailbox]:
    """A mail server of RFC 5321's smallest kind."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        """One connection."""

        def handle(self) -> None:
            """Answers each command until QUIT."""
            self._say("220 test")
            while line := self.rfile.readline():
                command = line[:4].upper()
                if command == b"DATA":
                    self._say("354 go on")
                    data = b"".join(iter(self.rfile.readline, b".\r\n"))
                    box.mails.append(message_from_bytes(data, policy=policy.default))
                    self._say("250 taken")
                elif command == b"RCPT" and box.refuse:
                    self._say(f"{box.refuse} no such person")
                elif command == b"QUIT":
                    self._say("221 bye")
                    return
                else:
                    self._say("250 ok")

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    box.url = f"smtp://127.0.0.1:{server.server_address[1]}"
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
