"""The screen as it looks, at the sizes people have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from moltwatch.times import MINUTE
from moltwatch.tui.app import MoltwatchApp
from tests.tui.driving import Watcher
from tests.tui.forum import START, Forum, script

SnapCompare = Callable[..., bool]
"""The fixture of pytest-textual-snapshot."""

SMALL, USUAL = (80, 24), (120, 40)
DECK, FLAG, HELP = ("d",), ("right_square_bracket",), ("question_mark",)


def look(
    *keys: str, theme: str = "tidepool", minutes: int = 21
) -> tuple[MoltwatchApp, Callable[[Pilot[None]], Awaitable[None]]]:
    events, findings = script()
    forum = Forum(events, findings, play=START + minutes * MINUTE)
    app = MoltwatchApp(forum.open, fps=0, theme=theme, wall=lambda: START)

    async def drive(pilot: Pilot[None]) -> None:
        watcher = Watcher(app, forum, pilot)
        await watcher.frames()
        await watcher.press(*keys)
        # So that nothing hangs on the frame a picture was taken in.
        watcher.cool()
        await pilot.pause()

    return app, drive


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=["80x24", "120x40"])
@pytest.mark.parametrize("keys", [(), FLAG, DECK], ids=["watching", "flag", "deck"])
def test_looks(snap_compare: SnapCompare, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    app, drive = look(*keys)
    assert snap_compare(app, run_before=drive, terminal_size=size)


@pytest.mark.parametrize(
    "keys", [("2", "2", "j", "enter"), ("3", "tab", "a"), HELP], ids=["group", "agent", "help"]
)
def test_sides(snap_compare: SnapCompare, keys: tuple[str, ...]) -> None:
    app, drive = look(*keys)
    assert snap_compare(app, run_before=drive, terminal_size=USUAL)


@pytest.mark.parametrize("theme", ["daylight", "terminal", "phosphor"])
def test_themes(snap_compare: SnapCompare, theme: str) -> None:
    app, drive = look(*FLAG, theme=theme)
    assert snap_compare(app, run_before=drive, terminal_size=SMALL)
