"""Several sources as one: recordings by their times, anything else by arrival.

Recordings share one time line. They are merged below the pacing, event by event, so that they have
one seek bar and give the same stream in every run.

Live sources begin in one order of time, the past that some of them bring before the present of all;
from then on they have none but that of arrival, and where one lags behind the other, the intake
raises its times to stream time. So it is for a recording beside a live source: what comes of it
between two live events depends on who was read first, and only the recording made of such a run
tells it again the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, aclosing
from heapq import heappop, heappush
from itertools import accumulate, pairwise

from moltwatch.dialects.lines import Header
from moltwatch.errors import MoltwatchError, Rejects
from moltwatch.model import Event
from moltwatch.recording.base import BATCH, Reader, Span, is_long
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.replay import ReplaySource
from moltwatch.times import Micros

MOST_HELD = 50_000
"""Events that wait for another source's past."""


def merge(sources: Sequence[Source]) -> Source:
    """One source out of one or more. One that fails does not end the others; when all have failed,
    the last failure is raised."""
    if len(sources) == 1:
        return sources[0]
    _tell_apart([status for source in sources for status in source.statuses])
    replays = [source for source in sources if isinstance(source, ReplaySource)]
    if len(replays) == len(sources):
        return MergedReplay(replays)
    return MergedSource(sources)


def _tell_apart(statuses: Sequence[Status]) -> None:
    """Those that have one name are numbered."""
    alike: dict[str, list[Status]] = {}
    for status in statuses:
        alike.setdefault(status.name, []).append(status)
    for several in alike.values():
        for n, status in enumerate(several, start=1):
            status.nth = n if len(several) > 1 else 0


class MergedSource(Source):
    """Sources side by side, by arrival."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.spec = " ".join(source.spec for source in sources)
        self.status = Status(name=" + ".join(source.status.name for source in sources))
        self._sources = sources
        self._opening: list[Event] | None = []
        """What is held back until every past is there; None from then on."""

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
        async with aclosing(self._arriving()) as arriving:
            async for batch in arriving:
                self.status.count(batch)
                if self._opening is not None:
                    self._opening += batch
                    if self.catching_up and len(self._opening) <= MOST_HELD:
                        continue
                    batch, self._opening = sorted(self._opening, key=_when), None
                if batch:
                    yield batch
        if self._opening:
            batch, self._opening = sorted(self._opening, key=_when), None
            yield batch

    def owed(self) -> list[Event]:
        owed = [event for source in self._sources for event in source.owed()]
        self.status.count(owed)
        held, self._opening = self._opening or [], None
        return sorted([*held, *owed], key=_when)

    def try_again(self) -> list[Status]:
        return [status for source in self._sources for status in source.try_again()]

    async def _arriving(self) -> AsyncGenerator[Sequence[Event]]:
        """What comes, as it comes; nothing where a source has come to its end."""
        # One place in the queue: whoever is faster than the pipeline waits, as it would alone.
        queue: asyncio.Queue[Sequence[Event] | _Turn] = asyncio.Queue(maxsize=1)
        pumps = [asyncio.create_task(_pump(source, queue)) for source in self._sources]
        failures: dict[Source, MoltwatchError] = {}
        running = len(pumps)
        self.status.say(State.LIVE)
        try:
            while running:
                item = await queue.get()
                if not isinstance(item, _Turn):
                    yield item
                    continue
                if item.tries_again:
                    running += 1
                    failures.pop(item.source, None)
                    continue
                running -= 1
                if isinstance(item.error, MoltwatchError):
                    failures[item.source] = item.error
                elif item.error is not None:
                    raise item.error
                yield ()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        if len(failures) == len(self._sources):
            self.status.say(State.FAILED)
            raise list(failures.values())[-1]
        self.status.say(State.ENDED)

    async def may_try_again(self) -> bool:
        waits = [asyncio.ensure_future(source.may_try_again()) for source in self._sources]
        try:
            for wait in asyncio.as_completed(waits):
                if await wait:
                    return True
        finally:
            for one in waits:
                one.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return False

    async def close(self) -> None:
        await close_all(self._sources)


def _when(event: Event) -> Micros:
    return event.seen_at


class _Turn:
    """A source is done, well or not, or tries again after it has failed."""

    def __init__(
        self, source: Source, error: Exception | None = None, *, tries_again: bool = False
    ) -> None:
        self.source = source
        self.error = error
        self.tries_again = tries_again


async def _pump(source: Source, queue: asyncio.Queue[Sequence[Event] | _Turn]) -> None:
    """What one source brings. One that failed is tried again as long as another goes on."""
    try:
        while (failure := await _run(source, queue)) is not None:
            await queue.put(_Turn(source, failure))
            if not await source.may_try_again():
                return
            for status in source.statuses:
                if status.state is State.FAILED:
                    status.say(State.CONNECTING)
            await queue.put(_Turn(source, tries_again=True))
        await queue.put(_Turn(source))
    except Exception as error:
        await queue.put(_Turn(source, error))


async def _run(
    source: Source, queue: asyncio.Queue[Sequence[Event] | _Turn]
) -> MoltwatchError | None:
    """One source until it ends; what it failed of, if it did."""
    try:
        async for batch in source.batches():
            await queue.put(batch)
    except MoltwatchError as error:
        if source.status.state is not State.FAILED:  # those that know better have said why
            source.status.say(State.FAILED, str(error))
        return error
    return None


class MergedReplay(ReplaySource):
    """Recordings on one time line."""

    def __init__(self, replays: Sequence[ReplaySource]) -> None:
        self._parts = [replay.status for replay in replays]
        openers = [replay.open_reader for replay in replays]
        super().__init__(
            lambda: _open_all(openers, self._parts),
            spec=" ".join(replay.spec for replay in replays),
            paths=[path for replay in replays for path in replay.paths],
            playhead=replays[0].transport,
        )

    @property
    def statuses(self) -> Sequence[Status]:
        for part in self._parts:
            if part.state not in (State.FAILED, State.ENDED):
                part.state = self.status.state
        return self._parts


async def _open_all(
    openers: Sequence[Callable[[], Awaitable[Reader]]], statuses: Sequence[Status]
) -> MergedReader:
    tracks: list[_Track] = []
    failure: MoltwatchError | None = None
    for opener, status in zip(openers, statuses, strict=True):
        try:
            reader = await opener()
        except MoltwatchError as error:
            status.say(State.FAILED, str(error))
            failure = error
        else:
            status.rejects = reader.rejects
            tracks.append(_Track(reader, status))
    if failure is not None and not tracks:
        raise failure
    return MergedReader(tracks)


class _Track:
    """One recording among several."""

    def __init__(self, reader: Reader, status: Status) -> None:
        self.reader = reader
        self.status = status
        self.reached: Micros = 0
        """Running maximum of its times: the time of the event at hand."""
        self._batches: AsyncIterator[Sequence[Event]] | None = None
        self._batch: Sequence[Event] = ()
        self._index = 0

    def rewind(self) -> None:
        """Begin another pass."""
        self.reached, self._batch, self._index = 0, (), 0
        self._batches = self.reader.batches()

    async def next(self) -> Event | None:
        """Its next event; None at its end, whether that came well or not."""
        assert self._batches is not None
        try:
            while self._index >= len(self._batch):
                self._batch, self._index = await anext(self._batches), 0
        except StopAsyncIteration:
            self.status.say(State.ENDED)
            return None
        except MoltwatchError as error:
            self.status.say(State.FAILED, str(error))
            return None
        event = self._batch[self._index]
        self._index += 1
        self.status.events += 1
        self.reached = max(self.reached, event.seen_at)
        return event


class MergedReader:
    """Recordings read as one, by stream time; at the same moment in the order they were named."""

    def __init__(self, tracks: Sequence[_Track]) -> None:
        self.header = Header(title=" + ".join(track.reader.header.title for track in tracks))
        self.rejects = Rejects()
        """Stays empty: each recording counts its own, see :attr:`MergedReplay.statuses`."""
        self._tracks = tracks

    @property
    def lasting(self) -> bool:
        """See :class:`~moltwatch.recording.base.Reader`."""
        return all(track.reader.lasting for track in self._tracks)

    async def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        """See :class:`~moltwatch.recording.base.Reader`."""
        heap: list[tuple[Micros, int, Event]] = []
        for order, track in enumerate(self._tracks):
            track.rewind()
            if (event := await track.next()) is not None:
                heappush(heap, (track.reached, order, event))
        batch: list[Event] = []
        while heap:
            at, order, event = heappop(heap)
            if start is None or at >= start:
                batch.append(event)
            if len(batch) >= size or (batch and is_long(event)):
                yield batch
                batch = []
            track = self._tracks[order]
            if (following := await track.next()) is not None:
                heappush(heap, (track.reached, order, following))
        if batch:
            yield batch

    async def span(self) -> Span | None:
        """See :class:`~moltwatch.recording.base.Reader`."""
        spans = [span for track in self._tracks if (span := await track.reader.span())]
        if not spans:
            return None
        known = all(span.steps for span in spans)
        more = (
            (at, n - before)
            for span in spans
            for (_, before), (at, n) in pairwise([(0, 0), *span.steps])
        )
        times, counts = zip(*sorted(more), strict=True) if known else ((), ())
        return Span(
            start=min(span.start for span in spans),
            end=max(span.end for span in spans),
            events=sum(span.events for span in spans),
            steps=list(zip(times, accumulate(counts), strict=True)),
        )

    async def close(self) -> None:
        await close_all(track.reader for track in self._tracks)


async def close_all(parts: Iterable[Source | Reader]) -> None:
    """One that fails to close keeps no other open."""
    async with AsyncExitStack() as opened:
        for part in parts:
            opened.push_async_callback(part.close)
