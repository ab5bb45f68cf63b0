"""Which threads are shown without being chosen: the busiest ones, without jumping about.

Holds are on the wall clock. Nobody reads faster because frames are dropped.
"""

from __future__ import annotations

from collections.abc import Container

from moltwatch.session import Session
from moltwatch.session.thread import Thread
from moltwatch.times import SECOND, Micros

HOLD: Micros = 6 * SECOND
"""How long a thread stays at least."""

AMONG = 200
"""Threads looked at when a filter leaves only some."""

BETTER = 2.0
"""A challenger must be this many times as busy."""


class AutoFollow:
    """Roams: follows the busiest thread until the user reads one."""

    def __init__(self) -> None:
        self._since: Micros | None = None

    @property
    def chosen(self) -> bool:
        """It has chosen at least once since the last reset."""
        return self._since is not None

    def reset(self) -> None:
        """Another time is on the screen: what was busy before counts no more."""
        self._since = None

    def choose(
        self,
        session: Session,
        current: Thread | None,
        wall: Micros,
        passes: Container[str] | None = None,
    ) -> Thread | None:
        """The thread to show: the current one, unless another has clearly become the busiest.
        ``passes`` are the threads that a filter leaves, None for all."""
        fits = current is not None and (passes is None or current.id in passes)
        fresh = self._since is None
        if fits and self._since is not None and abs(wall - self._since) < HOLD:
            return current
        busiest = [
            thread
            for thread in session.threads.busiest(session.now, 1 if passes is None else AMONG)
            if passes is None or thread.id in passes
        ]
        if not busiest:
            return current
        best = busiest[0]
        if best is not current and current is not None and fits and not fresh:
            now = session.now
            if best.rate.per_minute(now) < BETTER * current.rate.per_minute(now) + 0.1:
                return current
        if fresh or best is not current:
            self._since = wall
        return best


class Tiler:
    """Gives each tile of the deck a thread: pinned ones first, then the busiest. A thread keeps its
    tile while it is among the busiest twice as many as there are tiles, and while it is read."""

    def __init__(self) -> None:
        self._since: Micros | None = None
        self._tiles: list[str] = []

    def choose(
        self,
        session: Session,
        n: int,
        pinned: list[str],
        wall: Micros,
        read: Container[str] = (),
    ) -> list[Thread | None]:
        """The thread of each of ``n`` tiles; those being ``read`` stay where they are."""
        due = self._since is None or abs(wall - self._since) >= HOLD
        wanted = [id for id in pinned if session.threads.get(id)][:n]
        if due or len(self._tiles) != n or any(id not in self._tiles for id in wanted):
            self._since = wall
            self._tiles = self._assign(session, n, wanted, read)
        return [session.threads.get(id) for id in self._tiles]

    def _assign(
        self, session: Session, n: int, wanted: list[str], read: Container[str]
    ) -> list[str]:
        busiest = [thread.id for thread in session.threads.busiest(session.now, 2 * n)]
        tiles = [
            id if id in busiest or id in wanted or id in read else ""
            for id in (self._tiles + [""] * n)[:n]
        ]
        newcomers = [id for id in [*wanted, *busiest] if id not in tiles]
        for i, id in enumerate(tiles):
            if not id and newcomers:
                tiles[i] = newcomers.pop(0)
        for id in wanted:
            if id not in tiles:
                free = [i for i, tile in enumerate(tiles) if tile not in wanted]
                unread = (i for i in free if tiles[i] not in read)
                tiles[next(unread, free[0])] = id
        return tiles
