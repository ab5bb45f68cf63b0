"""A pane: a title line over rows."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from moltwatch.tui.ink import Line, with_right
from moltwatch.tui.inked import Bar
from moltwatch.tui.rowview import RowView

Pieces = Sequence[tuple[str, str]]
"""Harmless texts, each with the name of its ink."""


COOLING = 12
"""Frames after which something fresh is a step less so."""


class PaneTitle(Bar):
    """One line: what the pane shows."""

    def __init__(self) -> None:
        super().__init__()
        self._left: Pieces = ()
        self._right: Pieces = ()

    def set(self, left: Pieces, right: Pieces = ()) -> None:
        self._left, self._right = tuple(left), tuple(right)
        self.show((self._left, self._right))

    def draw(self, width: int) -> list[Line]:
        return [
            with_right(
                width,
                [(text, self.ink(name)) for text, name in self._right],
                [(" ", None), *((text, self.ink(name)) for text, name in self._left)],
            )
        ]


class Pane(Vertical):
    """A title and a view."""

    def __init__(self, view: RowView, *, id: str | None = None, classes: str = "") -> None:
        super().__init__(id=id, classes=f"pane {classes}")
        self.view = view
        self._cooled = 0
        self.title_line = PaneTitle()

    def compose(self) -> ComposeResult:
        yield self.title_line
        yield self.view

    def breathe(self, frame: int) -> None:
        """Let what is fresh cool down, a step every few frames."""
        if frame - self._cooled >= COOLING:
            self._cooled = frame
            self.view.cool()
