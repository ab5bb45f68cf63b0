"""A real terminal: a pty with a process in it, and a screen that understands what it draws."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

PATIENCE = 60.0
"""Seconds after which a test gives up on a screen."""


class Terminal:
    """Runs a shell command in a terminal of its own. Use as a context manager."""

    def __init__(
        self, command: str, folder: Path, *, columns: int = 120, rows: int = 40, term: str = ""
    ) -> None:
        self._command = command
        self._folder = folder
        self._size = (rows, columns)
        self._term = term or "xterm-256color"
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._deadline = time.monotonic() + PATIENCE
        self._pid = self._fd = -1
        self.raw = b""
        """All the terminal was ever sent."""

    def __enter__(self) -> Self:
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.environ.update(
                TERM=self._term,
                COLORTERM="",
                XDG_CONFIG_HOME=str(self._folder / "none"),
                XDG_STATE_HOME=str(self._folder / "state"),
            )
            os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            os.chdir(self._folder)
            os.execvp("sh", ["sh", "-c", self._command])
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", *self._size, 0, 0))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pid > 0:
            os.killpg(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._fd)

    @property
    def text(self) -> str:
        """What is on the screen."""
        # Not ``display``, which stumbles over half of a wide character that was written over.
        rows = (self._screen.buffer[y] for y in range(self._screen.lines))
        return "\n".join("".join(row[x].data for x in range(self._screen.columns)) for row in rows)

    @property
    def unreadable(self) -> str:
        """What is written in the colour of its ground."""
        cells = (
            self._screen.buffer[y][x] for y in range(self._size[0]) for x in range(self._size[1])
        )
        return "".join(c.data for c in cells if c.data.strip() and c.fg == c.bg != "default")

    @property
    def settings(self) -> list[object]:
        """How the terminal treats what is typed and what is written."""
        return termios.tcgetattr(self._fd)

    def echoes(self) -> bool:
        """Whether it shows what is typed."""
        return bool(termios.tcgetattr(self._fd)[3] & termios.ECHO)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._fd, keys.encode())

    def send(self, ending: signal.Signals) -> None:
        """Send the command a signal; it must have been started by ``exec``."""
        os.kill(self._pid, ending)

    def hang_up(self) -> int:
        """Close the window while the command runs; its exit code."""
        os.close(self._fd)
        self._fd = os.open(os.devnull, os.O_RDONLY)
        pid, self._pid = self._pid, -1
        last_resort = threading.Timer(PATIENCE, os.kill, (pid, signal.SIGKILL))
        last_resort.start()
        try:
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        finally:
            last_resort.cancel()

    def until(self, condition: Callable[[str], bool], what: str) -> str:
        """Read what is drawn until the screen satisfies ``condition``; the screen then."""
        while not condition(self.text):
            assert self._read(), f"the program ended before {what}:\n{self.text}"
        return self.text

    def shows(self, words: str) -> str:
        """Wait until ``words`` are on the screen."""
        return self.until(lambda text: words in text, f"it showed {words!r}")

    def ends(self) -> int:
        """Wait for the command to end; its exit code."""
        while self._read():
            pass
        pid, self._pid = self._pid, -1
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _read(self) -> bool:
        left = self._deadline - time.monotonic()
        ready, _, _ = select.select([self._fd], [], [], max(0.0, left))
        assert ready, f"nothing more was drawn within {PATIENCE} s:\n{self.text}"
        try:
            data = os.read(self._fd, 65_536)
        except OSError:  # how Linux says that the other end has closed
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)
