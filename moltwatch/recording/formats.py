"""Opening and creating recordings: what a file is, is told by what it holds.

A suffix is what somebody typed; content cannot lie. Only when a file is made does its suffix
decide, for there is nothing else to go by.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from json import JSONDecodeError
from pathlib import Path

from msgspec import structs

from moltwatch.errors import RecordingError, Rejects, UsageError
from moltwatch.model import Event
from moltwatch.recording import imports
from moltwatch.recording.base import BATCH, Header, Reader, Span, Writer
from moltwatch.recording.dialect import SEEN, first, scrub
from moltwatch.recording.json_text import read_json
from moltwatch.recording.jsonl import JsonlReader, JsonlWriter
from moltwatch.recording.molt import MoltReader, MoltWriter
from moltwatch.recording.streams import Damaged, chunks, is_packed
from moltwatch.recording.tables import table_in
from moltwatch.times import Micros

SUFFIXES = (".molt", ".jsonl", ".jsonl.gz", ".jsonl.zst")
"""What a recording can be created as."""

ACCEPTED = (
    ".molt and .jsonl recordings (also packed with gzip or zstd), archives of API objects one a "
    "line, API answers as JSON, CSV with a header row, and a folder of CSV files"
)

_SQLITE = b"SQLite format 3\x00"
_LOOKED_AT = 20
"""Lines."""
_SAMPLE = 1 << 16
"""Bytes in which they are looked for."""


class Shape(StrEnum):
    """What a file holds."""

    MOLT = "molt"
    LINES = "lines"
    """Recording lines, with or without a header."""
    ARCHIVE = "archive"
    """Plain API objects, one a line."""
    DOCUMENT = "document"
    """One JSON value over several lines."""
    CSV = "csv"


async def open_recording(path: Path, *, now: Micros | None = None) -> Reader:
    """Open a recording, or an archive of plain API objects, whatever it is called.

    ``now`` is the wall clock's time where the caller has one: items of an archive that claim to be
    of later are not believed. Raises RecordingError, naming the file and what to do.
    """
    if _is_folder(path):
        return imports.folder_archive(path, now=now)
    shape, packed = recognise(path)
    if shape is Shape.MOLT:
        return await _Unpacked.open(path) if packed else await MoltReader.open(path)
    if shape is Shape.LINES:
        return JsonlReader(path)
    if shape is Shape.DOCUMENT:
        return imports.document_archive(path, now=now)
    if shape is Shape.CSV:
        return imports.table_archive(path, now=now)
    return imports.lines_archive(path, now=now)


async def create_recording(path: Path, header: Header, *, overwrite: bool = False) -> Writer:
    """Make a new recording, in the format its suffix says.

    Raises UsageError for a suffix that is none of :data:`SUFFIXES`, and RecordingError if the file
    is there already and ``overwrite`` is not set, or if it cannot be made.
    """
    suffix = check_suffix(path)
    clear(path, overwrite=overwrite)
    # A SOURCE may be a file whose name is no UTF-8, and a title anything a shell can pass on.
    header = structs.replace(header, title=scrub(header.title), origin=scrub(header.origin))
    if suffix == ".molt":
        return await MoltWriter.create(path, header)
    return JsonlWriter(path, header)


@contextmanager
def whole(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A new recording that is there whole or not at all: write to the path that is given; it takes
    its place when the body is done, and goes if the body does not come to its end.

    Raises RecordingError as :func:`create_recording` does.
    """
    check_free(target, overwrite=overwrite)
    _check_writable(target)
    part = target.with_name(f".part-{target.name}")
    try:
        yield part
        clear(target, overwrite=overwrite)
        _rename(part, target)
    finally:
        clear(part, overwrite=True)


class PlannedRecording:
    """A new recording, made when the first events come: a source that cannot be reached neither
    costs the old recording nor leaves an empty one in the way of the next try.

    What stands in its way is told at once, and by the same errors as by :func:`create_recording`.
    """

    def __init__(self, path: Path, header: Header, *, overwrite: bool = False) -> None:
        check_suffix(path)
        check_free(path, overwrite=overwrite)
        _check_writable(path)
        self._path, self._header, self._overwrite = path, header, overwrite
        self._writer: Writer | None = None

    async def write(self, events: Sequence[Event]) -> None:
        """See :class:`~moltwatch.recording.base.Writer`."""
        if self._writer is None:
            self._writer = await create_recording(
                self._path, self._header, overwrite=self._overwrite
            )
        await self._writer.write(events)

    async def close(self) -> None:
        """See :class:`~moltwatch.recording.base.Writer`."""
        if self._writer is not None:
            await self._writer.close()


def check_suffix(path: Path) -> str:
    """Which of :data:`SUFFIXES` the file has. Raises UsageError if none."""
    for suffix in reversed(SUFFIXES):
        if path.name.endswith(suffix):
            return suffix
    raise UsageError(f"{path}: a recording's name ends in {', '.join(SUFFIXES)}")


def recognise(path: Path) -> tuple[Shape, bool]:
    """What a file holds, and whether it is packed. Raises RecordingError if it is none of ours."""
    head, complete, damage = b"", True, None
    try:
        for piece in chunks(path):
            head += piece
            if len(head) >= _SAMPLE:
                complete = False
                break
    except Damaged as reason:
        damage = reason
    if head.startswith(_SQLITE):
        return Shape.MOLT, is_packed(path)
    if not head.strip():
        what = f"{damage}" if damage else "nothing was recorded"
        raise RecordingError(f"{path} is empty: {what}. Accepted are {ACCEPTED}.")
    return _shape_of_text(path, head, complete=complete), is_packed(path)


def _shape_of_text(path: Path, head: bytes, *, complete: bool) -> Shape:
    lines = [line for line in head.split(b"\n") if line.strip()]
    whole = lines if complete else lines[:-1]
    for number, line in enumerate(whole[:_LOOKED_AT]):
        try:
            value = read_json(line)
        except ValueError as error:
            if number == 0 and _goes_on(error):
                return Shape.DOCUMENT
        else:
            if isinstance(value, dict):
                own = value.get("type") in ("header", "gap", "heartbeat")
                seen = first(value, SEEN) is not None
                return Shape.LINES if own or seen else Shape.ARCHIVE
            if isinstance(value, list) and value:
                return Shape.ARCHIVE
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in b"{[":
        return Shape.ARCHIVE  # its first line is torn, or longer than what was looked at
    if table_in(lines[0].decode("utf-8", "replace")):
        return Shape.CSV
    raise RecordingError(f"{path} is {_describe(start)}. Accepted are {ACCEPTED}.")


def _goes_on(error: ValueError) -> bool:
    """The line is good JSON as far as it goes: a document goes on where a torn line does not."""
    if not isinstance(error, JSONDecodeError) or error.msg.startswith("Unterminated string"):
        return False
    return not error.doc[error.pos :].strip()


def _describe(start: bytes) -> str:
    sample = start[:24]
    if all(byte >= 0x20 or byte in b"\t\r\n" for byte in sample):
        return f"text that starts {sample.decode('utf-8', 'replace')!r}, not a recording"
    return f"binary data that starts {sample[:8].hex(' ')}, not a recording"


def _rename(part: Path, target: Path) -> None:
    try:
        part.rename(target)
    except OSError as error:
        raise RecordingError(f"cannot write {target}: {error.strerror or error}") from error


def _is_folder(path: Path) -> bool:
    return path.is_dir()


def check_free(path: Path, *, overwrite: bool) -> None:
    """Raise RecordingError if a new file cannot be made here, or may not because of an old one."""
    if not path.parent.is_dir():
        raise RecordingError(f"cannot make {path}: there is no such folder")
    if not path.exists() and not path.is_symlink():
        return
    if not overwrite:
        raise RecordingError(f"{path} is there already; it is overwritten only with --force")
    if not path.is_file():
        raise RecordingError(f"{path} is not a file and cannot be overwritten")


def _check_writable(path: Path) -> None:
    """Raise RecordingError if a file cannot be written here; leave everything as it was."""
    is_new = not path.exists()
    try:
        path.open("ab").close()
        if is_new:
            path.unlink()
    except OSError as error:
        raise RecordingError(f"cannot make {path}: {error.strerror or error}") from error


def clear(path: Path, *, overwrite: bool) -> None:
    """Make way for a new file: remove an old one and what SQLite left beside it.

    Raises RecordingError as :func:`check_free` does, and if the old one cannot be removed.
    """
    check_free(path, overwrite=overwrite)
    try:
        for part in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + part).unlink(missing_ok=True)
    except OSError as error:
        raise RecordingError(f"cannot overwrite {path}: {error.strerror or error}") from error


class _Unpacked:
    """A packed ``.molt``, read from a copy unpacked into the folder for temporary files."""

    def __init__(self, inner: MoltReader, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._inner, self._folder = inner, folder
        self.header: Header = inner.header
        self.rejects: Rejects = inner.rejects

    @classmethod
    async def open(cls, path: Path) -> _Unpacked:
        folder = tempfile.TemporaryDirectory(prefix="moltwatch-")
        try:
            return cls(await MoltReader.open(_unpack(path, Path(folder.name))), folder)
        except BaseException:
            folder.cleanup()
            raise

    def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        return self._inner.batches(start, size)

    async def span(self) -> Span | None:
        return await self._inner.span()

    async def close(self) -> None:
        await self._inner.close()
        self._folder.cleanup()


def _unpack(path: Path, folder: Path) -> Path:
    target = folder / path.stem
    try:
        with target.open("wb") as file:
            for piece in chunks(path):
                file.write(piece)
    except Damaged as reason:
        raise RecordingError(f"{path}: {reason}. Unpack it by hand to save what can be.") from None
    except OSError as error:
        raise RecordingError(f"cannot unpack {path} to {folder}: {error.strerror}") from error
    return target
