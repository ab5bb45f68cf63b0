"""The screen as it looks, in every view and at the sizes people have; see :mod:`.snapshot`."""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.times import MINUTE
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script
from tests.tui.snapshot import FOLDER, THEME, Snapshots, snapshot, without_scrollbars, write_theme

SIZES = ((80, 24), (120, 40), (200, 60))

Keys = tuple[str, ...]

BACK = ("escape", "escape", "escape")

REPLAYED: dict[str, tuple[Keys, Keys]] = {
    "watching": ((), ()),
    "deck": (("d",), ("d",)),
    "groups": (("2",), ()),
    "group": (("2", "enter"), BACK),
    "sources": (("4",), BACK),
    "heuristics": (("5",), BACK),
    "latest": (("l",), ("l",)),
    "paused": (("space",), ("space",)),
    "help": (("question_mark",), ("escape",)),
    "flag": (("left_square_bracket",), ()),
    "agent": (("a",), BACK),
    "why": (("1", "enter"), BACK),
    "prompt": (("ampersand", *"persona", "greater_than_sign"), ("escape",)),
    "search": (("slash", *"notes", "enter"), BACK),
    "filter": (("ampersand", *"ondine", "enter"), BACK),
}
LIVE: dict[str, tuple[Keys, Keys]] = {"live": ((), ()), "frozen": (("space",), ())}
"""By view, the keys that lead to it, and those that lead away."""


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_looks(
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pytestconfig: pytest.Config,
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    names = write_theme(tmp_path / "moltwatch" / "themes")
    update = pytestconfig.getoption("--update-snapshots")
    kept = Snapshots(FOLDER / f"{size[0]}x{size[1]}", update)
    events, findings = script()
    for views, forum in (
        (REPLAYED, Forum(events, findings, play=START + 21 * MINUTE)),
        (LIVE, Forum(events, findings, live=True)),
    ):
        async with watching(forum, size, THEME) as watcher:
            for name, (keys, back) in views.items():
                await look(watcher, keys)
                kept.take(name, snapshot(without_scrollbars(watcher.strips, watcher.app), names))
                for key in back:
                    await watcher.strike(key)
    kept.settle()


async def look(watcher: Watcher, keys: tuple[str, ...]) -> None:
    if keys[:1] in (("slash",), ("ampersand",)):
        await watcher.strike(*keys)
    else:
        for key in keys:
            await watcher.strike(key)
            watcher.app.tick()
    await watcher.frames(6)
    await watcher.frames(2)  # what came on the screen with those has its size by now
    # So that nothing hangs on the frame a picture was taken in.
    watcher.cool()
    await watcher.pilot.pause()
