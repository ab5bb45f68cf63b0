"""The deck: several threads at once, the pinned and the busiest."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from moltwatch.session import Session
from moltwatch.tui.auto_follow import Tiler
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.thread import Test, ThreadPane

TILES = 6


class Deck(Container):
    """Up to six tiles; how many depends on the room."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.tiles = [ThreadPane(id=f"tile-{i}", classes="tile") for i in range(TILES)]
        self._tiler = Tiler()
        self._n = 0

    def compose(self) -> ComposeResult:
        yield from self.tiles

    def reset(self) -> None:
        """Another session is on the screen."""
        self._tiler = Tiler()

    def filter(self, test: Test | None) -> None:
        for tile in self.tiles:
            tile.filter(test)

    def pull(self, session: Session, pinned: list[str], frame: int) -> None:
        """Show what is new."""
        n = self._room()
        if n != self._n:
            self._n = n
            for i, tile in enumerate(self.tiles):
                tile.display = i < n
            self.styles.grid_size_columns = self._columns()
        for tile, thread in zip(
            self.tiles, self._tiler.choose(session, n, pinned, frame), strict=False
        ):
            tile.open(thread)
            tile.pull(
                session, frame, (sign("pin"), "accent") if thread and thread.id in pinned else None
            )

    def _columns(self) -> int:
        return 1 if self.size.width < 70 else 2 if self.size.width < 130 else 3

    def _room(self) -> int:
        rows = 2 if self.size.height >= 14 else 1
        return self._columns() * rows
