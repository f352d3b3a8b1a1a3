"""Out again: the ledger's runs as OTLP/JSON lines, ATIF trajectories, or its tables as Parquet, for other tools."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from storage.errors import NothingMeasured, UsageError
from storage.ledger import Ledger, open_read_copy
from storage.whole_file import writing_whole
from storage.workspace import Workspace
from tasks.export import otlp
from tasks.export.atif import Json, trajectory
from tasks.export.chosen import Choice, Row, chosen_ids, wholes

Kind = Literal["otlp", "parquet", "atif"]
OTLP_FILE: Final = "traces.otlp.jsonl"


@dataclass
class Exported:
    """What was written: rows by file or table, the files in all, and runs that have nothing to show."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    empty_runs: int = 0


def export(workspace: Workspace, kind: Kind, folder: Path, choice: Choice) -> Exported:
    """Writes the chosen runs into a folder, from the published copy: each file is whole or is not there.

    All text was redacted on its way into the ledger; nothing else leaves. Raises UsageError for a folder that holds
    other files, NothingMeasured where no run is chosen.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError("the folder is not empty", where=str(folder), accepted="a new or an empty folder")
    with open_read_copy(workspace.read_copy) as ledger:
        ids = chosen_ids(ledger, choice)
        if not ids:
            raise NothingMeasured(
                "no run is chosen", got=str(choice.agent or "all agents"), next_command="agentre query"
            )
        folder.mkdir(parents=True, exist_ok=True)
        return {"otlp": _otlp, "parquet": _parquet, "atif": _atif}[kind](ledger, folder, choice, ids)


def _otlp(ledger: Ledger, folder: Path, choice: Choice, ids: list[Row]) -> Exported:
    done = Exported(folder, {"runs": 0, "scores of tasks": 0}, files=1)
    with writing_whole(folder / OTLP_FILE) as stream:
        for whole in wholes(ledger, [row["run_id"] for row in ids]):
            stream.writelines(otlp.lines(whole))
            done.rows["runs"] += 1
        for score in ledger.rows("export/loose_scores", agent=choice.agent, since=choice.since):
            stream.write(otlp.loose_score(score))
            done.rows["scores of tasks"] += 1
    return done


def _atif(ledger: Ledger, folder: Path, choice: Choice, ids: list[Row]) -> Exported:
    """A file per run whose parent is not among the chosen ones; a child stands in the file of its parent."""
    done = Exported(folder, {"runs": 0})
    parents = {row["run_id"]: row["parent_run_id"] for row in ids}
    waiting: dict[str, list[Json]] = defaultdict(list)
    for whole in wholes(ledger, _children_first(parents)):
        own = whole.run["run_id"]
        document = trajectory(whole, waiting.pop(own, []))
        if document is None:
            done.empty_runs += 1
            continue
        done.rows["runs"] += 1
        if (parent := parents[own]) in parents:
            waiting[parent].append(document)
            continue
        with writing_whole(folder / f"{own}.json") as stream:
            stream.write(msgspec.json.encode(document))
        done.files += 1
    return done


def _children_first(parents: dict[str, str | None]) -> list[str]:
    """The runs of each family together, every child before its parent; a circle of parents is cut open in `parents`."""
    children: dict[str, list[str]] = defaultdict(list)
    for own in parents:
        seen, above = {own}, parents[own]
        while above in parents and above not in seen:
            seen.add(above)
            above = parents[above]
        if above in seen:
            parents[own] = None
        elif (parent := parents[own]) in parents:
            children[parent].append(own)
    order: list[str] = []
    stack = [own for own, parent in reversed(parents.items()) if parent not in parents]
    while stack:
        order.append(own := stack.pop())
        stack += children[own]
    return order[::-1]


def _parquet(ledger: Ledger, folder: Path, choice: Choice, _ids: list[Row]) -> Exported:
    """A file per table. What is of no run and no agent is written whole."""
    import pyarrow.parquet as pq

    done = Exported(folder)
    is_all = choice.agent is None and choice.since is None
    for table in ledger.rows("export/tables"):
        query = "rows" if is_all else _QUERIES[table["has_run"], table["has_agent"]]
        bound = {} if is_all or not table["has_agent"] else {"agent": choice.agent}
        batches = ledger.batches(f"export/{query}", table=table["name"], **bound)
        with (
            writing_whole(folder / f"{table['name']}.parquet") as stream,
            pq.ParquetWriter(stream, batches.schema) as writer,
        ):
            count = 0
            for batch in batches:
                writer.write_batch(batch)
                count += batch.num_rows
        done.rows[table["name"]] = count
        done.files += 1
    return done


_QUERIES: Final = {
    (False, False): "rows", (True, False): "rows_of_runs", (False, True): "rows_of_agent", (True, True): "rows_of_both",
}  # fmt: skip
