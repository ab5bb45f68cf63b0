"""What has come is told, even if nothing can be answered any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from websockets.frames import Close, Frame, Opcode

from moltwatch.model import Event, Post
from moltwatch.sources.base import Status
from moltwatch.sources.live.feed import ArrivalFeed
from moltwatch.sources.live.websocket import WebsocketSource
from moltwatch.times import MINUTE, Micros
from tests.sources.fakes import T0, FakeClock, post
from tests.sources.servers import accept, gaps, ids, raw_server


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


class Watched(Polite):
    """Every quiet while lasts a minute."""

    def __init__(self, status: Status, clock: FakeClock) -> None:
        super().__init__(status)
        self._clock = clock

    def quiet(self, now: Micros) -> list[Event]:
        self._clock.advance(60)
        return super().quiet(self._clock.now())

    def answers(self) -> Sequence[bytes]:
        return []


@pytest.mark.parametrize("pongs", [0, 1])
async def test_a_gap_begins_where_the_server_was_last_heard(pongs: int) -> None:
    async def scene(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(Frame(Opcode.TEXT, b"1").serialize(mask=False))
        for _ in range(pongs):
            start, length = await reader.readexactly(2)
            assert (start & 0x0F, length & 0x80) == (Opcode.PING, 0x80)
            mask, data = await reader.readexactly(4), await reader.readexactly(length & 0x7F)
            said = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
            writer.write(Frame(Opcode.PONG, said).serialize(mask=False))
        while await reader.read(1_000):
            pass

    async def again(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accept(reader, writer)
        writer.write(Frame(Opcode.TEXT, b"2").serialize(mask=False))
        await reader.readexactly(1)

    status, clock = Status(name="polite"), FakeClock()
    events: list[Event] = []
    async with raw_server(scene, again) as url:
        source = WebsocketSource(url, status, Watched(status, clock), clock=clock, patience=0.2)
        async with aclosing(source.batches()) as batches:  # type: ignore[type-var]
            async for batch in batches:
                events += batch
                if "p2" in ids(events):
                    break
    (gap,) = gaps(events)
    assert gap.since == T0 + pongs * MINUTE
    assert gap.until > T0 + (pongs + 1) * MINUTE
