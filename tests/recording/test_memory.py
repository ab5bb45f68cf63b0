"""Small files that hold much: a text is never longer than a live forum may send, whatever it is
written in, and what waits for its place in time does not pile up."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from msgspec import structs

from moltwatch.dialects.lines import encode_lines
from moltwatch.model import Event, Post
from moltwatch.recording.opening import open_recording
from moltwatch.sources.base import Status
from moltwatch.sources.merge import MergedReader, _Track
from moltwatch.times import SECOND, format_time
from tests.recording.files import write

HUGE = 35 << 19


def post(n: int, text: str = "x") -> Post:
    at = (1_770_000_000 + n) * SECOND
    return Post(id=f"p{n}", thread=f"p{n}", author="ada", text=text, created_at=at, seen_at=at)


POSTS = [post(n, "shell " * (HUGE // 6) if n in (1, 3) else "x") for n in range(5)]
"""Two of them are bombs."""


def plain(post: Post) -> dict[str, str]:
    """As an archive has it."""
    at = format_time(post.created_at)
    return {"id": post.id, "author": post.author, "content": post.text, "created_at": at}


PLAIN = list(map(plain, POSTS))


def recording() -> bytes:
    return encode_lines(POSTS)


def archive() -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in PLAIN)


def one_answer() -> bytes:
    return json.dumps({"success": True, "posts": PLAIN, "has_more": False}).encode()


def document() -> bytes:
    return json.dumps({"data": {"posts": PLAIN}}, indent=1).encode()


def table(cell: Callable[[str], str] = str) -> bytes:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(PLAIN[0])
    rows.writerows({**item, "content": cell(item["content"])}.values() for item in PLAIN)
    return out.getvalue().encode()


def table_of_lines() -> bytes:
    """Each line of a bomb looks like a row, and would be one if its cell were not open."""
    row = f'p9,eve,"{"never, ever " * 99}",2026-02-02T00:00:00Z\n'
    return table(lambda text: row * (HUGE // len(row)) if len(text) > 1 else text)


async def measured(path: Path) -> tuple[list[str], list[tuple[str, int]], int]:
    """Ids of the posts, what was refused, and the most bytes that were held at a time."""
    tracemalloc.start()
    try:
        reader = await open_recording(path)
        ids = [e.id async for b in reader.batches() for e in b if isinstance(e, Post)]
        await reader.close()
        refused = [(reason, n) for reason, n, _ in reader.rejects]
        return ids, refused, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "pack", "most"),
    [
        (recording, gzip.compress, 40),
        (recording, zstandard.compress, 40),
        (archive, gzip.compress, 40),
        (one_answer, zstandard.compress, 40),
        (document, gzip.compress, 50),
        (table, gzip.compress, 90),
        (table_of_lines, gzip.compress, 180),  # the csv module takes eight bytes for each of a cell
    ],
)
async def test_a_text_that_is_too_long_is_counted_and_costs_no_neighbour(
    tmp_path: Path, content: Callable[[], bytes], pack: Callable[[bytes, int], bytes], most: int
) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(pack(content(), 1))
    assert path.stat().st_size < 1 << 19
    ids, refused, peak = await measured(path)
    assert ids == ["p0", "p2", "p4"]
    assert refused == [("longer than 16 MB", 2)]
    assert peak < most << 20


@pytest.mark.parametrize("bombs", [{1, 3}, {0, 4}])
async def test_a_row_that_is_too_long_is_counted_and_costs_no_neighbour(
    tmp_path: Path, bombs: set[int]
) -> None:
    posts: list[Event] = [POSTS[1 if n in bombs else 0] for n in range(5)]
    posts = [structs.replace(post, id=f"p{n}") for n, post in enumerate(posts)]
    path = await write(tmp_path / "bomb.molt", posts)
    ids, refused, peak = await measured(path)
    assert ids == [f"p{n}" for n in range(5) if n not in bombs]
    assert refused == [("longer than 16 MB", len(bombs))]
    assert peak < 40 << 20
    reader = await open_recording(path)
    span = await reader.span()
    await reader.close()
    assert span is not None and span.events >= len(ids)


async def test_rows_that_are_long_come_one_by_one(tmp_path: Path) -> None:
    long: list[Event] = [post(n, "shell " * 300_000) for n in range(20)]
    path = await write(tmp_path / "long.molt", long)
    ids, refused, peak = await measured(path)
    assert (ids, refused) == ([f"p{n}" for n in range(20)], [])
    assert peak < 30 << 20


async def test_long_texts_wait_for_their_place_in_time_pressed(tmp_path: Path) -> None:
    path = tmp_path / "archive.jsonl"
    late = [plain(post(n ^ 1, "shell " * 300_000)) for n in range(30)]
    path.write_bytes(b"".join(json.dumps(item).encode() + b"\n" for item in late))
    ids, refused, peak = await measured(path)
    assert (ids, refused) == ([f"p{n}" for n in range(30)], [])
    assert peak < 30 << 20, "all of them are 54 MB"


async def test_profiles_with_long_bios_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "archive.jsonl"
    agents = [{"name": f"a{n}", "bio": "shell " * 300_000, "karma": n} for n in range(30)]
    items = [PLAIN[0], *agents, *agents, PLAIN[2]]
    path.write_bytes(b"".join(json.dumps(item).encode() + b"\n" for item in items))
    ids, refused, peak = await measured(path)
    assert (ids, refused) == (["p0", "p2"], [])
    assert peak < 30 << 20, "all of them are 54 MB"


async def test_recordings_read_as_one_do_not_gather_long_texts(tmp_path: Path) -> None:
    tracks = []
    for part in (0, 1):
        posts: list[Event] = [post(n, "shell " * 300_000) for n in range(part, 20, 2)]
        reader = await open_recording(await write(tmp_path / f"{part}.jsonl", posts))
        tracks.append(_Track(reader, Status(name=str(part))))
    sizes = [len(batch) async for batch in MergedReader(tracks).batches()]
    assert sizes == [1] * 20
