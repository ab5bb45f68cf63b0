"""What a live source remembers across broken connections: how far stream time has come, what has
been received, and the gap that is still to be reported.

No I/O and no clock. Every live source keeps one of these, so that a disconnect means the same
thing whatever the protocol.
"""

from __future__ import annotations

from collections.abc import Hashable

from msgspec import Struct

from moltwatch.bounded import Bounded
from moltwatch.model import Event, Gap, Heartbeat
from moltwatch.times import Micros

MOST_KNOWN = 50_000
"""Keys remembered in order to drop what a forum sends again after a broken connection."""


class _Break(Struct):
    """A broken connection, until something is heard again."""

    reason: str
    lossless: bool = True
    missed: int = 0

    def words(self) -> str:
        return f"{self.reason}; {self.missed:,} events missed" if self.missed else self.reason


class Continuity:
    """One stream of events over any number of connections. ``source`` names its gaps and
    heartbeats."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.reached: Micros | None = None
        """Stream time; None before the first event."""
        self.heard = False
        """Something came on this connection."""
        self._break: _Break | None = None
        """How the last connection ended, until a gap has been reported for it."""
        self._stretch = 0
        self._known: Bounded[int, int] = Bounded(MOST_KNOWN)
        """Hashes of what has been received, for a key can be as long as a stranger likes, with the
        number of the stretch it came in."""

    @property
    def begun(self) -> bool:
        """Something has come, on this or an earlier connection."""
        return self.heard or self._stretch > 0

    @property
    def broken(self) -> bool:
        """A gap is still to be reported."""
        return self._break is not None

    def lost(self, reason: str) -> None:
        """The connection is gone."""
        if self.heard and self._break is None:
            self._break = _Break(reason=reason)
            self.turn()
        self.heard = False

    def turn(self) -> None:
        """A new stretch begins: what has been received until now may come again."""
        self._stretch += 1

    def spoil(self, missed: int = 0) -> None:
        """What was missed since the connection broke (so many events, if known) will not come."""
        if self._break:
            self._break.lossless = False
            self._break.missed += missed

    def repeated(self, key: Hashable) -> bool:
        """Whether it came in an earlier stretch already; from now on it has come.

        Within one stretch nothing counts as repeated: an id that is used twice there is for the
        intake to judge.
        """
        return self._known.setdefault(hash(key), self._stretch) != self._stretch

    def knows(self, key: Hashable) -> bool:
        """Whether it has come, in whatever stretch."""
        return hash(key) in self._known

    def advance(self, at: Micros) -> None:
        """Stream time has come to ``at``, if it had not passed it."""
        self.reached = at if self.reached is None else max(self.reached, at)

    def mend(self, at: Micros, *, recovered: bool) -> list[Event]:
        """The gap of the last broken connection, which ends at ``at``; nothing if there is none."""
        if self._break is None:
            return []
        broken, self._break = self._break, None
        since = at if self.reached is None else self.reached
        self.reached = max(since, at)
        return [
            Gap(
                seen_at=self.reached,
                since=since,
                until=self.reached,
                reason=broken.words(),
                recovered=recovered and broken.lossless,
                source=self.source,
            )
        ]

    def beat(self, at: Micros) -> list[Event]:
        """A heartbeat, if time went on."""
        if self.reached is not None and at <= self.reached:
            return []
        self.reached = at
        return [Heartbeat(seen_at=at, source=self.source)]
