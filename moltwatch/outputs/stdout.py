"""Findings to standard output as they happen: a sink of the pipeline.

Each event's lines are written and flushed at once, so that whoever reads the pipe sees a flag when
it is raised. A reader that is slow slows the whole run down, which is what a pipe is for; one that
has gone raises BrokenPipeError, which ends the run.

Beside a screen neither may happen: a pager on the pipe would freeze the keys, and the person before
the screen goes on watching when the reader has gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from queue import SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Protocol

from moltwatch.jsonl import JsonFormat
from moltwatch.model import Event, Finding
from moltwatch.outputs.formats import Format
from moltwatch.outputs.selection import Selection

MOST_WAITING = 20_000
"""Pieces that may wait: half a minute of a flood, a day of a quiet forum."""


class ByteStream(Protocol):
    """Where lines go: ``sys.stdout.buffer``, or a stream that does not wait for its reader."""

    def write(self, data: bytes, /) -> object: ...
    def flush(self) -> object: ...


class LineSink:
    """Writes the findings that a selection picks to a stream of bytes."""

    def __init__(self, stream: ByteStream, form: Format, selection: Selection) -> None:
        self._stream = stream
        self._form = form
        self._selection = selection
        self._unsaid_head = form.head
        self.written = 0
        """Findings that were picked and written."""

    def take(self, event: Event, findings: Sequence[Finding]) -> None:
        """Write what the event gave away."""
        if findings or self._unsaid_head:
            self.say(findings)

    def finish(self, findings: Sequence[Finding]) -> None:
        """Write the last findings."""
        self.say(findings)

    def say(self, findings: Sequence[Finding]) -> None:
        # The head waits for the first event: a source that cannot be reached leaves no output.
        data, self._unsaid_head = self._unsaid_head, b""
        if findings:
            picked = [finding for finding in findings if self._selection.picks(finding)]
            data += b"".join(map(self._form.encode, picked))
            self.written += len(picked)
        if data:
            self._stream.write(data)
            self._stream.flush()


class BackgroundStream:
    """A stream written to by a thread, for lines that leave beside a screen: they wait here, up to
    a bound, and only past it does the writer wait too. What went wrong is raised by the next write,
    or by :meth:`close`, which waits until everything is out."""

    def __init__(self, target: ByteStream, most_waiting: int = MOST_WAITING) -> None:
        self._target = target
        self._room = BoundedSemaphore(most_waiting)
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._error: Exception | None = None
        self._thread = Thread(target=self._pump, name="pipe", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Leave a piece to be written and flushed. Raises what an earlier one met:
        BrokenPipeError when the reader has gone."""
        if self._error is not None:
            raise self._error
        self._room.acquire()
        self._waiting.put(data)

    def flush(self) -> None:
        """Nothing to do: each piece is flushed when it is written."""

    def close(self) -> None:
        """Wait until everything is out, or the reader has gone. Raises like :meth:`write`. To be
        called once."""
        self._waiting.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _pump(self) -> None:
        while (piece := self._waiting.get()) is not None:
            if self._error is None:
                try:
                    self._target.write(piece)
                    self._target.flush()
                except Exception as error:
                    self._error = error
            # Also after an error: whoever waits for room has to be let go to hear of it.
            self._room.release()


class PipeSink(LineSink):
    """JSON lines to ``stream``, never waiting for its reader, and quiet once that has gone."""

    def __init__(self, stream: ByteStream, selection: Selection | None = None) -> None:
        self._background = BackgroundStream(stream)
        self.gone = False
        """Nobody reads any more."""
        super().__init__(self._background, JsonFormat(), selection or Selection())

    def say(self, findings: Sequence[Finding]) -> None:
        """Write the findings that make lines, if anybody reads them."""
        if self.gone:
            return
        try:
            super().say(findings)
        except BrokenPipeError:
            self.gone = True

    def close(self) -> None:
        """Wait until everything is out, or the reader has gone."""
        try:
            self._background.close()
        except BrokenPipeError:
            self.gone = True
