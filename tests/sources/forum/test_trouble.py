"""The forum client against real servers that break, refuse, or fall silent."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from moltwatch.errors import SourceUnreachable
from moltwatch.model import Gap, Post
from moltwatch.sources.base import State
from tests.sources.fakes import FakeClock, drain, post
from tests.sources.forum.kit import END, Script, frame, source, welcome
from tests.sources.servers import accept, forum, gaps, ids, raw_server, says, text_frame


async def test_a_frame_too_large_is_skipped_with_a_gap() -> None:
    async def too_large(websocket: ServerConnection) -> None:
        await websocket.send(welcome(cursor="c0"))
        await websocket.send(frame(post(1), cursor="c1"))
        with suppress(ConnectionClosed):
            await websocket.send("x" * 20_000_000)
            await websocket.send(END)  # for one that would have taken it
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
