"""Clawstr over real relays, and over some that misbehave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import WebSocketException

from moltwatch.dialects.nostr import NostrEvent
from moltwatch.errors import SourceUnreachable, UsageError
from moltwatch.model import AgentSeen, Event, Gap, Post, Vote
from moltwatch.sources.base import Clock, Source, State, SystemClock
from moltwatch.sources.grammar import open_source, open_sources
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.merge import merge
from moltwatch.sources.nostr.book import Book
from moltwatch.sources.nostr.protocol import clawstr
from moltwatch.sources.nostr.source import RELAYS, RelaySource
from moltwatch.sources.registry import Opening
from moltwatch.times import HOUR, SECOND
from tests.sources.fakes import FakeClock
from tests.sources.nostr.kit import (
    ADA,
    AGENT,
    BOB,
    EVE,
    RelayProcess,
    Say,
    free_port,
    nobody,
    publish,
    publish_over,
    relay_process,
    scripted,
    sdk_relay,
)

HOUR_AGO = -3600.0


def at(seconds: float) -> int:
    """So many seconds from now, as Nostr counts: real relays have real clocks."""
    return SystemClock().now() // SECOND + round(seconds)


def relay(url: str, book: Book | None = None, **options: Any) -> RelaySource:
    usual: dict[str, Any] = {
        "backoff": Backoff(first=0.05, draw=lambda: 1.0),
        "clock": SystemClock(),
    }
    return RelaySource(url, clawstr(), book or Book(), **(usual | options))


class Watcher:
    """Watches a source in the background, and is told when enough has come."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        async for batch in self.source.batches():
            async with self._news:
                self.events += batch
                self._news.notify_all()

    async def until(self, enough: Callable[[Watcher], bool]) -> None:
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: enough(self))

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.source.close()

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Post)]

    @property
    def gaps(self) -> list[Gap]:
        return [event for event in self.events if isinstance(event, Gap)]


@asynccontextmanager
async def watching(source: Source) -> AsyncIterator[Watcher]:
    watcher = Watcher(source)
    try:
        yield watcher
    finally:
        await watcher.stop()


def conversation() -> list[NostrEvent]:
    root = ADA.post("root", at=at(-300))
    reply = BOB.reply(root, "reply", at=at(-200))
    answer = ADA.reply(reply, "answer", at=at(-100))
    profile = ADA.profile(name="otter", about="an agent", at=at(-9000))
    return [profile, root, reply, answer, BOB.vote(root, at=at(-50))]


async def check_conversation(url: str) -> None:
    _, root, *_ = told = conversation()
    await publish(url, *told)
    source = await open_source(f"clawstr:general?since=2h&relay={url}", Opening())
    async with watching(source) as watcher:
        await watcher.until(lambda w: "answer" in w.texts)
        await publish(url, EVE.reply(root, "live", at=at(0)))
        await watcher.until(lambda w: "live" in w.texts)
        await watcher.until(lambda w: any(isinstance(event, AgentSeen) for event in w.events))
    assert watcher.texts == ["root", "reply", "answer", "live"]
    assert {event.thread for event in watcher.events if isinstance(event, Post)} == {root.id}
    assert [event.delta for event in watcher.events if isinstance(event, Vote)] == [1]
    (agent,) = [event for event in watcher.events if isinstance(event, AgentSeen)]
    assert (agent.name, agent.display, agent.bio) == (ADA.key, "otter", "an agent")
    seen = [event.seen_at for event in watcher.events if not isinstance(event, AgentSeen)]
    assert seen == sorted(seen)
    assert not source.status.rejects


async def test_a_conversation_on_the_python_relay(tmp_path: Path) -> None:
    async with relay_process(tmp_path) as process:
        await check_conversation(process.url)


async def test_a_conversation_on_the_rust_relay() -> None:
    async with sdk_relay() as url:
        await check_conversation(url)


async def test_a_conversation_behind_a_login() -> None:
    from nostr_sdk import LocalRelayBuilderNip42, LocalRelayBuilderNip42Mode

    demand = LocalRelayBuilderNip42(mode=LocalRelayBuilderNip42Mode.READ)
    async with sdk_relay(lambda builder: builder.nip42(demand)) as url:
        await check_conversation(url)


@pytest.mark.slow
async def test_a_relay_that_wants_members_only(tmp_path: Path) -> None:
    async with relay_process(tmp_path, demands_role=True) as process:
        watcher = relay(process.url)
        with pytest.raises(SourceUnreachable, match="it refuses us: restricted: permission denied"):
            async with asyncio.timeout(60):
                async for _ in watcher.batches():
                    pass
        assert watcher.status.state is State.FAILED


async def test_a_past_longer_than_the_relay_gives_at_once() -> None:
    posts = [ADA.post(f"post {n}", at=at(n - 1000)) for n in range(47)]
    async with sdk_relay(lambda builder: builder.max_filter_limit(10)) as url:
        await publish(url, *posts)
        source = relay(url, since=at(2 * HOUR_AGO) * SECOND)
        async with watching(source) as watcher:
            await watcher.until(lambda w: len(w.texts) >= 47)
    assert watcher.texts == [f"post {n}" for n in range(47)]


async def test_two_relays_are_one_forum() -> None:
    root = ADA.post("on both", at=at(-30))
    vote = EVE.vote(root, at=at(-20))
    async with sdk_relay() as one, sdk_relay() as other:
        await publish(one, root, BOB.post("here", at=at(-20)), vote)
        await publish(other, ADA.reply(root, "there", at=at(-25)), root, vote)
        source = await open_source(f"clawstr:?since=1h&relay={one}&relay={other}", Opening())
        async with watching(source) as watcher:
            await watcher.until(lambda w: len(w.texts) >= 3)
            live = BOB.post("live", at=at(0))
            await publish(one, live)
            await publish(other, live, EVE.post("last", at=at(0)))
            await watcher.until(lambda w: "last" in w.texts)
            assert [status.state for status in source.statuses] == [State.LIVE, State.LIVE]
    assert watcher.texts == ["on both", "there", "here", "live", "last"]
    assert sum(isinstance(event, Vote) for event in watcher.events) == 1


async def test_relays_named_one_by_one_share_what_they_know() -> None:
    note = ADA.note("hello", at=at(-10))
    async with sdk_relay() as one, sdk_relay() as other:
        await publish(one, note)
        await publish(other, note, BOB.note("goodbye", ["t", "ai"], at=at(-5)))
        specs = [f"nostr+{one}?since=1m", f"nostr+{other}?since=1m"]
        source = await open_sources(specs, Opening())
        async with watching(source) as watcher:
            await watcher.until(lambda w: "goodbye" in w.texts)
    assert watcher.texts == ["hello", "goodbye"]


async def test_a_past_may_be_asked_for_beside_the_source() -> None:
    async with sdk_relay() as url:
        await publish(url, ADA.post("long ago", at=at(3 * HOUR_AGO)), BOB.post("ours", at=at(-60)))
        for spec, since in ((f"clawstr:?relay={url}", 2), (f"clawstr:?relay={url}&since=2h", 9)):
            source = await open_sources([spec], Opening(since=since * HOUR))
            async with watching(source) as watcher:
                await watcher.until(lambda w: bool(w.texts))
            assert watcher.texts == ["ours"]


async def test_hashtags() -> None:
    async with sdk_relay() as url:
        await publish(url, ADA.note("aside", at=at(-3)), BOB.note("ours", ["t", "ai"], at=at(-2)))
        source = await open_source(f"nostr+{url}?since=1m#AI,agents", Opening())
        async with watching(source) as watcher:
            await watcher.until(lambda w: bool(w.texts))
    assert watcher.texts == ["ours"]


async def test_one_relay_is_down_and_the_other_is_enough() -> None:
    port = free_port()
    book, since = Book(), at(HOUR_AGO) * SECOND
    gone = relay(f"ws://127.0.0.1:{port}", book, since=since, tries=2)
    async with sdk_relay() as url:
        await publish(url, ADA.post("hello", at=at(-5)))
        async with watching(merge([relay(url, book, since=since), gone])) as watcher:
            await watcher.until(lambda w: bool(w.texts))
            async with sdk_relay(lambda builder: builder.port(port)) as late:
                await publish(late, BOB.post("late", at=at(-4)))
                await watcher.until(lambda w: "late" in w.texts)
                assert gone.status.state is State.LIVE
    assert watcher.texts == ["hello", "late"]


async def test_others_do_not_wait_for_the_past_of_a_relay_that_is_not_there() -> None:
    root = ADA.post("said", at=at(-5))
    with nobody() as url:
        async with sdk_relay() as other:
            await publish(other, root)
            gone = relay(url, Book(), since=at(HOUR_AGO) * SECOND, tries=None)
            there = relay(other, Book(), since=at(HOUR_AGO) * SECOND)
            async with watching(merge([gone, there])) as watcher:
                await watcher.until(lambda w: bool(w.texts))
                assert gone.status.state is State.CONNECTING


async def test_no_relay_is_there() -> None:
    book = Book()
    with nobody() as one, nobody() as other:
        gone = merge([relay(url, book, tries=2) for url in (one, other)])
        with pytest.raises(SourceUnreachable, match="connection refused"):
            async for _ in gone.batches():
                pass


# --- killed under load ----------------------------------------------------------------------------


async def keep_writing(url: str, texts: list[str], half: asyncio.Event) -> None:
    """Every post until it is taken, whatever happens to the relay meanwhile.

    Each is as old as posts are that have come over some other relay: a few seconds. Of those that
    are older, and come while the past is read, nobody could tell where they belong.
    """
    written = 0
    post: NostrEvent | None = None
    while written < len(texts):
        try:
            async with connect(url, proxy=None) as websocket:
                while written < len(texts):
                    post = post or ADA.post(texts[written], at=at(-(written % 5)))
                    await publish_over(websocket, post)
                    post = None
                    written += 1
                    if written > len(texts) // 2:
                        half.set()
        except (OSError, WebSocketException):
            await asyncio.sleep(0.05)  # the relay is a process of its own and cannot tell us


@pytest.mark.slow
@pytest.mark.parametrize("end", [RelayProcess.kill, RelayProcess.stop])
async def test_killed_and_started_again_under_load(
    tmp_path: Path, end: Callable[[RelayProcess], Any]
) -> None:
    posts = [f"post {n}" for n in range(120)]
    async with relay_process(tmp_path) as process, watching(relay(process.url)) as watcher:
        half = asyncio.Event()
        await watcher.until(lambda w: w.source.status.state is State.LIVE or bool(w.events))
        writing = asyncio.create_task(keep_writing(process.url, posts, half))
        await half.wait()
        await end(process)
        await process.start()
        await writing
        await publish(process.url, BOB.post("last", at=at(0)))
        await watcher.until(lambda w: "last" in w.texts and len(w.texts) > len(posts))
    assert sorted(watcher.texts) == sorted([*posts, "last"])
    assert [gap.recovered for gap in watcher.gaps] == [True] * len(watcher.gaps)
    assert watcher.gaps
    assert watcher.source.status.gaps == len(watcher.gaps)


# --- relays that play a part ----------------------------------------------------------------------


async def test_a_relay_that_takes_no_filters_by_tags_and_says_no_end() -> None:
    ours, other = ADA.post("ours", at=at(-3)), ADA.sign(1111, "another's", at=at(-2))

    async def react(message: list[Any], say: Say, websocket: ServerConnection) -> None:
        if message[0] == "REQ" and any("#l" in one for one in message[2:]):
            await say("NOTICE", 'invalid: "[2].#K" is not allowed')
        elif message[:2] == ["REQ", "live"]:
            await say("EVENT", "live", other)
            await say("EVENT", "live", structs.replace(ours, content="forged"))
            await say("EVENT", "live", ours)

    heard: list[list[Any]] = []
    async with scripted(react, heard) as url, watching(relay(url)) as watcher:
        await watcher.until(lambda w: bool(w.texts))
        status = watcher.source.status
    assert watcher.texts == ["ours"]
    assert status.detail == "it takes no filters by tags; choosing here"
    assert status.rejects.counts == {"an event that was tampered with": 1}


async def test_a_relay_that_is_busy_is_tried_again() -> None:
    async def react(message: list[Any], say: Say, websocket: ServerConnection) -> None:
        if len([one for one in heard if one[:2] == ["REQ", "live"]]) < 3:
            await say("CLOSED", message[1], "rate-limited: slow down")
        elif message[1] == "live":
            await say("EVENT", "live", ADA.post("at last", at=at(0)))
        elif message[0] == "REQ":
            await say("EOSE", message[1])

    heard: list[list[Any]] = []
    clock = FakeClock(at(0) * SECOND)
    async with scripted(react, heard) as url, watching(relay(url, clock=clock)) as watcher:
        await watcher.until(lambda w: bool(w.texts))
    assert len(clock.slept) == 2
    assert watcher.texts == ["at last"]


async def test_hung_up_on_while_the_past_is_read() -> None:
    posts = [ADA.post(f"post {n}", at=at(-60 + n)) for n in range(3)]

    async def react(message: list[Any], say: Say, websocket: ServerConnection) -> None:
        if message[:2] != ["REQ", "past"]:
            return
        count = len([one for one in heard if one[:2] == ["REQ", "past"]])
        if count == 1:
            await say("EVENT", "past", posts[2])
            websocket.transport.abort()
        elif "until" not in message[2] and message[2]["kinds"] == [1111]:
            for event in reversed(posts):
                await say("EVENT", "past", event)
            await say("EOSE", "past")
        else:
            await say("EOSE", "past")

    heard: list[list[Any]] = []
    since = at(HOUR_AGO) * SECOND
    async with scripted(react, heard) as url, watching(relay(url, since=since)) as watcher:
        await watcher.until(lambda w: len(w.texts) >= 3)
    assert watcher.texts == ["post 0", "post 1", "post 2"]


# --- addresses ------------------------------------------------------------------------------------


async def opened(spec: str, clock: Clock | None = None) -> Source:
    return await open_source(spec, Opening(clock=clock or FakeClock()))


async def test_the_usual_relays() -> None:
    source = await opened("clawstr:")
    assert [f"wss://{status.name}" for status in source.statuses] == list(RELAYS)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("clawstr:?sinse=2h", "no parameter sinse"),
        ("clawstr:?since=yesterday", "since: not a duration"),
        ("clawstr:?relay=https://relay.example", "not a websocket address"),
        ("clawstr:?relay=ws://relay.example", "without TLS only on this machine"),
        ("nostr+ws://relay.example", "without TLS only on this machine"),
        ("nostr+wss://", "not a websocket address"),
        ("nostr+wss://[::1", "not a websocket address"),
        ("nostr+wss://relay.example?since=soon", "since: not a duration"),
        ("nostr:relay.example", "did you mean nostr"),
    ],
)
async def test_addresses_that_are_none(spec: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        await opened(spec)


async def test_what_is_the_relays_own_in_an_address_stays() -> None:
    source = await opened("NOSTR+WSS://relay.example/path?since=2h&mode=all#ai")
    assert isinstance(source, RelaySource)
    assert source.url == "wss://relay.example/path?mode=all"
    assert source.status.name == "relay.example"


def test_agents_are_labelled_as_clawstr_does() -> None:
    assert clawstr().wants(
        ADA.sign(1111, "", ["I", "https://clawstr.com/c/x"], ["K", "web"], *AGENT)
    )
    assert json.dumps(clawstr().posts(plain=True)) == '{"kinds": [1111]}'
