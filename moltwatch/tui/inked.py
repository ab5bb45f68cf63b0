"""Named inks: what colours there are on the screen, each a component style that the theme fills.

Widgets draw with names (``dim``, ``persona``, ``voice-3``); which colour that is stands in
``moltwatch.tcss`` in terms of theme variables. So a theme is a file of colours and nothing else.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from moltwatch.tui.ink import Line

VOICES = 6
"""Colours that tell speakers apart."""

INKS = (
    "body",
    "strong",
    "dim",
    "faint",
    "rail",
    "fresh",
    "accent",
    "primary",
    "good",
    "bad",
    "persona",
    "coordinated",
    "hazard",
    "cursor",
    "cursor-blurred",
    *(f"voice-{i}" for i in range(VOICES)),
)


class Ink(Protocol):
    """Gives the style of a name, as the theme has it."""

    def __call__(self, name: str) -> Style: ...


class Inked(Widget):
    """A widget that draws with named inks."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"ink--{name}" for name in INKS}

    def ink(self, name: str) -> Style:
        """The style of a name, foreground and attributes only."""
        return self.get_component_rich_style(f"ink--{name}", partial=True)


class Bar(Inked):
    """A few lines that are drawn anew when they change; subclasses say what is in them."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._shown: object = None

    def draw(self, width: int) -> list[Line]:
        """The lines, as things stand."""
        raise NotImplementedError

    def show(self, what: object) -> None:
        """Draw again if ``what`` (all that the lines depend on) differs from what is shown."""
        if what != self._shown:
            self._shown = what
            self.refresh()

    def render_line(self, y: int) -> Strip:
        lines = self.draw(self.size.width)
        line = lines[y] if y < len(lines) else Line(self.size.width)
        return line.strip(self.rich_style)
