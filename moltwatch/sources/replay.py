"""A recording, played: paced by its own times, at any speed, steered while it runs.

Only the waiting is ever changed: no time of an event is, so that heuristics see the same at every
speed. Where the wall clock stands matters to nobody else in a replay.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from moltwatch.dialects.lines import encode_lines
from moltwatch.errors import MoltwatchError, UsageError
from moltwatch.model import Event, Heartbeat
from moltwatch.recording.base import FileState, Reader, Span, find_recording, state_of
from moltwatch.sources.base import Clock, Source, State, Status, Transport
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import SECOND, Micros, format_time

FRAME = 1 / 30
"""Seconds between two batches, at least: what is due by then comes together."""

MOST_LAG = 2.0
"""Seconds by which what is due may be late. Where the pipeline is slower than the pace, the head
waits for it from then on, so that nothing is made up for in a burst."""


class Playhead(Transport):
    """Where a replay stands and what is due. Steered from the event loop that plays it.

    ``start``: everything before is rushed through, as a warm-up for those who remember.
    ``max_idle``: no single wait is longer than this many seconds.
    """

    def __init__(
        self,
        clock: Clock,
        speed: float = 1.0,
        *,
        start: Micros = 0,
        max_idle: float | None = None,
    ) -> None:
        self._clock = clock
        self._max_idle = max_idle
        self.speed = check_speed(speed)
        self.paused = False
        self.start = self.end = self.position = 0
        self._next: Micros = 0
        """Time of the event that is waited for."""
        self._anchor_wall: Micros = 0
        self._anchor_stream: Micros = 0
        """At wall time ``_anchor_wall``, what is due reached up to here."""
        self._skipping_to = start
        """Where a rush is heading; 0 when it is there."""
        self._rush = 0
        """Events up to which nothing is waited for."""
        self.span: Span | None = None
        """What the recording covers, once that is known."""
        self.n_events = 0
        self._steps = 0
        self._steered = asyncio.Event()

    @property
    def reached(self) -> Micros:
        if self._skipping_to or math.isinf(self.speed):
            return self.position
        return max(self.position, min(round(self._horizon()), self._next))

    def pause(self) -> None:
        if not self.paused:
            self._set_head(self._head())
            self.paused = True
            self._steered.set()

    def resume(self) -> None:
        if self.paused:
            self._set_head(self._head())
            self.paused, self._steps = False, 0
            self._steered.set()

    def set_speed(self, speed: float) -> None:
        """Raises UsageError for anything but a positive number or ``inf``."""
        self._set_head(self._head())
        self.speed = check_speed(speed)
        self._steered.set()

    def step(self) -> None:
        """While paused: let the next event through, and the heartbeats in front of it."""
        if self.paused:
            self._steps += 1
            self._steered.set()

    def skip_to(self, at: Micros) -> None:
        if at > self._head():
            self._skipping_to = max(self._skipping_to, at)
        elif at >= self.position and not self._skipping_to:
            self._set_head(at)
        self._steered.set()

    def stay(self) -> None:
        if self._skipping_to:
            self._skipping_to = 0
            self._set_head(self.position)
            self._steered.set()

    def events_before(self, at: Micros) -> int | None:
        return self.span.before(at) if self.span else None

    def rush(self, events: int) -> None:
        self._rush = max(self._rush, events)
        self._steered.set()

    def set_out(self, n: int, start: Micros, at: Micros) -> None:
        """What is played sets out in the midst of a recording, that began at ``start``: behind its
        ``n``th event, at stream time ``at``."""
        self.n_events = n
        self.start, self.position = start, at
        self.end = max(self.end, at)
        self._set_head(at)

    def begin(self, at: Micros) -> None:
        """The first event, at stream time ``at``, is due now."""
        self.start = self.position = at
        self.end = max(self.end, at)
        if self._skipping_to <= at:
            self._skipping_to = 0
        self._set_head(at)

    def due(self, events: Sequence[Event], begin: int) -> int:
        """How many events from index ``begin`` may pass now."""
        self._next = max(self.position, events[begin].seen_at)
        self._keep_pace(self._next)
        horizon = -1 if self.paused and not self._skipping_to else self._horizon()
        if horizon == math.inf:
            return len(events) - begin
        reached, count = self.position, 0
        for event in islice(events, begin, None):
            reached = max(reached, event.seen_at)
            if reached > horizon and self.n_events + count >= self._rush:
                break
            count += 1
        return count or self._stepped(events, begin)

    def passed(self, events: Sequence[Event]) -> None:
        """These were let through."""
        rushed = self.n_events < self._rush
        self.n_events += len(events)
        self.position = max(self.position, *(event.seen_at for event in events))
        self.end = max(self.end, self.position)
        if rushed or self.position > self._horizon():
            self._set_head(self.position)

    async def wait(self, event: Event) -> None:
        """Until ``event`` may be due, or somebody steers."""
        if self.paused:
            await self._steered.wait()
        else:
            await self._sleep(self._seconds_to(max(event.seen_at, self.position)))
        self._steered.clear()

    def _seconds_to(self, at: Micros) -> float:
        seconds = max(FRAME, (at - self._horizon()) / SECOND / self.speed)
        if self._max_idle is None or seconds <= self._max_idle:
            return seconds
        # The head jumps over the rest of the silence; the times of the events stay.
        self._set_head(at - round(self._max_idle * self.speed * SECOND))
        return self._max_idle

    async def _sleep(self, seconds: float) -> None:
        waits = [
            asyncio.ensure_future(self._clock.sleep(seconds)),
            asyncio.ensure_future(self._steered.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _keep_pace(self, at: Micros) -> None:
        """The next event is of ``at``. The pace begins anew where a rush arrives, however long it
        took, and where the event should have passed long ago."""
        if self._skipping_to:
            if at >= self._skipping_to:
                arrived, self._skipping_to = self._skipping_to, 0
                self._set_head(arrived)
            return
        late = 0.0 if self.paused or math.isinf(self.speed) else self._horizon() - at
        if late > MOST_LAG * self.speed * SECOND:
            self._set_head(at)

    def _horizon(self) -> float:
        """Stream time up to which everything is due."""
        if self._skipping_to:
            return self._skipping_to - 1
        if self.paused:
            return self._anchor_stream
        if math.isinf(self.speed):
            return math.inf
        return self._anchor_stream + (self._clock.now() - self._anchor_wall) * self.speed

    def _head(self) -> Micros:
        """Where it is now; at full speed, where the events are."""
        horizon = self._horizon()
        return self.position if math.isinf(horizon) else round(horizon)

    def _set_head(self, at: Micros) -> None:
        """Go on from here, from now on."""
        self._anchor_stream, self._anchor_wall = at, self._clock.now()

    def _stepped(self, events: Sequence[Event], begin: int) -> int:
        """How many events the next step takes."""
        if not self._steps:
            return 0
        for count, event in enumerate(islice(events, begin, None), start=1):
            if not isinstance(event, Heartbeat):
                self._steps -= 1
                return count
        return len(events) - begin


def parse_speed(text: str) -> float:
    """Read ``10``, ``0.5``, ``10x`` or ``max``. Raises UsageError for anything else."""
    word = text.strip().lower()
    try:
        return check_speed(math.inf if word == "max" else float(word.removesuffix("x")))
    except ValueError:
        raise UsageError(f"not a speed: {text!r} (a number above 0, or max)") from None


def check_speed(speed: float) -> float:
    """``speed`` itself. Raises UsageError unless it is positive; ``inf`` is."""
    if not speed > 0:
        raise UsageError(f"not a speed: {speed:g} (a number above 0, or max)")
    return speed


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
        paths: Sequence[Path],
        playhead: Playhead,
    ) -> None:
        self.spec = spec
        self.paths = paths
        """The files or folders that are read."""
        self.status = Status(name=" + ".join(path.name for path in paths))
        self.transport: Playhead = playhead
        self.open_reader = open_reader
        self.state: Sequence[FileState] | None = None
        """Of the files, when nothing of them had been read yet."""
        self._reader: Reader | None = None
        self._measuring: asyncio.Task[None] | None = None

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        playhead = self.transport
        try:
            reader = await self.open()
            async for events in reader.batches():
                if events and not playhead.n_events:
                    playhead.begin(events[0].seen_at)
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

    @property
    def lasting(self) -> bool:
        """Another reading gives the same. Before it was read, nobody knows."""
        return self._reader is not None and self._reader.lasting

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
            self.state = state_of(self.paths)
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
            self.transport.span = span
            self.transport.end = max(self.transport.end, span.end)


def open_spec(spec: SourceSpec, opening: Opening) -> ReplaySource:
    """Make the source of a recording file. Raises SourceUnreachable if it is not there."""
    path = find_recording(spec.rest)

    async def open_reader() -> Reader:
        # What can read recordings takes a while to load, and is not needed to play anything else.
        from moltwatch.recording.opening import open_recording

        reader = await open_recording(path, now=opening.clock.now())
        if opening.start:
            await require(opening.start, reader, path.name)
        return reader

    playhead = Playhead(
        opening.clock, opening.speed, start=opening.start or 0, max_idle=opening.max_idle
    )
    return ReplaySource(open_reader, spec=spec.text, paths=[path], playhead=playhead)


async def require(start: Micros, reader: Reader, name: str) -> None:
    """Raise UsageError, the reader closed, if the recording ends before ``start``: to rush through
    all of it would look like a start."""
    span = await reader.span()
    if span is not None and start > span.end:
        await reader.close()
        first, last = format_time(span.start), format_time(span.end)
        raise UsageError(f"--start {format_time(start)}: {name} goes from {first} to {last}")
