"""A recording of which all is known: what the heuristics said of it, and the state of a run at
moments of it. It is played from there, from any moment on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from moltwatch.analysis import Kept, Key
from moltwatch.dialects.lines import Header
from moltwatch.errors import Rejects
from moltwatch.model import Event, Thresholds
from moltwatch.moments import Moment, Moments, Refused, name_of
from moltwatch.recording.base import BATCH, Reader, Span
from moltwatch.sources.replay import Playhead, ReplaySource, require
from moltwatch.times import Micros


class Known:
    """All that is kept of one recording."""

    def __init__(self, key: Key, kept: Kept, moments: Moments) -> None:
        self.key = key
        self.kept = kept
        self.moments = moments

    @classmethod
    def find(cls, folder: Path, key: Key, thresholds: Sequence[Thresholds | None]) -> Known | None:
        """What is in the folder for runs with these thresholds; None if a part is missing."""
        kept = Kept.find(folder, key)
        moments = Moments.find(folder, name_of(key.name, thresholds)) if kept else None
        return cls(key, kept, moments) if kept and moments else None

    @property
    def is_there(self) -> bool:
        """Nobody has made room since."""
        return self.kept.path.exists() and self.moments.path.exists()

    def play(
        self, moment: Moment, *, spec: str, path: Path, start: Micros | None, playhead: Playhead
    ) -> ReplaySource:
        """The recording from a moment on, without what comes before. Opening it raises UsageError
        if it ends before ``start``."""

        async def open_reader() -> Reader:
            reader = _KnownReader(self.kept, self.moments, moment)
            if start:
                await require(start, reader, path.name)
            return reader

        if moment.n:
            playhead.set_out(moment.n, self.moments.start, moment.at)
        source = ReplaySource(open_reader, spec=spec, paths=[path], playhead=playhead)
        source.status.events = moment.n
        return source


class _KnownReader:
    """Reads events as they were admitted. What was refused on the way is told about as it was."""

    header = Header()
    lasting = True

    def __init__(self, kept: Kept, moments: Moments, moment: Moment) -> None:
        self.rejects = Rejects()
        self._kept = kept
        self._moments = moments
        self._first = moment.n
        self._tell(moment.refused)

    async def batches(
        self, start: Micros | None = None, size: int = BATCH
    ) -> AsyncIterator[Sequence[Event]]:
        """See :class:`~moltwatch.recording.base.Reader`."""
        n = self._first
        ahead = iter([moment for moment in self._moments.moments if moment.n > n])
        coming = next(ahead, None)
        for block in self._kept.events(n):
            events = [event for event in block if event.seen_at >= start] if start else block
            for i in range(0, len(events), size):
                yield events[i : i + size]
            n += len(block)
            while coming and coming.n <= n:
                self._tell(coming.refused)
                coming = next(ahead, None)
        self._tell(self._moments.refused)

    async def span(self) -> Span | None:
        """See :class:`~moltwatch.recording.base.Reader`."""
        blocks, start = self._kept.blocks, self._moments.start
        if not blocks:
            return None
        steps = [(block.at, block.first + block.n) for block in blocks]
        return Span(start=start, end=blocks[-1].at, events=self._kept.n, steps=steps)

    async def close(self) -> None:
        """See :class:`~moltwatch.recording.base.Reader`."""

    def _tell(self, refused: Refused) -> None:
        self.rejects.clear()
        for reason, number, where in refused:
            self.rejects.counts[reason] = number
            self.rejects.first[reason] = where
