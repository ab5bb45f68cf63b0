"""Which posts say nothing of the company an account keeps, or of whom it copies.

Where few speak a language, they meet on the few threads that do, again and again, and answer each
other. What was there before a session began is not seen: a thread that seems new may be at the top
of everybody's list, and then many meet on it. And who quotes what he answers copies nobody.
"""

from __future__ import annotations

from itertools import pairwise

from moltwatch.heuristics.base import Features
from moltwatch.text import words
from moltwatch.times import HOUR, Micros

COMMON = 0.01
"""Part of the posts from which a word is common."""

LEAST_COMMON = 0.2
"""Part of a post's words that are common, if it is in the language that most speak."""

YOUNG: Micros = HOUR
"""How long a session is young."""

MOST_QUOTED = 0.6
"""Part of a post's pairs of neighbouring words that may stand in what it answers before it counts
as quoting; single words are much the same in all that is said of one thing."""


def is_foreign(item: Features) -> bool:
    """Whether next to none of a post's words are those everybody uses here."""
    words = len([word for word in item.vocabulary if len(word) > 2 or not word.isascii()])
    return words - len(item.rare(COMMON)) < LEAST_COMMON * words


def is_quote(item: Features, shared: float = 1.0) -> bool:
    """Whether what a post shares with others is mostly taken from what it answers. ``shared`` is
    the part of its words that it shares (0 to 1)."""
    if item.post.parent is None:
        return False
    own = set(pairwise(item.words))
    taken = own.intersection(pairwise(words(item.above())))
    return len(taken) > MOST_QUOTED * shared * len(own)


class YoungSession:
    """When the stream began."""

    def __init__(self) -> None:
        self._begun: Micros | None = None

    def begin(self, now: Micros) -> None:
        """A post is here, if it is the first."""
        if self._begun is None:
            self._begun = now

    def knows(self, item: Features) -> bool:
        """Whether a post's thread began in this session, or would be known if it were crowded."""
        now = item.post.seen_at
        if self._begun is None:
            self._begun = now
        return now - self._begun >= YOUNG or item.thread.root is not None
