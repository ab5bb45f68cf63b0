"""The screen's application: opens a run, and asks the session 30 times a second what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Container, Iterable, Sequence
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from signal import Signals
from time import perf_counter
from typing import Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen

from moltwatch.errors import MoltwatchError
from moltwatch.model import Kind
from moltwatch.sources.base import SystemClock
from moltwatch.times import Micros
from moltwatch.tui import local_time, secrets, themes
from moltwatch.tui.keys import KEYS
from moltwatch.tui.player import OpenRun, Player
from moltwatch.tui.screens.main import MainScreen
from moltwatch.tui.triage import Triage
from moltwatch.tui.widgets.prompt import ChooserScreen, PromptScreen

ANSWER = 0.03
"""Seconds the run rests after a key, so that what comes of it is painted."""

MOST_DROPPED = 5
"""Frames dropped in a row at most."""

AT_REST = 15
"""Where nothing stirs, one frame in so many is drawn: clocks and countdowns go on."""


class MoltwatchApp(App[None]):
    """Watches one run at a time.

    ``open_run`` gives a fresh run; it is called once at the start with ``start``, and again
    whenever the user seeks backwards. ``theme`` names a theme, without which ``light`` tells of
    the terminal's background; ``wall`` is the wall clock, for the
    lag of live sources; ``fps`` is how often a second the screen is drawn at most: at 0, nothing
    moves but by :meth:`tick`. ``signals`` end it in good order. ``kept_in`` is the folder for
    opinions and pins; without one they end with the screen. ``host`` is an account whose thread is
    opened as soon as it is there. Times are told in ``zone``, None for the system's own.
    ``complaints`` are said at the start. The flags show these ``kinds`` at first, and personas from
    ``strength`` on, None for the usual one.

    After the app has ended, :attr:`failure` holds what stopped the run, if something did, and
    :attr:`interrupted` whether a signal or Ctrl-C ended it: both are for the exit code.
    """

    TITLE = "moltwatch"
    CSS_PATH = "moltwatch.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", "interrupt", show=False, priority=True),
    ]

    def __init__(
        self,
        open_run: OpenRun,
        *,
        start: Micros | None = None,
        theme: str | None = None,
        light: bool = False,
        wall: Callable[[], Micros] | None = None,
        fps: int = 30,
        signals: Sequence[Signals] = (),
        kept_in: Path | None = None,
        host: str | None = None,
        kinds: Collection[Kind] = tuple(Kind),
        strength: float | None = None,
        zone: tzinfo | None = UTC,
        complaints: Sequence[str] = (),
        show_secrets: bool = False,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class=driver_class)
        self.player = Player(open_run)
        self.frame = 0
        """Frames so far, the dropped ones included."""
        self._struck = 0.0
        self._pressed = 0.0
        """When the user did something last, or came somewhere (seconds of the performance
        counter)."""
        self._dropping = 0.0
        """Frames dropped for each that is drawn."""
        self._dropped = 0
        self._colorless = NoColor()
        self._signals = signals
        self.interrupted = False
        self._start = start
        self._wall = wall or SystemClock().now
        self._fps = fps
        self._complaints = list(complaints)
        local_time.use(zone)
        secrets.show_secrets(show_secrets)
        known = themes.load_all(self._complaints)
        for ours in known.values():
            self.register_theme(themes.to_textual(ours))
        self.theme = self._pick_theme(theme, known, light)
        for foreign in self.available_themes.keys() - known.keys():
            self.unregister_theme(foreign)  # textual's own know nothing of styles
        self.main = MainScreen(self.player, Triage(kept_in), host=host)
        self.main.flags.ranking.begin_with(kinds, strength)

    @property
    def failure(self) -> MoltwatchError | None:
        """What stopped the run."""
        return self.player.failure

    @property
    def defect(self) -> Exception | None:
        """What the screen itself, or the run behind it, broke of."""
        return self.player.crash or self._exception

    def _pick_theme(self, wanted: str | None, known: Container[str], light: bool) -> str:
        if wanted and wanted in known:
            return wanted
        if wanted:
            self._complaints.append(f"no theme is called {wanted}")
        few = self.no_color or self.console.color_system in (None, "standard")
        if few:
            return themes.SIXTEEN
        return themes.LIGHT if light else themes.DEFAULT

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual settles on shades of grey before the theme is known, and the terminal's own
        # colours have none: all of them come out black.
        own = self.no_color and self.native_ansi_color
        return [
            self._colorless if own and isinstance(filter, Monochrome) else filter
            for filter in super().get_line_filters()
        ]

    async def on_mount(self) -> None:
        await self.push_screen(self.main)
        for signal in self._signals:
            asyncio.get_running_loop().add_signal_handler(signal, self.action_interrupt)
        for complaint in self._complaints:
            self.main.notifications.queue(complaint)
        await self.player.start(self._start)
        if self._fps:
            self.set_interval(1 / self._fps, self.beat)
        self.tick()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent):
            self.main.hurry()
            self._pressed = perf_counter()
            if self.player.run is not None:
                self.player.run.pipeline.give_way(ANSWER)
        await super().on_event(event)

    def action_interrupt(self) -> None:
        """Leave as an interrupted command does; ``q`` leaves as one that has done its work."""
        self.interrupted = True
        self.exit()

    async def on_unmount(self) -> None:
        await self.player.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key of a prompt reaches what lies behind it, not even textual's own."""
        asked = self.screen_stack and isinstance(self.screen, PromptScreen | ChooserScreen)
        return not (asked and action in ("command_palette", "quit"))

    def beat(self) -> None:
        """The timer struck. When the house is too busy to be in time, frames are dropped: what
        falls behind is what people see, never what is watched."""
        now = perf_counter()
        late = now - self._struck > 1.7 / self._fps
        self._struck = now
        self._dropping = min(MOST_DROPPED, self._dropping + 1) if late else self._dropping * 0.9
        self._dropped += 1
        self.frame += 1
        sought = self.player.seeking
        self.player.tidy(now - self._pressed)
        self.player.settle()
        arrived = sought and not self.player.seeking
        if arrived:
            self._pressed = now  # who has come somewhere looks around
        if self.frame % AT_REST and not self.main.stirs and not arrived:
            return
        if self._dropped > self._dropping or arrived:
            self._dropped = 0
            self.draw()

    def tick(self) -> None:
        """One frame, now."""
        self.frame += 1
        self.draw()

    def draw(self) -> None:
        """Take in what is new, and show it."""
        if self.main.is_running:
            self.player.settle()
            if self.player.never_began:
                self.exit()  # who started us says why, where it can still be read
                return
            with self.batch_update():
                self.main.update(self.frame, self._wall())
                self.main.draw()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything the keys reach, by name."""
        for heading, keys in KEYS.items():
            for key in keys:
                if not key.action.startswith("app."):
                    yield SystemCommand(
                        key.help[0].upper() + key.help[1:],
                        f"{heading}, key {key.shown}",
                        partial(self.call_later, self.run_action, key.action, self.main),
                    )
