"""Each detector claims what its evidence carries, and nothing where the evidence is missing."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import msgspec
import pytest
from detector_rows import MONDAY, WholeRun, declare, found, history, put, put_all
from hypothesis import given
from hypothesis import strategies as st

from storage.detector_settings import DetectorSettings, Scope
from storage.ledger import Ledger
from storage.records import Message, stable_id
from storage.settings import WorkspaceSettings
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.incidents.detectors.outliers import least_n, p_value
from tasks.incidents.detectors.registry import DETECTORS, catalogue
from tasks.incidents.run import detect_failures

ORDER = ("get_order", {"order_id": "W1"})


def classes(ledger: Ledger, run_id: str) -> list[str]:
    """Classes of what was found in a run."""
    return sorted(row["failure_class"] for row in found(ledger, run_id=run_id))


def test_ordinary_runs_have_no_findings(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Sixty ordinary runs, an optional argument among them: nothing is found."""
    history(ledger)
    assert detect_failures(workspace, ledger, now).found == 0


def test_a_renamed_tool_is_found_by_history(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A name that no other run uses, with the arguments of a known tool; the evidence names both and the step."""
    history(ledger)
    detect_failures(workspace, ledger, now)
    put(ledger, "new", [ORDER, ("fetch_order", {"order_id": "W2"})])
    detect_failures(workspace, ledger, now)
    (row,) = found(ledger, run_id="new")
    assert (row["failure_class"], row["severity"], row["detector"]) == ("hallucinated tool", "P3", "unknown-tool")
    assert row["evidence"]["steps"] == [1] and "get_order" in row["evidence"]["text"]


def test_a_new_tool_with_arguments_of_its_own_is_none(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A tool that appears for the first time may be new: history alone cannot tell, so nothing is claimed."""
    history(ledger)
    detect_failures(workspace, ledger, now)
    put(ledger, "new", [("refund", {"payment": "p1"})])
    detect_failures(workspace, ledger, now)
    assert found(ledger) == []


def test_a_dropped_argument_is_found_by_history(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Without an argument that all other runs give: P3; one that some leave out may be left out."""
    history(ledger)
    detect_failures(workspace, ledger, now)
    put(ledger, "new", [("delete_rows", {"limit": 5}), ("send_mail", {"to": "x"})])
    detect_failures(workspace, ledger, now)
    (row,) = found(ledger)
    assert (row["failure_class"], row["severity"], row["evidence"]["steps"]) == ("tool misuse", "P3", [0])
    assert row["evidence"]["text"].endswith("table")


def test_too_little_history_claims_nothing(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Forty runs with 94 uses of tools: a rate of 1 % needs 99, so there is no alarm."""
    history(ledger, runs=40)
    put(ledger, "new", [("fetch_order", {"order_id": "W2"})], started_at=MONDAY + timedelta(days=1))
    detect_failures(workspace, ledger, now)
    assert found(ledger) == []


def test_declared_tools_decide_exactly(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """One declaration is enough: unknown name, missing and strange arguments are P2; an open schema takes any."""
    order = {"name": "get_order", "required": ["order_id"], "properties": ["order_id"], "open": False}
    anything = {"name": "note", "required": [], "properties": ["text"], "open": True}
    calls = [ORDER, ("get_ordr", {"order_id": "1"}), ("get_order", {}), ("get_order", {"order_id": "1", "x": "2"})]
    put(ledger, "r", [*calls, ("note", {"colour": "red"})])
    declare(ledger, "r", order, anything)
    detect_failures(workspace, ledger, now)
    told = [(row["failure_class"], row["severity"], row["evidence"]["steps"]) for row in found(ledger)]
    assert sorted(told) == [("hallucinated tool", "P2", [1]), ("tool misuse", "P2", [2]), ("tool misuse", "P2", [3])]
    assert {row["evidence"]["basis"] for row in found(ledger)} == {"declared"}


def test_declarations_of_other_tools_say_nothing(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Where none of the declared tools was called and calls worked, the declaration is not of these tools."""
    put(ledger, "r", [("web_search", {"q": "x"})])
    declare(ledger, "r", {"name": "get_order", "required": [], "properties": []})
    detect_failures(workspace, ledger, now)
    assert found(ledger) == []


def test_a_refused_tool_is_hallucinated(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """The harness said that there is no such tool: hallucinated, P2, and not a tool error as well."""
    put(
        ledger,
        "r",
        [("serch", {"q": "x"}), ("look", {})],
        answers=["!Error: no such tool: serch", "?Unknown tool look"],
    )
    detect_failures(workspace, ledger, now)
    assert [(row["failure_class"], row["severity"]) for row in found(ledger)] == [("hallucinated tool", "P2")] * 2


def test_an_error_that_only_the_text_tells(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A result that reads as an error and is flagged as none is told as that, with its step."""
    put(ledger, "r", [ORDER, ORDER], answers=["fine", '?{"error": "quota exceeded"}'])
    detect_failures(workspace, ledger, now)
    (row,) = found(ledger)
    assert (row["failure_class"], row["evidence"]["steps"]) == ("error hidden in text", [1])


@pytest.mark.parametrize(
    ("period", "rounds", "loop"), [(1, 3, True), (1, 2, False), (2, 3, True), (2, 2, False), (3, 3, True)]
)
def test_circles(workspace: Workspace, ledger: Ledger, now: datetime, period: int, rounds: int, loop: bool) -> None:
    """Three rounds of one, two or three calls to the same effect are a retry loop, once; two rounds are not."""
    put(ledger, "r", [(f"t{place % period}", {"a": "x"}) for place in range(period * rounds)])
    detect_failures(workspace, ledger, now)
    rows = found(ledger, failure_class="retry loop")
    assert [row["evidence"]["period"] for row in rows] == [period] * loop


def test_steps_out_of_order(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Calls count in the order of `seq`, however they are stored; equal places are in the order of their ids."""
    put(ledger, "r", [("a", {}), ("b", {}), ("a", {}), ("a", {}), ("a", {})])
    ledger._connection.execute("UPDATE tool_calls SET seq = 4 - seq")
    ledger._connection.execute("CREATE TABLE t AS SELECT * FROM tool_calls ORDER BY call_id DESC")
    ledger._connection.execute("DELETE FROM tool_calls; INSERT INTO tool_calls SELECT * FROM t; DROP TABLE t")
    detect_failures(workspace, ledger, now)
    (row,) = found(ledger, failure_class="retry loop")
    assert row["evidence"]["steps"] == [0]  # a a a b a, told from the end


def test_runs_without_steps(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A run without any call is examined, only its ending can be found, and it is never short or long."""
    history(ledger, runs=120)
    put(ledger, "empty")
    put(ledger, "failed", outcome="failure", reward=0.5)
    detected = detect_failures(workspace, ledger, now)
    assert detected.examined == 122 and classes(ledger, "empty") == []
    assert classes(ledger, "failed") == ["partial completion"]


def test_known_answers_and_questions_asked_again(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """The same call with the same answer three times, steps between; the same question after it was answered."""
    between = [(f"t{place}", {}) for place in range(8)]
    put(ledger, "r", [ORDER, *between[:4], ORDER, *between[4:], ORDER])
    texts = [("assistant", "Which of your two addresses should I use?"), ("user", "The first.")] * 2
    ledger.add("messages", [
        Message(message_id=str(seq), run_id="r", seq=seq, role=role, text=text, is_human=role == "user")
        for seq, (role, text) in enumerate(texts)
    ], "message_id")  # fmt: skip
    detect_failures(workspace, ledger, now)
    told = {row["detector"]: row["evidence"]["steps"] for row in found(ledger, failure_class="context loss")}
    assert told == {"known-answer": [0, 5, 10], "asked-again": [0, 2]}


def test_a_deletion_of_a_thousand_rows(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """1,000 rows where five are usual is an action outlier, P2; nine are not; with 98 other runs nothing is claimed."""
    history(ledger, runs=98)
    detect_failures(workspace, ledger, now)
    put(ledger, "early", [("delete_rows", {"table": "t", "limit": 1000})])
    detect_failures(workspace, ledger, now)
    assert found(ledger) == []
    history(ledger, runs=120)
    detect_failures(workspace, ledger, now)
    put(ledger, "new", [ORDER, ("delete_rows", {"table": "t", "limit": 900})])
    put(ledger, "nine", [ORDER, ("delete_rows", {"table": "t", "limit": 9})])
    put(ledger, "more", [ORDER, ("delete_rows", {"table": "t", "limit": 2000})])
    detect_failures(workspace, ledger, now)
    (row,) = found(ledger, failure_class="action outlier")
    assert (row["run_id"], row["severity"], row["evidence"]["steps"]) == ("more", "P2", [1])
    assert row["evidence"]["size"] == 2000 and 4 <= row["evidence"]["median"] <= 7


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.sampled_from([0.01, 0.05, 0.2]))
def test_conformal_alarms_keep_their_rate(values: list[int], rate: float) -> None:
    """Of any runs, each compared with the others, at most the stated share alarms: ties and all."""
    alarms = 0
    for place, value in enumerate(values):
        others = values[:place] + values[place + 1 :]
        alarms += p_value(sum(other >= value for other in others), len(others)) <= rate
    assert alarms <= rate * len(values)
    assert not alarms or len(values) - 1 >= least_n(rate)


def test_long_and_dear_runs(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """At 1 %: with 300 known runs, at most a few of 300 ordinary ones alarm, and one of 400 steps does."""
    draw = random.Random(4)
    lengths = [1 + int(draw.gammavariate(4, 5)) for _ in range(600)]
    runs = [
        WholeRun(run_id=f"r{place}", started_at=MONDAY, model_calls=steps, cost_usd=steps / 100)
        for place, steps in enumerate(lengths)
    ]
    put_all(ledger, runs[:300], {})
    detect_failures(workspace, ledger, now)
    put_all(ledger, runs[300:], {})
    put(ledger, "long", model_calls=400, cost_usd=0.02)
    detect_failures(workspace, ledger, now)
    assert classes(ledger, "long") == ["trajectory-length outlier"]
    ordinary = [row for row in found(ledger, detector="length-outlier") if row["run_id"] != "long"]
    assert len(ordinary) <= 15  # 6 expected of 600; P(more than 15) is below .001
    assert found(ledger, run_id="long")[0]["evidence"]["p"] <= 0.01


def _configured(workspace: Workspace, text: str) -> Workspace:
    (workspace.root / SETTINGS_FILE).write_text((workspace.root / SETTINGS_FILE).read_text() + text)
    return Workspace(workspace.root)


def test_scope_is_declared_or_not_claimed(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Calls outside the declared scope are P1 with rule and step; an agent without a scope is left alone."""
    scope = "detect:\n  scope:\n    Ada: {tools: ['get_*', delete_rows], most: {delete_rows: {limit: 50}}}\n"
    calls = [ORDER, ("delete_rows", {"limit": 51}), ("send_mail", {}), ("delete_rows", {"limit": 50})]
    put(ledger, "r", calls)
    put(ledger, "free", calls, agent="Rita")
    detect_failures(_configured(workspace, scope), ledger, now)
    told = {
        row["evidence"]["rule"]: row["evidence"]["steps"] for row in found(ledger, failure_class="boundary violation")
    }
    assert told == {"argument too large": [1], "tool not allowed": [2]}
    assert {row["severity"] for row in found(ledger)} == {"P1"} and classes(ledger, "free") == []


def test_the_task_budget(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """One run above `budgets.task` is excessive cost; at the limit it is not."""
    put(ledger, "dear", cost_usd=0.51)
    put(ledger, "fair", cost_usd=0.5)
    detect_failures(_configured(workspace, "budgets: {task: 0.5}\n"), ledger, now)
    assert [(row["run_id"], row["failure_class"]) for row in found(ledger)] == [("dear", "excessive cost")]


def test_help_on_routine_work(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Asking a person fails autonomy on a task marked routine or easy; elsewhere it may be right."""
    ask = ("ask_user", {"question": "which?"})
    put(ledger, "routine", [ask], tags=["routine"])
    put(ledger, "hard", [ask], difficulty="hard")
    detect_failures(workspace, ledger, now)
    assert [(row["run_id"], row["failure_class"]) for row in found(ledger)] == [("routine", "autonomy failure")]


def test_delegation(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Work that comes back, a circle, and four levels are found; an agent's own subagents three deep are not."""
    put(ledger, "a")
    put(ledger, "b", parent_run_id="a", agent="Rita")
    put(ledger, "back", parent_run_id="b", agent="Ada")
    put(ledger, "x", parent_run_id="y", agent="Bo")
    put(ledger, "y", parent_run_id="x", agent="Bo")
    for depth in range(1, 5):
        put(ledger, f"d{depth}", parent_run_id=f"d{depth - 1}" if depth > 1 else "a", agent="Ada")
    detect_failures(workspace, ledger, now)
    told = {row["run_id"]: row["evidence"]["text"] for row in found(ledger, failure_class="recursive delegation")}
    assert told == {
        "back": "work that came back", "x": "a run that started itself", "y": "a run that started itself",
        "d4": "too deep",
    }  # fmt: skip


def test_schema_drift_between_days(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A declared schema that changes from one day to the next is told once, in its first run."""
    old = {"name": "get_order", "required": ["order_id"], "properties": ["order_id"]}
    for day, schema in enumerate([old, old, old | {"required": ["id"], "properties": ["id"]}]):
        put(
            ledger,
            f"d{day}",
            [("get_order", dict.fromkeys(schema["required"], "x"))],
            started_at=MONDAY + timedelta(days=day),
        )
        declare(ledger, f"d{day}", schema)
    detect_failures(workspace, ledger, now)
    (row,) = found(ledger)
    assert (row["run_id"], row["failure_class"], row["evidence"]["tool"]) == ("d2", "tool-schema drift", "get_order")


def test_a_days_runs_that_all_give_other_arguments(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """Without declarations: all runs of a day, three or more, give a tool other arguments than sixty before."""
    history(ledger)
    detect_failures(workspace, ledger, now)
    for number in range(3):
        put(ledger, f"n{number}", [("get_order", {"id": "x"})], started_at=MONDAY + timedelta(days=1, minutes=number))
    detect_failures(workspace, ledger, now)
    (row,) = found(ledger, failure_class="tool-schema drift")
    assert (row["run_id"], row["evidence"]["before"], row["evidence"]["after"]) == ("n0", "order_id", "id")


def test_scores_by_people_and_judges(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """A 2 by a person or a trusted judge is wrong output; the person's 4 outranks the judge's 1; no check counts.

    No score, no claim; a run that is scored later is examined again.
    """
    for name in ("bad", "fine", "checked", "none"):
        put(ledger, name, outcome="unknown")
    detect_failures(workspace, ledger, now)
    for name, kind, score in (("bad", "judge", 2), ("fine", "human", 4), ("fine", "judge", 1), ("checked", "check", 1)):
        ledger._connection.execute(
            "INSERT INTO scores (score_id, agent, day, run_id, dimension, score, scorer_kind) "
            "VALUES (?, 'Ada', '2026-11-16', ?, 'success', ?, ?)", [stable_id(name, kind), name, score, kind],
        )  # fmt: skip
    assert detect_failures(workspace, ledger, now).examined == 2
    assert [(row["run_id"], row["failure_class"]) for row in found(ledger)] == [("bad", "wrong output")]


def test_golden_probes(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """An attempt that fails under follow-up turns drifted; one that does not decline the impossible accepted it."""
    for name, tags, turns, kind in (
        ("drift", ["pressure"], 2, "answer"), ("impossible", ["impossible"], 1, "declines"),
        ("other", ["impossible"], 1, "file_equals"), ("plain", ["data"], 2, "answer"),
    ):  # fmt: skip
        put(ledger, name, outcome="success", tags=tags, golden_set="adversarial")
        checks = msgspec.json.encode([{"kind": kind, "criterion": "c", "verdict": "fail", "detail": ""}]).decode()
        ledger._connection.execute(
            "INSERT INTO golden_trials (golden_run, golden_set, set_digest, task_id, agent, trial, position, seed, "
            "outcome, reason, checks, human_turns, run_id, started_at) "
            "VALUES ('g', 'adversarial', 'd', ?, 'Ada', 1, 1, 1, 'fail', '', ?, ?, ?, now())",
            [name, checks, turns, name],
        )  # fmt: skip
    detect_failures(workspace, ledger, now)
    told = {row["run_id"]: row["failure_class"] for row in found(ledger)}
    assert told == {"drift": "drift under pressure", "impossible": "impossible goal accepted"}


def test_a_new_class_asks_for_a_golden_draft_once(workspace: Workspace, ledger: Ledger, now: datetime) -> None:
    """The first failure of a class of an agent is handed over as an event; the second of the class is not."""
    for number in range(3):
        put(ledger, f"r{number}", [ORDER] * 3, outcome="failure" if number else "success")
        detect_failures(workspace, ledger, now)
    events = ledger.typed(
        "SELECT subject, payload ->> 'failure_class' AS name FROM events WHERE kind = 'golden_draft_due'"
    )[1]
    assert [(row["subject"], row["name"]) for row in events] == [("r0", "retry loop"), ("r1", "wrong output")]


def test_the_catalogue_names_every_detector() -> None:
    """Each detector has class, severity, claim and measurement; what nobody can tell is listed as not claimed."""
    rows = catalogue()
    names = {name.strip() for row in rows for name in row["detector"].split(",")}
    assert {name for one in DETECTORS for name in one.names} <= names and all(row["measured"] for row in rows)
    assert next(row["failure_class"] for row in rows if row["detector"] == "none") == "plan corruption"


def test_settings_have_defaults_that_work() -> None:
    """Outliers and unseen tools at 1 %; a scope is optional."""
    assert WorkspaceSettings().detect == DetectorSettings() and Scope().tools == []
    assert (least_n(0.05), least_n(0.01)) == (19, 99)
