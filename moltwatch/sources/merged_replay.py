"""Several recordings on one time line.

They are merged below the pacing, event by event, so that they share one seek bar and give the same
stream in every run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from heapq import heappop, heappush

from moltwatch.dialects.lines import Header
from moltwatch.errors import MoltwatchError, Rejects
from moltwatch.model import Event
from moltwatch.recording.base import BATCH, Reader, Span
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.replay import ReplaySource
from moltwatch.times import Micros


class MergedReplay(ReplaySource):
    """Recordings on one time line."""

    def __init__(self, replays: Sequence[ReplaySource]) -> None:
        self._parts = [replay.status for replay in replays]
        openers = [replay.open_reader for replay in replays]
        super().__init__(
            lambda: _open_all(openers, self._parts),
            spec=" ".join(replay.spec for replay in replays),
            name=" + ".join(replay.status.name for replay in replays),
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
            if len(batch) >= size:
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
        return Span(
            start=min(span.start for span in spans),
            end=max(span.end for span in spans),
            events=sum(span.events for span in spans),
        )

    async def close(self) -> None:
        await close_all(track.reader for track in self._tracks)


async def close_all(parts: Iterable[Source | Reader]) -> None:
    """One that fails to close keeps no other open."""
    async with AsyncExitStack() as opened:
        for part in parts:
            opened.push_async_callback(part.close)
