"""What the tests of sources stand on: a clock that is told the time, recordings in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import accumulate
from pathlib import Path

from moltwatch.dialects.lines import Header
from moltwatch.errors import MoltwatchError, Rejects
from moltwatch.model import Event, Post
from moltwatch.recording.base import BATCH, Reader, Span
from moltwatch.sources.base import Clock, Source
from moltwatch.sources.replay import Playhead, ReplaySource
from moltwatch.times import SECOND, Micros

T0: Micros = 1_700_000_000 * SECOND


def post(number: int, seconds: float | None = None, **fields: str) -> Post:
    """The ``number``th post, seen so many seconds after T0 (by default ``number``)."""
    at = T0 + round((number if seconds is None else seconds) * SECOND)
    return Post(
        **{  # type: ignore[arg-type]
            "id": f"p{number}",
            "thread": f"p{number}",
            "author": f"a{number % 7}",
            "text": f"post number {number}",
            "created_at": at,
            "seen_at": at,
            "source": "agora",
            **fields,
        }
    )


class FakeClock:
    """Sleeping moves it on, so that nobody waits; ``slept`` keeps what was asked for."""

    def __init__(self, now: Micros = T0) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> Micros:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += round(seconds * SECOND)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)
        await asyncio.sleep(0)


class HeldClock(FakeClock):
    """Sleepers wait until the test moves it on, far enough."""

    def __init__(self, now: Micros = T0) -> None:
        super().__init__(now)
        self._sleepers: list[tuple[Micros, asyncio.Future[None]]] = []

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        for at, sleeper in self._sleepers:
            if at <= self._now and not sleeper.done():
                sleeper.set_result(None)

    @property
    def waited_for(self) -> bool:
        """Somebody sleeps."""
        return any(not sleeper.done() for _, sleeper in self._sleepers)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + round(seconds * SECOND), sleeper))
        await sleeper


class MemoryReader:
    """A recording in memory; ``error`` is raised after its last event."""

    lasting = True

    def __init__(
        self, events: Sequence[Event], error: MoltwatchError | None = None, size: int = BATCH
    ) -> None:
        self.header = Header()
        self.rejects = Rejects()
        self.closed = False
        self._events = events
        self._error = error
        self._size = size

    async def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        size = min(size, self._size)
        for i in range(0, len(self._events), size):
            yield self._events[i : i + size]
        if self._error:
            raise self._error

    async def span(self) -> Span | None:
        if not self._events:
            return None
        times = [event.seen_at for event in self._events]
        steps = [(at, n) for n, at in enumerate(accumulate(times, max), start=1)]
        return Span(start=times[0], end=max(times), events=len(times), steps=steps)

    async def close(self) -> None:
        self.closed = True


def replay(
    reader: Reader,
    clock: Clock | None = None,
    speed: float = float("inf"),
    *,
    start: Micros = 0,
    max_idle: float | None = None,
    name: str = "memory",
) -> ReplaySource:
    """A replay of a recording in memory."""

    async def open_reader() -> Reader:
        return reader

    playhead = Playhead(clock or FakeClock(), speed, start=start, max_idle=max_idle)
    return ReplaySource(open_reader, spec=name, paths=[Path(name)], playhead=playhead)


async def drain(source: Source) -> list[Event]:
    """Everything a source gives, to its end."""
    return [event async for batch in source.batches() for event in batch]


async def settle(turns: int = 20) -> None:
    """Let every task that can run do so."""
    for _ in range(turns):
        await asyncio.sleep(0)
