"""Every live source in every trouble: down, forbidden, rate-limited, slow, lying about time or full
of garbage. Each time something clear is said, and the session goes on.

Moltbook, which is asked rather than listened to, goes through the same in ``test_moltbook_*.py``.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from moltwatch.dialects.fields import AHEAD
from moltwatch.errors import SourceUnreachable
from moltwatch.model import Event, Post
from moltwatch.sources.base import Source, State
from moltwatch.sources.grammar import open_sources
from moltwatch.sources.registry import Opening
from moltwatch.sources.standing import words
from moltwatch.times import DAY, SECOND, format_time
from tests.sources.fakes import T0, FakeClock, settle
from tests.sources.nostr.kit import ADA, NOW, event_frame, nobody
from tests.sources.nostr.kit import frame as relay_frame
from tests.sources.servers import accept, gaps, ids, raw_server

KINDS = ("forum", "nostr", "mastodon", "jetstream", "sse", "json")
KEYS = {"mastodon": "MASTODON_ACCESS_TOKEN", "sse": "REEF_KEY", "json": "REEF_KEY"}
MAPPING = """
source = "reef"
key = "REEF_KEY"
[[event]]
fields = { id = "PLACE.id", author = "PLACE.who", text = "PLACE.text", time = "PLACE.at" }
"""
Scene = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

# --- what each of them says -----------------------------------------------------------------------


def said(kind: str, number: int, at: Any = None) -> bytes:
    """A post, written at ``at``: whatever a forum may claim."""
    at = format_time(T0) if at is None else at
    own = {"id": f"{number}", "text": f"number {number}"}
    match kind:
        case "forum":
            return json.dumps({**own, "author": "ada", "created_at": at}).encode()
        case "nostr":
            seconds = at if isinstance(at, int) else NOW
            return event_frame(ADA.note(f"number {number}", at=seconds - NOW))
        case "mastodon":
            status = {"id": f"{number}", "content": own["text"], "created_at": at}
            payload = json.dumps({**status, "account": {"acct": "ada"}})
            return json.dumps({"event": "update", "payload": payload}).encode()
        case "jetstream":
            record = {"text": own["text"], "createdAt": at}
            commit = {"operation": "create", "collection": "app.bsky.feed.post", "record": record}
            time_us = at if isinstance(at, int) else T0 + number
            frame = {"did": "did:plc:ada", "time_us": time_us, "kind": "commit"}
            return json.dumps({**frame, "commit": {**commit, "rkey": f"{number}"}}).encode()
    return json.dumps({"data": {**own, "who": "ada", "at": at}}).encode()


def late(kind: str) -> bytes:
    """A post on a connection before which it could not be reached: relays are asked for what was
    written meanwhile, and have nothing."""
    past = [relay_frame("EOSE", "past")] * 2 if kind == "nostr" else []
    return b"".join(framed(kind, one) for one in [said(kind, 1), *past])


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Post)]


def framed(kind: str, data: bytes, *, binary: bool = False) -> bytes:
    """As it travels."""
    if kind == "sse":
        return b"data: " + data.replace(b"\n", b" ") + b"\n\n"
    length = len(data)
    size = bytes([length]) if length < 126 else b"\x7e" + length.to_bytes(2)
    return (b"\x82" if binary else b"\x81") + size + data


def spec(kind: str, host: str, folder: Path) -> str:
    mapping = folder / f"{kind}.toml"
    mapping.write_text(MAPPING.replace("PLACE", "data.data" if kind == "sse" else "data"))
    return {
        "forum": f"ws://{host}",
        "nostr": f"nostr+ws://{host}",
        "mastodon": f"mastodon+ws://{host}",
        "jetstream": f"jetstream:?host={host}",
        "sse": f"sse+http://{host}/x?map={mapping}",
        "json": f"json+ws://{host}?map={mapping}",
    }[kind]


# --- scenes ---------------------------------------------------------------------------------------


def tells(kind: str, *frames: bytes, stays: bool = True) -> Scene:
    """Everything is well: these, and then silence; or the end of the connection."""

    async def scene(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if kind == "sse":
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        else:
            await accept(reader, writer)
        writer.write(b"".join(frames))
        await writer.drain()
        if not stays:
            if kind in ("forum", "nostr"):  # they have something to say first
                await reader.read(1)
            writer.write_eof()
        await reader.read()

    return scene


def answers(status: str, *headers: str) -> Scene:
    """A refusal."""

    async def scene(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = "\r\n".join([f"HTTP/1.1 {status}", "Content-Length: 0", *headers, "", ""])
        writer.write(head.encode())
        await writer.drain()
        await reader.read()

    return scene


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes the call and says nothing."""
    await reader.read()


@asynccontextmanager
async def watching(
    *sources: str, clock: FakeClock | None = None
) -> AsyncIterator[tuple[Source, AsyncIterator[list[Event]]]]:
    """A source of some, and its batches."""
    source = await open_sources(sources, Opening(clock=clock or FakeClock(T0), tries=2))
    for part in getattr(source, "_sources", [source]):
        part._open_timeout = 0.2  # seconds of the real clock, which tests have none to lose of
    batches: Any = source.batches()
    try:
        async with asyncio.timeout(60):
            yield source, batches
    finally:
        await batches.aclose()
        await source.close()


async def until(batches: AsyncIterator[list[Event]], text: str) -> list[Event]:
    """All that comes, to the post with that text."""
    events: list[Event] = []
    while text not in texts(events):
        events += await anext(batches)
    return events


def host_of(url: str) -> str:
    return url.removeprefix("ws://")


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in KEYS.values():
        monkeypatch.delenv(variable, raising=False)


# --- the troubles ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_down(kind: str, tmp_path: Path) -> None:
    with nobody() as url:
        async with watching(spec(kind, host_of(url), tmp_path)) as (source, batches):
            with pytest.raises(SourceUnreachable, match="connection refused"):
                await until(batches, "never")
        assert source.status.state is State.FAILED


@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
@pytest.mark.parametrize("kind", KINDS)
async def test_forbidden_and_another_goes_on(kind: str, status: str, tmp_path: Path) -> None:
    good = tells("forum", framed("forum", said("forum", 1)))
    async with raw_server(answers(status)) as url, raw_server(good) as other:
        both = spec(kind, host_of(url), tmp_path), other
        async with watching(*both) as (source, batches):
            events = await until(batches, "number 1")
            await settle(200)
            refused, fine = source.statuses
    assert ids(events) == ["1"]
    assert refused.state is State.FAILED
    assert f"HTTP {status}" in refused.detail
    assert fine.state is State.LIVE
    if kind in KEYS:
        assert f"set {KEYS[kind]}" in refused.detail


@pytest.mark.parametrize("kind", KINDS)
async def test_rate_limited(kind: str, tmp_path: Path) -> None:
    stands: list[str] = []

    class Noting(FakeClock):
        async def sleep(self, seconds: float) -> None:
            stands.append(words(source.status, self.now()) + f" ({source.status.detail})")
            await super().sleep(seconds)

    limit = answers("429 Too Many Requests", "Retry-After: 40")
    async with raw_server(limit, tells(kind, late(kind))) as url:
        opened = watching(spec(kind, host_of(url), tmp_path), clock=Noting(T0))
        async with opened as (source, batches):
            await until(batches, "number 1")
            assert words(source.status, T0) == "connected"
    assert stands in (
        ["rate-limited for 40 s (HTTP 429 Too Many Requests)"],
        ["rate-limited for 41 s (HTTP 429 Too Many Requests)"],
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_slow(kind: str, tmp_path: Path) -> None:
    async with (
        raw_server(mute, tells(kind, late(kind))) as url,
        watching(spec(kind, host_of(url), tmp_path)) as (source, batches),
    ):
        events = await until(batches, "number 1")
        assert texts(events) == ["number 1"]
        assert [gap.reason for gap in gaps(events)] == ["no answer in time"]
        assert source.status.state is State.LIVE
    async with (
        raw_server(mute) as url,
        watching(spec(kind, host_of(url), tmp_path)) as (source, batches),
    ):
        with pytest.raises(SourceUnreachable, match="no answer in time"):
            await until(batches, "never")


@pytest.mark.parametrize("kind", KINDS)
async def test_ended_while_the_connection_is_broken(kind: str, tmp_path: Path) -> None:
    """What nobody will give back now is an open gap."""

    class Waiting(FakeClock):
        async def sleep(self, seconds: float) -> None:
            broken.set()
            await asyncio.Event().wait()

    async def watch() -> None:
        async for batch in batches:
            events.extend(batch)

    broken = asyncio.Event()
    gone = tells(kind, framed(kind, said(kind, 1)), stays=False)
    events: list[Event] = []
    async with raw_server(gone) as url:
        opened = watching(spec(kind, host_of(url), tmp_path), clock=Waiting(T0))
        async with opened as (source, batches):
            task = asyncio.create_task(watch())
            await broken.wait()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            events += source.owed()
    (gap,) = gaps(events)
    assert not gap.recovered
    assert gap.reason.startswith("connection lost")
    assert texts(events) == ["number 1"]


@pytest.mark.parametrize("kind", KINDS)
async def test_lying_about_time(kind: str, tmp_path: Path) -> None:
    claims: list[Any] = ["9999-12-31T23:59:59Z", format_time(T0 + DAY), "1970-01-01", "soon", -1]
    claims += [format_time(T0 - DAY), 10**30, {"at": 3}, True]
    if kind == "nostr":  # a time is what is signed
        claims = [NOW + 86_400, 5, NOW - 86_400, 4_000_000_000]
    if kind == "jetstream":  # the relay's own time, which decides where it resumes
        claims += [T0 + DAY, 7]
    frames = [said(kind, n, at) for n, at in enumerate(claims, 1)]
    if kind == "nostr":
        frames.insert(0, relay_frame("EOSE", "live"))
    last = len(claims) + 1
    stream = [framed(kind, frame) for frame in [*frames, said(kind, last)]]
    async with (
        raw_server(tells(kind, *stream)) as url,
        watching(spec(kind, host_of(url), tmp_path)) as (source, batches),
    ):
        events = await until(batches, f"number {last}")
        posts = [event for event in events if isinstance(event, Post)]
        refused = source.status.rejects.total
    assert len(posts) + refused == last, "each is told or counted"
    assert len(posts) >= last - 3
    times = [event.seen_at for event in events]
    assert times == sorted(times)
    assert max(times) <= T0 + AHEAD + SECOND
    assert all(0 <= post.created_at <= T0 + AHEAD for post in posts)


@pytest.mark.parametrize("kind", KINDS)
async def test_garbage(kind: str, tmp_path: Path) -> None:
    draw = random.Random(kind)
    garbage = [b"", b"hello", b"[1]", b"null", b"3", b"{" * 9_000, b'"\\ud800"', b"\xff\xfe"]
    garbage += [draw.randbytes(draw.randrange(200)) for _ in range(40)]
    garbage += [msgspec.json.encode({"event": "update", "payload": one}) for one in (3, "x", "[]")]
    good = [said(kind, n) for n in range(1, 31)]
    broken = [one[: len(one) // 2] for one in good[:9]]
    stream = [framed(kind, one) for one in good]
    for number, junk in enumerate([*garbage, *broken]):
        binary = bool(number % 2)
        place = draw.randrange(len(stream))
        stream.insert(place, framed(kind, junk.replace(b"\r", b" "), binary=binary))
    async with (
        raw_server(tells(kind, *stream)) as url,
        watching(spec(kind, host_of(url), tmp_path)) as (source, batches),
    ):
        events = await until(batches, "number 30")
        assert source.status.state is State.LIVE
        assert source.status.rejects
    assert texts(events) == [f"number {n}" for n in range(1, 31)]
    assert not gaps(events)
