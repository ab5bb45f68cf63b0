"""The fitted numbers that weigh the marks of the persona heuristics.

They are in ``material/weights.toml``, with how they were fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from msgspec import Struct

from moltwatch.heuristics.material import read_material
from moltwatch.model import Post
from moltwatch.odds import log_odds, probability


class Weights(Struct, frozen=True):
    """The fitted numbers."""

    prior: Mapping[str, float]
    """Log-odds that a post, and a comment, is persona-driven, before it is looked at."""
    threshold: Mapping[str, float]
    """Log-odds from which one is flagged."""
    marks: Mapping[str, float]
    """Log-odds a mark of 1 adds."""
    stretch: float
    """What is left of the log-odds above the threshold, so that 0.8 is rare."""


@cache
def weights() -> Weights:
    """The shipped weights."""
    shipped = read_material("weights")
    return Weights(
        shipped["prior"],
        shipped["threshold"],
        shipped["marks"],
        shipped["calibration"]["stretch"],
    )


def prior(post: Post) -> float:
    """Log-odds that a post of this kind is persona-driven, before it is looked at."""
    return weights().prior[post.kind]


def above_threshold(post: Post, log_odds: float) -> float:
    """How far a post is above the threshold of its kind, in log-odds; ``log_odds`` are what its
    marks add to the prior."""
    return prior(post) - weights().threshold[post.kind] + log_odds


def calibrated(above: float) -> float:
    """The score of a post that is so far above the threshold: 0.5 at it, 0.8 as rare as the weights
    were fitted to make it. Keeps the order."""
    return probability(above * weights().stretch if above > 0 else above)


def uncalibrated(score: float) -> float:
    """How far the post of such a score is above the threshold; the inverse of
    :func:`calibrated`."""
    above = log_odds(score)
    return above / weights().stretch if above > 0 else above


def saturating(count: float, half: float = 1.0) -> float:
    """A count as a number from 0 to 1; ``half`` of them make 0.5."""
    return 1.0 - float(0.5 ** (count / half))
