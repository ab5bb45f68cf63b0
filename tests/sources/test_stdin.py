"""Lines on standard input: whose time counts, and that nothing that is fed to it stops it."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from moltwatch.bounded import LARGEST_LINE
from moltwatch.dialects.lines import encode_lines
from moltwatch.errors import RecordingError
from moltwatch.model import Event, Heartbeat, Post
from moltwatch.sources.base import State
from moltwatch.sources.stdin import StdinSource
from moltwatch.times import HOUR, format_time
from tests.sources.fakes import T0, FakeClock, drain, post, settle

NOW = T0 + 24 * HOUR
PLAIN = b'{"id":"7","author":"ada","content":"hello","created_at":"2020-01-01T00:00:00Z"}\n'


@pytest.fixture
def pipe() -> Iterator[tuple[int, IO[bytes]]]:
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0), open(writing, "wb", buffering=0) as writer:
        yield reading, writer


def source(fd: int, heartbeat: float = 60.0, now: int = NOW) -> StdinSource:
    return StdinSource(clock=FakeClock(now), fd=fd, heartbeat=heartbeat)


async def read_all(data: bytes, tmp_path: Path) -> tuple[list[Event], StdinSource]:
    path = tmp_path / "input"
    path.write_bytes(data)
    with path.open("rb") as file:
        reading = source(file.fileno())
        return await drain(reading), reading


async def test_a_recording_keeps_its_times(tmp_path: Path) -> None:
    events = [post(i) for i in range(2000)]
    header = b'{"type":"header","format":"moltwatch","version":1}\n'
    found, reading = await read_all(header + encode_lines(events), tmp_path)
    assert found == events
    assert reading.replayed
    assert reading.status.state is State.ENDED
    assert reading.status.events == 2000


async def test_plain_posts_are_seen_now(tmp_path: Path) -> None:
    found, reading = await read_all(PLAIN, tmp_path)
    (event,) = found
    assert isinstance(event, Post)
    assert (event.seen_at, event.source, event.author) == (NOW, "stdin", "ada")
    assert event.created_at < NOW
    assert not reading.replayed


async def test_a_recording_by_a_clock_ahead_of_ours_keeps_its_times(tmp_path: Path) -> None:
    ahead = [post(1, 100 * 3600), post(2, 101 * 3600)]
    assert (await read_all(encode_lines(ahead), tmp_path))[0] == ahead


async def test_what_is_seen_now_is_not_seen_in_the_future(tmp_path: Path) -> None:
    found, _ = await read_all(PLAIN.replace(b"2020", b"2060"), tmp_path)
    assert [event.seen_at for event in found] == [NOW]


async def test_a_time_of_observation_in_camel_case_counts_as_well(tmp_path: Path) -> None:
    data = PLAIN.replace(b"created_at", b"seenAt")
    found, reading = await read_all(data, tmp_path)
    assert [format_time(event.seen_at) for event in found] == ["2020-01-01T00:00:00Z"]
    assert reading.replayed


async def test_bad_lines_cost_only_themselves(tmp_path: Path) -> None:
    data = b"\xff\n\n{\n[[[\n" + encode_lines([post(1)]) + b"\x00\n" + encode_lines([post(2)])
    found, reading = await read_all(data + b'{"type":"post","id"', tmp_path)
    assert found == [post(1), post(2)]
    assert reading.status.rejects.total == 5


async def test_the_last_line_needs_no_line_feed(tmp_path: Path) -> None:
    found, _ = await read_all(encode_lines([post(1), post(2)]).rstrip(), tmp_path)
    assert found == [post(1), post(2)]


async def test_each_line_is_passed_on_the_moment_it_is_there(pipe: tuple[int, IO[bytes]]) -> None:
    reading, writing = pipe
    batches = source(reading).batches()
    data = encode_lines([post(1), post(2)])
    first = data.index(b"\n") + 1
    writing.write(data[: first + 5])
    assert await anext(batches) == [post(1)]
    writing.write(data[first + 5 :])
    assert await anext(batches) == [post(2)]
    writing.close()
    with pytest.raises(StopAsyncIteration):
        await anext(batches)


async def test_while_a_live_pipe_is_quiet_time_goes_on(pipe: tuple[int, IO[bytes]]) -> None:
    reading, writing = pipe
    batches = source(reading, heartbeat=0).batches()
    writing.write(PLAIN)
    await anext(batches)
    assert await anext(batches) == [Heartbeat(seen_at=NOW, source="stdin")]


async def test_of_a_recording_only_its_own_heartbeats_count(pipe: tuple[int, IO[bytes]]) -> None:
    reading, writing = pipe
    live = source(reading, heartbeat=0)
    batches = live.batches()
    writing.write(PLAIN + encode_lines([post(1)]))
    await anext(batches)
    writing.write(encode_lines([post(2)]))
    batch = await anext(batches)
    while isinstance(batch[0], Heartbeat):  # of the live line before
        batch = await anext(batches)
    assert batch == [post(2)]
    following = asyncio.ensure_future(anext(batches))
    await settle()
    assert not following.done()
    writing.close()
    with pytest.raises(StopAsyncIteration):
        await following


async def test_closing_does_not_wait_for_a_silent_pipe(pipe: tuple[int, IO[bytes]]) -> None:
    reading, _ = pipe
    silent = source(reading)
    following = asyncio.ensure_future(anext(silent.batches()))
    await asyncio.sleep(0)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await silent.close()


async def test_a_line_too_long_is_counted(tmp_path: Path) -> None:
    long = b"x" * (LARGEST_LINE + 1)
    data = long + b"\n" + encode_lines([post(1)]) + long
    found, reading = await read_all(data, tmp_path)
    assert found == [post(1)]
    assert list(reading.status.rejects) == [("longer than 16 MB", 2, "line 1")]


async def test_what_cannot_be_read_is_no_end() -> None:
    """A terminal that went away: all that came before is told, and then why there is no more."""
    reading, writing = pty.openpty()
    tty.setraw(writing)
    os.write(writing, PLAIN + PLAIN.replace(b'"7"', b'"8"'))
    os.close(writing)
    watching, found = source(reading), list[Event]()
    try:
        with pytest.raises(RecordingError, match="standard input: cannot be read to its end: Inp"):
            async for batch in watching.batches():
                found += batch
    finally:
        os.close(reading)
    assert [event.id for event in found if isinstance(event, Post)] == ["7", "8"]
    assert watching.status.state is State.FAILED
