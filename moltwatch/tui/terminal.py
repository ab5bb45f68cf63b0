"""The terminal itself, whatever is redirected.

Textual draws on standard error and reads keys from standard input. With ``--pipe`` standard output
is data, with ``-`` standard input is, and either or both may be a pipe while a person sits before
the screen: then both ways go through the controlling terminal, ``/dev/tty``.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from moltwatch.errors import UsageError

TTY = Path("/dev/tty")


class Outliving:
    """A terminal to write to, even if it has gone: its window was closed, and we are being told.

    The thread that writes would die of the error, and who has more to draw wait for it for ever.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class ScreenDriver(LinuxDriver):
    """Textual's own way, over a terminal that may go."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = cast("Any", Outliving(cast("IO[str]", self._file)))


class TerminalDriver(LinuxDriver):
    """Keys from and cells to the controlling terminal."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._tty: IO[str] = TTY.open("w", encoding="utf-8", errors="replace")
        self._file = cast("Any", Outliving(self._tty))
        self.fileno = os.open(TTY, os.O_RDONLY)
        self.input_tty = True

    def _get_terminal_size(self) -> tuple[int, int]:
        # The standard way asks standard output, which is not the terminal here.
        try:
            width, height = os.get_terminal_size(self.fileno)
        except OSError:
            width = height = 0
        return (width, height) if width and height else (80, 24)

    def close(self) -> None:
        super().close()
        self._tty.close()
        os.close(self.fileno)


def driver_for_terminal() -> type[Driver]:
    """The driver the screen needs. Raises UsageError when there is no terminal at all."""
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    if all(stream is not None and stream.isatty() for stream in streams):
        return ScreenDriver
    try:
        os.close(os.open(TTY, os.O_RDWR))
    except OSError:
        raise UsageError("there is no terminal to draw on; `moltwatch flags` needs none") from None
    if sys.__stdin__ is None:  # closed by whoever started us; textual asks for its number
        sys.__stdin__ = Path(os.devnull).open()  # type: ignore[misc]  # noqa: SIM115
    return TerminalDriver
