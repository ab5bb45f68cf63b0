"""Is it more than chance would do? The tails of two distributions, and what chance is given; and
on how many occasions something happened, since what comes at once is one coincidence."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import comb, exp

from moltwatch.times import SECOND, Micros

RECENT = 500
"""Latest arrivals of all, from which is known how usual an account or a thread is; what was not
among them is taken to be as usual as one of them."""

LURE = 4.0
"""How many times better than usual the odds may be, and it is still chance: everybody reads the
same list, and a thread at its top, or one that newcomers are shown, is full of them."""

SITTING: Micros = 180 * SECOND
"""What is closer together than this is one occasion: who reads the list of top threads from the
top at the same time as somebody else meets him ten times, by one coincidence."""


def lured(share: float) -> float:
    """A share, 0 to 1, where agents are led to: its odds are ``LURE`` times better.

    >>> lured(0.2)
    0.5
    """
    return LURE * share / (1 + (LURE - 1) * share)


def at_least(n: int, k: int, p: float) -> float:
    """Probability of at least ``k`` of ``n`` when each has probability ``p``: the binomial's upper
    tail. Up to 200; of more, the same parts of 200 are taken, which is more than enough to know.

    >>> at_least(4, 4, 0.5)
    0.0625
    """
    if n > 200:
        n, k = 200, k * 200 // n
    return _binomial_tail(n, k, max(0.005, round(p, 2)) if p else 0.0)


@lru_cache(maxsize=4096)
def _binomial_tail(n: int, k: int, p: float) -> float:
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def poisson_at_least(k: int, expected: float) -> float:
    """Probability of at least ``k`` events where ``expected`` are usual.

    >>> round(poisson_at_least(1, 0.1), 4)
    0.0952
    """
    term, below = exp(-expected), 0.0
    for i in range(k):
        below += term
        term *= expected / (i + 1)
    # The difference from 1 loses what is small; the first terms of the tail itself do not.
    tail = 0.0
    for i in range(k, k + 40):
        tail += term
        term *= expected / (i + 1)
    return max(tail, 1.0 - below) if below < 0.5 else tail


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
