"""The forum client against real servers, most of which misbehave."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.model import Event, Gap, Heartbeat, Post
from moltwatch.recording.codec import encode as line
from moltwatch.sources.backoff import Backoff
from moltwatch.sources.base import State
from moltwatch.sources.forum import ForumSource
from moltwatch.sources.grammar import open_source
from tests.sources.fakes import FakeClock, drain, post

Handler = Callable[[ServerConnection], Awaitable[None]]


def source(url: str, clock: FakeClock | None = None, **options: Any) -> ForumSource:
    options = {"backoff": Backoff(draw=lambda: 1.0)} | options
    return ForumSource(url, clock=clock or FakeClock(), **options)


def welcome(**fields: Any) -> str:
    return json.dumps({"type": "welcome", "protocol": 1, "clock": "stream", **fields})


def frame(*of: Event, cursor: str | None = None) -> str:
    return json.dumps(
        {"type": "events", "cursor": cursor, "events": [json.loads(line(e)) for e in of]}
    )


END = '{"type":"end"}'


class Script:
    """A server that acts out one scene a connection, and repeats the last. Keeps what it heard."""

    def __init__(self, *scenes: Handler) -> None:
        self.scenes = scenes
        self.heard: list[dict[str, Any]] = []

    async def __call__(self, websocket: ServerConnection) -> None:
        number = len(self.heard)
        self.heard.append(json.loads(await websocket.recv()))
        await self.scenes[min(number, len(self.scenes) - 1)](websocket)


def says(*frames: str | bytes, code: int = 1000, reason: str = "") -> Handler:
    async def scene(websocket: ServerConnection) -> None:
        for text in frames:
            await websocket.send(text)
        await websocket.close(code, reason)

    return scene


@asynccontextmanager
async def forum(handler: Handler, **options: Any) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        host, port = next(iter(server.sockets)).getsockname()
        yield f"ws://{host}:{port}"


@asynccontextmanager
async def raw_server(
    *scenes: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A TCP server without manners, one scene a connection."""
    count = 0

    async def act(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        scene = scenes[min(count, len(scenes) - 1)]
        count += 1
        try:
            await scene(reader, writer)
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(act, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"ws://{host}:{port}"
    finally:
        server.close()


async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer an opening handshake by hand."""
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(
        text.split(": ")[1]
        for text in request.split("\r\n")
        if text.startswith("Sec-WebSocket-Key")
    )
    digest = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )
    await writer.drain()


def text_frame(text: str) -> bytes:
    data = text.encode()
    assert 126 <= len(data) < 1 << 16
    return b"\x81\x7e" + len(data).to_bytes(2) + data


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events if isinstance(event, Post)]


def gaps(events: Sequence[Event]) -> list[Gap]:
    return [event for event in events if isinstance(event, Gap)]


async def test_from_welcome_to_end() -> None:
    script = Script(says(welcome(cursor="c0"), frame(post(1), post(2), cursor="c2"), END))
    async with forum(script) as url:
        watching = source(url, communities=["general"])
        assert await drain(watching) == [post(1), post(2)]
    assert script.heard == [
        {"type": "subscribe", "protocol": 1, "since": None, "communities": ["general"]}
    ]
    assert watching.status.state is State.ENDED
    assert watching.status.events == 2
    assert watching.status.name == url.removeprefix("ws://")


async def test_comes_back_and_resumes() -> None:
    script = Script(
        says(welcome(cursor="c0"), frame(post(1), post(2), cursor="c2"), code=1012),
        says(code=1013),
        says(welcome(resumed=True, cursor="c2"), frame(post(3), cursor="c3"), END),
    )
    clock = FakeClock()
    async with forum(script) as url:
        watching = source(url, clock)
        events = await drain(watching)
    assert ids(events) == ["p1", "p2", "p3"]
    (gap,) = gaps(events)
    assert gap.recovered
    assert gap.reason == "closed by the server (1012)"
    assert (gap.since, gap.until) == (post(2).seen_at, post(3).seen_at)
    assert [heard["since"] for heard in script.heard] == [None, "c2", "c2"]
    assert clock.slept == [0.5, 1.0]
    assert watching.status.gaps == 1


async def test_nothing_comes_twice_from_a_server_that_cannot_resume() -> None:
    script = Script(
        says(welcome(), frame(post(1), post(2)), code=1001),
        says(welcome(), frame(post(1), post(2), post(3)), END),
    )
    async with forum(script) as url:
        events = await drain(source(url))
    assert ids(events) == ["p1", "p2", "p3"]
    assert [gap.recovered for gap in gaps(events)] == [False]


async def test_a_simple_forum() -> None:
    script = Script(
        says('{"id":"1","author":"ada","content":"hello"}', b'{"id":"2","author":"bob"}', END)
    )
    async with forum(script) as url:
        assert ids(await drain(source(url))) == ["1", "2"]


async def test_garbage_and_binary_frames_are_counted() -> None:
    garbage: list[str | bytes] = [
        "",
        "hello",
        "[1]",
        b"\x00\x01\xff",
        '{"type":"events","events":[3]}',
        "{" * 9999,
    ]
    script = Script(says(welcome(), *garbage, frame(post(1)), END))
    async with forum(script) as url:
        watching = source(url)
        assert await drain(watching) == [post(1)]
    assert watching.status.rejects.total == len(garbage)


async def test_invalid_utf_8_in_a_text_frame_costs_only_itself() -> None:
    async def scene(websocket: ServerConnection) -> None:
        await websocket.send(b"\xff\xfe", text=True)
        await says(frame(post(1)), END)(websocket)

    async with forum(Script(scene)) as url:
        watching = source(url)
        assert ids(await drain(watching)) == ["p1"]
    assert watching.status.rejects.total == 1


async def test_a_frame_too_large_is_skipped_with_a_gap() -> None:
    async def too_large(websocket: ServerConnection) -> None:
        await websocket.send(welcome(cursor="c0"))
        await websocket.send(frame(post(1), cursor="c1"))
        await websocket.send("x" * 20_000_000)
        await websocket.wait_closed()

    script = Script(too_large, says(welcome(cursor="c9"), frame(post(9)), END))
    async with forum(script, compression=None) as url:
        watching = source(url)
        events = await drain(watching)
    assert ids(events) == ["p1", "p9"]
    assert [(gap.reason, gap.recovered) for gap in gaps(events)] == [
        ("a message larger than we take", False)
    ]
    # With the cursor the same message would come again, for ever.
    assert script.heard[1]["since"] is None
    assert watching.status.rejects.counts["a frame larger than we take"] == 1


async def test_killed_in_the_middle_of_a_frame() -> None:
    text = frame(post(1), cursor="c1")

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        await reader.read(1)
        writer.write(text_frame(welcome(padding="x" * 100)) + text_frame(text))
        writer.write(text_frame(text)[:50])
        await writer.drain()

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        for data in (welcome(resumed=True, padding="x" * 100), frame(post(2), cursor="c2")):
            writer.write(text_frame(data))
        writer.write(text_frame(json.dumps({"type": "end", "padding": "x" * 100})))
        await writer.drain()
        await reader.read()

    async with raw_server(cut, whole) as url:
        events = await drain(source(url))
    assert ids(events) == ["p1", "p2"]
    assert [(gap.reason, gap.recovered) for gap in gaps(events)] == [("connection lost", True)]


async def test_frames_that_are_no_websocket_frames() -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(b"\xf7" + b"nonsense" * 20)
        await writer.drain()
        await reader.read()

    async with raw_server(nonsense) as url:
        with pytest.raises(SourceUnreachable, match="not websocket"):
            await drain(source(url, tries=2))


async def test_a_handshake_that_is_never_answered() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    clock = FakeClock()
    async with raw_server(silent) as url:
        watching = source(url, clock, open_timeout=0.05, tries=3)
        with pytest.raises(SourceUnreachable, match="no answer in time"):
            await drain(watching)
    assert clock.slept == [0.5, 1.0]
    assert watching.status.state is State.FAILED


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\nhello", b"220 ftp ready\r\n", b""])
async def test_something_else_lives_there(answer: bytes) -> None:
    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with raw_server(other) as url:
        with pytest.raises(SourceUnreachable):
            await drain(source(url, tries=2))


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_refused_for_good(status: int) -> None:
    tries = 0

    def refuse(websocket: ServerConnection, request: Request) -> Response:
        nonlocal tries
        tries += 1
        return websocket.respond(status, "no")

    async with forum(says(), process_request=refuse) as url:
        with pytest.raises(SourceUnreachable, match=f"HTTP {status}"):
            await drain(source(url))
    assert tries == 1


async def test_a_busy_server_says_when_to_come_back() -> None:
    tries = 0

    def busy(websocket: ServerConnection, request: Request) -> Response | None:
        nonlocal tries
        tries += 1
        if tries > 2:
            return None
        response = websocket.respond(503, "busy")
        response.headers["Retry-After"] = "30"
        return response

    clock = FakeClock()
    script = Script(says(welcome(), frame(post(1)), END))
    async with forum(script, process_request=busy) as url:
        assert ids(await drain(source(url, clock))) == ["p1"]
    assert clock.slept == [30.5, 31.0]


async def test_nobody_there() -> None:
    async with forum(says()) as url:
        pass
    clock = FakeClock()
    with pytest.raises(SourceUnreachable, match=f"{url.removeprefix('ws://')}: connection refused"):
        await drain(source(url, clock, tries=3))
    assert clock.slept == [0.5, 1.0]


async def test_once_connected_it_never_gives_up() -> None:
    script = Script(says(welcome(cursor="c0"), frame(post(1), cursor="c1")))

    class Patient(FakeClock):
        """Lets the server come back after many tries."""

        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if len(self.slept) == 12:
                script.scenes = (says(welcome(resumed=True), END),)

    clock = Patient()
    async with forum(script) as url:
        watching = source(url, clock, tries=2)
        events = await drain(watching)
    assert ids(events) == ["p1"]
    assert clock.slept[:8] == [0.5, 1, 2, 4, 8, 16, 30, 30]


async def test_refused_after_it_had_been_connected() -> None:
    script = Script(
        says(welcome(), frame(post(1))),
        says('{"type":"error","code":"forbidden","message":"you watched too long"}'),
    )
    async with forum(script) as url:
        watching = source(url)
        events: list[Event] = []
        with pytest.raises(SourceUnreachable, match="you watched too long"):
            async for batch in watching.batches():
                events += batch
    assert [type(event) for event in events] == [Post, Gap]


async def test_a_server_that_breaks_its_promise_of_heartbeats_is_dead() -> None:
    async def mute(websocket: ServerConnection) -> None:
        await websocket.send(welcome(cursor="c0", heartbeat=0.02))
        await websocket.send(frame(post(1), cursor="c1"))
        await websocket.wait_closed()

    script = Script(mute, says(welcome(resumed=True), frame(post(2)), END))
    async with forum(script) as url:
        events = await drain(source(url))
    assert ids(events) == ["p1", "p2"]
    assert [gap.reason for gap in gaps(events)] == ["not a sign of life for 0.1 s"]


async def test_a_quiet_server_that_promised_nothing_is_asked() -> None:
    asked = asyncio.Event()

    async def quiet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(text_frame(frame(post(1), cursor="c1")))
        while data := await reader.read(1000):
            if data.startswith(b"\x89"):  # a ping; never answered
                asked.set()

    async def back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(text_frame(json.dumps({"type": "end", "padding": "x" * 100})))
        await reader.read()

    async with raw_server(quiet, back) as url:
        events = await drain(source(url, patience=0.03))
    assert asked.is_set()
    assert [type(event) for event in events] == [Post, Gap]


async def test_a_quiet_server_that_answers_is_alive() -> None:
    async def quiet(websocket: ServerConnection) -> None:
        await websocket.send(welcome())
        for _ in range(3):
            await answered.wait()
            answered.clear()
        await says(frame(post(1)), END)(websocket)

    answered = asyncio.Event()

    class Answering(ServerConnection):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            answered.set()

    async with forum(Script(quiet), create_connection=Answering) as url:
        events = await drain(source(url, patience=0.05))
    assert ids(events) == ["p1"]
    assert gaps(events) == []


async def test_while_a_live_forum_is_quiet_time_goes_on() -> None:
    enough = asyncio.Event()

    async def quiet(websocket: ServerConnection) -> None:
        await websocket.send(welcome(clock="wall"))
        await enough.wait()
        await websocket.send(END)

    clock = FakeClock()
    async with forum(Script(quiet)) as url:
        beats: list[Event] = []
        async for batch in source(url, clock, heartbeat=0.01).batches():
            beats += batch
            clock.advance(1)
            if len(beats) == 3:
                enough.set()
    assert all(isinstance(event, Heartbeat) for event in beats)
    assert len({event.seen_at for event in beats}) == len(beats)


async def test_closing_in_the_middle() -> None:
    gone = asyncio.Event()

    async def endless(websocket: ServerConnection) -> None:
        await websocket.send(frame(post(1)))
        await websocket.wait_closed()
        gone.set()

    async with forum(Script(endless)) as url:
        watching = source(url)
        async for _ in watching.batches():
            break
        await watching.close()
        await watching.close()
        await asyncio.wait_for(gone.wait(), 10)


async def test_communities_in_the_address() -> None:
    script = Script(says(END))
    async with forum(script) as url:
        await drain(await open_source(f"{url}#general,caf%C3%A9", clock=FakeClock()))
    assert script.heard[0]["communities"] == ["general", "café"]


@pytest.mark.parametrize("url", ["ws://", "ws:127.0.0.1", "ws://host:port", "ws://[::1"])
async def test_no_addresses(url: str) -> None:
    with pytest.raises(UsageError, match="not a websocket address"):
        await open_source(url, clock=FakeClock())


async def test_what_an_address_holds_beside_the_host_is_nobodys_business() -> None:
    watching = source("wss://ada:word@forum.example:9/stream?key=word")
    assert watching.status.name == "forum.example:9"
