"""How often a Moltbook server may be asked; pure.

A bucket of tokens that fills at nine tenths of the limit: the tenth is left to whoever else uses
the same key or address. What the server says of its limit (``X-RateLimit-*``) counts more than what
we assume; what it says of waiting is obeyed.
"""

from __future__ import annotations

from collections.abc import Mapping

from moltwatch.sources.live.backoff import LONGEST_OBEYED, Bucket
from moltwatch.sources.moltbook.wire import read_reset
from moltwatch.times import MINUTE, SECOND, Micros

PER_MINUTE = 60
"""Requests a minute where the server says nothing; what the public one documents for reading."""

MOST_PER_MINUTE = 120
"""However many a server allows."""

BURST = 20
"""Requests that may follow each other at once."""

RESERVE = 3
"""Tokens that only the list of new posts may use, so that comments never starve it."""

SHARE = 0.9
"""Of the limit that is used."""


class Limits:
    """The budget of one server."""

    def __init__(self, per_minute: float = PER_MINUTE, burst: int = BURST) -> None:
        self.per_minute = per_minute
        """The limit as far as known."""
        self._bucket = Bucket(burst, SHARE * per_minute)
        self._blocked: Micros = 0

    def free_at(self, now: Micros, *, first: bool) -> Micros:
        """When the next request may go out; ``first``: for what the reserve is kept for."""
        missing = (1 if first else 1 + RESERVE) - self._bucket.fill(now)
        at = now if missing <= 0 else now + max(1, round(missing / self._bucket.rate))
        return max(at, self._blocked)

    def spend(self, now: Micros) -> None:
        """A request goes out."""
        self._bucket.spend(now)

    def block(self, until: Micros) -> None:
        """Nothing goes out before."""
        self._blocked = max(self._blocked, until)

    def heed(self, headers: Mapping[str, str], now: Micros) -> None:
        """Take in the ``X-RateLimit-*`` of an answer; nonsense in them is passed over."""
        limit = _count(headers.get("X-RateLimit-Limit"))
        remaining = _count(headers.get("X-RateLimit-Remaining"))
        reset = read_reset(headers.get("X-RateLimit-Reset"), now)
        span = 0.0 if reset is None else min(max(0, reset - now) / SECOND, LONGEST_OBEYED)
        if limit:
            self.per_minute = min(limit, MOST_PER_MINUTE)
            self._bucket.rate = SHARE * self.per_minute / MINUTE
        if remaining is None:
            return
        self._bucket.tokens = min(self._bucket.fill(now), float(remaining))
        if remaining == 0:
            self.block(now + round(span * SECOND))
        elif span > MINUTE / SECOND:
            # The window is longer than a minute: what is left must last.
            self._bucket.rate = min(self._bucket.rate, SHARE * remaining / (span * SECOND))


def _count(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return (
        int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 10 else None
    )
