"""A recording's database file: opened without loose ends, its errors told in words."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from moltwatch.errors import RecordingError

FETCHED = 16
"""Rows that the database hands over at once."""

OUT_OF_ORDER = "rows out of order"
"""What a reader calls half a page of zeros."""

_SIGNS_OF_DAMAGE = (OUT_OF_ORDER, "no such table")
_ADVICE = {
    "SQLITE_FULL": "the disk is full. What was written before is kept.",
    "SQLITE_BUSY": "another program has locked it. End that program, or work on a copy.",
    "SQLITE_NOTADB": "it is not an SQLite database, or its start is damaged.",
    "SQLITE_READONLY": "the file or its folder cannot be written. Copy it to one that can.",
    "SQLITE_CANTOPEN": (
        "the file or its folder is not there, or access is denied. A recording that was not closed "
        "needs a folder that can be written: copy it to one, with the files beside it."
    ),
    "SQLITE_IOERR": "the disk reports an error or is full. What was written before is kept.",
}


class DamagedFile(RecordingError):
    """Pages of the file are missing or hold something else."""


async def connect(path: Path, mode: str) -> aiosqlite.Connection:
    """Open a file; ``mode`` is SQLite's, ``ro`` or ``rwc``. Raises RecordingError."""
    # Opened here and handed over: when aiosqlite itself fails to open a file, its thread may still
    # be answering when the event loop is gone, and dies with a traceback on the terminal.
    db = _open(path, mode)
    connection = aiosqlite.Connection(lambda: db, iter_chunk_size=FETCHED)
    # Nothing is left to be saved by a thread that outlives the work: each write is waited for.
    connection._thread.daemon = True
    return await connection


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    try:
        return sqlite3.connect(uri, uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise explain(error, path, "open") from error


@asynccontextmanager
async def closed_on_failure(db: aiosqlite.Connection, path: Path, verb: str) -> AsyncIterator[None]:
    """Whatever ends the body early, a cancellation too, the database's thread ends with it."""
    try:
        yield
    except BaseException as error:
        await db.close()
        if isinstance(error, sqlite3.Error):
            raise explain(error, path, verb) from error
        raise


def explain(error: sqlite3.Error, path: Path, verb: str) -> RecordingError:
    """What happened to which file, and what to do."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if code.startswith("SQLITE_CORRUPT") or str(error).startswith(_SIGNS_OF_DAMAGE):
        return DamagedFile(f"cannot {verb} {path}: the file is damaged from its beginning on")
    for prefix, advice in _ADVICE.items():
        if code.startswith(prefix):
            return RecordingError(f"cannot {verb} {path}: {advice}")
    return RecordingError(f"cannot {verb} {path}: {error}")
