"""Light or dark: asked of a terminal that answers, one that answers half, and one that does not."""

from __future__ import annotations

import os
import pty
import termios
import threading
from collections.abc import Callable, Iterator

import pytest

from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.terminal import ask, brightness, is_light
from tests.tui.forum import Forum, script

DA1 = b"\x1b[?62;22c"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: where one sits, and where programs are."""
    there, here = pty.openpty()
    yield there, here
    os.close(there)
    os.close(here)


def answering(there: int, answer: bytes) -> Callable[[], None]:
    """A terminal that says this when it is asked."""

    def sit() -> None:
        asked = b""
        while not asked.endswith(b"\x1b[c"):
            asked += os.read(there, 64)
        os.write(there, answer)

    thread = threading.Thread(target=sit)
    thread.start()
    return thread.join


@pytest.mark.parametrize(
    ("color", "light"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\", True),
        (b"\x1b]11;rgb:fd/f6/e3\x07", True),
        (b"\x1b]11;rgb:0000/2b2b/3636\x1b\\", False),
        (b"", False),
    ],
    ids=["white", "paper", "deep", "silent"],
)
def test_a_terminal_is_asked(terminal: tuple[int, int], color: bytes, light: bool) -> None:
    there, here = terminal
    before = termios.tcgetattr(here)
    done = answering(there, color + DA1 + b"j")
    answer = ask(here, wait=60)
    done()
    assert (brightness(answer) > 0.5) is light
    assert termios.tcgetattr(here) == before, "as it was"


def test_who_does_not_answer_is_not_waited_for(terminal: tuple[int, int]) -> None:
    there, here = terminal
    os.write(there, b"\x1b]11;rgb:ff")
    before = termios.tcgetattr(here)
    assert brightness(ask(here, wait=0)) == 0
    assert termios.tcgetattr(here) == before
    os.set_blocking(here, False)
    with pytest.raises(BlockingIOError):
        os.read(here, 1)


@pytest.mark.parametrize(
    ("told", "light"),
    [("0;15", True), ("0;default;7", True), ("15;0", False), ("15;8", False)],
)
def test_the_environment_may_know(told: str, light: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moltwatch.tui.terminal.ask", None)
    assert is_light({"COLORFGBG": told, "TERM": "xterm-256color"}) is light


def test_what_is_no_terminal_is_dark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moltwatch.tui.terminal.ask", None)
    assert not is_light({"TERM": "dumb", "COLORFGBG": "default;default"})
    monkeypatch.setattr("moltwatch.tui.terminal.TTY", "/dev/no-such-terminal")
    assert not is_light({"TERM": "xterm"})


@pytest.mark.parametrize(
    ("wanted", "light", "theme"),
    [(None, True, "daylight"), (None, False, "tidepool"), ("phosphor", True, "phosphor")],
)
def test_the_screen_follows(
    wanted: str | None, light: bool, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TERM", "xterm-256color")
    app = MoltwatchApp(Forum(*script()).open, theme=wanted, light=light)
    assert app.theme == theme
