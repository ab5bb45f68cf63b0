"""A ``.molt`` being written."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import aiosqlite
import msgspec

from moltwatch.dialects import lines
from moltwatch.dialects.lines import Header
from moltwatch.errors import RecordingError
from moltwatch.model import Event
from moltwatch.recording.molt.database import closed_on_failure, connect, explain
from moltwatch.recording.molt.schema import creation
from moltwatch.times import Micros


class MoltWriter:
    """A ``.molt`` being written.

    Each :meth:`write` is one transaction: readable by others when it returns, and an error is the
    caller's at once. Gathering events over several calls would be quicker for a source that gives
    them one by one (10,000 a second as it is, 168,000 in batches of 1,000), but its errors would
    come late, and a crash would lose a second of what was observed.
    """

    def __init__(self, path: Path, db: aiosqlite.Connection) -> None:
        self.path = path
        self._db: aiosqlite.Connection | None = db
        self._at: Micros = 0

    @classmethod
    async def create(cls, path: Path, header: Header) -> MoltWriter:
        """Make a new file; one that is there must have been removed. Raises RecordingError."""
        db = await connect(path, "rwc")
        writer = cls(path, db)
        async with closed_on_failure(db, path, "write"):
            await db.execute("PRAGMA journal_mode = WAL")
            await db.execute("PRAGMA synchronous = NORMAL")
            await db.executescript(creation())
            await db.execute(
                "INSERT INTO header VALUES (?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(header)
            )
            await db.commit()
        return writer

    async def write(self, events: Sequence[Event]) -> None:
        if self._db is None:
            raise RecordingError(f"{self.path} is closed")
        rows = []
        at = self._at
        for event in events:
            at = max(at, event.seen_at)
            rows.append((at, lines.tag(event), lines.encode(event)))
        try:
            await self._db.executemany("INSERT INTO events (at, type, data) VALUES (?, ?, ?)", rows)
            await self._db.commit()
        except sqlite3.Error as error:
            # A second try could leave a hole in the middle: after the first failure it is over.
            await self.close()
            raise explain(error, self.path, "write") from error
        self._at = at

    async def close(self) -> None:
        db, self._db = self._db, None
        if db is None:
            return
        try:
            await db.rollback()
            await db.execute("PRAGMA busy_timeout = 0")
            await db.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error:
            pass  # somebody reads it, or the disk is full: it stays in WAL mode and is complete
        finally:
            await db.close()
