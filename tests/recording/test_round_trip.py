"""What is written is what is read: every event, in order, in every format."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moltwatch.dialects.lines import Header
from moltwatch.model import Event, Heartbeat, Post
from moltwatch.recording.base import MOST_STEPS, Span, span_of
from moltwatch.recording.opening import SUFFIXES, create_recording, open_recording
from moltwatch.times import SECOND
from tests.recording.files import HEADER, names, read, write
from tests.strategies import broken_texts, streams, times


async def test_a_span_knows_how_many_events_come_when(tmp_path: Path) -> None:
    """About, however long the recording is."""
    seconds = [*range(3_000), *(3_000 + 100 * n for n in range(3_000))]
    stream: list[Event] = [Heartbeat(seen_at=second * SECOND) for second in seconds]
    for suffix in (".molt", ".jsonl"):
        reader = await open_recording(await write(tmp_path / f"a{suffix}", stream))
        span = await reader.span()
        assert span is not None
        for n in (0, 1_500, 3_000, 4_500, 6_000 - 1):
            assert span.before(seconds[n] * SECOND) == pytest.approx(n, abs=100)
        await reader.close()
    long = await span_of([Heartbeat(seen_at=n)] for n in range(3 * MOST_STEPS))
    assert long is not None and len(long.steps) <= MOST_STEPS
    for n in (0, 5_000, 3 * MOST_STEPS):
        assert long.before(n) == pytest.approx(n, abs=9)
    assert Span(start=0, end=9, events=3).before(5) is None, "not every reader knows"


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(deadline=None, max_examples=40)
@given(stream=streams, cut=st.integers(0, 30), size=st.integers(1, 40))
def test_all_events_come_back_in_order(
    suffix: str, stream: list[Event], cut: int, size: int
) -> None:
    async def there_and_back() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = await write(Path(folder) / f"a{suffix}", stream[:cut], stream[cut:])
            events, rejects = await read(path, size=size)
            assert events == stream
            assert not rejects

    asyncio.run(there_and_back())


@settings(deadline=None, max_examples=40)
@given(stream=streams, start=times)
def test_both_formats_seek_alike(stream: list[Event], start: int) -> None:
    """From the first event seen at ``start`` or later, everything, also what is dated before."""
    begin = next((i for i, e in enumerate(stream) if e.seen_at >= start), len(stream))

    async def seek() -> None:
        with tempfile.TemporaryDirectory() as folder:
            for suffix in (".molt", ".jsonl"):
                path = await write(Path(folder) / f"a{suffix}", stream)
                assert (await read(path, start))[0] == stream[begin:]

    asyncio.run(seek())


@settings(deadline=None, max_examples=30)
@given(stream=streams)
def test_both_formats_span_alike(stream: list[Event]) -> None:
    async def span() -> None:
        with tempfile.TemporaryDirectory() as folder:
            for suffix in (".molt", ".jsonl.zst"):
                reader = await open_recording(await write(Path(folder) / f"a{suffix}", stream))
                found = await reader.span()
                await reader.close()
                if not stream:
                    assert found is None
                    continue
                assert found is not None
                assert found.start == stream[0].seen_at
                assert found.end == max(e.seen_at for e in stream)
                assert found.events == len(stream)
                assert found.before(found.end + 1) == len(stream)
                assert found.before(found.start) == 0

    asyncio.run(span())


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(deadline=None, max_examples=30)
@given(text=broken_texts)
def test_lone_surrogates_become_replacement_characters(suffix: str, text: str) -> None:
    post = Post(id="a", thread="a", author=text, text=text, created_at=1, seen_at=1)

    async def there_and_back() -> None:
        with tempfile.TemporaryDirectory() as folder:
            events, rejects = await read(await write(Path(folder) / f"a{suffix}", [post]))
            (back,) = events
            assert isinstance(back, Post)
            assert not rejects
            assert back.text == back.author
            assert [c for c in back.text if c != "\ufffd"] == [
                c for c in text if not "\ud800" <= c <= "\udfff" and c != "\ufffd"
            ]

    asyncio.run(there_and_back())


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_header_comes_back(tmp_path: Path, suffix: str) -> None:
    header = Header(title='Night, "two"\n', origin="ws://x", created_at="2026", simulated=True)
    reader = await open_recording(await write(tmp_path / f"a{suffix}", header=header))
    assert reader.header == header
    assert [batch async for batch in reader.batches()] == []
    assert await reader.span() is None
    await reader.close()


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_readable_while_being_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    beats = [Heartbeat(seen_at=n * SECOND) for n in range(1, 4)]
    writer = await create_recording(path, HEADER)
    assert (await read_growing(path)) == []
    for n, beat in enumerate(beats):
        await writer.write([beat])
        assert await read_growing(path) == beats[: n + 1]
    await writer.close()
    await writer.close()
    assert (await read(path))[0] == beats
    assert names(tmp_path) == [path.name]


async def read_growing(path: Path) -> list[Event]:
    """Like :func:`read`; a packed file being written has no proper end yet, which is counted."""
    events, rejects = await read(path)
    assert set(rejects.counts) <= {"compressed data is cut off"}
    return events


@pytest.mark.parametrize("suffix", SUFFIXES)
async def test_passes_do_not_add_up_rejects(tmp_path: Path, suffix: str) -> None:
    reader = await open_recording(await write(tmp_path / f"a{suffix}", [Heartbeat(seen_at=1)]))
    for _ in range(2):
        assert [e async for batch in reader.batches() for e in batch] == [Heartbeat(seen_at=1)]
        reader.rejects.add("left from before")
    assert reader.rejects.total == 1
    await reader.close()
