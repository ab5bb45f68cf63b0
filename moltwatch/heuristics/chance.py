"""Is it more than chance would do? The tails of two distributions."""

from __future__ import annotations

from functools import lru_cache
from math import comb, exp


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
