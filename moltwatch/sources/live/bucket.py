"""How often something may be done: so often at once, so often in the long run. Pure."""

from __future__ import annotations

from moltwatch.times import MINUTE, Micros


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
