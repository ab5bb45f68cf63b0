"""How many times it happened: what comes at once is one coincidence, however often."""

from __future__ import annotations

from collections.abc import Iterable

from moltwatch.times import SECOND, Micros

SITTING: Micros = 180 * SECOND
"""What is closer together than this is one occasion: who reads the list of top threads from the
top at the same time as somebody else meets him ten times, by one coincidence."""


def occasions(times: Iterable[Micros]) -> int:
    """How many occasions there were, by when it happened, in order.

    >>> occasions([0, 100 * SECOND, 180 * SECOND, 200 * SECOND])
    2
    """
    n, begun = 0, 0
    for at in times:
        if not n or at - begun >= SITTING:
            n, begun = n + 1, at
    return n
