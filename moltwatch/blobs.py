"""Files of the cache: pieces of bytes one behind the other, then an index of them, and where that
begins. Nobody finds such a file before it is whole."""

from __future__ import annotations

import os
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from struct import Struct as Layout
from typing import IO
from zlib import crc32

ANSWERS, MOMENTS = ".answers", ".moments"
"""What the names of files end in."""

UNFINISHED = ".new"
"""What the name of a file ends in that is being written."""

_ABANDONED = 86_400.0
"""Seconds after which a file that nobody finished is taken for left behind."""

_END = Layout("<QII")
"""Where the index begins, how long it is, and a check of it."""


class NewFile:
    """A file that is being written to a folder, made if it is not there. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.size = 0
        """Bytes so far."""
        self._path: Path = folder / f".{os.getpid()}-{id(self)}{UNFINISHED}"
        self._file: IO[bytes] = self._path.open("xb")
        # Whatever becomes of the run, nothing half done stays behind.
        self._undo = weakref.finalize(self, self._path.unlink, missing_ok=True)

    def add(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Append some bytes. Returns where they begin."""
        begin = self.size
        self._file.writelines(pieces)
        self.size += sum(map(len, pieces))
        return begin

    def commit(self, index: bytes, path: Path) -> None:
        """It is whole: give it its name, in the same folder."""
        self._file.write(index)
        self._file.write(_END.pack(self.size, len(index), crc32(index)))
        self._file.close()
        self._path.replace(path)
        self._undo.detach()

    def discard(self) -> None:
        """It is of no use."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._undo()


def read_index(path: Path) -> bytes:
    """The index of a file. Raises OSError, or ValueError if it is not whole."""
    with path.open("rb") as file:
        end = file.seek(-_END.size, os.SEEK_END)
        offset, size, check = _END.unpack(file.read(_END.size))
        if offset + size != end:
            raise ValueError("its index is not where it should be")
        file.seek(offset)
        index = file.read(size)
    if crc32(index) != check:
        raise ValueError("its index is damaged")
    return index


def make_room(folder: Path, most_bytes: int) -> None:
    """Let go of files, the longest unused first, until the rest are not larger together."""
    files: list[tuple[float, int, Path]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith((ANSWERS, MOMENTS, UNFINISHED)):
                with suppress(OSError):  # another may have let go of it
                    state = entry.stat(follow_symlinks=False)
                    files.append((state.st_mtime, state.st_size, Path(entry.path)))
    files.sort()
    newest = files[-1][0] if files else 0.0
    total = sum(size for _, size, _ in files)
    for at, size, path in files:
        unfinished = path.suffix == UNFINISHED
        if newest - at > _ABANDONED if unfinished else total > most_bytes:
            with suppress(OSError):  # one that stays keeps no other
                path.unlink(missing_ok=True)
                total -= size
