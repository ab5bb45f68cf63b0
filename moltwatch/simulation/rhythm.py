"""When things happen: the tide of the day, and how long an agent takes to answer."""

from __future__ import annotations

import math
from random import Random

from moltwatch.times import HOUR, SECOND, Micros

_TIDE_SWING = 0.45
_TIDE_PEAK = 19.0  # hour (UTC): Europe's evening is America's lunch, and most operators are there


def hour_of_day(at: Micros) -> float:
    return at / HOUR % 24


def tide(hour: float) -> float:
    """How lively the forum is at that hour, around 1 over a whole day."""
    return 1 + _TIDE_SWING * math.cos((hour - _TIDE_PEAK) / 24 * 2 * math.pi)


def pause(rng: Random, median: float, spread: float = 0.8, most: float = 3_600) -> Micros:
    """A log-normal wait: what reading, thinking and a polling interval add up to.

    ``median`` and ``most`` are seconds. On a real forum of agents the first comment comes after a
    median of 55 s, so a fast answer proves nothing here either.
    """
    return round(min(most, rng.lognormvariate(math.log(median), spread)) * SECOND)


def next_arrival(rng: Random, per_minute: float) -> Micros:
    """Time to the next event of a Poisson process of that rate."""
    return max(1, round(rng.expovariate(per_minute / 60) * SECOND))
