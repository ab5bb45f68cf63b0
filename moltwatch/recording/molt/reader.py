"""An open ``.molt``: batch by batch, from any moment on, and round what is damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import aiosqlite

from moltwatch.dialects import lines
from moltwatch.dialects.lines import Header
from moltwatch.errors import Rejects
from moltwatch.model import Event
from moltwatch.recording.base import BATCH, Span
from moltwatch.recording.molt.database import (
    OUT_OF_ORDER,
    DamagedFile,
    closed_on_failure,
    connect,
    explain,
)
from moltwatch.recording.molt.schema import read_header
from moltwatch.times import Micros

MOST_BYTES = 8 << 20
"""A batch ends with the event that goes beyond it, however few there are: bodies may be large."""

_LAST = (1 << 63) - 1
"""Highest ``seq`` there can be."""


class MoltReader:
    """An open ``.molt``, also one that is being written."""

    def __init__(self, path: Path, db: aiosqlite.Connection, header: Header) -> None:
        self.path = path
        self.header = header
        self.rejects = Rejects()
        self._db = db

    @classmethod
    async def open(cls, path: Path) -> MoltReader:
        """Raises RecordingError if it is no recording, damaged, or of a later version."""
        db = await connect(path, "ro")
        async with closed_on_failure(db, path, "read"):
            # SQLite refuses a file that was cut off; with this it reads what is there.
            await db.execute("PRAGMA writable_schema = ON")
            header = await read_header(path, db)
        return cls(path, db, header)

    async def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        """See :class:`~moltwatch.recording.base.Reader`. Counts of rejects start anew."""
        self.rejects.clear()
        async for events in self._batches(start, size, self.rejects):
            yield events

    async def _batches(
        self, start: Micros | None, size: int, rejects: Rejects
    ) -> AsyncIterator[Sequence[Event]]:
        # Each batch is a query of its own: a reader that pauses for an hour in the middle of one
        # would keep the writer's log from being folded into the file.
        seq: int | None = await self._seek(start)
        while seq is not None:
            try:
                rows = await self._rows_after(seq, size)
            except DamagedFile:
                seq = await self._beyond_damage(seq, rejects)
                continue
            if not rows:
                return
            seq = rows[-1][0]
            yield _decode(rows, rejects)

    async def span(self) -> Span | None:
        """See :class:`~moltwatch.recording.base.Reader`."""
        try:
            rows = await self._rows(
                "SELECT (SELECT at FROM events ORDER BY seq LIMIT 1), max(at), count(*) FROM events"
            )
        except DamagedFile:
            return await self._span_of_the_rest()
        start, end, count = rows[0]
        return Span(start=start, end=end, events=count) if count else None

    async def close(self) -> None:
        await self._db.close()

    async def _seek(self, start: Micros | None) -> int:
        """The ``seq`` after which events are wanted."""
        if start is None:
            return -1
        for sql in (
            "SELECT seq - 1 FROM events WHERE at >= ? ORDER BY at, seq LIMIT 1",
            "SELECT seq - 1 FROM events NOT INDEXED WHERE at >= ? ORDER BY seq LIMIT 1",
        ):
            with suppress(DamagedFile):
                rows = await self._rows(sql, start)
                return int(rows[0][0]) if rows else _LAST
        return -1  # it cannot be found: rather all of it than nothing

    async def _rows_after(self, seq: int, size: int) -> list[sqlite3.Row]:
        """At most ``size`` rows, and not many more than :data:`MOST_BYTES`.

        Raises DamagedFile where the next row cannot be read; those before it come first.
        """
        sql = "SELECT seq, CAST(data AS BLOB) FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
        rows: list[sqlite3.Row] = []
        length = 0
        try:
            async with self._db.execute(sql, (seq, size)) as found:
                async for row in found:
                    if row[0] <= (rows[-1][0] if rows else seq):
                        raise sqlite3.DatabaseError(OUT_OF_ORDER)  # half a page is zeros
                    rows.append(row)
                    length += len(row[1] or b"")
                    if length >= MOST_BYTES:
                        break
        except sqlite3.Error as error:
            explained = explain(error, self.path, "read")
            if not isinstance(explained, DamagedFile) or not (rows or size > 1):
                raise explained from error
            # A dozen and more are fetched at once: those before the damage come one by one.
            return rows or await self._rows_after(seq, 1)
        return rows

    async def _beyond_damage(self, seq: int, rejects: Rejects) -> int | None:
        """The ``seq`` after which rows can be read again; None if there are none.

        Looks ahead in doubling steps and then between the last two: what is damaged are pages, and
        a page holds many rows.
        """
        where = f"row {seq + 1}"
        bad, good = seq, seq + 1
        while not await self._is_readable(good):
            bad, good = good, good + 2 * (good - bad)
            if good > _LAST:
                rejects.add("damaged from here to its end", where)
                return None
        while good - bad > 1:
            middle = (good + bad) // 2
            bad, good = (bad, middle) if await self._is_readable(middle) else (middle, good)
        rejects.add("damaged part of the file", where)
        return good - 1

    async def _is_readable(self, seq: int) -> bool:
        try:
            await self._rows_after(seq - 1, 1)
        except DamagedFile:
            return False
        return True

    async def _span_of_the_rest(self) -> Span | None:
        """What :meth:`span` is when only a part can be read. Somebody may be reading the recording
        meanwhile, and counts its rejects."""
        parts = self._batches(None, BATCH, Rejects())
        times = [event.seen_at async for batch in parts for event in batch]
        return Span(start=times[0], end=max(times), events=len(times)) if times else None

    async def _rows(self, sql: str, *values: int) -> list[sqlite3.Row]:
        try:
            return list(await self._db.execute_fetchall(sql, values))
        except sqlite3.Error as error:
            raise explain(error, self.path, "read") from error


def _decode(rows: list[sqlite3.Row], rejects: Rejects) -> list[Event]:
    events = []
    for seq, data in rows:
        try:
            event = lines.decode(data)
        except (ValueError, TypeError, RecursionError):
            rejects.add("damaged row", f"row {seq}")
            continue
        if lines.is_sane(event):
            events.append(event)
        else:
            rejects.add("time outside 1970 to 2100", f"row {seq}")
    return events
