"""Whether a post speaks the language of the forum.

Where few speak a language, they meet on the few threads that do, again and again, and answer each
other: heuristics that look at the company accounts keep have nothing to say of them.
"""

from __future__ import annotations

from moltwatch.heuristics.base import Features

COMMON = 0.01
"""Part of the posts from which a word is common."""

LEAST_COMMON = 0.2
"""Part of a post's words that are common, if it is in the language that most speak."""


def is_foreign(item: Features) -> bool:
    """Whether next to none of a post's words are those everybody uses here."""
    words = [word for word in item.vocabulary if len(word) > 2 or not word.isascii()]
    rare = item.rarity.rare(item.vocabulary, COMMON)
    return len(words) - len(rare) < LEAST_COMMON * len(words)
