"""What only a recording in a database can get wrong: its thread, and how much it reads at once."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from moltwatch.errors import RecordingError
from moltwatch.model import Event, Post
from moltwatch.recording.molt import MOST_BYTES, MoltReader
from moltwatch.recording.opening import open_recording
from tests.recording.files import HEADER, assert_ended, write


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_an_opening_that_is_interrupted_leaves_no_thread(tmp_path: Path, turns: int) -> None:
    path = await write(tmp_path / "a.molt", [])
    before = threading.enumerate()
    opening = asyncio.create_task(MoltReader.open(path))
    for _ in range(turns):
        await asyncio.sleep(0)
    opening.cancel()
    (reader,) = await asyncio.gather(opening, return_exceptions=True)
    if isinstance(reader, MoltReader):
        await reader.close()
    assert_ended(before)


async def test_a_defect_while_opening_leaves_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    path = await write(tmp_path / "a.molt", [])
    before = threading.enumerate()
    monkeypatch.setattr("moltwatch.recording.molt.read_header", broken)
    with pytest.raises(ZeroDivisionError) as failed:
        await MoltReader.open(path)
    assert_ended(before)
    assert failed.tb, "as long as it is held, nothing is closed by being forgotten"


async def test_large_bodies_come_in_small_batches(tmp_path: Path) -> None:
    large = "x" * (1 << 20)
    events: list[Event] = [
        Post(id=f"p{n}", thread=f"p{n}", author="ada", text=large, created_at=n, seen_at=n)
        for n in range(40)
    ]
    reader = await MoltReader.open(await write(tmp_path / "a.molt", events, header=HEADER))
    batches = [len(batch) async for batch in reader.batches()]
    await reader.close()
    assert sum(batches) == 40
    assert max(batches) <= MOST_BYTES >> 20


@pytest.mark.parametrize("name", ["events", "EVENTS", "header"])
async def test_rows_that_are_worked_out_and_never_end_are_refused(
    tmp_path: Path, name: str
) -> None:
    path = await write(tmp_path / "night.molt", [])
    endless = "WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n)"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"DROP TABLE {name}")
        db.execute(f"CREATE VIEW {name} AS {endless} SELECT seq, seq AS at, '{{}}' AS data FROM n")
        db.commit()
    with pytest.raises(RecordingError, match="its tables are not as moltwatch makes them"):
        await open_recording(path)
