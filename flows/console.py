"""What commands share: their options, their clock, and how they answer in text or as one JSON document."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from storage import opening
from storage.ledger import Ledger
from storage.text import printable
from storage.workspace import Workspace


@dataclass(frozen=True)
class Reply:
    """What a command answers: text for people, data for `--json`, and its exit code."""

    text: str
    data: object
    exit_code: int = 0


def command(function: Callable[..., Reply]) -> Callable[..., Reply]:
    """Gives a command `--workspace` and `--json`, and prints its reply in the form that was asked for.

    The function's first argument is the Workspace.
    """

    @click.option(
        "--workspace", "workspace_folder", metavar="DIR", help="The workspace; default: the current directory."
    )
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
    @wraps(function)
    def wrapped(workspace_folder: str | None, as_json: bool, **arguments: Any) -> Reply:
        reply = function(Workspace.find(workspace_folder), **arguments)
        print_reply(reply, as_json)
        return reply

    return wrapped


def print_reply(reply: Reply, as_json: bool) -> None:
    """Prints a reply: its text, or its data as one JSON document."""
    click.echo(json.dumps(reply.data, default=_plain, ensure_ascii=False, indent=1) if as_json else reply.text)


def print_error(message: str, exit_code: int, as_json: bool, *, hint: str | None = None) -> NoReturn:
    """Prints what went wrong, on stderr or as a JSON document, and exits."""
    if as_json:
        click.echo(
            json.dumps({"error": {"message": message, "next": hint, "exit_code": exit_code}}, ensure_ascii=False)
        )
    else:
        click.echo(f"{click.style('agentre:', fg='red', bold=True)} {message}", err=True)
        if hint:
            click.echo(f"  next:     {hint}", err=True)
    sys.stdout.flush()
    sys.exit(exit_code)


def _plain(value: object) -> object:
    """What JSON lacks: times as ISO text, money as a number where that is exact, else as text."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    if isinstance(value, Path):
        return str(value)
    return msgspec.to_builtins(value, builtin_types=(datetime, date, Decimal), str_keys=True)


def now() -> datetime:
    """The time, in UTC: read here and handed down. AGENTRE_NOW (ISO 8601) sets it, for rehearsals."""
    fixed = os.environ.get("AGENTRE_NOW")
    return datetime.fromisoformat(fixed).astimezone(UTC) if fixed else datetime.now(UTC)


def writing(workspace: Workspace, command_name: str) -> AbstractContextManager[Ledger]:
    """The workspace's ledger for writing, by a command whose name those who wait are told."""
    return opening.writing(workspace, f"agentre {command_name}")


def table(rows: list[list[object]], headings: list[str]) -> str:
    """Rows as aligned text: numbers to the right, everything else to the left."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[i]) for row in [headings, *cells]) for i in range(len(headings))]
    right = [any(isinstance(row[i], (int, float, Decimal)) for row in rows) for i in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return printable(str(value))
