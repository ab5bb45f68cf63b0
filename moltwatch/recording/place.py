"""The place of a recording that is being written: one recorder at a time writes there, and whether
the file still lies there is looked at again and again.

An open file goes on taking what is written to it when its name is gone: whoever deletes, moves or
replaces a recording would be told nothing, and nothing would be kept.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from moltwatch.errors import RecordingError

UNGUARDED = "files cannot be locked here: see to it that nothing else records to this one"
"""What is to be said of a :class:`Claim` that does not guard."""

_LONGEST_PID = 20
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)


class Claim:
    """The right to write one file. It ends with its process, however that ends.

    Locked is a small file beside it (``.night.molt.lock``), which goes with the claim. To lock the
    recording itself would lock out SQLite, where a system has one sort of lock for all.

    Raises RecordingError if somebody has the claim, or if it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.guards = True
        """Others are kept away; False where the system or the disk cannot lock a file."""
        self._lock = lock_of(path)
        self._is_ours = True
        """The file beside may be written; one that another user left can be locked all the same."""
        self._file: int | None = None
        try:
            while self._file is None:
                self._file = self._open(path)
            if self._is_ours:
                os.truncate(self._file, 0)
                os.write(self._file, b"%d\n" % os.getpid())
        except OSError as error:
            self.release()
            raise RecordingError(
                f"cannot make {path}: {self._lock}: {error.strerror or error}"
            ) from error

    def _open(self, path: Path) -> int | None:
        """The file beside, locked; None if whoever had it took it away in this moment."""
        try:
            file = os.open(self._lock, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o666)
            self._is_ours = True
        except PermissionError:
            if not self._lock.exists():
                raise
            file = os.open(self._lock, os.O_RDONLY | _NO_LINKS)
            self._is_ours = False
        try:
            _lock(file)
        except BlockingIOError:
            by = os.read(file, _LONGEST_PID).strip().decode("ascii", "replace")
            os.close(file)
            process = f"process {by}" if by.isdigit() else "another process"
            raise RecordingError(
                f"{path} is being written by {process}: end that, or name another file"
            ) from None
        except OSError:
            self.guards = False
            return file
        if _same(os.fstat(file), self._lock):
            return file
        os.close(file)
        return None

    def release(self) -> None:
        """Let others have it. May be called more than once."""
        file, self._file = self._file, None
        if file is not None:
            # While it is still locked: afterwards it could be that of somebody else.
            with suppress(OSError):
                self._lock.unlink()
            os.close(file)


def _lock(file: int) -> None:
    """Lock an open file. Raises BlockingIOError if somebody else has done so, another OSError where
    no file can be locked."""
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError as error:  # Windows
        raise OSError(UNGUARDED) from error
    flock(file, LOCK_EX | LOCK_NB)


def lock_of(path: Path) -> Path:
    """The file that is locked while ``path`` is written, by whatever way that is named."""
    return path.parent.resolve() / f".{path.name}.lock"


class Place:
    """Where an open file lies, to be asked whether it still does: a look takes a microsecond.

    ``part_of`` is the recording, where the file is but a part of it, whose size is another
    program's affair. Raises RecordingError if the file is not there.
    """

    def __init__(self, path: Path, *, part_of: Path | None = None) -> None:
        self.path = path
        self._absolute = os.path.abspath(path)  # noqa: PTH100  (symbolic links stay)
        self._recording = part_of
        self._size = 0
        self._found = self._look()

    def check(self, least: int = 0) -> None:
        """Raise RecordingError if another file or none lies there, or if it is shorter than it was
        at the last look, or than ``least`` bytes."""
        found = self._look()
        if not os.path.samestat(found, self._found):
            raise self._lost("was replaced by another file")
        if self._recording is None:
            if found.st_size < max(least, self._size):
                raise RecordingError(
                    f"{self.path} was cut short by another program while it was written: it is not "
                    "whole any more. Start again with another name."
                )
            self._size = found.st_size

    def _look(self) -> os.stat_result:
        try:
            return os.stat(self._absolute)  # noqa: PTH116  (half the time of Path.stat)
        except (FileNotFoundError, NotADirectoryError):
            raise self._lost("was deleted or moved away") from None
        except OSError as error:
            raise self._lost(f"cannot be seen any more ({error.strerror or error})") from error

    def remove(self) -> None:
        """Delete it, if it still lies there."""
        with suppress(OSError):
            if _same(self._found, self.path):
                self.path.unlink()

    def _lost(self, what: str) -> RecordingError:
        part = f", a part of {self._recording}," if self._recording else ""
        return RecordingError(
            f"{self.path}{part} {what} while it was written, so nothing more can be kept there. "
            "What came before is in the file that was written, if that still is anywhere. "
            "Start again with another name."
        )


def _same(found: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(found, path.stat())
    except FileNotFoundError:
        return False
