"""OpenClaw's gateway: what is said as it comes, and what a break cost given back by its history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from moltwatch.errors import SourceUnreachable
from moltwatch.model import Event, Gap, Post
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.grammar import open_source
from moltwatch.sources.live.failures import Refused
from moltwatch.sources.mapped.feed import PATIENCE, MappedFeed
from moltwatch.sources.mapped.source import load_mapping
from moltwatch.sources.registry import Opening
from moltwatch.times import SECOND
from tests.sources.fakes import T0, FakeClock, drain
from tests.sources.mapped.gateway import Gateway
from tests.sources.servers import forum, gaps, ids, says

KEY = "-".join(("not", "a", "real", "key"))
NOW = T0 // 1_000
"""In milliseconds, as the gateway counts."""


class Watcher:
    """Watches a source in the background."""

    def __init__(self, source: Source, clock: FakeClock) -> None:
        self.source, self.clock = source, clock
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        async for batch in self.source.batches():
            async with self._news:
                self.events += batch
                self._news.notify_all()

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(30), self._news:
            await self._news.wait_for(enough)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.source.close()

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Post)]


async def until(gateway: Gateway, enough: Callable[[], bool]) -> None:
    """The gateway has been asked enough."""
    async with asyncio.timeout(30), gateway.news:
        await gateway.news.wait_for(enough)


def asked(gateway: Gateway, method: str) -> list[dict[str, object]]:
    return [one["params"] for one in gateway.requests if one["method"] == method]


@asynccontextmanager
async def watching(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watcher]:
    """A watcher whose gateway has told where every session stands."""
    monkeypatch.setenv("OPENCLAW_GATEWAY_TOKEN", KEY)
    clock = FakeClock()
    async with forum(gateway) as url:
        source = await open_source(f"json+{url}?map=openclaw", Opening(clock=clock))
        watcher = Watcher(source, clock)
        n = len(gateway.sessions)
        await until(gateway, lambda: len(asked(gateway, "chat.history")) == n)
        try:
            yield watcher
        finally:
            await watcher.stop()


async def test_what_is_said_comes_and_what_was_said_before_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = Gateway(KEY, "main", "other")
    await gateway.say("main", "long ago", at=NOW - 3_600_000)
    async with watching(gateway, monkeypatch) as watcher:
        await gateway.say("main", "hello", at=NOW)
        await gateway.say("other", "hello there", at=NOW)
        await watcher.until(lambda: len(watcher.texts) == 2)
        (post, _) = (event for event in watcher.events if isinstance(event, Post))
        assert watcher.texts == ["hello", "hello there"]
        assert (post.thread, post.author, post.source) == ("main", "main/assistant", "openclaw")
        assert not watcher.source.status.rejects
    methods = [request["method"] for request in gateway.requests]
    assert methods[:3] == ["connect", "sessions.subscribe", "sessions.list"]
    assert [one["limit"] for one in asked(gateway, "chat.history")] == [1, 1]
    assert all("cursor" not in one for one in asked(gateway, "chat.history"))


async def test_a_break_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway(KEY, "main", "other", "quiet")
    await gateway.say("quiet", "long ago", at=NOW - 3_600_000)
    async with watching(gateway, monkeypatch) as watcher:
        await gateway.say("main", "before", at=NOW)
        await watcher.until(lambda: len(watcher.texts) == 1)
        await gateway.hang_up(1008, "slow consumer")
        await gateway.say("other", "meanwhile 2", at=NOW + 200)
        await gateway.say("main", "meanwhile 1", at=NOW + 100)
        await gateway.say("new", "in a session that was not there", at=NOW + 300)
        await watcher.until(lambda: len(watcher.texts) == 4)
        await gateway.say("new", "after", at=NOW + 400)
        await watcher.until(lambda: len(watcher.texts) == 5)
        status = watcher.source.status
        assert (status.state, status.rejects.total) == (State.LIVE, 0)
    assert watcher.texts == [
        "before",
        "meanwhile 1",
        "meanwhile 2",
        "in a session that was not there",
        "after",
    ]
    (gap,) = gaps(watcher.events)
    assert gap.recovered
    assert gap.reason == "closed by the server (1008: slow consumer)"


@pytest.mark.parametrize(("meanwhile", "whole"), [(999, True), (1_001, False)])
async def test_more_than_the_cursor_reaches_is_read_from_the_end(
    meanwhile: int, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest 1,000 meet what had come before, or leave a gap."""
    gateway = Gateway(KEY, "main")
    await gateway.say("main", "long ago", at=NOW - 3_600_000)
    async with watching(gateway, monkeypatch) as watcher:
        await gateway.say("main", "before", at=NOW)
        await watcher.until(lambda: len(watcher.texts) == 1)
        await gateway.hang_up()
        gateway.born += 1
        for n in range(meanwhile):
            await gateway.say("main", f"meanwhile {n}", at=NOW + n)
        await watcher.until(lambda: len(watcher.texts) == 1 + min(meanwhile, 1_000))
    assert [gap.recovered for gap in gaps(watcher.events)] == [whole]
    assert watcher.texts[-1] == f"meanwhile {meanwhile - 1}"


async def test_a_session_that_vanished_can_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway(KEY, "main", "doomed")
    async with watching(gateway, monkeypatch) as watcher:
        await gateway.say("main", "before", at=NOW)
        await watcher.until(lambda: len(watcher.texts) == 1)
        await gateway.hang_up()
        del gateway.sessions["doomed"]
        await watcher.until(lambda: len(gaps(watcher.events)) == 1)
        await gateway.hang_up()
        await watcher.until(lambda: len(gaps(watcher.events)) == 2)
    assert [gap.recovered for gap in gaps(watcher.events)] == [False, True]


@pytest.mark.parametrize("trouble", ["sessions.list", "chat.history", "more"])
async def test_answers_that_do_not_come_leave_the_gap(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = Gateway(KEY, "main")
    async with watching(gateway, monkeypatch) as watcher:
        await gateway.say("main", "before", at=NOW)
        await watcher.until(lambda: len(watcher.texts) == 1)
        gateway.deaf = {trouble}
        gateway.more_sessions = trouble == "more"
        await gateway.hang_up()
        await until(gateway, lambda: gateway.connections == 2)
        await until(gateway, lambda: gateway.requests[-1]["method"] != "connect")
        if trouble != "sessions.list":
            await until(gateway, lambda: len(asked(gateway, "chat.history")) == 2)
            await gateway.say("main", "held", at=NOW + 100)
        watcher.clock.advance(PATIENCE / SECOND)
        await gateway.tell("tick", {})
        await watcher.until(lambda: bool(gaps(watcher.events)))
    assert [gap.recovered for gap in gaps(watcher.events)] == [False]
    assert watcher.texts == ["before", "held"][: 1 + (trouble != "sessions.list")]


async def test_events_that_were_left_out_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of events jump: a new connection asks what there was."""
    gateway = Gateway(KEY, "main")
    async with watching(gateway, monkeypatch) as watcher:
        await gateway.say("main", "one", at=NOW)
        await watcher.until(lambda: len(watcher.texts) == 1)
        await gateway.say("main", "two", at=NOW + 1, lost=True)
        await gateway.say("main", "three", at=NOW + 2)
        await watcher.until(lambda: len(watcher.texts) == 3)
    assert watcher.texts == ["one", "two", "three"]
    assert [(gap.reason, gap.recovered) for gap in gaps(watcher.events)] == [
        ("it left out 1 frame", True)
    ]


async def test_a_gateway_that_was_there_only_later_gives_what_was_said_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENCLAW_GATEWAY_TOKEN", KEY)
    gateway, tries = Gateway(KEY, "main"), iter([503, 200])
    await gateway.say("main", "long ago", at=NOW - 3_600_000)
    await gateway.say("main", "since", at=NOW + 10)

    def process(websocket: ServerConnection, request: Request) -> Response | None:
        status = next(tries)
        return None if status == 200 else websocket.respond(status, "starting")

    async with forum(gateway, process_request=process) as url:
        source = await open_source(f"json+{url}?map=openclaw", Opening(clock=FakeClock()))
        watcher = Watcher(source, FakeClock())
        await watcher.until(lambda: bool(watcher.texts))
        await watcher.stop()
    assert watcher.texts == ["since"]
    assert [type(event) for event in watcher.events] == [Gap, Post]


async def test_a_gateway_that_refuses_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_GATEWAY_TOKEN", "wrong")
    gateway = Gateway(KEY)
    async with forum(gateway) as url:
        source = await open_source(f"json+{url}?map=openclaw", Opening(clock=FakeClock()))
        words = "token mismatch; the key in OPENCLAW_GATEWAY_TOKEN was sent, and is not accepted"
        with pytest.raises(SourceUnreachable, match=words):
            await drain(source)
    assert gateway.connections == 1


async def test_a_key_in_frames_follows_no_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENCLAW_GATEWAY_TOKEN", KEY)
    gateway = Gateway(KEY)
    async with forum(gateway) as other:

        def redirect(websocket: ServerConnection, request: Request) -> Response:
            response = websocket.respond(302, "there")
            response.headers["Location"] = other
            return response

        async with forum(says(), process_request=redirect) as url:
            source = await open_source(f"json+{url}?map=openclaw", Opening(clock=FakeClock()))
            with pytest.raises(SourceUnreachable, match="HTTP 302"):
                await drain(source)
    assert gateway.requests == []


def test_a_run_that_ends_while_answers_are_waited_for_keeps_what_came() -> None:
    feed = MappedFeed(Status(name="openclaw"), load_mapping("openclaw"))
    message = {"role": "user", "content": "hello", "timestamp": NOW}
    frame = {"type": "event", "event": "session.message"}

    def said(id: str) -> dict[str, object]:
        return {**frame, "payload": {"sessionKey": "main", "messageId": id, "message": message}}

    feed.opening()
    assert ids(feed.take(said("m1"), T0)) == ["m1"]
    feed.lost("connection lost")
    feed.opening()
    assert feed.take(said("m2"), T0 + SECOND) == []
    events = feed.give_up(T0 + 2 * SECOND)
    assert [type(event) for event in events] == [Gap, Post]
    assert [gap.recovered for gap in gaps(events)] == [False]
    with pytest.raises(Refused):
        feed.take({"type": "res", "id": "connect", "ok": False, "error": {"code": "x"}}, T0)
