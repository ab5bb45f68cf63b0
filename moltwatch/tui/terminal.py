"""The terminal itself: how the screen reaches it, and how light its background is.

Textual draws on standard error and reads keys from standard input. With ``--pipe`` standard output
is data, with ``-`` standard input is, and either or both may be a pipe while a person sits before
the screen: then both ways go through the controlling terminal, ``/dev/tty``.

The terminal is asked for its background before the screen covers it. The question for the colour
(xterm's OSC 11) is followed by one that every terminal answers, for what it is (DA1). Answers come
in order, so when that one is there, no other is still on its way, and nothing of what was said is
left to be taken for keys. A terminal that answers neither within a second is taken for dark.
"""

from __future__ import annotations

import os
import re
import select
import sys
import termios
import webbrowser
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
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


WAIT = 1.0
"""Seconds for an answer; one over a slow line takes a third of that."""

_ASK = b"\x1b]11;?\x1b\\\x1b[c"
_LAST = re.compile(rb"\x1b\[\?[0-9;]*c")
_COLOR = re.compile(rb"\x1b\]11;rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})", re.I)
_MOST = 4_096
"""Bytes of an answer."""

_LIGHT_OF_SIXTEEN = {"7", "15"}
_MUTE = {"", "dumb", "linux"}
"""Kinds of terminals that are not asked."""


def is_light(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the background is light, as far as the environment or the terminal tells."""
    if told := _in_sixteen(environ.get("COLORFGBG", "")):
        return told in _LIGHT_OF_SIXTEEN
    if environ.get("TERM", "") in _MUTE:
        return False
    try:
        tty = os.open(TTY, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return brightness(ask(tty)) > 0.5
    except (OSError, termios.error):
        return False
    finally:
        os.close(tty)


def brightness(answer: bytes) -> float:
    """Of the colour in an answer, 0 to 1 (the luma of ITU-R BT.709); 0 if there is none."""
    if not (found := _COLOR.search(answer)):
        return 0.0
    red, green, blue = (int(part, 16) / int(b"f" * len(part), 16) for part in found.group(1, 2, 3))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ask(tty: int, wait: float = WAIT) -> bytes:
    """What the terminal answers. Raises OSError and termios.error when it is none."""
    before = termios.tcgetattr(tty)
    quiet = termios.tcgetattr(tty)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 0, 0
    answer = b""
    try:
        termios.tcsetattr(tty, termios.TCSADRAIN, quiet)
        os.write(tty, _ASK)
        until = monotonic() + wait
        while not _LAST.search(answer) and len(answer) < _MOST:
            if not select.select([tty], [], [], max(0.0, until - monotonic()))[0]:
                break
            if not (some := os.read(tty, 256)):
                break
            answer += some
    finally:
        # Half an answer is no key.
        whole = _LAST.search(answer)
        with suppress(termios.error):
            termios.tcsetattr(tty, termios.TCSADRAIN if whole else termios.TCSAFLUSH, before)
    return answer


def _in_sixteen(colorfgbg: str) -> str:
    """The background's number in ``15;0`` or ``15;default;0``; empty if it is not told."""
    last = colorfgbg.rpartition(";")[2]
    return last if last.isascii() and last.isdigit() else ""


def has_browser() -> bool:
    """Whether there is a browser with a window; one for the terminal would draw over the screen."""
    try:
        return type(webbrowser.get()) is not webbrowser.GenericBrowser
    except webbrowser.Error:
        return False
