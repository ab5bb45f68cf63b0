"""Several sources as one: recordings by their times, anything else by arrival.

Recordings share one time line, see :mod:`.merged_replay`. Live sources begin in one order of time,
the past that some of them bring before the present of all; from then on they have none but that of
arrival, and where one lags behind the other, the intake raises its times to stream time. So it is
for a recording beside a live source: what comes of it between two live events depends on who was
read first, and only the recording made of such a run tells it again the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from moltwatch.errors import MoltwatchError
from moltwatch.model import Event
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.merged_replay import MergedReplay, close_all
from moltwatch.sources.replay import ReplaySource
from moltwatch.times import Micros

MOST_HELD = 50_000
"""Events that wait for another source's past."""


def merge(sources: Sequence[Source]) -> Source:
    """One source out of one or more. One that fails does not end the others; when all have failed,
    the last failure is raised."""
    if len(sources) == 1:
        return sources[0]
    replays = [source for source in sources if isinstance(source, ReplaySource)]
    if len(replays) == len(sources):
        return MergedReplay(replays)
    return MergedSource(sources)


class MergedSource(Source):
    """Sources side by side, by arrival."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.spec = " ".join(source.spec for source in sources)
        self.status = Status(name=" + ".join(source.status.name for source in sources))
        self._sources = sources

    @property
    def replayed(self) -> bool:
        return all(source.replayed for source in self._sources)

    @property
    def catching_up(self) -> bool:
        return any(source.catching_up for source in self._sources)

    @property
    def statuses(self) -> Sequence[Status]:
        return [status for source in self._sources for status in source.statuses]

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        opening: list[Event] | None = []
        async with aclosing(self._arriving()) as arriving:
            async for batch in arriving:
                self.status.count(batch)
                if opening is not None:
                    opening += batch
                    if self.catching_up and len(opening) <= MOST_HELD:
                        continue
                    batch, opening = sorted(opening, key=_when), None
                if batch:
                    yield batch
        if opening:
            yield sorted(opening, key=_when)

    async def _arriving(self) -> AsyncGenerator[Sequence[Event]]:
        """What comes, as it comes; nothing where a source has come to its end."""
        # One place in the queue: whoever is faster than the pipeline waits, as it would alone.
        queue: asyncio.Queue[Sequence[Event] | _Ended] = asyncio.Queue(maxsize=1)
        pumps = [asyncio.create_task(_pump(source, queue)) for source in self._sources]
        failures: list[MoltwatchError] = []
        running = len(pumps)
        self.status.say(State.LIVE)
        try:
            while running:
                item = await queue.get()
                if not isinstance(item, _Ended):
                    yield item
                    continue
                running -= 1
                if isinstance(item.error, MoltwatchError):
                    failures.append(item.error)
                elif item.error is not None:
                    raise item.error
                yield ()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        if len(failures) == len(self._sources):
            self.status.say(State.FAILED)
            raise failures[-1]
        self.status.say(State.ENDED)

    async def close(self) -> None:
        await close_all(self._sources)


def _when(event: Event) -> Micros:
    return event.seen_at


class _Ended:
    """One source is done, well or not."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error


async def _pump(source: Source, queue: asyncio.Queue[Sequence[Event] | _Ended]) -> None:
    try:
        async for batch in source.batches():
            await queue.put(batch)
    except MoltwatchError as error:
        if source.status.state is not State.FAILED:  # those that know better have said why
            source.status.say(State.FAILED, str(error))
        await queue.put(_Ended(error))
    except Exception as error:
        await queue.put(_Ended(error))
    else:
        await queue.put(_Ended())
