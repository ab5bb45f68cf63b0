"""What lies where in a ``.molt``: its tables and views, and the header that says what it is."""

from __future__ import annotations

from pathlib import Path

import aiosqlite
import msgspec

from moltwatch.dialects.lines import VERSION, Header, check_version
from moltwatch.errors import RecordingError

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
