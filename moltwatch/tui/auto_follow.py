"""Which threads are shown without being chosen: the busiest ones, without jumping about."""

from __future__ import annotations

from moltwatch.session import Session
from moltwatch.session.thread import Thread

HOLD = 180
"""Frames a thread stays at least: six seconds."""

AMONG = 200
"""Threads looked at when a filter leaves only some."""

BETTER = 2.0
"""A challenger must be this many times as busy."""


class AutoFollow:
    """Follows the busiest thread until the user picks one."""

    def __init__(self) -> None:
        self._since = -HOLD

    def choose(
        self, session: Session, current: Thread | None, frame: int, passes: set[str] | None = None
    ) -> Thread | None:
        """The thread to show: the current one, unless another has clearly become the busiest.
        ``passes`` are the threads that a filter leaves, None for all."""
        fits = current is not None and (passes is None or current.id in passes)
        if fits and frame - self._since < HOLD:
            return current
        busiest = [
            thread
            for thread in session.threads.busiest(session.now, 1 if passes is None else AMONG)
            if passes is None or thread.id in passes
        ]
        if not busiest or busiest[0] is current:
            return current
        best = busiest[0]
        if current is not None and fits:
            now = session.now
            if best.rate.per_minute(now) < BETTER * current.rate.per_minute(now) + 0.1:
                return current
        self._since = frame
        return best


class Tiler:
    """Gives each tile of the deck a thread: pinned ones first, then the busiest. A thread keeps its
    tile while it is among the busiest twice as many as there are tiles."""

    def __init__(self) -> None:
        self._since = -HOLD
        self._tiles: list[str] = []

    def choose(
        self, session: Session, n: int, pinned: list[str], frame: int
    ) -> list[Thread | None]:
        """The thread of each of ``n`` tiles."""
        due = frame - self._since >= HOLD
        wanted = [id for id in pinned if session.threads.get(id)][:n]
        if due or len(self._tiles) != n or any(id not in self._tiles for id in wanted):
            self._since = frame
            self._tiles = self._assign(session, n, wanted)
        return [session.threads.get(id) for id in self._tiles]

    def _assign(self, session: Session, n: int, wanted: list[str]) -> list[str]:
        busiest = [thread.id for thread in session.threads.busiest(session.now, 2 * n)]
        tiles = [id if id in busiest or id in wanted else "" for id in (self._tiles + [""] * n)[:n]]
        newcomers = [id for id in [*wanted, *busiest] if id not in tiles]
        for i, id in enumerate(tiles):
            if not id and newcomers:
                tiles[i] = newcomers.pop(0)
        for id in wanted:
            if id not in tiles:
                tiles[next(i for i, tile in enumerate(tiles) if tile not in wanted)] = id
        return tiles
