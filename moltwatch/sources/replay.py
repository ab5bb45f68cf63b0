"""A recording, played: paced by its own times, at any speed, steered while it runs."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

from moltwatch.dialects.lines import encode_lines
from moltwatch.errors import MoltwatchError, UsageError
from moltwatch.model import Event
from moltwatch.recording.base import Reader, find_recording
from moltwatch.sources.base import Source, State, Status
from moltwatch.sources.playhead import Playhead
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import Micros, format_time


class ReplaySource(Source):
    """One recording.

    ``open_reader`` opens it, at the latest when playing begins. At the end the iterator ends;
    staying open is up to who plays it.
    """

    replayed = True

    def __init__(
        self,
        open_reader: Callable[[], Awaitable[Reader]],
        *,
        spec: str,
        name: str,
        playhead: Playhead,
    ) -> None:
        self.spec = spec
        self.status = Status(name=name)
        self.transport: Playhead = playhead
        self.open_reader = open_reader
        self._reader: Reader | None = None
        self._measuring: asyncio.Task[None] | None = None

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        playhead, begun = self.transport, False
        try:
            reader = await self.open()
            async for events in reader.batches():
                if events and not begun:
                    playhead.begin(events[0].seen_at)
                    begun = True
                index = 0
                while index < len(events):
                    self._keep_status()
                    count = playhead.due(events, index)
                    if not count:
                        await playhead.wait(events[index])
                        continue
                    due = events[index : index + count]
                    index += count
                    playhead.passed(due)
                    self.status.count(due)
                    yield due
                    await asyncio.sleep(0)  # at full speed, too, others get their turn
        except MoltwatchError as error:
            self.status.say(State.FAILED, str(error))
            raise
        self.status.say(State.ENDED)

    async def fingerprint(self) -> str:
        """Tells this recording from others, by its header and its first event, so that it stays
        when the recording grows. To be asked before playing."""
        reader = await self.open()
        digest = hashlib.sha256(repr(reader.header).encode(errors="backslashreplace"))
        async for events in reader.batches(size=1):
            digest.update(encode_lines(events))
            break
        return digest.hexdigest()[:16]

    async def close(self) -> None:
        if self._measuring is not None:
            self._measuring.cancel()
            with suppress(asyncio.CancelledError, MoltwatchError):
                await self._measuring
        if self._reader is not None:
            await self._reader.close()

    async def open(self) -> Reader:
        """Open the recording, if it is not open yet. Raises RecordingError."""
        if self._reader is None:
            self._reader = await self.open_reader()
            self.status.rejects = self._reader.rejects
        return self._reader

    def _keep_status(self) -> None:
        self.status.state = State.PAUSED if self.transport.paused else State.REPLAYING
        # Where it ends is for people who watch; at full speed it costs more than it tells.
        if self._measuring is None and not math.isinf(self.transport.speed):
            self._measuring = asyncio.ensure_future(self._measure())

    async def _measure(self) -> None:
        """Find out where the recording ends, while it plays."""
        assert self._reader is not None
        if span := await self._reader.span():
            self.transport.end = max(self.transport.end, span.end)


def open_spec(spec: SourceSpec, opening: Opening) -> ReplaySource:
    """Make the source of a recording file. Raises SourceUnreachable if it is not there."""
    path = find_recording(spec.rest)

    async def open_reader() -> Reader:
        # What can read recordings takes a while to load, and is not needed to play anything else.
        from moltwatch.recording.opening import open_recording

        reader = await open_recording(path, now=opening.clock.now())
        if opening.start:
            await _require(opening.start, reader, path.name)
        return reader

    playhead = Playhead(
        opening.clock, opening.speed, start=opening.start or 0, max_idle=opening.max_idle
    )
    return ReplaySource(open_reader, spec=spec.text, name=path.name, playhead=playhead)


async def _require(start: Micros, reader: Reader, name: str) -> None:
    """Raise UsageError, the reader closed, if the recording ends before ``start``: to rush through
    all of it would look like a start."""
    span = await reader.span()
    if span is not None and start > span.end:
        await reader.close()
        first, last = format_time(span.start), format_time(span.end)
        raise UsageError(f"--start {format_time(start)}: {name} goes from {first} to {last}")
