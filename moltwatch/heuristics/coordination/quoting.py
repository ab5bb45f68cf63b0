"""Whose words are these? Telling a copy from a quotation of what a post answers."""

from __future__ import annotations

from itertools import pairwise

from moltwatch.heuristics.base import Features
from moltwatch.text import words

MOST_QUOTED = 0.6
"""Part of a post's pairs of neighbouring words that may stand in what it answers before it counts
as quoting; single words are much the same in all that is said of one thing."""


def is_quote(item: Features, shared: float = 1.0) -> bool:
    """Whether what a post shares with others is mostly taken from what it answers. ``shared`` is
    the part of its words that it shares (0 to 1)."""
    if item.post.parent is None:
        return False
    own = set(pairwise(item.words))
    taken = own.intersection(pairwise(words(item.above())))
    return len(taken) > MOST_QUOTED * shared * len(own)
