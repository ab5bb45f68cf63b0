"""How long to wait before the next try, and how often something may be done. Pure.

Waits are exponential. Full jitter (a uniform draw between nothing and the ceiling) rather than a
fixed delay with a little noise: after a server restart its watchers come back spread out, not in
waves.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from moltwatch.times import MINUTE, Micros

LONGEST_OBEYED = 600.0
"""Seconds; a server that asks for more patience than this is tried again anyway."""


class Backoff:
    """Delays for one endless series of tries.

    ``first`` is the ceiling of the first delay, ``most`` of any (seconds); ``draw`` gives numbers
    in 0..1.
    """

    def __init__(
        self,
        first: float = 0.5,
        most: float = 30.0,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self.first = first
        self.most = most
        self.tries = 0
        """Delays given since the last reset."""
        self._draw = draw

    def next(self, at_least: float | None = None) -> float:
        """Seconds to wait now; ``at_least`` is what the server asked for (``Retry-After``)."""
        # The exponent is capped before the power is: 2.0 ** 1100 would overflow on a long night.
        ceiling = min(self.most, self.first * 2.0 ** min(self.tries, 32))
        self.tries += 1
        return min(max(at_least or 0.0, 0.0), LONGEST_OBEYED) + ceiling * self._draw()

    def reset(self) -> None:
        """The connection proved good: start again from the shortest delay."""
        self.tries = 0


class Bucket:
    """Tokens, of which each doing takes one; they come back at a rate, and no more than ``size`` of
    them are kept."""

    def __init__(self, size: float, per_minute: float) -> None:
        self.size = float(size)
        self.rate = per_minute / MINUTE
        """Tokens a microsecond."""
        self.tokens = self.size
        self._at: Micros = 0

    def fill(self, now: Micros) -> float:
        """The tokens there are now."""
        self.tokens = min(self.size, self.tokens + max(0, now - self._at) * self.rate)
        self._at = max(self._at, now)
        return self.tokens

    def spend(self, now: Micros) -> None:
        """One is taken, if there is one."""
        self.tokens = max(0.0, self.fill(now) - 1)
