"""Files that were cut off, broken, locked, or never were recordings."""

from __future__ import annotations

import asyncio
import gzip
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from moltwatch.errors import RecordingError
from moltwatch.model import Event, Post
from moltwatch.recording.molt import MoltWriter
from moltwatch.recording.opening import create_recording, open_recording
from moltwatch.times import SECOND
from tests.recording.files import HEADER, lines, read, write

POSTS: list[Event] = [
    Post(
        id=f"p{n}",
        thread=f"p{n}",
        author=f"agent-{n % 50}",
        text=f"{n * 7919 % 65_537:x} shells on the beach, {n * 104_729 % 99_991:x} in the sea",
        created_at=(1_770_000_000 + n) * SECOND,
        seen_at=(1_770_000_000 + n) * SECOND,
    )
    for n in range(5_000)
]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.zst"])
async def test_cut_off_keeps_what_came_before(tmp_path: Path, suffix: str) -> None:
    whole = (await write(tmp_path / f"a{suffix}", POSTS[:2_500], POSTS[2_500:])).read_bytes()
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    events, rejects = await read(cut)
    assert 2_500 <= len(events) < len(POSTS)
    assert events == POSTS[: len(events)]
    assert rejects.counts["cut off in the middle of a line"] == 1
    assert rejects.counts["compressed data is cut off"] == (suffix != ".jsonl")


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".jsonl.zst"])
async def test_broken_packing_is_said_once(tmp_path: Path, suffix: str) -> None:
    whole = bytearray((await write(tmp_path / f"a{suffix}", POSTS[:2_500])).read_bytes())
    whole[-2_000:-1_900] = bytes(100)
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(whole)
    events, rejects = await read(path)
    # Bits may have turned into other good-looking text: checksums are at the end.
    assert rejects.counts["compressed data is damaged"] == 1
    assert events[:500] == POSTS[:500]


async def test_several_packed_parts_in_one_file(tmp_path: Path) -> None:
    first = (await write(tmp_path / "a.jsonl", POSTS[:10])).read_bytes()
    second = (await write(tmp_path / "b.jsonl", POSTS[10:20])).read_bytes()
    for pack in (gzip.compress, zstandard.compress):
        path = tmp_path / "both"
        path.write_bytes(pack(first) + pack(second))
        events, rejects = await read(path)
        assert events == POSTS[:20]
        assert not rejects


async def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    good = (await write(tmp_path / "a.jsonl", POSTS[:2])).read_bytes()
    path = tmp_path / "long.jsonl"
    path.write_bytes(good + b'{"text":"' + b"x" * (40 << 20) + b'"}\n' + good + b"y" * (18 << 20))
    events, rejects = await read(path)
    assert events == POSTS[:2] * 2
    assert list(rejects) == [("longer than 16 MB", 2, "line 4")]


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9])
async def test_a_truncated_database_keeps_what_came_before(tmp_path: Path, at: float) -> None:
    whole = (await write(tmp_path / "a.molt", POSTS)).read_bytes()
    path = tmp_path / "cut.molt"
    path.write_bytes(whole[: int(len(whole) * at)])
    events, rejects = await read(path)
    known = {post.id: post for post in POSTS if isinstance(post, Post)}
    assert len(events) > 0.8 * at * len(POSTS)
    assert all(isinstance(event, Post) and event == known[event.id] for event in events)
    assert rejects.counts["damaged from here to its end"] == 1

    reader = await open_recording(path)
    span = await reader.span()
    assert span is not None
    assert (span.start, span.end, span.events) == (
        events[0].seen_at, events[-1].seen_at, len(events),
    )  # fmt: skip
    middle = events[len(events) // 2].seen_at
    assert [e async for batch in reader.batches(middle) for e in batch] == [
        event for event in events if event.seen_at >= middle
    ]
    await reader.close()


async def test_overwritten_pages_cost_only_themselves(tmp_path: Path) -> None:
    path = await write(tmp_path / "a.molt", POSTS)
    with path.open("r+b") as file:
        for page in range(20, 40):
            file.seek(page * 4_096)
            file.write(b"\xaa" * 4_096)
    events, rejects = await read(path)
    assert 0.7 * len(POSTS) < len(events) < len(POSTS)
    assert events[-1] == POSTS[-1]
    assert events == [post for post in POSTS if post in events]
    assert dict(rejects.counts) == {"damaged part of the file": 1}


async def test_who_asks_how_long_it_is_does_not_count_for_who_reads(tmp_path: Path) -> None:
    path = await write(tmp_path / "a.molt", POSTS)
    with path.open("r+b") as file:
        file.seek(20 * 4_096)
        file.write(b"\xaa" * 4_096)
    reader = await open_recording(path)
    async for _ in reader.batches(size=1_000):
        assert await reader.span() is not None
    assert dict(reader.rejects.counts) == {"damaged part of the file": 1}
    await reader.close()


@pytest.mark.parametrize("length", [100, 5_000])
async def test_a_database_without_its_beginning(tmp_path: Path, length: int) -> None:
    path = tmp_path / "cut.molt"
    path.write_bytes((await write(tmp_path / "a.molt", POSTS[:50])).read_bytes()[:length])
    with pytest.raises(RecordingError, match=r"cut\.molt: .* is damaged"):
        await read(path)


async def test_damaged_rows_cost_only_themselves(tmp_path: Path) -> None:
    path = await write(tmp_path / "a.molt", POSTS[:5])
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE events SET data = '{' WHERE seq = 2")
        db.execute("UPDATE events SET data = x'ff00' WHERE seq = 3")
        db.execute("UPDATE events SET data = json_set(data, '$.seen_at', -1) WHERE seq = 4")
    events, rejects = await read(path)
    assert events == [POSTS[0], POSTS[4]]
    assert list(rejects) == [
        ("damaged row", 2, "row 2"),
        ("time outside 1970 to 2100", 1, "row 4"),
    ]


async def test_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.molt"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE events (seq)")
    with pytest.raises(RecordingError, match=r"other\.molt is an SQLite database, but not"):
        await open_recording(path)


async def test_a_schema_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "night.molt"
    await write(path, POSTS)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"simulated", b"simulate\xe4"))
    with pytest.raises(RecordingError, match="damaged"):
        reader = await open_recording(path)
        async for _ in reader.batches():
            pass


async def test_database_of_a_later_version(tmp_path: Path) -> None:
    path = await write(tmp_path / "a.molt")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(RecordingError, match=r"a\.molt was written by a later .*\(format 9"):
        await open_recording(path)


async def test_file_of_a_later_version(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", b'{"type":"header","format":"moltwatch","version":9}')
    with pytest.raises(RecordingError, match=r"a\.jsonl was written by a later .*\(format 9"):
        await open_recording(path)


async def test_locked_by_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = await create_recording(tmp_path / "a.molt", HEADER)
    assert isinstance(writer, MoltWriter)
    assert writer._db is not None
    await writer._db.execute("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(tmp_path / "a.molt")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordingError, match=r"a\.molt: another program has locked it"):
            await writer.write(POSTS[:1])
        with pytest.raises(RecordingError, match="closed"):
            await writer.write(POSTS[1:2])


async def test_closing_beside_a_reader_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.molt"
    writer = await create_recording(path, HEADER)
    await writer.write(POSTS)
    reader = await open_recording(path)
    batches = reader.batches(size=10)
    first = await anext(batches)
    await writer.close()
    events = [*first, *[e async for batch in batches for e in batch]]
    await reader.close()
    assert events == POSTS
    assert (await read(path))[0] == POSTS


def test_what_a_killed_recorder_leaves(tmp_path: Path) -> None:
    """The log beside the file belongs to it; what was written is there."""
    script = f"""
import asyncio, os
from pathlib import Path
from moltwatch.recording.opening import create_recording
from moltwatch.recording.molt import MoltWriter
from moltwatch.dialects.lines import Header
from tests.recording.test_damage import POSTS

async def main():
    for name in ("a.molt", "a.jsonl", "a.jsonl.gz", "a.jsonl.zst"):
        writer = await create_recording(Path({str(tmp_path)!r}) / name, Header())
        await writer.write(POSTS[:100])
    os._exit(9)

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], check=False)
    for name in ("a.molt", "a.jsonl", "a.jsonl.gz", "a.jsonl.zst"):
        events, _ = asyncio.run(read(tmp_path / name))
        assert events == POSTS[:100], name


@pytest.mark.parametrize("suffix", [".molt", ".jsonl", ".jsonl.gz", ".jsonl.zst"])
def test_a_full_disk_stops_the_writer_at_once(tmp_path: Path, suffix: str) -> None:
    """A limit on the size of files stands for the disk; what was written before stays readable."""
    script = f"""
import asyncio, resource
from pathlib import Path
from moltwatch.errors import RecordingError
from moltwatch.recording.opening import create_recording
from moltwatch.recording.molt import MoltWriter
from moltwatch.dialects.lines import Header
from tests.recording.test_damage import POSTS

async def main():
    writer = await create_recording(Path({str(tmp_path / f"a{suffix}")!r}), Header())
    await writer.write(POSTS[:500])
    most = max(file.stat().st_size for file in Path({str(tmp_path)!r}).iterdir()) + 8_192
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    for n in range(500, 5_000, 500):
        try:
            await writer.write(POSTS[n : n + 500])
        except RecordingError as error:
            print(error)
            break
    try:
        await writer.write(POSTS[:1])
    except RecordingError:
        print("and again")
    await writer.close()

asyncio.run(main())
"""
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    said, again = run.stdout.splitlines()
    assert said.startswith(f"cannot write {tmp_path / f'a{suffix}'}: ")
    assert said.endswith("What was written before is kept.")
    assert again == "and again"


@pytest.mark.parametrize("suffix", [".molt", ".jsonl", ".jsonl.gz"])
async def test_no_such_folder(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(RecordingError, match=r"cannot \w+ .*/nowhere/a\."):
        await create_recording(tmp_path / "nowhere" / f"a{suffix}", HEADER)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("suffix", [".molt", ".jsonl"])
def test_folder_that_cannot_be_written(tmp_path: Path, suffix: str) -> None:
    path = asyncio.run(write(tmp_path / f"a{suffix}", POSTS[:10]))
    tmp_path.chmod(0o500)
    try:
        assert asyncio.run(read(path))[0] == POSTS[:10]
        with pytest.raises(RecordingError, match=r"cannot \w+ .*b\."):
            asyncio.run(create_recording(tmp_path / f"b{suffix}", HEADER))
    finally:
        tmp_path.chmod(0o700)
