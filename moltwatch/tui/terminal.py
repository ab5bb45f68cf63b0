"""The terminal itself, whatever is redirected.

Textual draws on standard error and reads keys from standard input. With ``--pipe`` standard output
is data, with ``-`` standard input is, and either or both may be a pipe while a person sits before
the screen: then both ways go through the controlling terminal, ``/dev/tty``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from moltwatch.errors import UsageError

TTY = Path("/dev/tty")


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
        self._file = self._tty
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


def driver_for_terminal() -> type[Driver] | None:
    """The driver the screen needs: None (textual's own) where nothing is redirected.

    Raises UsageError when there is no terminal at all.
    """
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    if all(stream is not None and stream.isatty() for stream in streams):
        return None
    try:
        os.close(os.open(TTY, os.O_RDWR))
    except OSError:
        raise UsageError("there is no terminal to draw on; `moltwatch flags` needs none") from None
    if sys.__stdin__ is None:  # closed by whoever started us; textual asks for its number
        sys.__stdin__ = Path(os.devnull).open()  # type: ignore[misc]  # noqa: SIM115
    return TerminalDriver
