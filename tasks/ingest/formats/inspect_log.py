"""Inspect logs: a JSON document, or the zip named `.eval`, which is one log with a member per sample."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final, cast

from storage.records import Quarantined
from tasks.ingest.families.inspect_sample import NAME as NAME
from tasks.ingest.families.inspect_sample import sample_records
from tasks.ingest.parsed import Parsed
from tasks.ingest.reading import Headed
from tasks.ingest.source import Source
from tasks.ingest.values.json_elements import Document, read_bytes
from tasks.ingest.values.json_head import top_keys
from tasks.ingest.values.json_values import CONSTANTS_DECODER, Invalid, JsonObject, decode, object_of
from tasks.ingest.values.once import Once
from tasks.ingest.zip_members import open_member

UNIT = "sample"
TELLS = (
    "Samples with messages, tool calls, scores, limits and errors; calls of models with tokens and times where the "
    "log has events, else a sum per model, in which those of a grading model are contained; a person's words only "
    "where the log marks them."
)

_ZIP: Final = b"PK\x03\x04"
_FIRST_MEMBER: Final = re.compile(rb"PK\x03\x04.{26}(?:_journal/|header\.json|samples/[^/]*_epoch_\d)", re.DOTALL)
_SAMPLE: Final = re.compile(r"samples/.*\.json")
_HEADERS: Final = ("header.json", "_journal/start.json")  # the second is all that a log has while it is written
_BROKEN: Final = (
    EOFError, NotImplementedError, OSError, OverflowError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def detect(head: bytes, path: str) -> bool:
    """An object with `eval` and `status`, or a zip that begins with a member of such a log."""
    return _FIRST_MEMBER.match(head) is not None or {"eval", "status"} <= top_keys(head)


def parse(source: Source) -> Iterator[Parsed]:
    """One batch per sample."""
    start = source.stream.read(len(_ZIP))
    whole = io.BufferedReader(Headed(start, cast(io.RawIOBase, source.stream)))
    held = dataclasses.replace(source, stream=whole)
    return _archive(held, read_bytes(held, source.limits.archive_bytes)) if start == _ZIP else _document(held)


def _document(source: Source) -> Iterator[Parsed]:
    """The log key by key: `eval` stands before `samples`."""
    document = Document(source, CONSTANTS_DECODER)
    spec: JsonObject = {}
    once = Once()
    start, cut = document.at, False
    try:
        if not document.skip("{"):
            raise Invalid("the document is not an object")
        while not document.skip("}"):
            start = document.at
            key = _key(document)
            if key == "samples" and document.skip("["):
                for item in document.elements(_is_sample):
                    cut = isinstance(item, Quarantined) and document.at_end()
                    yield _element(document, spec, item, once)
            else:
                spec = _header(key, document.value(), spec)
            document.skip(",")
        start = document.at
        if not document.at_end():
            raise Invalid("text after the log")
    except Invalid as error:
        document.at = len(document.text)
        if not cut:  # then the samples have told it
            yield Parsed(quarantined=[document.quarantined(start, document.cut or str(error))])


def _key(document: Document) -> object:
    key = document.value()
    if not document.skip(":"):
        raise Invalid("not JSON: a key without a value")
    return key


def _header(key: object, value: object, spec: JsonObject) -> JsonObject:
    """The log's `eval`, once it was read. A log without samples has null in their place."""
    if key == "samples" and value is not None:
        raise Invalid("samples is not a list")
    return object_of(value, "eval") if key == "eval" else spec


def _is_sample(value: JsonObject) -> bool:
    return "id" in value and "epoch" in value


def _element(document: Document, spec: JsonObject, item: tuple[int, JsonObject] | Quarantined, once: Once) -> Parsed:
    if isinstance(item, Quarantined):
        return Parsed(quarantined=[item])
    start, sample = item
    try:
        return once.admit(sample_records(document.source, spec, sample), sample)
    except Invalid as error:
        return Parsed(quarantined=[document.quarantined(start, str(error))])


def _archive(source: Source, data: bytes) -> Iterator[Parsed]:
    """Of members with one name the last counts, as in Inspect, which writes a sample anew when it is retried."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            samples = [member for member in members if _SAMPLE.fullmatch(member.filename)]
            last = {member.filename: member for member in samples}
            yield Parsed(merged=len(samples) - len(last))
            spec = _spec(source, archive, {member.filename: member for member in members})
            if not (spec or samples):
                raise zipfile.BadZipFile("neither a header nor samples")
            once = Once()
            for member in last.values():
                yield _member(source, archive, spec, member, once)
    except _BROKEN as error:
        most = source.limits.archive_bytes
        too_long = f"the log is longer than {most} bytes (limits.archive_bytes)"
        cut = too_long if len(data) > most else "not a readable zip"
        yield Parsed(quarantined=[source.quarantined(1, 0, f"{cut}: {type(error).__name__}", data)])


def _spec(source: Source, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> JsonObject:
    """The log's `eval`, from the first header that can be read; empty where none can."""
    for name in _HEADERS:
        try:
            if name in members:
                header = object_of(decode(_read(source, archive, members[name]), CONSTANTS_DECODER), name)
                return object_of(header.get("eval"), "eval")
        except (Invalid, *_BROKEN):
            continue
    return {}


def _member(source: Source, archive: zipfile.ZipFile, spec: JsonObject, member: zipfile.ZipInfo, once: Once) -> Parsed:
    data = b""
    try:
        data = _read(source, archive, member)
        sample = object_of(decode(data, CONSTANTS_DECODER), "the sample")
        return once.admit(sample_records(source, spec, sample), sample)
    except Invalid as error:
        reason = str(error)
    except _BROKEN as error:
        reason = f"cannot be unpacked: {type(error).__name__}"
    return Parsed(quarantined=[source.quarantined(1, max(member.header_offset, 0), f"a sample: {reason}", data)])


def _read(source: Source, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Raises what `zipfile` raises, BadZipFile for a wrong checksum, and Invalid for more bytes than are allowed."""
    stream: IO[bytes]
    most, ratio = source.limits.document_bytes, source.limits.unpack_ratio
    bound = min(most, ratio * max(member.compress_size, 1))
    with open_member(archive, member) as stream:
        data = stream.read(bound + 1)
    if len(data) > most:
        raise Invalid(f"longer than {most} bytes (limits.document_bytes)")
    if len(data) > bound:
        raise Invalid(f"grows more than {ratio} times when unpacked (limits.unpack_ratio)")
    if zlib.crc32(data) != member.CRC:
        raise zipfile.BadZipFile("damaged")
    return data
