"""A walk over the screen in a real terminal, from the start to the shell's prompt."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from moltwatch.paths import shipped
from tests.e2e.terminal import Terminal

ROOT = Path(__file__).parents[2]
FIRST_LOOK = shipped("recordings") / "first-look.jsonl.gz"
LIVE = (
    f"export PYTHONPATH={ROOT}; {sys.executable} -m tests.bench.feed {FIRST_LOOK} 25 2>fed "
    f'| {sys.executable} -m moltwatch watch -; echo "came back with $?"; read answer'
)
"""A forum that goes on and on, and what the shell does when the screen has gone."""


def test_a_walk_from_the_start_to_the_end(tmp_path: Path) -> None:
    with Terminal(LIVE, tmp_path) as terminal:
        as_it_was = terminal.settings
        assert terminal.echoes()
        terminal.shows("❖")
        assert not terminal.echoes()

        terminal.press("1")
        terminal.until(lambda text: "⏎ open" not in text, "the flags had the focus")
        terminal.press("\r")
        assert "esc" in terminal.shows("WHAT SPEAKS FOR")
        terminal.press("\x1b")
        terminal.until(lambda text: "WHAT SPEAKS FOR" not in text, "the why went away")

        terminal.press("/")
        terminal.shows("enter searches")
        terminal.press("only add\r")
        terminal.until(lambda text: match(text) is not None, "it counted")
        thread = title(terminal.text)
        for _ in range(20):
            step_on(terminal)
            if title(terminal.text) != thread:
                break
        assert title(terminal.text) != thread, "matches are gone to from thread to thread"

        terminal.press("&")
        terminal.shows("tab completes")
        terminal.press("author:moltwatch-guide\r")
        terminal.until(lambda text: re.search(r"& author.* hides \d", text) is not None, "it hid")
        terminal.press("\x1b")
        terminal.until(lambda text: "/only add" not in text or " hides " not in text, "one went")
        terminal.press("\x1b")
        terminal.until(lambda text: " hides " not in text, "the filter went")

        terminal.press(" ")
        terminal.until(lambda text: re.search(r"frozen · \+\d", text) is not None, "it froze")
        terminal.press("G")
        terminal.until(lambda text: "frozen" not in text, "it went on")

        terminal.press("q")
        terminal.shows("came back with 0")
        assert terminal.settings == as_it_was and terminal.echoes()
        for left, entered in ((b"\x1b[?1049l", b"\x1b[?1049h"), (b"\x1b[?25h", b"\x1b[?25l")):
            assert terminal.raw.rindex(left) > terminal.raw.rindex(entered)
        terminal.press("\r")
        assert terminal.ends() == 0


def step_on(terminal: Terminal) -> None:
    """To the next match."""
    here = match(terminal.text)
    terminal.press("n")
    terminal.until(lambda text: match(text) not in (None, here), "the next match came")


def match(text: str) -> str | None:
    """Which match it is."""
    found = re.search(r"/only add\s+(\d+) of \d", text)
    return found and found[1]


def title(text: str) -> str:
    """The head of the thread."""
    return text.splitlines()[1][31:60]
