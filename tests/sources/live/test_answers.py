"""What has come is told, even if nothing can be answered any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from websockets.frames import Close, Frame, Opcode

from moltwatch.model import Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.times import Micros
from tests.sources.fakes import FakeClock, post
from tests.sources.servers import accept, ids, raw_server


class Polite(ArrivalFeed):
    """Every frame is a number of a post, and is thanked for."""

    def receive(self, data: bytes, now: Micros) -> list[Event]:
        self._heard()
        return self._deliver([post(int(data))], now)

    def answers(self) -> Sequence[bytes]:
        return [b"thanks"]


async def test_a_server_that_hangs_up_with_its_last_word_is_heard_to_the_end() -> None:
    said = [Frame(Opcode.TEXT, b"1"), Frame(Opcode.CLOSE, Close(1001, "").serialize())]

    async def scene(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        # At once: whoever reads the one has read the other, and can send nothing more.
        writer.write(b"".join(frame.serialize(mask=False) for frame in said))
        await reader.readexactly(1)

    async def again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(Frame(Opcode.TEXT, b"2").serialize(mask=False))
        await reader.readexactly(1)

    status = Status(name="polite")
    async with raw_server(scene, again) as url:
        source = WebsocketSource(url, status, Polite(status), clock=FakeClock())
        events: list[Event] = []
        async with aclosing(source.batches()) as batches:  # type: ignore[type-var]
            async for batch in batches:
                events += batch
                if any(isinstance(event, Post) and event.id == "p2" for event in events):
                    break
    assert ids(events) == ["p1", "p2"]
