"""The forum client against real servers: what comes, once, and while it is quiet."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection

from moltwatch.errors import UsageError
from moltwatch.model import Event, Heartbeat
from moltwatch.sources.base import State
from moltwatch.sources.grammar import open_source
from moltwatch.sources.registry import Opening
from tests.sources.fakes import FakeClock, drain, post
from tests.sources.forum.kit import END, Script, frame, source, welcome
from tests.sources.servers import forum, gaps, ids, says


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
        await drain(await open_source(f"{url}#general,caf%C3%A9", Opening(clock=FakeClock())))
    assert script.heard[0]["communities"] == ["general", "café"]


@pytest.mark.parametrize("url", ["ws://", "ws:127.0.0.1", "ws://host:port", "ws://[::1"])
async def test_no_addresses(url: str) -> None:
    with pytest.raises(UsageError, match="not a websocket address"):
        await open_source(url, Opening(clock=FakeClock()))


async def test_what_an_address_holds_beside_the_host_is_nobodys_business() -> None:
    watching = source("wss://ada:word@forum.example:9/stream?key=word")
    assert watching.status.name == "forum.example:9"
