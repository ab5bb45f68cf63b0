"""Clients of the forum server that choose, misbehave or vanish."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from moltwatch.model import AgentSeen, Event
from tests.outputs.forum.kit import Live, frames, posts_of, serving, subscribe, watch
from tests.sources.fakes import T0, FakeClock, MemoryReader, drain, post, replay


async def test_communities_are_chosen() -> None:
    recording = [post(i, community=("a", "b", "c")[i % 3]) for i in range(9)]
    bare: list[Event] = [post(9), AgentSeen(name="ada", seen_at=T0)]
    async with serving(replay(MemoryReader([*recording, *bare]))) as server:
        found = await drain(watch(server, communities=["a", "c"]))
    assert found == [*(e for e in recording if e.community != "b"), *bare]


async def test_who_chose_a_quiet_community_still_hears_that_time_goes_on() -> None:
    source = Live()
    async with serving(source, heartbeat=0.03) as server:
        websocket, _ = await subscribe(server, communities=["quiet"])
        busy = asyncio.create_task(keep_busy(source))
        kinds = []
        async for frame in frames(websocket):
            kinds.append(frame["type"])
            if len(kinds) == 3:
                break
        busy.cancel()
    assert kinds == ["heartbeat"] * 3


async def keep_busy(source: Live) -> None:
    for i in range(100_000):
        source.feed.put_nowait([post(i, community="loud")])
        await asyncio.sleep(0.001)


async def test_heartbeats_never_run_ahead_of_the_recording() -> None:
    clock = HeldAtFirst()
    source = replay(MemoryReader([post(0), post(9999)]), clock, 1)
    async with serving(source, heartbeat=0) as server:
        websocket, _ = await subscribe(server)
        beats: list[int | None] = []
        async for frame in frames(websocket):
            if frame["type"] == "heartbeat":
                beats.append(frame["at"])
            if beats[-3:] == [T0] * 3:
                break
    assert set(beats) <= {None, T0}


class HeldAtFirst(FakeClock):
    """Never wakes a sleeper."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


async def test_bad_frames_are_answered_and_cost_nothing() -> None:
    source = Live()
    async with serving(source) as server:
        websocket = await connect(server.address, proxy=None)
        for bad in ("{", b"\xff", '{"type":"dance"}', '{"type":"subscribe","since":7}', "[]"):
            await websocket.send(bad)
            answer = json.loads(await websocket.recv())
            assert (answer["type"], answer["code"]) == ("error", "bad-frame")
        await websocket.send('{"type":"subscribe"}')
        assert json.loads(await websocket.recv())["type"] == "welcome"
        await websocket.send('{"type":"subscribe"}')
        assert json.loads(await websocket.recv())["code"] == "bad-frame"
        source.feed.put_nowait([post(1)])
        assert await posts_of(websocket, 1) == ["p1"]


async def test_nothing_but_bad_frames() -> None:
    async with serving(Live()) as server:
        websocket = await connect(server.address, proxy=None)
        with suppress(ConnectionClosed):
            while True:
                await websocket.send("nonsense")
                await websocket.recv()
        assert websocket.close_code == 1008


async def test_a_frame_far_too_large_for_a_client() -> None:
    async with serving(Live()) as server:
        websocket = await connect(server.address, proxy=None)
        with suppress(ConnectionClosed):
            await websocket.send("x" * 1_000_000)
            await websocket.recv()
        assert websocket.close_code == 1009


async def test_a_client_of_another_version() -> None:
    async with serving(Live()) as server:
        websocket, answer = await subscribe(server, protocol=2)
        assert answer["code"] == "unsupported-protocol"
        await websocket.wait_closed()
        assert websocket.close_code == 1008


async def test_a_client_that_says_nothing() -> None:
    async with serving(Live(), patience=0.02) as server:
        websocket = await connect(server.address, proxy=None)
        assert json.loads(await websocket.recv())["code"] == "no-subscription"
        await websocket.wait_closed()
        assert websocket.close_code == 1008


async def test_a_client_that_vanishes_leaves_the_others_alone() -> None:
    source = Live()
    told: list[str] = []
    async with serving(source, notice=told.append) as server:
        websocket, _ = await subscribe(server)
        other, _ = await subscribe(server)
        websocket.transport.abort()
        source.feed.put_nowait([post(1)])
        assert await posts_of(other, 1) == ["p1"]
        await other.close()
    assert [line.rpartition(" watches ")[2] for line in told[:2]] == ["(1 now)", "(2 now)"]
    assert sum("left" in line for line in told) == 2
