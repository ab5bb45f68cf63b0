"""A stream of bytes written by a thread, for when whoever writes must not wait.

Beside a running screen, lines go to a pipe whose reader may be slow (a pager) or gone (``head``).
Neither may freeze the screen: what is not yet read waits here, up to a bound; after that writing
does block, because a line is never dropped. A reader that has gone is not an error: the rest is
let go and :attr:`gone` tells.
"""

from __future__ import annotations

import os
from queue import Queue
from threading import Thread

MOST_WAITING = 10_000
"""Writes that wait for the reader before writing blocks."""


class BackgroundWriter:
    """Writes to a file descriptor in the order it was told to."""

    def __init__(self, descriptor: int) -> None:
        self.gone = False
        """The reader closed its end, or the descriptor cannot be written to."""
        self._descriptor = descriptor
        self._waiting: Queue[bytes | None] = Queue(MOST_WAITING)
        self._thread = Thread(target=self._write_all, name="pipe", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> int:
        """Take ``data`` to be written; it will be, unless the reader goes."""
        if not self.gone:
            self._waiting.put(data)
        return len(data)

    def flush(self) -> None:
        """Nothing to do: the thread writes at once."""

    def close(self, timeout: float = 2.0) -> None:
        """Give the reader ``timeout`` seconds to take what waits. May be called more than once."""
        if self._thread.is_alive() and not self.gone:
            self._waiting.put(None)
            self._thread.join(timeout)

    def _write_all(self) -> None:
        while (data := self._waiting.get()) is not None:
            rest = memoryview(b"" if self.gone else data)
            while rest:
                try:
                    rest = rest[os.write(self._descriptor, rest) :]
                except OSError:
                    self.gone = True
                    rest = memoryview(b"")
