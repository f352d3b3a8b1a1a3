"""Daily logs with planted contradictions, repetitions and look-alikes, drawn from a seed; what is planted is known.

The rules were tuned with these sentences in view, so what is measured on them is how well they are learnt, not more.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

SUBJECTS = (
    "the importer", "the staging database", "the nightly backup", "the release train", "the ticket queue",
    "the search index", "the payment worker", "the cache of sessions", "the mail relay", "the on-call phone",
    "the report generator", "the price feed", "the log collector", "the preview server", "the label printer",
    "the schema registry", "the image resizer", "the export job", "the audit trail", "the billing sync",
)  # fmt: skip
NUMBERS = (("batch size", "rows"), ("timeout", "seconds"), ("retry limit", "attempts"), ("pool size", "connections"),
           ("retention", "days"), ("memory limit", "MB"), ("poll interval", "minutes"))  # fmt: skip
PLACES = ("berlin", "the blue cluster", "host seven", "the west region", "a container of its own", "rack four",
          "the shared node", "the small machine")  # fmt: skip
TOOLS = ("Postgres", "SQLite", "DuckDB", "Redis", "RabbitMQ", "NATS", "Kafka", "Celery", "cron", "Airflow", "Ansible")
DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays")
PEOPLE = ("Sam", "Li", "Noor", "Petra", "Jonas", "Mei")
FILLER = (
    "- Quiet morning, read through the open tickets.", "- Paired with Noor on the parser.", "- [x] answered mail",
    "- 41 requests, 2 went back.", "- Tidied the wiki page of the team.", "Nothing else to tell.", "> quoted elsewhere",
    "- [ ] look into the slow query", "| metric | value |\n|---|---|\n| runs | 12 |", "```\nINFO done in 3 s\n```",
)  # fmt: skip
MARKS = ("Decision: ", "**Decision:** ", "Decided: ")
WAYS = (
    ("another number", True, "The {what} of {one} {i} is {m} {unit}.", "The {what} of {one} {i} is {n} {unit}."),
    ("another subject", False, "The {what} of {one} {i} is {m} {unit}.", "The {what} of {two} {i} is {n} {unit}."),
    ("a reason", True, "{One} {i} has a {what} of {m} {unit}, as the vendor says.",
     "{One} {i} has a {what} of {n} {unit}, because {m} was not enough."),
    ("is now", True, "{One} {i} lives in {here}.", "{One} {i} is now in {there}."),
    ("another aspect", False, "{One} {i} runs on {a}.", "{One} {i} is slow after a cold start."),
    ("no longer", True, "{One} {i} is restarted on {day}.", "{One} {i} is no longer restarted on {day}."),
    ("this replaces", True, "{One} {i} is released on {day}.",
     '{One} {i} goes out on {later} after the stand-up. This replaces "released on {day}".'),
    ("also", False, "use {a} for {one} {i}", "use {a} for {two} {i} as well"),
    ("supersedes", True, "{One} {i} uses {a}.", "{One} {i} uses {b} (supersedes {a})."),
    ("switched", True, "Use {a} for {one} {i}.", "Switched {one} {i} from {a} to {b}."),
    ("use another", True, "use {a} for {one} {i}", "use {b} for {one} {i}"),
    ("two incidents", False, "{one} {i} was down for {m} minutes.", "{one} {i} was down for {n} minutes."),
    ("instead of", True, "{One} {i} is built on {a}.", "{b} instead of {a} for {one} {i}, it is simpler to run."),
    ("a not", True, "{One} {i} is safe to restart at noon.", "{One} {i} is not safe to restart at noon."),
    ("more of the same", False, "{One} {i} needs a lock.", "{One} {i} needs a lock and a timeout."),
    ("an opposite", True, "Strict mode is enabled for {one} {i}.", "Strict mode is disabled for {one} {i}."),
    ("took over", True, "{who} owns {one} {i}.", "{whom} took over {one} {i} from {who}."),
    ("another thing changed", False, "{One} {i} is fed by {a}.", "{Two} {i} is now fed by {b}."),
    ("a correction", True, "The {what} of {one} {i} is {m} {unit}.",
     "Correction: the {what} of {one} {i} was never {m} {unit}, it is {n}."),
    ("raised", True, "We keep the {what} of {one} {i} at {m} {unit}.",
     "We raised the {what} of {one} {i} to {n} {unit}."),
    ("German", True, "Der Importer {i} liest Stapel von {m} Zeilen.",
     "Der Importer {i} liest jetzt Stapel von {n} Zeilen."),
    ("Spanish", True, "El servicio {i} se publica los {day}.",
     "El servicio {i} ya no se publica los {day}; ahora {later}."),
)  # fmt: skip
"""Ways to say it again otherwise: whether the later contradicts the earlier, and both sentences."""


@dataclass(frozen=True)
class Planted:
    """Two statements of which the later takes the place of the earlier one (`contradicts`), or does not."""

    old: str
    new: str
    contradicts: bool
    way: str


def pairs(seed: int, number: int) -> Iterator[Planted]:
    """Planted pairs in all ways, in turn; about seven in ten are contradictions."""
    draw = random.Random(seed)
    for index in range(number):
        way, contradicts, old, new = WAYS[index % len(WAYS)]
        words = _words(draw, index)
        yield Planted(old.format(**words), new.format(**words), contradicts, way)


def _words(draw: random.Random, index: int) -> dict[str, object]:
    (one, two), (what, unit) = draw.sample(SUBJECTS, 2), draw.choice(NUMBERS)
    (m, n), (a, b), (here, there) = draw.sample(range(2, 900), 2), draw.sample(TOOLS, 2), draw.sample(PLACES, 2)
    (day, later), (who, whom) = draw.sample(DAYS, 2), draw.sample(PEOPLE, 2)
    return {
        "one": one, "two": two, "One": one[0].upper() + one[1:], "Two": two[0].upper() + two[1:], "i": index, "m": m,
        "n": n, "what": what, "unit": unit, "a": a, "b": b, "here": here, "there": there, "day": day, "later": later,
        "who": who, "whom": whom,
    }  # fmt: skip


def logs(planted: list[Planted], first: date, seed: int) -> dict[str, bytes]:
    """Daily logs in which the pairs stand apart, each earlier statement some days before the later one."""
    draw = random.Random(seed)
    days: dict[date, list[str]] = {}
    for pair in planted:
        begun = first + timedelta(days=draw.randint(0, 20))
        mark = "Incident: " if pair.way == "two incidents" else draw.choice(MARKS)
        days.setdefault(begun, []).append(f"- {mark}{pair.old}")
        later = begun + timedelta(days=draw.randint(1, 9))
        days.setdefault(later, []).append(f"- {mark}{pair.new}")
    found = {}
    for day, rows in sorted(days.items()):
        mixed = [*rows, *draw.sample(FILLER, 3)]
        draw.shuffle(mixed)
        end = draw.choice(("\n", "\r\n"))
        found[f"memory/{day}.md"] = end.join([f"# {day}", "", *"\n\n".join(mixed).split("\n"), ""]).encode()
    return found
