"""Probabilities and log-odds: how strengths are put together."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log

_SURE = 1e-4
"""Strengths stay this far from 0 and 1: no reason alone is beyond doubt."""
_SUREST = log((1.0 - _SURE) / _SURE)
"""The log-odds there."""


def probability(log_odds: float) -> float:
    """The logistic function, kept off the ends."""
    if -_SUREST < log_odds < _SUREST:
        return 1.0 / (1.0 + exp(-log_odds))
    return _SURE if log_odds < 0 else 1.0 - _SURE


def log_odds(probability: float) -> float:
    """Inverse of the logistic function, kept off the ends."""
    if _SURE < probability < 1.0 - _SURE:
        return log(probability / (1.0 - probability))
    return -_SUREST if probability < 0.5 else _SUREST


def noisy_or(strengths: Iterable[float]) -> float:
    """Probability that at least one of several independent reasons holds."""
    miss = 1.0
    for strength in strengths:
        miss *= 1.0 - min(max(strength, 0.0), 1.0)
    return 1.0 - miss
