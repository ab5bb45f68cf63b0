"""Opening recordings, and whatever else can be read as one."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from moltwatch.dialects.detect import Format
from moltwatch.dialects.lines import Header
from moltwatch.errors import RecordingError, Rejects
from moltwatch.model import Event
from moltwatch.recording import imports
from moltwatch.recording.base import BATCH, Reader, Span
from moltwatch.recording.jsonl import JsonlReader
from moltwatch.recording.molt import MoltReader
from moltwatch.recording.streams import Damaged, chunks
from moltwatch.times import Micros


async def open_recording(path: Path, *, now: Micros | None = None) -> Reader:
    """Open a recording, or an archive of a forum's objects, whatever it is called.

    ``now`` is the wall clock's time where the caller has one: items of an archive that claim to be
    of later are not believed. Raises RecordingError, naming the file and what to do.
    """
    if path.is_dir():  # noqa: ASYNC240  (a look at a folder takes no time)
        return imports.folder_archive(path, now=now)
    form, packed = imports.detect_file(path)
    if form is Format.MOLT:
        return await _Unpacked.open(path) if packed else await MoltReader.open(path)
    if form is Format.LINES:
        return JsonlReader(path)
    return imports.file_archive(path, form, now=now)


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
