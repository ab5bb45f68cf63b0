"""What a file is, is told by what it holds."""

from __future__ import annotations

import gzip
import lzma
import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from moltwatch.dialects.files import Format
from moltwatch.errors import MoltwatchError, RecordingError, UsageError
from moltwatch.model import Event, Gap, Heartbeat, Post
from moltwatch.recording.imports import detect_file
from moltwatch.recording.opening import PlannedRecording, create_recording, open_recording
from tests.recording.files import HEADER, lines, names, read, write

BEAT = Heartbeat(seen_at=1_700_000_000_000_000)
ITEM = b'{"id":"a","author":"x","content":"hello","created_at":"2026-02-01T12:00:00Z"}'


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b'{"type":"header","format":"moltwatch","version":1}\n', Format.LINES),
        (b'\n\n\xef\xbb\xbf{"type":"heartbeat","seen_at":1}', Format.LINES),
        (b'torn"}\n{"type":"heartbeat","seen_at":1}\n', Format.LINES),
        (b'{"id":"a","seenAt":"2026-01-31T05:19:31Z"}\n', Format.LINES),
        (ITEM, Format.ARCHIVE),
        (ITEM + b"\n" + ITEM + b"\n", Format.ARCHIVE),
        (b"[" + ITEM + b"]", Format.ARCHIVE),
        (b'{"posts":[' + ITEM + b"]}\n", Format.ARCHIVE),
        (b'{"posts":["' + b"x" * 200_000 + b'"]}', Format.ARCHIVE),
        (b'{\n "posts": [\n' + ITEM + b"\n]\n}", Format.DOCUMENT),
        (b'[\n  {\n    "id": "a"\n  }\n]', Format.DOCUMENT),
        (b'{"posts": [\n', Format.DOCUMENT),
        (b'{"id":"a","text":"torn\n' + ITEM + b"\n", Format.ARCHIVE),
        (b'{"id":"a","text":"' + b"x" * 200_000 + b'"}\n' + ITEM, Format.ARCHIVE),
        (b"id,author,content,created_at\na,x,hello,1\n", Format.CSV),
        (b"\xef\xbb\xbfid,post_id,agent_name,content\r\n", Format.CSV),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:24],
)
def test_text(tmp_path: Path, content: bytes, form: Format) -> None:
    path = tmp_path / "something.txt"
    for pack in (bytes, gzip.compress, zstandard.compress):
        path.write_bytes(pack(content))
        found, packed = detect_file(path)
        assert packed == (pack is not bytes)
        assert found is form


PIECE = st.sampled_from(
    (
        *(b"\r", b"\n", b",", b'"', b"{", b"[", b"\x00", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"),
        *(b"SQLite format 3\x00", b'{"type":"header"}\n', b"id,author,content\n", ITEM),
    )
)


@given(pieces=st.lists(PIECE | st.binary(max_size=40), max_size=12))
@example(pieces=[b"a\rb,c\nd\n"])
@example(pieces=[b"[" * 100_000])
async def test_no_bytes_surprise_it(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "something.jsonl.gz")
        for pack in (bytes, gzip.compress):
            path.write_bytes(pack(b"".join(pieces)))  # noqa: ASYNC240
            with suppress(MoltwatchError):
                reader = await open_recording(path)
                try:
                    async for _ in reader.batches():
                        pass
                finally:
                    await reader.close()


async def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, ITEM)
    os.close(writing)
    try:
        with pytest.raises(RecordingError, match=r"it is a pipe.* -"):
            await open_recording(Path(f"/dev/fd/{reading}"))
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: nothing was recorded"),
        (b" \n\n", "is empty: nothing was recorded"),
        (b"Dear diary,\n", "is text that starts 'Dear diary,"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "is binary data that starts 89 50 4e 47"),
        (b"name,display_name,description,subscriber_count\na,b,c,1\n", "is text that starts"),
        (gzip.compress(b"Dear diary", mtime=0), "is text that starts 'Dear diary'"),
        (b"PAR1\x15\x04" + bytes(99), "is a Parquet file: save its table as CSV"),
        (lzma.compress(b'{"id":"p"}'), "is packed with xz: unpack it first"),
        ("id,author,text\n".encode("utf-16"), "is text in UTF-16: save it as UTF-8"),
    ],
)
async def test_what_is_not_ours_is_described(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "thing.molt"
    path.write_bytes(content)
    with pytest.raises(RecordingError) as caught:
        await open_recording(path)
    assert f"{path} {said}" in str(caught.value)
    assert "Accepted are .molt and .jsonl recordings" in str(caught.value)


@pytest.mark.parametrize("suffix", [".molt", ".jsonl", ".jsonl.gz", ".jsonl.zst"])
async def test_a_wrong_name_does_not_matter(tmp_path: Path, suffix: str) -> None:
    path = (await write(tmp_path / f"a{suffix}", [BEAT])).rename(tmp_path / "a.csv")
    assert (await read(path))[0] == [BEAT]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
async def test_packed_molt_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    plain = await write(tmp_path / "a.molt", [BEAT, BEAT])
    path = tmp_path / "a.molt.packed"
    path.write_bytes(pack(plain.read_bytes()))
    reader = await open_recording(path)
    assert reader.header == HEADER
    assert [e async for batch in reader.batches() for e in batch] == [BEAT, BEAT]
    span = await reader.span()
    assert span is not None
    assert span.events == 2
    await reader.close()
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(RecordingError, match="cut off"):
        await open_recording(path)


async def test_missing(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"cannot read .*gone\.molt: No such file"):
        await open_recording(tmp_path / "gone.molt")


@pytest.mark.parametrize("name", ["a", "a.txt", "a.json", "a.gz", "a.molt.gz", "molt"])
async def test_only_known_suffixes_are_created(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"a recording's name ends in \.molt, \.jsonl"):
        await create_recording(tmp_path / name, HEADER)
    assert names(tmp_path) == []


@pytest.mark.parametrize("suffix", [".molt", ".jsonl"])
async def test_nothing_is_overwritten_unasked(tmp_path: Path, suffix: str) -> None:
    path = await write(tmp_path / f"a{suffix}", [BEAT])
    with pytest.raises(RecordingError, match="is there already"):
        await create_recording(path, HEADER)
    assert (await read(path))[0] == [BEAT]
    await write(path, [])
    assert (await read(path))[0] == []


async def test_a_log_left_by_another_file_is_cleared(tmp_path: Path) -> None:
    """SQLite would play the old log into the new file."""
    for part in ("-wal", "-shm"):
        (tmp_path / f"a.molt{part}").write_bytes(b"old" * 99)
    path = tmp_path / "a.molt"
    path.touch()
    await write(path, [BEAT])
    assert names(tmp_path) == ["a.molt"]
    assert (await read(path))[0] == [BEAT]


async def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(RecordingError, match="is not a file"):
        await create_recording(tmp_path / "a.jsonl", HEADER, overwrite=True)


async def test_a_place_that_takes_no_file_is_told_before_anything_comes(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"cannot make /proc/quiet\.jsonl"):
        PlannedRecording(Path("/proc/quiet.jsonl"), HEADER)
    await PlannedRecording(tmp_path / "fine.jsonl", HEADER).close()
    assert names(tmp_path) == []


async def test_headerless_lines(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", b'{"type":"heartbeat","seen_at":1700000000000000}')
    reader = await open_recording(path)
    assert reader.header.title == ""
    assert [e async for batch in reader.batches() for e in batch] == [BEAT]


async def test_a_molt_can_be_asked_in_sql(tmp_path: Path) -> None:
    events: list[Event] = [
        Post(id="a", thread="a", author="nova", text="it's", created_at=5, seen_at=7),
        Gap(seen_at=9, since=7, until=9, reason="closed", recovered=True),
        Post(id="b", thread="a", parent="a", author="ix", created_at=2, seen_at=8),
    ]
    path = await write(tmp_path / "a.molt", events)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT since, until, reason, recovered FROM gaps").fetchall() == [
            (7, 9, "closed", 1)
        ]
        assert db.execute("SELECT seq, at, id, author, text FROM posts").fetchall() == [
            (1, 7, "a", "nova", "it's"),
            (3, 9, "b", "ix", None),
        ]
        assert db.execute("SELECT title, simulated FROM header").fetchall() == [("A test", 0)]
        (plan,) = db.execute("EXPLAIN QUERY PLAN SELECT 1 FROM events WHERE at >= 5 LIMIT 1")
        assert "events_by_time" in plan[3]
