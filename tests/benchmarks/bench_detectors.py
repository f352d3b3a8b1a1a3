"""Detectors: faults injected into successful runs; labelled real runs beside constants; how often outliers alarm."""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from storage.ledger import Ledger
from storage.opening import writing
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.incidents.detectors.outliers import least_n
from tasks.incidents.run import detect_failures
from tasks.ingest.run import ingest_paths
from tests.benchmarks.fault_injection import DETECTORS, FAULTS, FILES, Run, injected, successes
from tests.benchmarks.labelled_runs import failure_table, responsible_table, share

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DATA = Path(os.environ.get("AGENTRE_SHARED", Path(__file__).parents[3] / "shared")) / "data"
DRAWS = 20
NEW_RUNS = 500
LONG = "SELECT split_part(run_id, '-', 1) AS kind FROM findings WHERE detector = 'length-outlier'"


def main() -> None:
    """Prints the three tables; what the shared data is missing for is left out."""
    if DATA.is_dir():
        for name in FILES:
            injections(name)
        labelled()
    alarms()


def injections(name: str) -> None:
    """Each fault into every successful run of a file, whose originals the ledger knows."""
    draw, clean = random.Random(1), successes(DATA, name)
    with _workspace() as workspace:
        load(workspace, "clean", clean)
        false = Counter(row["detector"] for row in detected(workspace))
        wrong = sum(false[one] for names in DETECTORS.values() for one in names)
        print(f"{name}: {len(clean)} successful runs, {wrong} false findings of the three kinds")
        for fault in FAULTS:
            copies = [made for run in clean if (made := injected(run, fault, draw))]
            load(workspace, fault, copies)
            hits = {row["run_id"] for row in detected(workspace, fault) if row["detector"] in DETECTORS[fault]}
            print(f"  {fault:<18} found {share(len(hits), len(copies))}")


def labelled() -> None:
    """Precision and recall for failed runs of tau-bench, and for the steps and agents of Who&When."""
    for name in FILES:
        with _workspace() as workspace:
            _ingest(workspace, DATA / "tau-bench" / f"{name}.json.gz", "tau-bench")
            detected(workspace)
            with writing(workspace, "benchmark") as ledger:
                print(name, *failure_table(ledger), sep="\n  ")
    with _workspace() as workspace:
        _ingest(workspace, DATA / "who-and-when", None)
        detected(workspace)
        with writing(workspace, "benchmark") as ledger:
            print("who-and-when", *responsible_table(ledger), sep="\n  ")


def alarms() -> None:
    """Share of ordinary runs that are called outliers, with negative binomial lengths; and of runs thrice as long."""
    for known in (50, 99, 200, 1000):
        ordinary = long = 0
        for seed in range(DRAWS):
            draw = random.Random(seed)
            with _workspace() as workspace, writing(workspace, "benchmark") as ledger:
                put_lengths(ledger, "known", [_length(draw) for _ in range(known)])
                detect_failures(workspace, ledger, NOW)
                put_lengths(ledger, "new", [_length(draw) for _ in range(NEW_RUNS)])
                put_lengths(ledger, "thrice", [3 * _length(draw) for _ in range(NEW_RUNS)])
                detect_failures(workspace, ledger, NOW)
                counts = Counter(row["kind"] for row in ledger.typed(LONG)[1])
                ordinary, long = ordinary + counts["new"], long + counts["thrice"]
        n = DRAWS * NEW_RUNS
        print(f"length at 1 %, {known} known runs (needs {least_n(0.01)}): ordinary {share(ordinary, n)}; "
              f"thrice as long {long / n:.2f}")  # fmt: skip


def _length(draw: random.Random) -> int:
    """Negative binomial with mean 20 and variance 120: over-dispersed, as lengths of runs are."""
    mean = draw.gammavariate(4, 5)
    return 1 + sum(draw.random() < mean / 200 for _ in range(200))


def put_lengths(ledger: Ledger, kind: str, lengths: list[int]) -> None:
    """Runs of so many steps, as ingest would leave them."""
    rows = ", ".join(f"('{kind}-{place}', {length})" for place, length in enumerate(lengths))
    ledger.typed(
        "INSERT INTO runs (run_id, agent, source_format, source_file, outcome, model_calls, tool_calls, tool_errors, "
        f"human_turns, cost_source) SELECT id, 'Ada', 'x', 'x', 'success', n, 0, 0, 0, 'missing' FROM (VALUES {rows}) t(id, n)"  # noqa: E501  numbers of our own
    )


@contextmanager
def _workspace() -> Iterator[Workspace]:
    with tempfile.TemporaryDirectory(prefix="agentre-bench-") as folder:
        (Path(folder) / SETTINGS_FILE).write_text("agents: [{name: Ada}]\n")
        yield Workspace(Path(folder))


def load(workspace: Workspace, name: str, runs: list[Run]) -> None:
    """Ingests runs of tau-bench as one file."""
    path = workspace.root / f"{name}.json"
    path.write_text(json.dumps(runs))
    _ingest(workspace, path, "tau-bench")


def _ingest(workspace: Workspace, path: Path, format_name: str | None) -> None:
    ingest_paths(workspace, [path], format=format_name, agent="Ada", now=NOW)


def detected(workspace: Workspace, file: str = "") -> list[dict[str, Any]]:
    """Looks for failures; the findings in runs of files whose name has `file`."""
    with writing(workspace, "benchmark") as ledger:
        detect_failures(workspace, ledger, NOW)
        rows = ledger.typed("SELECT detector, run_id, source_file FROM findings JOIN runs USING (run_id)")[1]
    return [row for row in rows if file in Path(row["source_file"]).name]
