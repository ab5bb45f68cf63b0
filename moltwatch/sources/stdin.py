"""Lines on standard input: ``-``.

Recording lines, with or without a header, or posts as an API gives them, also mixed; each is passed
on the moment it is there, so that ``tail -f`` works.

Whose time counts: a line that brings its own ``seen_at`` was observed before, and keeps it, though
it be later than now: clocks differ. A line without is observed now. After such a line the stream's
time is the wall clock's, and when the pipe is quiet heartbeats say that time goes on; after a
recorded line it is not, and only recorded heartbeats move it. So a recording through a pipe gives
what the file gives.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Sequence

from moltwatch.dialects.framing import LineSplitter
from moltwatch.dialects.lines import Lines
from moltwatch.errors import RecordingError
from moltwatch.model import Event, Heartbeat
from moltwatch.sources.base import Clock, Source, State, Status
from moltwatch.sources.registry import Opening, SourceSpec
from moltwatch.times import Micros

CHUNK = 64 * 1024
"""Bytes read at once, at most."""

AHEAD = 8
"""Chunks read ahead of the pipeline."""


class StdinSource(Source):
    """Lines from a file descriptor. ``heartbeat``: seconds of silence after which time goes on."""

    replayed = False

    def __init__(self, *, clock: Clock, fd: int = 0, heartbeat: float = 15.0) -> None:
        self.spec = "-"
        self.status = Status(name="stdin")
        self._clock = clock
        self._heartbeat = heartbeat
        self._chunks = _Chunks(fd)
        self._split = LineSplitter()
        self._stamped = False
        """The latest line did not say when it was seen."""
        self._lines = Lines(
            "standard input", source="stdin", now=self._stamp, rejects=self.status.rejects
        )

    async def batches(self) -> AsyncIterator[Sequence[Event]]:
        self._chunks.start()
        self.status.say(State.LIVE)
        while True:
            try:
                async with asyncio.timeout(self._heartbeat):
                    chunk = await self._chunks.next()
            except TimeoutError:
                if self._stamped:
                    yield [Heartbeat(seen_at=self._clock.now(), source=self.status.name)]
                continue
            if events := self._read(chunk):
                self.status.count(events)
                yield events
            if not chunk:
                break
        if (error := self._chunks.error) is not None:
            # What could not be read is no end: more was to come.
            reason = f"cannot be read to its end: {error.strerror or 'input error'}"
            self.status.say(State.FAILED, reason)
            raise RecordingError(f"standard input: {reason}")
        self.status.say(State.ENDED)

    async def close(self) -> None:
        self._chunks.stop()

    def _read(self, chunk: bytes) -> list[Event]:
        """The events of the lines that ``chunk`` completes; an empty one is the end."""
        stamped, self._stamped = self._stamped, False
        if chunk:
            events = self._lines.read(self._split.feed(chunk))
        else:
            *whole, rest = self._split.end()
            events = self._lines.read(whole) + self._lines.finish(rest)
        if events:
            self.replayed = not self._stamped
        else:
            self._stamped = stamped
        return events

    def _stamp(self) -> Micros:
        self._stamped = True
        return self._clock.now()


class _Chunks:
    """Reads a descriptor in a thread of its own.

    The event loop could watch a pipe, but not a file, and to watch it would have to make it
    non-blocking: for a terminal, that is what it shares with standard output. The thread is a
    daemon, because a read from a silent pipe cannot be called back.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._ready: asyncio.Queue[bytes] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)
        self._stopped = False
        self.error: OSError | None = None
        """Why there was nothing more to read, if that was not the end."""

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, args=(loop,), name="stdin", daemon=True).start()

    async def next(self) -> bytes:
        """What could be read; empty at the end."""
        chunk = await self._ready.get()
        self._room.release()
        return chunk

    def stop(self) -> None:
        self._stopped = True
        self._room.release()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        chunk = b"more"
        while chunk:
            self._room.acquire()
            if self._stopped:
                return
            try:
                chunk = os.read(self._fd, CHUNK)
            except OSError as error:
                chunk, self.error = b"", error
            try:
                loop.call_soon_threadsafe(self._ready.put_nowait, chunk)
            except RuntimeError:  # the loop has closed meanwhile: nobody listens any more
                return


def open_spec(spec: SourceSpec, opening: Opening) -> StdinSource:
    """Make the source of ``-``."""
    return StdinSource(clock=opening.clock)
