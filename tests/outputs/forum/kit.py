"""A forum server for tests: run, watched by our own client or by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from moltwatch.errors import SourceUnreachable
from moltwatch.model import Event
from moltwatch.outputs.forum.server import ForumServer
from moltwatch.sources.base import Source, Status
from moltwatch.sources.forum.source import ForumSource
from moltwatch.sources.live.failures import Backoff
from tests.sources.fakes import T0, FakeClock, post, settle


class Live(Source):
    """A live source that a test feeds."""

    def __init__(self) -> None:
        self.spec = "test:"
        self.status = Status(name="live")
        self.feed: asyncio.Queue[Sequence[Event] | SourceUnreachable | None] = asyncio.Queue()

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        while (item := await self.feed.get()) is not None:
            if isinstance(item, SourceUnreachable):
                raise item
            yield item


@asynccontextmanager
async def serving(source: Source, **options: Any) -> AsyncIterator[ForumServer]:
    """A running server on a free port."""
    options = {"port": 0} | options
    async with ForumServer(source, **options) as server:
        running = asyncio.create_task(server.run())
        try:
            yield server
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def watch(server: ForumServer, **options: Any) -> ForumSource:
    clock = FakeClock(T0 + 10**12)
    return ForumSource(server.address, clock=clock, backoff=Backoff(draw=lambda: 0), **options)


async def subscribe(server: ForumServer, **fields: Any) -> tuple[ClientConnection, dict[str, Any]]:
    """Connect by hand. Returns the connection and the welcome."""
    websocket = await connect(server.address, proxy=None, ping_interval=None)
    await websocket.send(json.dumps({"type": "subscribe", "protocol": 1, **fields}))
    return websocket, json.loads(await websocket.recv())


async def frames(websocket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    with suppress(ConnectionClosed):
        while True:
            yield json.loads(await websocket.recv())


async def posts_of(websocket: ClientConnection, most: int) -> list[str]:
    """Ids of the next posts, until there are so many."""
    found: list[str] = []
    async for frame in frames(websocket):
        found += [event["id"] for event in frame.get("events", ()) if event["type"] == "post"]
        if len(found) >= most:
            break
    return found


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await settle(1)


def many(count: int) -> list[Event]:
    return [post(i) for i in range(count)]


async def frames_until(websocket: ClientConnection, kind: str) -> AsyncIterator[dict[str, Any]]:
    async for frame in frames(websocket):
        yield frame
        if frame["type"] == kind:
            return
