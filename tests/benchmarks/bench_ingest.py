"""Ingest of OTLP spans: our CPU beside raw DuckDB and beside row-wise Python on the same file; exact counts asserted.

A known file again beside the first time, peak memory at ten times the input, bytes stored beside bytes read.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from storage.ledger import open_read_copy
from storage.workspace import SETTINGS_FILE, Workspace
from tests.benchmarks.measuring import Cost, interleaved, line, ratio, run_python
from tests.benchmarks.otlp_spans import Spans, Written

ROUNDS = 5
TRACES = 2_000
OURS = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from storage.workspace import Workspace
from tasks.ingest import parsing, run
if sys.argv[3] == "off":
    parsing.redacted = lambda batch, redactor: batch
now = datetime.now(UTC) + timedelta(days=1)  # the file is not taken for one that may still be written
run.ingest_paths(Workspace(Path(sys.argv[1])), [Path(sys.argv[2])], now=now)
"""
NAMED = (
    "gen_ai.operation.name", "gen_ai.agent.name", "gen_ai.request.model", "gen_ai.provider.name", "gen_ai.response.id",
    "gen_ai.tool.name", "gen_ai.tool.call.id", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result",
    "gen_ai.input.messages", "gen_ai.output.messages",
)  # fmt: skip
COUNTS = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
DUCKDB = f"""
import sys, duckdb
named, counts = {NAMED}, {COUNTS}
long = named[-3:]
con = duckdb.connect()
con.execute(f"ATTACH '{{sys.argv[1]}}' AS spans (STORAGE_VERSION 'latest'); USE spans")
columns = [f'"{{n}}" VARCHAR' + (" USING COMPRESSION zstd" if n in long else "") for n in named]
columns += [f'"{{n}}" BIGINT' for n in counts]
con.execute('CREATE TABLE spans (trace VARCHAR, span VARCHAR, parent VARCHAR, name VARCHAR, start BIGINT, '
    '"end" BIGINT, ' + ", ".join(columns) + ")")
values = [f"values[list_position(names, '{{n}}')].stringValue" for n in named]
values += [f"values[list_position(names, '{{n}}')].intValue" for n in counts]
con.execute('''INSERT INTO spans
WITH r AS (SELECT unnest(resourceSpans) AS r FROM read_ndjson($file, maximum_object_size = 67108864, records = true,
    format = 'newline_delimited', columns = {{resourceSpans: 'STRUCT(scopeSpans STRUCT(spans STRUCT(traceId VARCHAR,
    spanId VARCHAR, parentSpanId VARCHAR, name VARCHAR, startTimeUnixNano BIGINT, endTimeUnixNano BIGINT, attributes
    STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue BIGINT))[])[])[])[]'}})),
s AS (SELECT unnest(r.scopeSpans) AS s FROM r),
p AS (SELECT unnest(s.spans) AS p FROM s),
a AS (SELECT p, list_transform(p.attributes, lambda a: a."key") AS names,
    list_transform(p.attributes, lambda a: a."value") AS values FROM p)
SELECT p.traceId, p.spanId, p.parentSpanId, p.name, p.startTimeUnixNano, p.endTimeUnixNano, '''
    + ", ".join(values) + " FROM a", {{"file": sys.argv[2]}})
assert con.execute("SELECT count(*) FROM spans").fetchone() == (int(sys.argv[3]),)
con.close()
"""
ROWS = """
import json, sqlite3, sys
con = sqlite3.connect(sys.argv[1])
con.execute("CREATE TABLE spans (trace, span, parent, name, start, end, attributes)")
for text in open(sys.argv[2], encoding="utf-8"):
    for resource in json.loads(text)["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for s in scope["spans"]:
                names = ("traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "endTimeUnixNano")
                row = (*(s[name] for name in names), json.dumps(s["attributes"]))
                con.execute("INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?)", row)
con.commit()
assert con.execute("SELECT count(*) FROM spans").fetchone() == (int(sys.argv[3]),)
"""


def main() -> None:
    """Writes the file, runs the ways in turn, checks every count, and prints ratios."""
    with tempfile.TemporaryDirectory(prefix="agentre-bench-") as name:
        folder = Path(name)
        path, large = folder / "spans.jsonl", folder / "large.jsonl"
        written = Spans(7).write(path, TRACES)
        mb = path.stat().st_size / 1e6
        print(f"{written.spans:,} spans, {mb:.0f} MB; targets of redaction off / raw DuckDB: at most 1.5; on: 2.3")
        costs = interleaved(_ways(folder, path, written), ROUNDS)
        for way, cost in costs.items():
            print(line(way, cost))
        for way, other in (
            ("ours, redaction off", "raw DuckDB"), ("ours, redaction on", "raw DuckDB"),
            ("ours, redaction on", "row-wise Python into SQLite"), ("known file again", "ours, redaction on"),
        ):  # fmt: skip
            print(f"{way} / {other}: {ratio(costs, way, other):.2f}")
        stored = (folder / "on" / ".agentre" / "ledger.duckdb").stat().st_size / path.stat().st_size
        print(f"stored / raw bytes: {stored:.2f} (target: at most 0.20)")
        tenfold = Spans(8).write(large, 10 * TRACES)
        peak = _ours(folder / "large", large, tenfold, "on").peak_mb
        one = max(cost.peak_mb for cost in costs["ours, redaction on"])
        print(f"peak at 10x input: {peak:.0f} MB, {peak / one:.2f} times the one at 1x (targets: 512 MB, 1.2)")


def _ways(folder: Path, path: Path, written: Written) -> dict[str, Callable[[], Cost]]:
    return {
        "ours, redaction off": partial(_ours, folder / "off", path, written, "off"),
        "ours, redaction on": partial(_ours, folder / "on", path, written, "on"),
        "known file again": lambda: run_python(OURS, str(folder / "on"), str(path), "on"),
        "raw DuckDB": partial(_other, DUCKDB, folder / "raw.duckdb", path, written),
        "row-wise Python into SQLite": partial(_other, ROWS, folder / "rows.sqlite", path, written),
        "Python and imports alone": lambda: run_python(OURS.rpartition("\nnow")[0], "", "", "on"),
    }


def _ours(root: Path, path: Path, written: Written, redaction: str) -> Cost:
    """One ingest into a new workspace, whose counts are exactly those of the file."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    (root / SETTINGS_FILE).write_text("agents: [{name: Ada}]\n")
    cost = run_python(OURS, str(root), str(path), redaction)
    with open_read_copy(Workspace(root).read_copy) as copy:
        (found,) = copy.typed(
            "SELECT count(*) AS runs, sum(model_calls)::BIGINT AS model_calls, sum(tool_calls)::BIGINT AS tool_calls, "
            "sum(input_tokens)::BIGINT AS input_tokens, (SELECT sum(units)::BIGINT FROM ingested_files) AS spans "
            "FROM runs"
        )[1]
    expected = {name: getattr(written, name) for name in found}
    if found != expected:
        raise AssertionError(f"counted {found}, written {expected}")
    return cost


def _other(code: str, database: Path, path: Path, written: Written) -> Cost:
    database.unlink(missing_ok=True)
    return run_python(code, str(database), str(path), str(written.spans))
