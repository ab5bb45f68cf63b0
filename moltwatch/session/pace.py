"""How fast something goes, told from the times at which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, sqrt

from moltwatch.times import MINUTE, SECOND, Micros

SHORTEST: Micros = 10 * SECOND
"""What goes on for a shorter time than this is not extrapolated further."""


class Rate:
    """Events per minute, older ones fading out; one number, updated in constant time.

    An event counts fully when it happens and 1/e after ``fade``, so that a steady stream of r
    events a minute reads as r.
    """

    __slots__ = ("_at", "_fade", "_weight")

    def __init__(self, fade: Micros = 2 * MINUTE) -> None:
        self._fade = fade
        self._weight = 0.0
        self._at: Micros = 0

    def add(self, at: Micros, n: int = 1) -> None:
        """``n`` events happened at stream time ``at``."""
        self._weight = self._faded(at) + n
        self._at = max(self._at, at)

    def per_minute(self, now: Micros, since: Micros | None = None) -> float:
        """The rate at stream time ``now``, in events per minute.

        ``since`` is when watching began: what could not be counted before that is taken to have
        gone on at the same rate, from the tenth second on.
        """
        rate = self._faded(now) * MINUTE / self._fade
        if since is not None:
            rate /= 1 - exp(-max(now - since, SHORTEST) / self._fade)
        return rate

    def _faded(self, now: Micros) -> float:
        return self._weight * exp(-max(0, now - self._at) / self._fade)


class Pulse:
    """Events in the latest few minutes, one number for each: what a small sparkline shows."""

    __slots__ = ("_counts", "_last")

    WIDTH: Micros = MINUTE
    N = 8

    def __init__(self) -> None:
        self._counts = [0] * self.N
        self._last = 0
        """Number of the minute that the last count is of."""

    def add(self, at: Micros) -> None:
        """An event happened at stream time ``at``."""
        self._counts = self.bars(at)
        self._last = max(self._last, at // self.WIDTH)
        self._counts[-1] += 1

    def bars(self, now: Micros) -> list[int]:
        """The latest eight minutes up to ``now``, oldest first."""
        passed = min(self.N, max(0, now // self.WIDTH - self._last))
        return self._counts[passed:] + [0] * passed


def burstiness(times: Sequence[Micros]) -> float | None:
    """How bursty a series of events is: -1 is a metronome, 0 is chance, towards 1 is bursts.

    The measure of Goh and Barabási with the correction of Kim and Jo (Phys. Rev. E 94, 032311,
    2016) for short series: with n intervals of variation r, ``(√(n+1)·r - √(n-1)) /
    ((√(n+1)-2)·r + √(n-1))``. ``times`` are in order. None below five intervals, which say nothing.
    """
    intervals = [later - earlier for earlier, later in pairwise(times)]
    n = len(intervals)
    if n < 5:
        return None
    mean = sum(intervals) / n
    if mean <= 0:
        return None
    r = sqrt(sum((x - mean) ** 2 for x in intervals) / n) / mean
    high, low = sqrt(n + 1), sqrt(n - 1)
    return max(-1.0, min(1.0, (high * r - low) / ((high - 2) * r + low)))


def rhythm(times: Sequence[Micros]) -> str:
    """The burstiness of a series in one word. A description, never an accusation: schedulers make
    metronomes of honest agents."""
    b = burstiness(times)
    if b is None:
        return "too few to tell"
    if b < -0.5:
        return "metronome"
    if b < -0.15:
        return "steady"
    if b < 0.25:
        return "irregular"
    return "bursts"
