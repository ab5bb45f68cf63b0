"""Recordings as a SQLite file: one file that grows while it is watched, seeks, and can be queried.

One table holds all events in order of arrival, each as the same JSON that a ``.jsonl`` has; beside
it stands the stream time (running maximum of ``seen_at``), which never falls from row to row, so
that seeking is one look into its index. Views (``posts``, ``agents``, ``gaps``) spread the JSON
into columns for people with a SQL prompt. A table for each type was rejected: order across types
is what a recording is for, and JSON keeps the two formats equal by construction.

While being written the file is in WAL mode, so readers and the writer do not wait for each other;
closing leaves a single plain file, which can be read from a folder that cannot be written.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import accumulate
from pathlib import Path

import aiosqlite
import msgspec

from moltwatch.bounded import LARGEST_LINE, TOO_LONG
from moltwatch.dialects import lines
from moltwatch.dialects.lines import VERSION, Header, check_version
from moltwatch.errors import RecordingError, Rejects
from moltwatch.model import Event
from moltwatch.recording.base import BATCH, MOST_STEPS, STEP, Span
from moltwatch.recording.place import Place
from moltwatch.times import Micros

APPLICATION_ID = 0x4D4F4C54  # "MOLT", in the file's header, where file(1) finds it

_TABLES = """
CREATE TABLE header (
    format TEXT NOT NULL, version INTEGER NOT NULL, title TEXT NOT NULL, origin TEXT NOT NULL,
    created_at TEXT NOT NULL, simulated INTEGER NOT NULL
);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,  -- order of arrival
    at INTEGER NOT NULL,      -- stream time: highest seen_at so far, microseconds since 1970
    type TEXT NOT NULL,       -- post, edit, delete, vote, agent, gap, heartbeat
    data TEXT NOT NULL        -- the event as JSON
);
CREATE INDEX events_by_time ON events (at);
"""

_VIEWS = {
    "posts": (
        "post",
        "id thread parent author community title text created_at seen_at link url score source",
    ),
    "agents": (
        "agent",
        "name display bio created_at seen_at karma followers following source",
    ),
    "gaps": ("gap", "since until reason recovered seen_at source"),
}

_STRANGE = """
SELECT name FROM sqlite_schema WHERE lower(name) IN ('header', 'events')
AND NOT (type = 'table' AND sql LIKE 'CREATE TABLE%')
"""
"""What goes by the name of a table of ours and is something else."""

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

MOST_BYTES = 8 << 20
"""A batch ends with the event that goes beyond it, however few there are: bodies may be large."""

_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file that is being written, on all disks but strange ones."""

_IS_READ = ("SQLITE_BUSY", "SQLITE_LOCKED")
"""Somebody reads it, and it stays in WAL mode until that ends."""
_IS_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
"""The log cannot be folded into the file, and comes to no harm."""

_LAST = (1 << 63) - 1
"""Highest ``seq`` there can be."""


class DamagedFile(RecordingError):
    """Pages of the file are missing or hold something else."""


class RowTooLong(RecordingError):
    """A row is longer than is taken at a time."""


READING = (sqlite3.Error, UnicodeDecodeError)
"""What reading raises: names in a damaged schema need not be text."""


class MoltReader:
    """An open ``.molt``, also one that is being written."""

    lasting = True
    """See :class:`~moltwatch.recording.base.Reader`: all its times were recorded."""

    def __init__(self, path: Path, db: aiosqlite.Connection, header: Header) -> None:
        self.path = path
        self.header = header
        self.rejects = Rejects()
        self.when_closed: Callable[[], None] = lambda: None
        """Called when the file has been closed."""
        self._db = db
        self._turn = asyncio.Lock()
        """Of whoever has set how long a row may be."""

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
            except RowTooLong:
                ((seq,),) = await self._rows("SELECT min(seq) FROM events WHERE seq > ?", seq)
                rejects.add(TOO_LONG, f"row {seq}")
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
            parts = await self._rows(
                "SELECT max(at), count(*) FROM events GROUP BY seq / ? ORDER BY seq / ?",
                *(max(STEP, rows[0][2] // MOST_STEPS + 1),) * 2,
            )
        except (DamagedFile, RowTooLong):
            return await self._span_of_the_rest()
        start, end, count = rows[0]
        counts = accumulate(n for _, n in parts)
        steps = list(zip((at for at, _ in parts), counts, strict=True))
        return Span(start=start, end=end, events=count, steps=steps) if count else None

    async def close(self) -> None:
        await self._db.close()
        self.when_closed()

    async def _seek(self, start: Micros | None) -> int:
        """The ``seq`` after which events are wanted."""
        if start is None:
            return -1
        for sql in (
            "SELECT seq - 1 FROM events WHERE at >= ? ORDER BY at, seq LIMIT 1",
            "SELECT seq - 1 FROM events NOT INDEXED WHERE at >= ? ORDER BY seq LIMIT 1",
        ):
            with suppress(DamagedFile, RowTooLong):
                rows = await self._rows(sql, start)
                return int(rows[0][0]) if rows else _LAST
        return -1  # it cannot be found: rather all of it than nothing

    async def _rows_after(self, seq: int, size: int) -> list[sqlite3.Row]:
        """At most ``size`` rows, and not many more than :data:`MOST_BYTES`; a long one alone.

        Raises DamagedFile where the next row cannot be read, and RowTooLong where no post is as
        long; those before it come first.
        """
        async with self._turn:
            # SQLite refuses a longer row before it has read it.
            most = LARGEST_LINE if size == 1 else MOST_BYTES // FETCHED
            self._db._conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)
            try:
                return await self._read_after(seq, size)
            except (DamagedFile, RowTooLong):
                if size == 1:
                    raise
        # A dozen and more are fetched at once: those before the damage come one by one.
        return await self._rows_after(seq, 1)

    async def _read_after(self, seq: int, size: int) -> list[sqlite3.Row]:
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
        except READING as error:
            explained = explain(error, self.path, "read")
            if not rows or not isinstance(explained, DamagedFile | RowTooLong):
                raise explained from error
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
        except RowTooLong:
            pass
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
        except READING as error:
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
        # What has been written lies in the log until it is folded into the file.
        beside = (path.with_name(path.name + suffix) for suffix in _BESIDE)
        self._beside = [Place(part, part_of=path) for part in beside if part.exists()]
        self._places = [Place(path), *self._beside]

    @classmethod
    async def create(cls, path: Path, header: Header) -> MoltWriter:
        """Make a new file; one that is there must have been removed. Raises RecordingError."""
        db = await connect(path, "rwc")
        async with closed_on_failure(db, path, "write"):
            await db.execute("PRAGMA journal_mode = WAL")
            await db.execute("PRAGMA synchronous = NORMAL")
            await db.executescript(creation())
            await db.execute(
                "INSERT INTO header VALUES (?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(header)
            )
            await db.commit()
            return cls(path, db)

    async def write(self, events: Sequence[Event]) -> None:
        if self._db is None:
            raise RecordingError(f"{self.path} is closed")
        await self._check()
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
            with suppress(RecordingError):  # which would say less
                await self.close()
            raise explain(error, self.path, "write") from error
        self._at = at

    async def close(self) -> None:
        """See :class:`~moltwatch.recording.base.Writer`."""
        if self._db is not None:
            await self._check()
            await self._finish()

    async def _check(self) -> None:
        """Raise RecordingError, and be closed, if the file lies no longer at its place."""
        try:
            for place in self._places:
                place.check()
        except RecordingError:
            await self._abandon()
            raise

    async def _finish(self) -> None:
        """Leave a single plain file, if that can be had."""
        db, self._db = self._db, None
        assert db is not None
        try:
            await db.rollback()
            await db.execute("PRAGMA busy_timeout = 0")
            await db.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            if not error.sqlite_errorname.startswith(_IS_READ):
                log = f"{self.path.name}{_BESIDE[0]}"
                told = f"What lay in {log} may be lost: look at the end of the recording."
                if error.sqlite_errorname.startswith(_IS_FULL):
                    told = f"It is whole only together with {log}, which lies beside it."
                raise RecordingError(f"cannot finish {self.path}: {error}. {told}") from error
        finally:
            await db.close()

    async def _abandon(self) -> None:
        """Fold what was written into the file that is open, wherever that lies now, and touch
        nothing that lies in its place."""
        db, self._db = self._db, None
        assert db is not None
        try:
            await db.rollback()
            await db.execute("PRAGMA busy_timeout = 0")
            rows = await db.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            folded = next(iter(rows))[0] == 0
        except sqlite3.Error:
            folded = False  # somebody reads it, or the disk is full: the log stays
        finally:
            await db.close()
        if folded:
            for place in self._beside:
                place.remove()


# --- what lies where in the file, and the header that says what it is ---------------------------


def creation() -> str:
    """The statements that make a new, empty recording; to be run as a script."""
    return f"BEGIN; {_TABLES} {_views()} {_stamp()} COMMIT;"


async def read_header(path: Path, db: aiosqlite.Connection) -> Header:
    """The header of a file that is a recording we can read."""
    found = [
        next(iter(await db.execute_fetchall(f"PRAGMA {pragma}")))[0]
        for pragma in ("application_id", "user_version")
    ]
    if found[0] != APPLICATION_ID:
        raise RecordingError(
            f"{path} is an SQLite database, but not a recording: moltwatch did not write it"
        )
    check_version(found[1], str(path))
    # What is made of other things than rows may never come to an end.
    if list(await db.execute_fetchall(_STRANGE)):
        raise RecordingError(f"{path}: its tables are not as moltwatch makes them")
    rows = list(await db.execute_fetchall("SELECT * FROM header"))
    if not rows:
        return Header()
    fields = dict(zip(Header.__struct_fields__, rows[0], strict=False))
    try:
        return msgspec.convert(fields, Header, strict=False)
    except msgspec.ValidationError as error:
        raise RecordingError(f"{path}: its header is damaged ({error})") from None


def _views() -> str:
    def view(name: str, event: str, fields: str) -> str:
        columns = ", ".join(
            f"json_extract(data, '$.{field}') AS {field}" for field in fields.split()
        )
        return (
            f"CREATE VIEW {name} AS SELECT seq, at, {columns} FROM events WHERE type = '{event}';"
        )

    return "\n".join(view(name, event, fields) for name, (event, fields) in _VIEWS.items())


def _stamp() -> str:
    return f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION};"


# --- the database: opened without loose ends, its errors told in words --------------------------


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
        if isinstance(error, READING):
            raise explain(error, path, verb) from error
        raise


def explain(error: Exception, path: Path, verb: str) -> RecordingError:
    """What happened to which file, and what to do."""
    code = getattr(error, "sqlite_errorname", "") or ""
    if (
        isinstance(error, UnicodeDecodeError)
        or code.startswith("SQLITE_CORRUPT")
        or str(error).startswith(_SIGNS_OF_DAMAGE)
    ):
        return DamagedFile(f"cannot {verb} {path}: the file is damaged from its beginning on")
    if code == "SQLITE_TOOBIG":
        return RowTooLong(f"cannot {verb} {path}: a row is {TOO_LONG}")
    for prefix, advice in _ADVICE.items():
        if code.startswith(prefix):
            return RecordingError(f"cannot {verb} {path}: {advice}")
    return RecordingError(f"cannot {verb} {path}: {error}")
