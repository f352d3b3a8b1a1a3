"""What sources say of themselves, what the ledger says, and why the two differ: source + reasons = ledger."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from storage.ledger import open_read_copy
from storage.workspace import Workspace
from tasks.ingest.claims import READERS, Claims
from tasks.ingest.known import UNKNOWN
from tasks.ingest.parsing import EMPTY
from tasks.ingest.reading import Packed, Unpacked, head_of, inputs
from tasks.ingest.stated_totals import STATED
from tasks.ingest.zip_members import open_member

FIGURES: Final = ("runs", "model_calls", "tool_calls", "input_tokens", "output_tokens", "cost_usd", "reward")
_ROUNDING: Final = Decimal("0.000001")
"""What sums of money and rewards may differ by: sources write them as floats, with an error in the last digits."""


@dataclass(frozen=True)
class Compared:
    """A figure of a format. `reasons`: why the ledger counts so much more (+) or less (-) than the source."""

    figure: str
    source: Decimal
    ledger: Decimal
    reasons: dict[str, Decimal]

    @property
    def difference(self) -> Decimal:
        """Ledger minus source."""
        return self.ledger - self.source

    @property
    def unexplained(self) -> Decimal:
        """What no reason accounts for; 0 where all is well."""
        rest = self.difference - sum(self.reasons.values(), Decimal(0))
        return Decimal(0) if self.figure in ("cost_usd", "reward") and abs(rest) < _ROUNDING else rest


@dataclass
class Reconciled:
    """A format: its units and their fates over all files, and its figures where the source tells totals.

    `unread`: files that cannot be compared, with the reason; the figures are then not to be trusted.
    """

    format: str
    files: int = 0
    units: int = 0
    stored: int = 0
    merged: int = 0
    ignored: Counter[str] = field(default_factory=Counter)
    quarantined: int = 0
    figures: list[Compared] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)

    @property
    def is_explained(self) -> bool:
        """Whether every unit and every difference is accounted for."""
        whole = self.units == self.stored + self.merged + sum(self.ignored.values()) + self.quarantined
        return whole and not self.unread and not any(one.unexplained for one in self.figures)


def reconcile(workspace: Workspace, form: str | None = None) -> list[Reconciled]:
    """All formats of the ledger, or one, against their sources as they are on disk now.

    Raises NotFound where nothing was ingested yet.
    """
    with open_read_copy(workspace.read_copy) as ledger:
        files = ledger.rows("reconcile/files")
        held = {row["format"]: row for row in ledger.rows("reconcile/ledger_figures")}
    by_format: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in files:
        by_format[file["format"].partition(":")[0]].append(file)
    return [
        _format(workspace, name, rows, held.get(name, {}))
        for name, rows in sorted(by_format.items())
        if name not in (UNKNOWN, EMPTY) and form in (None, name)
    ]


def _format(workspace: Workspace, name: str, files: list[dict[str, Any]], held: dict[str, Any]) -> Reconciled:
    result = Reconciled(name, files=len(files))
    for file in files:
        for fate in ("units", "stored", "merged", "quarantined"):
            setattr(result, fate, getattr(result, fate) + file[fate])
        result.ignored.update(json.loads(file["ignored"]))
    if reader := {**READERS, **STATED}.get(name):
        claims = Claims()
        try:
            reader(claims, _contents(workspace, files, result.unread))
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            result.unread["a file of this format"] = f"its totals cannot be read: {type(error).__name__}"
        result.figures = [
            Compared(figure, claims.figures[figure], Decimal(held.get(figure) or 0), dict(claims.differs[figure]))
            for figure in FIGURES
            if figure in claims.figures
        ]
    return result


def _contents(workspace: Workspace, files: list[dict[str, Any]], unread: dict[str, str]) -> Iterator[bytes]:
    """The unpacked bytes of files as they were taken in, equal ones once; `unread` notes those that are not there."""
    wanted: dict[Path, dict[str, str]] = defaultdict(dict)
    most = workspace.settings.limits.document_bytes
    seen: set[str] = set()
    for file in files:
        if file["sha256"] not in seen:
            wanted[_place(workspace, file["path"].partition("!")[0])][file["path"]] = file["sha256"]
        seen.add(file["sha256"])
    for path, names in wanted.items():
        name = next(iter(names)).partition("!")[0]
        found = dict.fromkeys(names, "is not there any more")
        try:
            for source in inputs(path, name, workspace.settings.limits):
                if source.name not in names:
                    continue
                packed = Packed(source)
                data = head_of(Unpacked(packed, workspace.settings.limits), most + 1)
                if len(data) > most:
                    found[source.name] = f"larger than {most} bytes (limits.document_bytes)"
                elif packed.finish() != names[source.name]:
                    found[source.name] = "has changed since it was taken in"
                else:
                    del found[source.name]
                    yield _as_json(data)
        except OSError as error:
            found = dict.fromkeys(found, error.strerror or str(error))
        unread.update(found)


def _place(workspace: Workspace, name: str) -> Path:
    """Where a file is: names are relative to the workspace or, as typed, to where the ingest was started."""
    own = workspace.root / name
    return own if own.exists() else Path(name)


def _as_json(data: bytes) -> bytes:
    """An archive that is one log, such as Inspect's, as the JSON it stands for; anything else as it is."""
    if not data.startswith(b"PK"):
        return data
    archive = zipfile.ZipFile(io.BytesIO(data))
    members = {info.filename: info for info in archive.infolist()}

    def read(name: str) -> Any:
        with open_member(archive, members[name]) as stream:
            return json.loads(stream.read())

    samples = [read(name) for name in members if name.startswith("samples/")]
    return json.dumps({**read("header.json"), "samples": samples}).encode()
