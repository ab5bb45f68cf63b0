"""The deck: several threads at once, the pinned and the busiest."""

from __future__ import annotations

from textual.app import ComposeResult

from moltwatch.session import Session
from moltwatch.times import Micros
from moltwatch.tui.auto_follow import Tiler
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.comment import Test
from moltwatch.tui.views.thread import ThreadPane
from moltwatch.tui.widgets.pane import Frame, Pane

TILES = 6


class Deck(Pane):
    """Up to six tiles; how many depends on the room."""

    def __init__(self) -> None:
        self.tiles = [ThreadPane(id=f"tile-{i}", classes="tile") for i in range(TILES)]
        super().__init__(self.tiles[0].view)
        self._tiler = Tiler()
        self._n = 0

    def compose(self) -> ComposeResult:
        yield from self.tiles

    def reset(self) -> None:
        self._tiler = Tiler()

    def filter(self, test: Test | None) -> None:
        """Posts that do not pass are hidden."""
        for tile in self.tiles:
            tile.filter(test)

    def choose(self, session: Session, pinned: list[str], wall: Micros) -> None:
        """Give each tile its thread, and as many tiles as there is room for."""
        n = self._room()
        if n != self._n:
            self._n = n
            for i, tile in enumerate(self.tiles):
                tile.display = i < n
            self.styles.grid_size_columns = self._columns()
        read = {tile.thread.id for tile in self.tiles if tile.thread and tile.is_read}
        threads = self._tiler.choose(session, n, pinned, wall, read)
        for tile, thread in zip(self.tiles, threads, strict=False):
            tile.open(thread)

    @property
    def filled(self) -> bool:
        """There are threads in its tiles, as many as there is room for."""
        return self._n == self._room() and self.tiles[0].thread is not None

    def draw(self, frame: Frame) -> None:
        for tile in self.tiles:
            if tile.display:
                pinned = tile.thread is not None and tile.thread.id in frame.pinned
                tile.draw(frame, (sign("pin"), "accent") if pinned else None)

    def _columns(self) -> int:
        return 1 if self.size.width < 70 else 2 if self.size.width < 130 else 3

    def _room(self) -> int:
        rows = 2 if self.size.height >= 14 else 1
        return self._columns() * rows
