"""Whether the terminal is light: asked of the terminal itself, before the screen covers it.

The question for the background's colour (xterm's OSC 11) is followed by one that every terminal
answers, for what it is (DA1). Answers come in order, so when that one is there, no other is still
on its way, and nothing of what was said is left to be taken for keys. Who answers neither within
a second is taken for dark.
"""

from __future__ import annotations

import os
import re
import select
import termios
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic

TTY = Path("/dev/tty")

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
