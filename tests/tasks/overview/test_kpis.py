"""The twenty key figures: equal to SQL written here on its own, right at their edges, silent where nothing is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from overview_rows import END, START
from page_tags import Tags

from storage.errors import UsageError
from storage.ledger import Ledger, open_ledger
from storage.workspace import Workspace
from tasks.overview.kpis import KPIS
from tasks.overview.page import write_overview
from tasks.overview.run import Overview, overview

WORK = f"golden_set IS NULL AND started_at >= '{START}' AND started_at < '{END}'"
RUNS = f"FROM runs WHERE {WORK}"
CALLS = f"FROM tool_calls JOIN (SELECT run_id, agent {RUNS}) USING (run_id) WHERE is_error IS NOT NULL"
BETWEEN = f"BETWEEN '{START}' AND '{END}'"
SCORED = """
    FROM scores s WHERE dimension = 'success' AND day >= DATE '2026-10-26' AND day <= DATE '2026-11-21'
    AND agent <> 'Signora'
"""
ASKED = "('ask_user', 'ask_human', 'AskUserQuestion')"
REFUSED = "regexp_matches(error_text, '(?i)invalid (arguments|parameters|input)|missing (a )?required|schema')"
TOLD = {
    "task-success": f"""
        SELECT (v.good + s.good) / (v.n + s.n), v.n + s.n
        FROM (
            SELECT count(*) FILTER (outcome = 'success') good, count(*) n {RUNS} AND outcome IN ('success', 'failure')
        ) v,
        (SELECT count(*) FILTER (score >= 4) good, count(*) n {SCORED}) s""",
    "user-visible-failures": f"""
        SELECT avg((outcome IN ('failure', 'infrastructure_error'))::INT), count(*)
        {RUNS} AND outcome IN ('success', 'failure', 'infrastructure_error') AND parent_run_id IS NULL""",
    "escalation": f"""
        SELECT avg((run_id IN (SELECT run_id FROM tool_calls WHERE tool_name IN {ASKED}))::INT), count(*)
        {RUNS} AND (tool_calls > 0 OR ended_by IS NOT NULL)""",
    "slo-attainment": """
        SELECT avg((budget_spent <= 1)::INT), count(*)
        FROM slo_status WHERE total > 0 AND budget_spent IS NOT NULL""",
    "latency": "SELECT 3.515, 100",  # 37 ms to 3,700 ms in equal steps: the 95th of 100 is 95 * 37 ms
    "mttr": "SELECT 18.0, 2",  # (6 h + 30 h) / 2
    "incidents": f"""
        SELECT count(*)::DOUBLE, count(*) FROM events WHERE kind = 'incident_opened' AND "at" {BETWEEN}""",
    "tool-success": f"SELECT 1 - avg(is_error::INT), count(*) {CALLS}",
    "tool-schema": f"SELECT avg((is_error AND coalesce({REFUSED}, FALSE))::INT), count(*) {CALLS}",
    "retrieval": f"SELECT avg((NOT is_error)::INT), count(*) {CALLS} AND tool_name IN ('WebFetch', 'WebSearch')",
    "policy": f"""
        SELECT count(*)::DOUBLE, count(*) FROM events WHERE kind = 'governance.violation' AND "at" {BETWEEN}""",
    "injection": "SELECT 2 / 9, 9",  # two of nine failed; the tenth broke
    "cost-per-success": f"""
        SELECT sum(cost_usd)::DOUBLE / count(*) FILTER (outcome = 'success'), count(*)
        {RUNS} AND outcome IN ('success', 'failure') AND cost_usd IS NOT NULL""",
    "tokens": f"""
        SELECT sum(input_tokens + output_tokens) / count(*) FILTER (outcome = 'success'), count(*)
        {RUNS} AND outcome IN ('success', 'failure')""",
    "observability": f"""
        SELECT avg((agent IS NOT NULL AND ended_at IS NOT NULL AND model_calls > 0 AND input_tokens > 0
            AND run_id NOT IN (SELECT run_id FROM tool_calls WHERE is_error IS NULL))::INT), count(*) {RUNS}""",
    "eval-coverage": f"SELECT 1.0, count(DISTINCT task_type) {RUNS}",
    "change-failure": "SELECT 2 / 3, 3",  # one rolled back, one worse, of three
    "action-closure": "SELECT 2 / 3, 3",  # five items, three of them due in the period, two of those done
    "tickets": "SELECT 12 / 8 - 1, 20",
    "improvements": "SELECT 2.0, 2",  # three changes, one taken back
}


@pytest.fixture(scope="module")
def month(demo: Workspace) -> Overview:
    """The demo's key figures of 28 days."""
    with open_ledger(demo.ledger, purpose="test") as ledger:
        return overview(demo, ledger, START, END)


@pytest.mark.parametrize("key", [kpi.key for kpi in KPIS])
def test_figures_equal_independent_sql(demo: Workspace, month: Overview, key: str) -> None:
    """Value and n of each of the twenty rows are those of SQL that shares nothing with the queries."""
    line = next(line for line in month.lines if line.kpi.key == key)
    with open_ledger(demo.ledger, purpose="test") as ledger:
        (row,) = ledger.typed(TOLD[key])[1]
    value, n = row.values()
    assert line.figure.value == pytest.approx(float(value))
    assert line.figure.n == n


def test_there_are_twenty_and_each_has_an_interval(month: Overview) -> None:
    """Twenty rows; in this month all are recorded, and each interval holds its value."""
    assert len(month.lines) == 20 == len({line.kpi.key for line in month.lines})
    for line in month.lines:
        figure = line.figure
        assert figure.value is not None, line.kpi.key
        assert figure.low is not None or figure.high is not None, line.kpi.key
        assert figure.low is None or figure.low <= figure.value + 1e-12
        assert figure.high is None or figure.value <= figure.high + 1e-12


def test_parts_are_told(month: Overview) -> None:
    """Severities of incidents, reasons of failed changes, the 99th percentile: each part stands beside its figure."""
    parts = {line.kpi.key: {p.label: (p.figure.value, p.figure.n) for p in line.parts} for line in month.lines}
    assert parts["incidents"] == {"P2": (2.0, 2), "P1": (1.0, 1)}
    assert parts["change-failure"] == {"measured worse": (1 / 3, 3), "rolled back": (1 / 3, 3)}
    assert parts["latency"] == {"p99": (3.663, 100)}
    assert parts["mttr"] == {"P1": (6.0, 1), "P2": (30.0, 1)}


def test_one_agent_has_its_own_figures(demo: Workspace) -> None:
    """`--agent`, in any case: Rita's one violation and her incident, and none of Ada's changes."""
    with open_ledger(demo.ledger, purpose="test") as ledger:
        found = overview(demo, ledger, START, END, "rita")
        total = ledger.typed(f"SELECT count(*) AS n {CALLS} AND agent = 'Rita'")[1][0]["n"]
    figures = {line.kpi.key: line.figure for line in found.lines}
    assert (figures["incidents"].value, figures["policy"].value) == (1, 1)
    assert figures["change-failure"].n == 0
    assert figures["change-failure"].value is None
    assert figures["tool-success"].n == total


def test_an_empty_ledger_records_nothing(workspace: Workspace, ledger: Ledger) -> None:
    """Nothing is 0 that nobody looked at: all twenty are None with n = 0, and none stands to a target."""
    found = overview(workspace, ledger, START, END)
    assert [(line.figure.value, line.figure.n, line.standing) for line in found.lines] == [(None, 0, None)] * 20


def test_unreadable_tickets_are_named(month: Overview) -> None:
    """A line without a date and one without its number are told by file and line; they are not counted as 0."""
    assert month.refused == [
        "desk.csv:17: no ISO date, or no whole number",
        "desk.csv:18: no ISO date, or no whole number",
    ]


def test_an_empty_period_is_refused(workspace: Workspace, ledger: Ledger) -> None:
    """A period that ends before it begins is an error of whoever asks."""
    with pytest.raises(UsageError):
        overview(workspace, ledger, END, END - timedelta(days=1))


def test_every_figure_stands_on_the_page(demo: Workspace) -> None:
    """Each of the twenty by name, the improver's, the stage, and that the data is synthetic."""
    with open_ledger(demo.ledger, purpose="test") as ledger:
        page = Tags(write_overview(demo, ledger, END).read_text())
    assert all(kpi.name in page.text for kpi in KPIS)
    for part in ("Forecast coverage", "imp@k", "stage: demo", "SYNTHETIC DATA", "P2 2 (n = 2)", "not rising"):
        assert part in page.text
    assert [path.name for path in demo.reports.iterdir()] == ["overview.html"]
