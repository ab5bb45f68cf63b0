"""A stream written to by a thread, for lines that leave beside a screen.

Without a screen a slow reader may slow everything down. With one it must not: a pager on the pipe
would freeze the keys. So lines wait here, up to a bound; only past it does the writer wait too.
"""

from __future__ import annotations

from queue import SimpleQueue
from threading import BoundedSemaphore, Thread

from moltwatch.outputs.stdout import ByteStream

MOST_WAITING = 20_000
"""Pieces that may wait: half a minute of a flood, a day of a quiet forum."""


class BackgroundStream:
    """Writes to ``target`` in the background. What went wrong there is raised by the next write,
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
