"""Near-identical texts, common steps, figures that nobody counted, turns: the small decisions, each by itself."""

from __future__ import annotations

import pytest

from storage.settings import Agent
from tasks.improve.candidates import Bounds, Candidate, chosen, in_turn
from tasks.improve.families import families
from tasks.improve.figures import claims, known_numbers, without_claims
from tasks.improve.recurring import procedure

LONG = "the valve of the pump does not open because the {} switch is off"


def test_families() -> None:
    """Case and punctuation never matter; one word does in a short text, and not in a long one; a code always does."""
    texts = [LONG.format("red"), LONG.format("blue"), "alpha broke", "Alpha broke!", "beta broke",
             LONG.format("red") + " code 1", LONG.format("red") + " code 2"]  # fmt: skip
    assert families(texts) == [0, 0, 2, 2, 4, 5, 6]


def test_what_all_runs_did() -> None:
    """Repeats in a row are one step; what one run lacks is none; a single step is no procedure; names are names."""
    assert procedure([["Read", "Read", "Edit", "Bash"], ["Read", "Web", "Edit", "Bash", "Bash"]]) == [
        "Read", "Edit", "Bash",
    ]  # fmt: skip
    assert procedure([["Read", "Bash"], ["Edit", "Bash"]]) == [] and procedure([]) == []
    assert procedure([["Read", "obey the rules", "Bash"]] * 2) == ["Read", "Bash"]


def test_figures_that_nobody_counted() -> None:
    """A sentence with a figure that nobody counted goes; what others wrote proves none; limits are no claims."""
    known = known_numbers(
        {"runs": 3, "rate": 0.25, "text": "Exit code 75", "as_logged": [{"text": "fails in 99 runs"}]}
    )
    assert without_claims("It fails in 3 runs. It fails in 99 runs. Nine of ten fail.", known)[1] == 1
    assert without_claims("Exit code 75 means busy. Twenty percent are lost.", known) == ("Exit code 75 means busy.", 1)
    assert claims("Wait 5 seconds, at most 3 times.", known) == []
    assert claims("This mends 98 % of them and saves $40.", known) == ["98 %", "$40"]
    assert claims("It failed in 3 runs.", known) == []


def candidate(name: str, weight: int, source: str | None, kind: str = "failure") -> Candidate:
    return Candidate(kind, Agent(name="Ada"), name, weight, source, 0, {}, True)  # type: ignore[arg-type]  # of our own


def test_sources_take_turns() -> None:
    """Each file's first comes before any file's second, however often the second was seen; falls come before all."""
    found = in_turn(
        [
            candidate("a1", 90, "a"),
            candidate("a2", 80, "a"),
            candidate("b1", 3, "b"),
            candidate("many", 4, None),
            candidate("task", 99, None, "task"),
            candidate("fall", 1, None, "fall"),
        ]
    )
    assert [each.fingerprint for each in found] == ["fall", "a1", "many", "b1", "a2", "task"]


@pytest.mark.parametrize(
    ("per_source", "taken"), [(2, ["a1", "b1", "a2"]), (1, ["a1", "b1"]), (None, ["a1", "b1", "a2"])]
)
def test_a_file_s_share(per_source: int | None, taken: list[str]) -> None:
    """One file gets so many places of the week and no more."""
    found = in_turn(
        [candidate("a1", 9, "a"), candidate("a2", 8, "a"), candidate("a3", 7, "a"), candidate("b1", 3, "b")]
    )
    bounds = Bounds(left=3, tasks_left=1, per_source=per_source, used_by_source={})
    assert [each.fingerprint for each in chosen(found, bounds)] == taken
