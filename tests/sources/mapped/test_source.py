"""Server-sent events and JSON websockets with a mapping, against real servers that misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from moltwatch.dialects.mapped import read_mapping
from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.model import Event, Heartbeat
from moltwatch.sources.base import Source, Status
from moltwatch.sources.grammar import open_source
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.sources.mapped.feed import MappedFeed
from moltwatch.sources.mapped.source import load_mapping
from moltwatch.sources.mapped.sse import SseSource
from moltwatch.sources.registry import Opening
from tests.sources.fakes import T0, FakeClock
from tests.sources.servers import accept, gaps, ids, raw_server, text_frame

KEY = "-".join(("not", "a", "real", "key"))
MAPPING = """
[[event]]
when = "event == 'said'"
fields = { id = "data.id", author = "data.author", text = "data.text" }
[[event]]
make = "nothing"
"""
Scene = Callable[[asyncio.StreamReader, asyncio.StreamWriter, str], Awaitable[None]]


def said(number: int, **fields: Any) -> bytes:
    data = json.dumps({"id": f"p{number}", "author": "ada", "text": f"number {number}"} | fields)
    return f"event: said\nid: {number}\ndata: {data}\n\n".encode()


def head(status: str = "200 OK", sort: str = "text/event-stream", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {sort}\r\n{more}\r\n".encode()


class Streams:
    """A web server that acts out one scene a request, and repeats the last. Keeps what it heard."""

    def __init__(self, *scenes: bytes) -> None:
        self.scenes = scenes
        self.heard: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(self.scenes[min(len(self.heard), len(self.scenes)) - 1])
        writer.close()
        await writer.wait_closed()


@asynccontextmanager
async def web(streams: Callable[..., Awaitable[None]]) -> AsyncIterator[str]:
    async with raw_server(streams) as url:
        yield url.replace("ws://", "http://") + "/events"


async def collect(source: Source, until: str) -> list[Event]:
    events: list[Event] = []
    async for batch in source.batches():
        events += batch
        if until in ids(events):
            break
    await source.close()
    return events


def sse(
    url: str, clock: FakeClock | None = None, mapping: str = MAPPING, **options: Any
) -> SseSource:
    status = Status(name="reef")
    feed = MappedFeed(status, read_mapping(mapping.encode(), "m"))
    options = {"backoff": Backoff(draw=lambda: 1.0)} | options
    return SseSource(url, status, feed, clock=clock or FakeClock(), **options)


async def test_a_stream_that_drops_in_the_middle_of_an_event() -> None:
    streams = Streams(head() + said(1) + said(2) + said(3)[:30], head() + said(2) + said(3))
    clock = FakeClock()
    async with web(streams) as url:
        source = sse(url, clock)
        events = await collect(source, "p3")
    assert ids(events) == ["p1", "p2", "p3"]
    assert [gap.recovered for gap in gaps(events)] == [True], "what overlaps is whole"
    assert "last-event-id: 2" in streams.heard[1].lower()
    assert clock.slept == [0.5]
    assert not source.status.rejects


async def test_an_id_that_fits_into_no_header_is_not_sent_back() -> None:
    long = b"id: " + b"9" * 100_000 + b"\n\n"
    streams = Streams(head() + said(1) + long, head() + said(2))
    async with web(streams) as url:
        async with asyncio.timeout(30):
            events = await collect(sse(url), "p2")
    assert "last-event-id" not in streams.heard[1].lower()
    assert [gap.recovered for gap in gaps(events)] == [False]


async def test_a_stream_without_memory_leaves_a_gap() -> None:
    streams = Streams(head() + said(1), head() + said(5))
    async with web(streams) as url:
        events = await collect(sse(url), "p5")
    assert [gap.recovered for gap in gaps(events)] == [False]


async def test_the_server_says_how_long_to_stay_away() -> None:
    streams = Streams(
        head() + b"retry: 4000\n\n" + said(1),
        head("503 Busy", more="Retry-After: 20\r\nContent-Length: 0\r\n"),
        head() + said(2),
    )
    clock = FakeClock()
    async with web(streams) as url:
        await collect(sse(url, clock), "p2")
    assert clock.slept == [4.0, 28.0]


async def test_what_came_before_a_refusal_is_told() -> None:
    refusing = MAPPING + "[[refuse]]\nwhen = \"event == 'refused'\"\nreason = 'data'\n"
    streams = Streams(head() + said(1) + said(2) + b"event: refused\ndata: enough\n\n")
    events: list[Event] = []
    async with web(streams) as url:
        source = sse(url, mapping=refusing)
        async for batch in source.batches():
            events += batch
            if len(events) == 2:
                break
        await source.close()
    assert ids(events) == ["p1", "p2"]


async def test_what_came_before_a_frame_that_was_left_out_is_told_once() -> None:
    numbered = "sequence = 'data.seq'\n" + MAPPING
    streams = Streams(
        head() + said(1, seq=1) + said(2, seq=2) + said(4, seq=4),
        head() + said(3, seq=3) + said(4, seq=4),
    )
    async with web(streams) as url:
        events = await collect(sse(url, mapping=numbered), "p4")
    assert ids(events) == ["p1", "p2", "p3", "p4"]
    assert [gap.reason for gap in gaps(events)] == ["it left out 1 frame"]
    assert "last-event-id: 2" in streams.heard[1].lower()


async def test_while_it_is_quiet_time_goes_on_and_then_it_is_left() -> None:
    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head() + said(1))
        await writer.drain()
        await left.wait()

    left = asyncio.Event()
    clock = FakeClock()
    async with web(quiet) as url:
        source = sse(url, clock, heartbeat=0.02, patience=0.1)
        events: list[Event] = []
        async for batch in source.batches():
            events += batch
            clock.advance(1)
            if gaps(events):
                break
        left.set()
        await source.close()
    assert sum(isinstance(event, Heartbeat) for event in events) >= 3
    assert [gap.reason for gap in gaps(events)] == ["not a sign of life for 0.1 s"]
    assert gaps(events)[0].since == T0, "nobody knows what was said while it was silent"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (head("401 Unauthorized", more="Content-Length: 0\r\n"), "HTTP 401"),
        (head("404 Not Found", more="Content-Length: 0\r\n"), "HTTP 404"),
        (head(sort="text/html") + b"<html>", "does not send server-sent events"),
        (head("301 Moved", more="Location: http://127.0.0.1:1/\r\n"), "HTTP 301"),
        (b"", "connection lost"),
        (b"220 ftp ready\r\n", "connection lost"),
    ],
)
async def test_no_stream_there(answer: bytes, why: str) -> None:
    async with web(Streams(answer)) as url:
        source = sse(url, tries=2)
        with pytest.raises(SourceUnreachable, match=why):
            await collect(source, "never")
        await source.close()


async def test_a_request_that_is_never_answered() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with web(mute) as url:
        source = sse(url, tries=1, open_timeout=0.05)
        with pytest.raises(SourceUnreachable, match="no answer in time"):
            await collect(source, "never")
        await source.close()


async def test_nobody_there() -> None:
    async with web(Streams(b"")) as url:
        pass
    with pytest.raises(SourceUnreachable, match="reef: connection refused"):
        await collect(sse(url, tries=2), "never")


async def test_garbage_and_giants_between_events() -> None:
    giant = b"data: " + b"x" * 17_000_000 + b"\n\n"
    broken = [b"event: said\ndata: {\n\n", b"\xff\xfe\n", said(9, author=None), giant]
    async with web(Streams(head() + said(1) + b"".join(broken) + said(2))) as url:
        source = sse(url)
        assert ids(await collect(source, "p2")) == ["p1", "p2"]
    assert source.status.rejects.counts["an event larger than we take"] == 1
    assert source.status.rejects.counts["event 1: no author"] == 1


async def test_a_preset_its_key_and_its_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTFEED_KEY", KEY)
    data = json.dumps({"id": "p1", "author_name": "ada", "content": "hi"})
    streams = Streams(head() + f"event: post_created\ndata: {data}\n\n".encode())
    async with web(streams) as url:
        source = await open_source(f"sse+{url}?map=agentfeed&room=1", Opening(clock=FakeClock()))
        events = await collect(source, "p1")
    assert ids(events) == ["p1"]
    assert streams.heard[0].startswith("GET /events?room=1 HTTP")
    assert f"authorization: bearer {KEY}" in streams.heard[0].lower()
    monkeypatch.delenv("AGENTFEED_KEY")
    refusal = Streams(head("401 Unauthorized", more="Content-Length: 0\r\n"))
    async with web(refusal) as url:
        source = await open_source(f"sse+{url}?map=agentfeed", Opening(clock=FakeClock()))
        with pytest.raises(SourceUnreachable, match="set AGENTFEED_KEY, or AGENTFEED_KEY_FILE"):
            await collect(source, "never")
        await source.close()


async def test_a_key_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AGENTFEED_KEY", raising=False)
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    monkeypatch.setenv("AGENTFEED_KEY_FILE", str(file))
    streams = Streams(head("404 Not Found", more="Content-Length: 0\r\n"))
    async with web(streams) as url:
        source = await open_source(f"sse+{url}?map=agentfeed", Opening(clock=FakeClock()))
        with pytest.raises(SourceUnreachable):
            await collect(source, "never")
        await source.close()
    assert KEY in streams.heard[0]
    file.write_bytes(b"\xff" * 9)
    with pytest.raises(UsageError, match="not a key"):
        await open_source(f"sse+{url}?map=agentfeed", Opening(clock=FakeClock()))


async def test_a_stream_of_events_is_asked_nothing(tmp_path: Path) -> None:
    file = tmp_path / "asks.toml"
    file.write_text(MAPPING + "[[send]]\nframe = { hello = 1 }\n")
    with pytest.raises(UsageError, match=r"no \[\[send\]\]"):
        await open_source(f"sse+https://forum.example/x?map={file}", Opening(clock=FakeClock()))


async def test_a_websocket_killed_in_the_middle_of_a_frame() -> None:
    def frame(number: int) -> bytes:
        data = {"id": f"p{number}", "author": "ada", "text": "x" * 200}
        return text_frame(json.dumps({"event": "said", "data": data}))

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(frame(1) + frame(2)[:90])
        await writer.drain()

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(frame(2))
        await reader.read()

    async with raw_server(cut, whole) as url:
        status = Status(name="reef")
        feed = MappedFeed(status, read_mapping(MAPPING.encode(), "m"))
        source = WebsocketSource(url, status, feed, clock=FakeClock())
        events = await collect(source, "p2")
    assert ids(events) == ["p1", "p2"]
    assert [(gap.reason, gap.recovered) for gap in gaps(events)] == [("connection lost", False)]


def test_examples_of_presets_can_be_opened() -> None:
    for name in ("agentfeed", "chatr", "openclaw"):
        assert f"map={name}" in load_mapping(name).example
