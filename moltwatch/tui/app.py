"""The screen's application: opens a run, and asks the session 30 times a second what is new."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from moltwatch.errors import MoltwatchError
from moltwatch.sources.base import SystemClock
from moltwatch.times import Micros
from moltwatch.tui import themes
from moltwatch.tui.player import Player
from moltwatch.tui.run import OpenRun
from moltwatch.tui.screens.main import MainScreen

FRAMES_PER_SECOND = 30


class MoltwatchApp(App[None]):
    """Watches one run at a time.

    ``open_run`` gives a fresh run; it is called once at the start with ``start``, and again
    whenever the user seeks backwards. ``theme`` names a theme; ``wall`` is the wall clock, for the
    lag of live sources. With ``frames`` off, nothing moves but by :meth:`tick`.

    After the app has ended, :attr:`failure` holds what stopped the run, if something did: raise it
    for the exit code.
    """

    TITLE = "moltwatch"
    CSS_PATH = "moltwatch.tcss"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        open_run: OpenRun,
        *,
        start: Micros | None = None,
        theme: str | None = None,
        wall: Callable[[], Micros] | None = None,
        frames: bool = True,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.player = Player(open_run)
        self.frame = 0
        """Frames drawn."""
        self._start = start
        self._wall = wall or SystemClock().now
        self._frames = frames
        self._complaints: list[str] = []
        for file in themes.load_all(self._complaints).values():
            self.register_theme(themes.to_textual(file))
        self.theme = self._pick_theme(theme)
        self.main = MainScreen()

    @property
    def failure(self) -> MoltwatchError | None:
        """What stopped the run."""
        return self.player.failure

    def _pick_theme(self, wanted: str | None) -> str:
        if wanted and wanted in self.available_themes:
            return wanted
        if wanted:
            self._complaints.append(f"no theme is called {wanted}")
        few = self.no_color or self.console.color_system in (None, "standard")
        return themes.SIXTEEN if few else themes.DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return themes.fallback(self.current_theme)

    async def on_mount(self) -> None:
        await self.push_screen(self.main)
        for complaint in self._complaints:
            self.main.say(complaint)
        await self.player.start(self._start)
        if self._frames:
            self.set_interval(1 / FRAMES_PER_SECOND, self.tick)
        self.tick()

    async def on_unmount(self) -> None:
        await self.player.stop()

    def tick(self) -> None:
        """One frame."""
        self.frame += 1
        self.player.settle()
        self.main.pull(self.frame, self._wall())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything the keys reach, by name."""
        yield from (
            SystemCommand("Theme", "Choose the colours", self.search_themes),
            SystemCommand("Quit", "Leave moltwatch", self.exit),
        )
        for binding in self.main._bindings.key_to_bindings.values():
            for key in binding:
                if not key.action.startswith("app."):
                    yield SystemCommand(
                        key.description.capitalize(),
                        f"key {key.key_display or key.key}",
                        lambda action=key.action: self.call_later(
                            self.run_action, action, self.main
                        ),
                    )
