"""Drawing changes nothing: not the session, not the engine, no file."""

from __future__ import annotations

from pathlib import Path

import pytest

from moltwatch.heuristics.engine import Engine
from moltwatch.session import Session
from moltwatch.session.charges import Charges
from moltwatch.session.thread import Thread
from moltwatch.times import MINUTE
from moltwatch.tui.keys import KEYS
from moltwatch.tui.views.table import VIEWS, View
from tests.tui.driving import Watcher, watching
from tests.tui.forum import START, Forum, script

WRITING = [
    *((Session, name) for name in ("take", "finish", "judge", "note")),
    *((Charges, name) for name in ("add", "retract", "judge", "merge")),
    (Thread, "mark_read"),
    *((Engine, name) for name in ("feed", "finish", "dismiss")),
    *((Path, name) for name in ("open", "read_text", "write_text", "replace", "mkdir", "unlink")),
]
"""What changes something, or looks at a file."""


def evening(play: int) -> Forum:
    events, findings = script(minutes=6)
    return Forum(events, findings, play=START + play * MINUTE)


def state(watcher: Watcher, folder: Path) -> list[object]:
    session = watcher.session
    return [
        (session.version, session.charges.version, session.groups.version, session.names.version),
        [(thread.id, thread.version, thread.read) for thread in session.threads],
        [(case.serial, case.version, case.opinion) for case in session.charges.cases],
        list(watcher.forum.dismissed),
        list(watcher.main.triage.pinned),
        {path.name: path.read_bytes() for path in folder.iterdir()},
    ]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
async def test_a_frame_is_drawn_and_nothing_is_changed(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watching(evening(6), kept_in=tmp_path) as watcher:
        await watcher.press("left_square_bracket", "x", "p")
    async with watching(evening(1), kept_in=tmp_path, size=(200, 60)) as watcher:
        main = watcher.main
        await watcher.press(view.key)
        if not main.panes.views[view.name].display:  # it was there, and went
            await watcher.press(view.key)
        assert main.panes.views[view.name].display
        posts = watcher.session.posts
        moving = watcher.forum.sources[-1].moving
        assert moving is not None
        moving.play(moving.end)
        await watcher.passed()
        assert watcher.session.posts > posts and not watcher.forum.dismissed
        before = state(watcher, tmp_path)

        def forbidden(*_: object, **__: object) -> None:
            raise AssertionError("drawing changes nothing")

        with monkeypatch.context() as patched:
            for owner, name in WRITING:
                patched.setattr(owner, name, forbidden)
            for _ in range(2):
                main._hurry = True
                main.draw()
        assert state(watcher, tmp_path) == before
        await watcher.pilot.pause()
        assert f"{watcher.session.posts:,} posts" in watcher.text.splitlines()[0], "it was drawn"
        watcher.app.tick()
        assert state(watcher, tmp_path) != before, "a whole frame knows what was dismissed earlier"
        assert watcher.forum.dismissed


async def test_each_view_has_its_place_key_help_and_name_in_the_palette() -> None:
    async with watching(evening(6), size=(200, 60)) as watcher:
        main = watcher.main
        commands = {command.title.lower() for command in watcher.app.get_system_commands(main)}
        keys = {key.keys: key for keys in KEYS.values() for key in keys}
        for view in VIEWS:
            assert main.panes.views[view.name].id == view.name
            assert keys[view.key].help == view.help
            assert view.help.lower() in commands
            assert view.key in main.active_bindings
        assert len({view.key for view in VIEWS}) == len(VIEWS)
