"""Ingest end to end: files, archives and bad input in; exact tables, fates and messages out."""

from __future__ import annotations

import gzip
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from claude_logs import session

from storage.errors import NotFound, UsageError
from storage.ledger import open_ledger, open_read_copy
from storage.workspace import SETTINGS_FILE, Workspace
from tasks.ingest.run import Ingested, ingest_paths, ingest_sources

GITHUB = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6"
TABLES = ("runs", "model_calls", "tool_calls", "messages", "quarantine")


def query(workspace: Workspace, text: str) -> list[dict[str, Any]]:
    with open_read_copy(workspace.read_copy) as ledger:
        return ledger.typed(text)[1]


def tables(workspace: Workspace) -> dict[str, list[str]]:
    """The tables without what names a place."""
    names = {"runs": "* EXCLUDE (source_file)", "quarantine": "* EXCLUDE (file)"}
    return {t: sorted(map(repr, query(workspace, f"SELECT {names.get(t, '*')} FROM {t}"))) for t in TABLES}


def assert_fates_add_up(result: Ingested, workspace: Workspace) -> None:
    for file in result.read:
        assert file.units == file.stored + file.merged + sum(file.ignored.values()) + file.quarantined
    counts = query(
        workspace, "SELECT (SELECT count(*) FROM quarantine) AS n, sum(quarantined) AS said FROM ingested_files"
    )
    assert counts[0]["n"] == counts[0]["said"]


def logs(folder: Path, *numbers: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"s{number}.jsonl" for number in numbers]
    for number, path in zip(numbers, paths, strict=True):
        path.write_bytes(session(number))
    return paths


def test_logs_become_runs_with_their_totals(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Calls, tool calls, errors, human turns, tokens and price of a session, and the read copy of it."""
    result = ingest_paths(workspace, logs(tmp_path / "logs", 1), now=now)
    (run,) = query(workspace, "FROM runs")
    # three calls of 10 + 2 tokens of claude-opus-4-6: 3 * (10 * 5000 + 2 * 25000) = 300000 nanodollars
    expected = {
        "model_calls": 3, "tool_calls": 3, "tool_errors": 1, "human_turns": 1, "input_tokens": 30, "output_tokens": 6,
        "cost_source": "priced", "model": "claude-opus-4-6", "source_file": str(tmp_path / "logs" / "s1.jsonl"),
    }  # fmt: skip
    assert {key: run[key] for key in expected} == expected
    assert f"{run['cost_usd']:f}" == "0.000300000"
    assert result.published
    assert_fates_add_up(result, workspace)


def test_a_known_file_is_skipped_and_nothing_is_written(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """The second ingest reads hashes only: same ledger bytes, no new read copy."""
    paths = logs(tmp_path / "logs", 1, 2)
    ingest_paths(workspace, paths, now=now)
    before = workspace.ledger.read_bytes()
    again = ingest_paths(workspace, paths, now=now)
    assert (again.known, again.read, again.published) == (2, [], False)
    assert workspace.ledger.read_bytes() == before


def open_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on an ingest fails that opens a file."""

    def refuse(*_: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("tasks.ingest.session.inputs", refuse)


def test_a_file_that_its_identity_tells_is_not_opened(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plain files and archives of a day ago cost no reading; nothing is written; runs still get their agents."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    paths = logs(tmp_path / "logs", 1, 2)
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("s3.jsonl", session(3))
        archive.writestr("s4.jsonl", session(4))
    ingest_paths(workspace, [*paths, tmp_path / "logs.zip"], now=tomorrow)
    before = workspace.ledger.read_bytes()
    open_no_more(monkeypatch)
    again = ingest_paths(workspace, [*paths, tmp_path / "logs.zip"], now=tomorrow)
    assert (again.known, again.read, again.published) == (4, [], False)
    assert workspace.ledger.read_bytes() == before
    ingest_paths(workspace, paths, agent="Rita", now=tomorrow)
    assert query(workspace, "SELECT count(*) AS n FROM runs WHERE agent = 'Rita'") == [{"n": 2}]


def test_same_size_and_times_hide_no_change(workspace: Workspace, tmp_path: Path) -> None:
    """Rewritten in place with its old time of modification put back, a file is still read again."""
    (path,) = logs(tmp_path / "logs", 1)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    ingest_paths(workspace, [path], now=tomorrow)
    times = path.stat()
    path.write_bytes(path.read_bytes().replace(b'"output_tokens": 2', b'"output_tokens": 7'))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert ingest_paths(workspace, [path], now=tomorrow).known == 0
    assert query(workspace, "SELECT output_tokens FROM runs") == [{"output_tokens": 21}]


def test_a_file_written_just_before_the_ingest_is_told_by_its_bytes(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may change again under the same times; read once more on a later day, its identity counts from then on."""
    paths = logs(tmp_path / "logs", 1)
    ingest_paths(workspace, paths, now=datetime.now(UTC))
    assert query(workspace, "SELECT identity FROM ingested_files") == [{"identity": None}]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert ingest_paths(workspace, paths, now=tomorrow).known == 1
    open_no_more(monkeypatch)
    assert ingest_paths(workspace, paths, now=tomorrow).known == 1


def test_an_archive_is_known_when_all_of_its_members_are(workspace: Workspace, tmp_path: Path) -> None:
    """Where a kill left members out, or another format is asserted now, they are taken in."""
    tomorrow, path = datetime.now(UTC) + timedelta(days=1), tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in (1, 2, 3):
            archive.writestr(f"s{number}.jsonl", session(number))
    ingest_paths(workspace, [path], now=tomorrow)
    with open_ledger(workspace.ledger, purpose="test") as ledger:
        ledger.typed("DELETE FROM ingested_files WHERE path LIKE '%s2.jsonl'")
    again = ingest_paths(workspace, [path], now=tomorrow)
    assert [Path(file.path).name for file in again.read] == ["logs.zip!s2.jsonl"]
    assert ingest_paths(workspace, [path], now=tomorrow).read == []
    assert len(ingest_paths(workspace, [path], format="codex", now=tomorrow).read) == 3


def test_the_same_bytes_elsewhere_are_merged(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """A copy of a file, packed differently or not, changes no run; its units are merged."""
    (path,) = logs(tmp_path / "logs", 1)
    ingest_paths(workspace, [path], now=now)
    before = tables(workspace)
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(path.read_bytes() + b"")
    result = ingest_paths(workspace, [copy], now=now)
    assert (result.stored, result.merged) == (0, 7)
    assert tables(workspace) == before
    assert_fates_add_up(result, workspace)
    assert ingest_paths(workspace, [copy, path], now=now).known == 2


def test_any_order_gives_the_same_tables(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Files that share calls, in both orders and twice, end in the same tables."""
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_bytes(session(1, calls=3) + b"{broken\n")
    two.write_bytes(session(1, calls=5) + session(2))
    other = Workspace(tmp_path / "other")
    other.root.mkdir()
    (other.root / SETTINGS_FILE).write_text((workspace.root / SETTINGS_FILE).read_text())
    (other.state).mkdir()
    (other.state / "redaction-key").write_text(workspace.secret("redaction-key"))
    ingest_paths(workspace, [one, two], now=now)
    for path in (two, one, two):
        ingest_paths(other, [path], now=now)
    assert tables(workspace) == tables(other)


def test_a_grown_file_is_read_again(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Its row and entries are replaced, its calls are there once, and the rest of the half line is now whole."""
    (path,) = logs(tmp_path / "logs", 1)
    whole = session(1, calls=5)
    path.write_bytes(whole[:-100])
    first = ingest_paths(workspace, [path], now=now)
    assert first.quarantined == 1
    path.write_bytes(whole)
    second = ingest_paths(workspace, [path], now=now)
    assert second.quarantined == 0
    assert query(workspace, "SELECT count(*) AS n FROM ingested_files") == [{"n": 1}]
    assert query(workspace, "SELECT model_calls, tool_calls, input_tokens FROM runs") == [
        {"model_calls": 5, "tool_calls": 5, "input_tokens": 50}
    ]
    assert_fates_add_up(second, workspace)


def test_gzip_is_told_by_its_bytes_and_members_are_joined(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Two gzip members one after the other, under a name that says nothing, are one input."""
    path = tmp_path / "log.txt"
    whole = session(1)
    path.write_bytes(gzip.compress(whole[:500]) + gzip.compress(whole[500:]))
    assert ingest_paths(workspace, [path], now=now).quarantined == 0
    assert query(workspace, "SELECT model_calls FROM runs") == [{"model_calls": 3}]


def test_what_was_read_of_a_cut_gzip_is_kept(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """The calls before the cut are stored; the cut is an entry with line, offset and reason."""
    path = tmp_path / "cut.jsonl.gz"
    packed = gzip.compress(os.urandom(8).hex().encode().join([b'{"type":"x","pad":"', b'"}\n']) + session(1, calls=400))
    path.write_bytes(packed[: len(packed) * 2 // 3])
    result = ingest_paths(workspace, [path], now=now)
    (run,) = query(workspace, "SELECT model_calls FROM runs")
    assert 200 < run["model_calls"] < 300  # two thirds of 400, near enough
    (cut,) = query(workspace, "SELECT * FROM quarantine WHERE reason LIKE 'cannot be unpacked%'")
    assert cut["byte_offset"] > 10_000
    assert cut["line"] > 100
    assert_fates_add_up(result, workspace)


def test_a_bomb_ends_at_the_bound(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Input that unpacks to more than the settings allow is quarantined with the reason, gzip and zip alike."""
    with (workspace.root / SETTINGS_FILE).open("a") as stream:
        stream.write("limits: {unpack_ratio: 20}\n")
    bomb = session(1) + b"\n" * 5_000_000
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bomb))
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.jsonl", bomb)
    result = ingest_paths(workspace, [tmp_path / "bomb.gz", tmp_path / "bomb.zip"], now=now)
    reasons = [row["reason"] for row in query(workspace, "SELECT reason FROM quarantine WHERE reason LIKE 'grows%'")]
    assert reasons == ["grows more than 20 times when unpacked (limits.unpack_ratio)"] * 2
    assert_fates_add_up(result, workspace)


def test_members_of_a_zip_are_files_of_their_own(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Each is `archive.zip!member`, packed or not, a broken one loses none of the others."""
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/s1.jsonl", session(1))
        archive.writestr("a/s2.jsonl.gz", gzip.compress(session(2)))
        archive.writestr("s3.jsonl", session(3))
    data = path.read_bytes().replace(session(3), session(3)[:-2] + b"}?")  # the third's checksum fails
    path.write_bytes(data)
    result = ingest_paths(workspace, [path], now=now)
    assert [file.path for file in result.files] == [f"{path}!a/s1.jsonl", f"{path}!a/s2.jsonl.gz", f"{path}!s3.jsonl"]
    assert query(workspace, "SELECT count(*) AS n FROM runs WHERE model_calls > 0")[0]["n"] >= 2
    assert result.files[2].quarantined >= 1
    assert_fates_add_up(result, workspace)


def test_an_unknown_format_is_told_and_loses_nothing_else(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """The notice says where the formats are listed; the file is in quarantine; the log beside it is loaded."""
    folder = tmp_path / "logs"
    logs(folder, 1)
    (folder / "a.bin").write_bytes(b"\x00\x01\x02 nobody knows this")
    (folder / "empty.jsonl").write_bytes(b"")
    result = ingest_paths(workspace, [folder], now=now)
    assert len(query(workspace, "FROM runs")) == 1
    (notice,) = result.notices
    assert "a.bin" in notice
    assert "agentre doctor --formats" in notice
    formats = {Path(file.path).name: file.format for file in result.files}
    assert formats == {"a.bin": "unknown", "empty.jsonl": "empty", "s1.jsonl": "claude-code"}
    assert_fates_add_up(result, workspace)


def test_what_is_named_wrongly_is_a_usage_error(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """A missing path, a FIFO and an unknown format name what is accepted, and nothing was made."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "nowhere", tmp_path / "pipe"):
        with pytest.raises(NotFound, match="regular files"):
            ingest_paths(workspace, [path], now=now)
    (path,) = logs(tmp_path / "logs", 1)
    with pytest.raises(UsageError, match="claude-code"):
        ingest_paths(workspace, [path], format="no-such", now=now)
    assert not workspace.ledger.exists()


def test_links_and_pipes_in_a_folder_are_left_out(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """Only regular files below a folder are read: nothing waits, nothing is followed out of it."""
    folder = tmp_path / "logs"
    logs(folder, 1)
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "link.jsonl").symlink_to("/etc/hosts")
    assert [Path(file.path).name for file in ingest_paths(workspace, [folder], now=now).files] == ["s1.jsonl"]


def test_no_secret_is_on_disk_after_an_ingest(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """A canary in a message, a tool's arguments and a file name is in no file of the workspace."""
    path = tmp_path / f"{GITHUB}.jsonl"
    path.write_bytes(session(1, text=f"my token is {GITHUB}") + f'{{"type": "user", "x": "{GITHUB}\n'.encode())
    ingest_paths(workspace, [path], now=now)
    (text,) = query(workspace, "SELECT text FROM messages WHERE is_human")
    assert "<github-pat:" in text["text"]
    for file in workspace.root.rglob("*"):
        assert not file.is_file() or GITHUB.encode() not in file.read_bytes(), file


def test_sources_give_runs_their_agents(workspace: Workspace, now: datetime) -> None:
    """A source's agent, a glob's agent; a mapping that changes later moves runs without reading them again."""
    logs(workspace.root / "logs", 1, 2)
    settings = workspace.root / SETTINGS_FILE
    before = settings.read_text()
    settings.write_text(before + 'sources: [{path: logs, agent: Ada, agents: {"*s2*": rita}}]\n')
    ingest_sources(Workspace(workspace.root), now=now)
    found = query(workspace, "SELECT source_file, agent, agent_type FROM runs ORDER BY source_file")
    assert [tuple(row.values()) for row in found] == [
        ("logs/s1.jsonl", "Ada", "engineer"),
        ("logs/s2.jsonl", "Rita", "research"),
    ]
    settings.write_text(before + "sources: [{path: logs, agent: Rita}]\n")
    again = ingest_sources(Workspace(workspace.root), now=now)
    assert again.known == 2
    assert query(workspace, "SELECT DISTINCT agent FROM runs") == [{"agent": "Rita"}]


def test_large_input_is_merged_in_bounded_steps(
    workspace: Workspace, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of more records than are held at once gives the same tables as in one piece."""
    path, other = tmp_path / "long.jsonl", tmp_path / "other.jsonl"
    path.write_bytes(session(1, calls=300))
    other.write_bytes(session(2))
    monkeypatch.setattr("tasks.ingest.session.BATCH_RECORDS", 100)
    monkeypatch.setattr("tasks.ingest.parsing.GATHERED", 50)
    assert_fates_add_up(ingest_paths(workspace, [path, other], now=now), workspace)
    assert query(workspace, "SELECT model_calls, tool_calls, input_tokens FROM runs ORDER BY model_calls") == [
        {"model_calls": 3, "tool_calls": 3, "input_tokens": 30},
        {"model_calls": 300, "tool_calls": 300, "input_tokens": 3000},
    ]


def test_scores_are_given_to_the_agents_of_the_workspace(workspace: Workspace, tmp_path: Path, now: datetime) -> None:
    """`ada` in a table is Ada; a corrected table replaces its scores, and the same table twice changes nothing."""
    path = tmp_path / "scores.csv"
    header = "task,date,agent,success,autonomy,efficiency,notes\n"
    path.write_text(header + "T-1,2026-11-16,ada,4,3,5,fine\nT-2,2026-11-17,ada,2,2,2,\n")
    ingest_paths(workspace, [path, path], now=now)
    path.write_text(header + "T-1,2026-11-16,ada,5,3,5,better\n")
    ingest_paths(workspace, [path], now=now)
    found = query(workspace, "SELECT agent, task_id, dimension, score FROM scores ORDER BY dimension")
    assert [tuple(row.values()) for row in found] == [
        ("Ada", "T-1", "autonomy", 3.0), ("Ada", "T-1", "efficiency", 5.0), ("Ada", "T-1", "success", 5.0),
    ]  # fmt: skip
