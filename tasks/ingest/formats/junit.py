"""JUnit XML as pytest, Maven, gotestsum and others write it: every test case is a run of a task with its outcome.

A `<failure>` is a failure, an `<error>` a fault of the harness, a `<skipped>` case was not run and is ignored.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from storage.records import Outcome, Run, Score, sha256_hex, stable_id
from storage.text import escaped
from tasks.ingest.families.junit_xml import Broken, Element, test_cases
from tasks.ingest.parsed import Parsed
from tasks.ingest.source import Source
from tasks.ingest.values.file_names import bare_name
from tasks.ingest.values.json_elements import read_bytes
from tasks.ingest.values.json_values import Invalid, excerpt, text_or_none
from tasks.ingest.values.timestamps import utc

NAME = "junit"
UNIT = "test case"
TELLS = (
    "Outcome of every test case with its suite's time, and a check's score of success (5 passed, 1 failed) where "
    "that time is told; agent from a property `agent` or the suite's name; no calls, tokens or cost."
)

_ROOT: Final = re.compile(rb"<(?:\w+:)?testsuites?[\s>/]")
_PASSED, _FAILED = 5.0, 1.0


def detect(head: bytes, path: str) -> bool:
    """XML whose root is `testsuites` or `testsuite`, whatever its encoding."""
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return text.startswith(b"<") and _ROOT.search(text) is not None


def parse(source: Source) -> Iterator[Parsed]:
    """A batch per test case; what is broken ends the file, and keeps what stands before."""
    data = read_bytes(source)
    cases = _Cases(source, sha256_hex(data))
    for found in test_cases(data):
        if isinstance(found, Broken):
            reason = source.cut(data) or found.reason
            yield Parsed(quarantined=[source.quarantined(found.line, found.offset, reason, data[found.offset :])])
            return
        suites, case = found
        try:
            yield cases.add(suites, case)
        except Invalid as error:
            yield Parsed(quarantined=[source.quarantined(case.line, case.offset, str(error), _bytes_of(case))])


class _Cases:
    """Test cases have no ids: they are known by their suite's time and names, and a number where these repeat.

    A suite that tells no time is known by the bytes of its file.
    """

    def __init__(self, source: Source, sha256: str) -> None:
        self._source, self._sha256 = source, sha256
        self._seen: Counter[str] = Counter()

    def add(self, suites: list[Element], case: Element) -> Parsed:
        """The run of a case. Raises Invalid."""
        parsed = Parsed()
        if (skipped := case.first("skipped")) is not None:
            kind = " as an expected failure" if "xfail" in skipped.attributes.get("type", "") else ""
            parsed.ignored[f"test case was skipped{kind}"] += 1
            return parsed
        at, own_time = _time(suites, case)
        key = stable_id(NAME, at or self._sha256, *(suite.attributes.get("name") for suite in suites), _task(case))
        self._seen[key] += 1
        verdict = case.first("failure", "error")
        run = Run(
            run_id=stable_id(key, self._seen[key]),
            source_format=NAME,
            source_file=self._source.path,
            agent=self._source.agent_or(_property(suites, case, "agent"), _name(suites), bare_name(self._source.path)),
            task_id=text_or_none(_task(case)),
            golden_set=_property(suites, case, "golden_set"),
            config_commit=_property(suites, case, "config_commit"),
            started_at=at,
            ended_at=_end(at, case) if own_time else None,
            outcome=_outcome(verdict),
            ended_by=text_or_none(verdict.attributes.get("type")) if verdict else None,
        )
        parsed.runs, parsed.stored = [run], 1
        if at and run.agent and run.outcome in ("success", "failure"):
            parsed.scores = [_score(run, run.agent, at, verdict)]
        return parsed


def _score(run: Run, agent: str, at: datetime, verdict: Element | None) -> Score:
    said = (verdict.attributes.get("message") or verdict.text.strip()) if verdict else None
    return Score(
        score_id=stable_id(NAME, "score", run.run_id),
        agent=agent,
        day=at.date(),
        dimension="success",
        score=_FAILED if verdict else _PASSED,
        scorer_kind="check",
        task_id=run.task_id,
        run_id=run.run_id,
        scorer=NAME,
        scored_at=at,
        note=excerpt(escaped(said)) if said else None,
        source_file=run.source_file,
    )


def _outcome(verdict: Element | None) -> Outcome:
    if verdict is None:
        return "success"
    return "failure" if verdict.name == "failure" else "infrastructure_error"


def _task(case: Element) -> str:
    """`classname::name`. Raises Invalid for a case without a name."""
    name = case.attributes.get("name")
    if not name:
        raise Invalid("a test case has no name")
    return "::".join(part for part in (case.attributes.get("classname"), name) if part)


def _name(suites: list[Element]) -> str | None:
    return next((name for suite in suites if (name := text_or_none(suite.attributes.get("name")))), None)


def _time(suites: list[Element], case: Element) -> tuple[datetime | None, bool]:
    """When the case began as far as is told, its own time or its suite's, and whether it is its own."""
    for element in (case, *suites):
        if (text := element.attributes.get("timestamp")) is not None:
            return utc(text.strip() or None, "timestamp"), element is case
    return None, False


def _end(start: datetime | None, case: Element) -> datetime | None:
    try:
        seconds = float(case.attributes.get("time", "nan").replace(",", ""))
        return start + timedelta(seconds=seconds) if start and math.isfinite(seconds) and seconds >= 0 else None
    except (ValueError, OverflowError) as error:
        raise Invalid("time is not a number of seconds") from error


def _property(suites: list[Element], case: Element, name: str) -> str | None:
    """The value of a property of the case or its suites, written as an attribute or as text."""
    for element in (case, *suites):
        properties = element.first("properties")
        for one in properties.children if properties else []:
            if one.attributes.get("name") == name:
                return text_or_none(one.attributes.get("value", one.text.strip()))
    return None


def _bytes_of(case: Element) -> bytes:
    return repr((case.name, case.attributes)).encode("utf-8", "surrogatepass")
