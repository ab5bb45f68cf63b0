"""The forum server: one source played to several, who may come late, come back, or be slow."""

from __future__ import annotations

import asyncio
import math
import socket
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.datastructures import HeadersLike
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from moltwatch.errors import RecordingError, SourceUnreachable, UsageError
from moltwatch.model import AgentSeen, Event, Gap, Heartbeat
from moltwatch.outputs.forum.server import ForumServer
from moltwatch.sources.forum.source import ForumSource
from tests.outputs.forum.kit import (
    Live,
    frames,
    frames_until,
    many,
    posts_of,
    serving,
    subscribe,
    until,
    watch,
)
from tests.sources.fakes import T0, FakeClock, HeldClock, MemoryReader, drain, post, replay, settle

# --- playing --------------------------------------------------------------------------------------


async def test_what_is_watched_is_what_was_recorded() -> None:
    recording: list[Event] = [
        AgentSeen(name="ada", seen_at=T0, bio="a \U0001f980 \u202e bio"),
        *many(2500),
        Gap(seen_at=T0 + 10**10, since=T0, until=T0 + 10**10, reason="it was night"),
        Heartbeat(seen_at=T0 + 2 * 10**10),
    ]
    async with serving(replay(MemoryReader(recording), name="night")) as server:
        assert await drain(watch(server)) == recording


async def test_several_watch_at_once() -> None:
    recording = many(3000)
    async with serving(replay(MemoryReader(recording, size=100))) as server:
        results = await asyncio.gather(*(drain(watch(server)) for _ in range(4)))
    assert recording in results
    for found in results:
        assert found == recording[len(recording) - len(found) :]


async def test_a_recording_waits_for_its_first_watcher() -> None:
    clock = FakeClock()
    async with serving(replay(MemoryReader(many(10)), clock, 1)) as server:
        await settle()
        assert clock.slept == []
        assert len(await drain(watch(server))) == 10


async def test_who_comes_late_begins_with_the_next() -> None:
    source = Live()
    async with serving(source) as server:
        source.feed.put_nowait([post(0), post(1)])
        await settle()
        websocket, welcome = await subscribe(server)
        assert welcome["clock"] == "wall"
        source.feed.put_nowait([post(2)])
        assert await posts_of(websocket, 1) == ["p2"]
        await websocket.close()


async def test_the_end_is_told_also_to_who_comes_after_it() -> None:
    async with serving(replay(MemoryReader(many(3)))) as server:
        await drain(watch(server))
        assert await drain(watch(server)) == []
        websocket, welcome = await subscribe(server, since=None)
        cursor = welcome["cursor"]
        assert [frame["type"] async for frame in frames(websocket)] == ["end"]
        back, welcome = await subscribe(server, since=cursor.rpartition(".")[0] + ".1")
        assert welcome["resumed"]
        assert await posts_of(back, 2) == ["p1", "p2"]


async def test_a_source_that_fails_is_told() -> None:
    reader = MemoryReader(many(3), RecordingError("it is damaged"))
    async with ForumServer(replay(reader), port=0) as server:
        running = asyncio.create_task(server.run())
        websocket, _ = await subscribe(server)
        with pytest.raises(RecordingError):
            await running
        found = [frame async for frame in frames_until(websocket, "error")]
    assert found[-1] == {"type": "error", "code": "source-failed", "message": "it is damaged"}


async def test_a_source_that_fails_fails_the_same_when_a_watcher_is_already_gone() -> None:
    source = Live()
    async with ForumServer(source, port=0) as server:
        running = asyncio.create_task(server.run())
        await subscribe(server)
        await settle()
        next(iter(server._clients)).websocket.transport.abort()
        source.feed.put_nowait(SourceUnreachable("it is down"))
        with pytest.raises(SourceUnreachable, match="it is down"):
            await running


# --- resuming -------------------------------------------------------------------------------------


async def test_another_server_with_the_same_recording_resumes() -> None:
    recording = many(1500)
    async with serving(replay(MemoryReader(recording), FakeClock(), 50)) as server:
        websocket, welcome = await subscribe(server)
        assert welcome["clock"] == "stream"
        found, cursor = [], ""
        async for frame in frames(websocket):
            found += [event["id"] for event in frame.get("events", ())]
            cursor = frame.get("cursor", cursor)
            if len(found) >= 700:
                break
        await websocket.close()
    async with serving(replay(MemoryReader(recording), FakeClock(), 50)) as server:
        websocket, welcome = await subscribe(server, since=cursor)
        assert (welcome["resumed"], welcome["cursor"]) == (True, cursor)
        rest = await posts_of(websocket, len(recording) - len(found))
    assert found + rest == [f"p{i}" for i in range(1500)]


async def test_resuming_rushes_to_where_it_was() -> None:
    clock = FakeClock()
    async with serving(replay(MemoryReader(many(1500)), clock, 1)) as server:
        name = (await subscribe(server))[1]["cursor"].rpartition(".")[0]
        slept = len(clock.slept)
        websocket, welcome = await subscribe(server, since=f"{name}.1400")
        assert welcome["resumed"]
        assert await posts_of(websocket, 50) == [f"p{i}" for i in range(1400, 1450)]
        assert len(clock.slept) - slept < 200


async def test_a_cursor_beyond_the_end_of_the_recording_rushes_nobody() -> None:
    source = replay(MemoryReader(many(1500)), FakeClock(), 1)
    async with serving(source) as server:
        _, welcome = await subscribe(server)
        name = welcome["cursor"].rpartition(".")[0]
        for ordinal in ("1501", "9" * 12, "9" * 5000):
            _, welcome = await subscribe(server, since=f"{name}.{ordinal}")
            assert (welcome["resumed"], welcome["missed"]) == (False, None)
        assert source.transport._rush == 0


async def test_another_recording_does_not_resume() -> None:
    async with serving(replay(MemoryReader(many(9)))) as server:
        cursor = (await subscribe(server))[1]["cursor"]
    async with serving(replay(MemoryReader(many(9)[1:]))) as server:
        _, welcome = await subscribe(server, since=cursor)
        assert (welcome["resumed"], welcome["missed"]) == (False, None)


async def test_a_live_source_resumes_from_what_is_kept() -> None:
    source = Live()
    async with serving(source, kept=100_000) as server:
        name = (await subscribe(server))[1]["cursor"].rpartition(".")[0]
        source.feed.put_nowait(many(200))
        websocket, _ = await subscribe(server, since=f"{name}.0")
        await posts_of(websocket, 200)
        websocket, welcome = await subscribe(server, since=f"{name}.150")
        assert welcome["resumed"]
        assert await posts_of(websocket, 50) == [f"p{i}" for i in range(150, 200)]
        # The future of a live source is not known to anybody.
        _, welcome = await subscribe(server, since=f"{name}.99999")
        assert not welcome["resumed"]


async def test_what_is_not_kept_any_more_is_counted_as_missed() -> None:
    source = Live()
    async with serving(source, kept=10_000) as server:
        websocket, welcome = await subscribe(server)
        name = welcome["cursor"].rpartition(".")[0]
        for i in range(500):
            source.feed.put_nowait([post(i)])
        await posts_of(websocket, 500)
        back, welcome = await subscribe(server, since=f"{name}.10")
        assert not welcome["resumed"]
        kept_from = int(welcome["cursor"].rpartition(".")[2])
        assert welcome["missed"] == kept_from - 10
        assert await posts_of(back, 500 - kept_from) == [f"p{i}" for i in range(kept_from, 500)]


@pytest.mark.parametrize("since", ["", ".", "x.1", "1", "💥", ".-1", "x" * 10_000])
async def test_a_cursor_that_is_none(since: str) -> None:
    async with serving(replay(MemoryReader(many(3)))) as server:
        websocket, welcome = await subscribe(server, since=since)
        assert not welcome["resumed"]
        assert await posts_of(websocket, 3) == ["p0", "p1", "p2"]


# --- back-pressure --------------------------------------------------------------------------------


async def test_the_player_waits_for_a_slow_client() -> None:
    """As long as nobody else waits for the player."""
    recording = [post(i, text="x" * 10_000) for i in range(2000)]
    source = replay(MemoryReader(recording, size=50))
    async with serving(source, kept=200_000) as server:
        websocket, _ = await subscribe(server)
        websocket.transport.pause_reading()
        await until(lambda: server._log.full)
        await settle(200)
        assert source.status.events < 2000
        websocket.transport.resume_reading()
        assert await posts_of(websocket, 2000) == [event.id for event in recording]


@pytest.mark.parametrize("reads_later", [True, False])
async def test_a_client_that_never_reads_does_not_hold_up_the_others(reads_later: bool) -> None:
    """It is left behind when it is behind by all that is kept, and told so if it reads at last."""
    source, told = Live(), list[str]()
    posts = [post(i, text="x" * 10_000) for i in range(3000)]
    options: dict[str, Any] = {"kept": 500_000, "stall": 10**6, "notice": told.append}
    async with asyncio.timeout(30), serving(source, **options) as server:
        stuck, _ = await subscribe(server)
        stuck.transport.pause_reading()
        quick, _ = await subscribe(server)
        found = []
        for begin in range(0, 3000, 10):
            source.feed.put_nowait(posts[begin : begin + 10])
            found += await posts_of(quick, 10)
        assert found == [event.id for event in posts]
        assert sum("is too slow and is sent away" in line for line in told) == 1
        assert len(server._clients) == 1
        if reads_later:
            stuck.transport.resume_reading()
            early = [event["id"] async for frame in frames(stuck) for event in frame["events"]]
            assert early == [f"p{i}" for i in range(len(early))], "without a hole"
            assert (stuck.close_code, stuck.close_reason) == (1013, "too slow")
        await quick.close()
        if reads_later:
            await stuck.wait_closed()
        else:
            stuck.transport.abort()


async def test_who_takes_nothing_does_not_hold_up_the_end() -> None:
    source = Live()
    async with asyncio.timeout(30), serving(source, stall=10**6) as server:
        stuck, _ = await subscribe(server)
        stuck.transport.pause_reading()
        source.feed.put_nowait([post(i, text="x" * 10_000) for i in range(2000)])
        await until(lambda: any(client.websocket.paused for client in server._clients))
    stuck.transport.abort()


async def test_a_client_that_takes_nothing_is_sent_away() -> None:
    recording: list[Event] = [post(i, text="x" * 10_000) for i in range(3000)]
    async with serving(replay(MemoryReader(recording)), kept=500_000, stall=0.1) as server:
        host, port = server.address.removeprefix("ws://").split(":")
        websocket = await connect(
            server.address, proxy=None, ping_interval=None, max_queue=1, close_timeout=0.1
        )
        await websocket.send('{"type":"subscribe","protocol":1}')
        await websocket.recv()
        websocket.transport.pause_reading()
        watching = ForumSource(f"ws://{host}:{port}", clock=FakeClock(T0 + 10**12))
        found = await asyncio.wait_for(drain(watching), 30)
        assert found[-1] == recording[-1]
        websocket.transport.abort()


async def test_a_recording_waits_when_everybody_has_left() -> None:
    recording = [post(i, text="x" * 1000) for i in range(1000)]
    source = replay(MemoryReader(recording, size=10), HeldClock(), 1)
    async with serving(source, kept=100_000) as server:
        websocket, _ = await subscribe(server)
        found, cursor = [], ""
        async for frame in frames(websocket):  # one: the second post is not due yet
            found += [event["id"] for event in frame["events"]]
            cursor = frame["cursor"]
            break
        await websocket.close()
        await until(lambda: not server._clients)
        assert source.transport is not None
        source.transport.set_speed(math.inf)
        await until(lambda: server._log.full)
        await settle(200)
        assert source.status.events < 1000
        websocket, welcome = await subscribe(server, since=cursor)
        assert welcome["resumed"]
        found += await posts_of(websocket, 1000 - len(found))
    assert found == [event.id for event in recording]


# --- who may come in ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "forum.example", "127.1"])
async def test_it_stays_on_this_machine_unless_told_otherwise(host: str) -> None:
    with pytest.raises(UsageError, match="reached from outside: set MOLTWATCH_SERVE_TOKEN, or"):
        ForumServer(Live(), host=host)
    with pytest.raises(UsageError):
        ForumServer(Live(), host=host, token="")
    ForumServer(Live(), host=host, token="shell")
    ForumServer(Live(), host=host, public=True)
    for this_machine in ("localhost", "127.0.0.1", "127.8.8.8", "::1"):
        ForumServer(Live(), host=this_machine)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "shell"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer shel"},
        {"Authorization": "Bearer shell2"},
        {"Authorization": "Bearer SHELL"},
        {"Authorization": "Basic shell"},
        {"Authorization": "Bearer sh\xe9ll"},
        [("Authorization", "Bearer shell"), ("Authorization", "Bearer shell")],
        {"Cookie": "token=shell"},
    ],
)
async def test_a_missing_or_wrong_token_is_refused(sent: HeadersLike) -> None:
    told: list[str] = []
    async with serving(Live(), token="shell", notice=told.append) as server:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{server.address}/?token=shell", proxy=None, additional_headers=sent)
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["WWW-Authenticate"] == 'Bearer realm="moltwatch"'
    assert len(told) == 1 and "was refused" in told[0] and "shel" not in told[0]


@pytest.mark.parametrize("bearer", ["Bearer shell", "bearer  shell "])
async def test_the_token_lets_in(bearer: str) -> None:
    async with serving(Live(), token="shell") as server:
        headers = {"Authorization": bearer}
        await (await connect(server.address, proxy=None, additional_headers=headers)).close()


async def test_a_token_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, wanted: bytes) -> bool:
        compared.append((given, wanted))
        return False

    monkeypatch.setattr("moltwatch.outputs.forum.server.compare_digest", compare)
    async with serving(Live(), token="shell") as server:
        for token in ("shell", "reef"):
            headers = {"Authorization": f"Bearer {token}"}
            with pytest.raises(InvalidStatus):
                await connect(server.address, proxy=None, additional_headers=headers)
    assert compared == [(b"shell", b"shell"), (b"reef", b"shell")]


async def test_a_page_in_a_browser_is_not_let_in() -> None:
    async with serving(Live()) as server:
        with pytest.raises(InvalidStatus, match="403"):
            await connect(server.address, proxy=None, origin=Origin("https://forum.example"))


async def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SourceUnreachable, match=f"cannot listen on 127.0.0.1:{port}"):
            async with ForumServer(Live(), port=port):
                pass
