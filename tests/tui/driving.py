"""Drives the screen: keys are pressed, frames are drawn, and nothing moves in between."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, tzinfo
from pathlib import Path

from textual import events
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.strip import Strip

from moltwatch.session import Session
from moltwatch.times import SECOND
from moltwatch.tui.app import MoltwatchApp
from moltwatch.tui.screens.main import MainScreen
from moltwatch.tui.widgets.rowview import RowView
from tests.tui.forum import START, Forum

FRAMES = 8
"""Frames after each key: enough for everything to have been looked at."""

HANDS = 4
"""Queues that what comes of a key may go through: the app, what has the focus, its screen, the
app again."""


def drawn(app: App[None]) -> list[Strip]:
    """What is on the screen of an app, line by line."""
    width, height = app.size
    return [line.crop(0, width) for line in app.screen._compositor.render_strips()[:height]]


class Watcher:
    """A person before the screen."""

    def __init__(self, app: MoltwatchApp, forum: Forum, pilot: Pilot[None]) -> None:
        self.app = app
        self.forum = forum
        self.pilot = pilot

    @property
    def main(self) -> MainScreen:
        return self.app.main

    @property
    def session(self) -> Session:
        session = self.app.player.session
        assert session is not None
        return session

    async def passed(self) -> None:
        """Let everything come that may come, and draw nothing."""
        for _ in range(5_000):
            if not self.forum.sources or self.forum.sources[-1].quiet:
                break
            await asyncio.sleep(0)

    async def frames(self, n: int = FRAMES) -> None:
        """Let everything come that may come, and draw."""
        await self.passed()
        for _ in range(n):
            self.app.tick()
            await asyncio.sleep(0)
        await self.pilot.pause()

    async def wait(self, seconds: float) -> None:
        """Let time pass on the wall clock, and nothing else."""
        later = self.app._wall() + round(seconds * SECOND)
        self.app._wall = lambda: later
        await self.frames(1)

    async def arrival(self) -> None:
        """Wait for a seek to come where it is heading."""
        for _ in range(200):
            await self.frames(1)
            if not self.app.player.seeking:
                break
        assert not self.app.player.seeking
        await self.frames()

    def cool(self) -> None:
        """What was fresh is so no longer."""
        for view in self.app.screen.query(RowView):
            view._fresh.clear()
            view.refresh()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.strike(key)
            await self.frames(3)
        await self.frames()

    async def strike(self, *keys: str) -> None:
        """Press keys right after one another, and wait once: for those of which nothing is drawn
        in between."""
        driver = self.app._driver
        assert driver is not None
        for key in keys:
            name = key if len(key) > 1 or key.isalnum() else _character_to_key(key)
            try:
                letter: str | None = unicodedata.lookup(
                    _get_unicode_name_from_key(REPLACED_KEYS.get(name, name))
                )
            except KeyError:
                letter = key if len(key) == 1 else None
            event = events.Key(name, letter)
            event.set_sender(self.app)
            driver.send_message(event)
        for _ in range(HANDS):
            await self.pilot._wait_for_screen()
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.strike(*text)
        await self.frames()

    @property
    def strips(self) -> list[Strip]:
        """What is on the screen."""
        return drawn(self.app)

    @property
    def text(self) -> str:
        """What is on the screen, as text."""
        return "\n".join(line.text for line in self.strips)

    @property
    def notice(self) -> str:
        return self.main.notifications.text if self.main.notifications.display else ""


@asynccontextmanager
async def watching(
    forum: Forum,
    size: tuple[int, int] = (120, 40),
    theme: str = "tidepool",
    kept_in: Path | None = None,
    host: str | None = None,
    zone: tzinfo | None = UTC,
    show_secrets: bool = False,
) -> AsyncIterator[Watcher]:
    """The screen over an invented forum."""
    app = MoltwatchApp(
        forum.open,
        fps=0,
        theme=theme,
        wall=lambda: START,
        kept_in=kept_in,
        host=host,
        zone=zone,
        show_secrets=show_secrets,
    )
    async with app.run_test(size=size) as pilot:
        watcher = Watcher(app, forum, pilot)
        await watcher.frames()
        yield watcher
