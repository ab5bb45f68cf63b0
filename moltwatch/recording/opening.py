"""Opening recordings, and whatever else can be read as one; and new recordings, in the format that
a suffix says, and no old one lost for nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import structs

from moltwatch.dialects.fields import scrub
from moltwatch.dialects.files import Format
from moltwatch.dialects.lines import Header
from moltwatch.errors import RecordingError, UsageError
from moltwatch.model import Event
from moltwatch.recording import imports
from moltwatch.recording.base import Reader, Writer
from moltwatch.recording.jsonl import JsonlReader, JsonlWriter
from moltwatch.recording.molt import MoltReader, MoltWriter
from moltwatch.recording.place import UNGUARDED, Claim
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
        return await _open_packed(path) if packed else await MoltReader.open(path)
    if form is Format.LINES:
        return JsonlReader(path)
    return imports.file_archive(path, form, now=now)


async def _open_packed(path: Path) -> MoltReader:
    """A packed ``.molt``, read from a copy unpacked into the folder for temporary files."""
    folder = tempfile.TemporaryDirectory(prefix="moltwatch-")
    try:
        reader = await MoltReader.open(_unpack(path, Path(folder.name)))
    except BaseException:
        folder.cleanup()
        raise
    reader.when_closed = folder.cleanup
    return reader


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


SUFFIXES = (".molt", ".jsonl", ".jsonl.gz", ".jsonl.zst")
"""What a recording can be created as."""


async def create_recording(path: Path, header: Header, *, overwrite: bool = False) -> Writer:
    """Make a new recording, in the format its suffix says, where nobody else writes: who cannot
    know that has made a :class:`~moltwatch.recording.place.Claim` before.

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
    claim = Claim(target)
    part = target.with_name(f".part-{target.name}")
    try:
        _check_writable(target)
        yield part
        _check_finished(part, target)
        clear(target, overwrite=overwrite)
        _rename(part, target)
    finally:
        clear(part, overwrite=True)
        claim.release()


class PlannedRecording:
    """A new recording, made when the first events come: a source that cannot be reached neither
    costs the old recording nor leaves an empty one in the way of the next try.

    What stands in its way is told at once, and by the same errors as by :func:`create_recording`;
    so is another recorder of the same file, which would be none the wiser until it were too late.
    ``complain`` is told where such a one cannot be kept away.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        *,
        overwrite: bool = False,
        complain: Callable[[str], None] = lambda _: None,
    ) -> None:
        check_suffix(path)
        check_free(path, overwrite=overwrite)
        self._claim = Claim(path)
        try:
            _check_writable(path)
        except RecordingError:
            self._claim.release()
            raise
        if not self._claim.guards:
            complain(f"{path}: {UNGUARDED}")
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
        try:
            if self._writer is not None:
                await self._writer.close()
        finally:
            self._claim.release()


def check_suffix(path: Path) -> str:
    """Which of :data:`SUFFIXES` the file has. Raises UsageError if none."""
    for suffix in reversed(SUFFIXES):
        if path.name.endswith(suffix):
            return suffix
    raise UsageError(f"{path}: a recording's name ends in {', '.join(SUFFIXES)}")


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


def _check_finished(part: Path, target: Path) -> None:
    """Raise RecordingError if some of it lies in a log beside, which does not go with it."""
    log = part.with_name(f"{part.name}-wal")
    if log.exists() and log.stat().st_size:
        raise RecordingError(
            f"cannot write {target}: it could not be finished, because the disk is full or another "
            f"program reads {part}"
        )


def _rename(part: Path, target: Path) -> None:
    try:
        part.rename(target)
    except OSError as error:
        raise RecordingError(f"cannot write {target}: {error.strerror or error}") from error
