"""Whose words are these? Telling a copy from a quotation of what a post answers."""

from __future__ import annotations

from moltwatch.heuristics.base import Item
from moltwatch.text import words

MOST_QUOTED = 0.6
"""Part of a post's vocabulary that may come from the thread before it counts as quoting."""


def above(item: Item) -> str:
    """What a post answers, in match form: its thread's root and its parent, as far as seen."""
    if item.post.parent is None:
        return ""
    shown = (item.thread.root, item.thread.posts.get(item.post.parent))
    return "\n".join(past.folded for past in dict.fromkeys(shown) if past)


def is_quote(item: Item) -> bool:
    """Whether most of a post's words stand in what it answers."""
    own = item.vocabulary
    if item.post.parent is None or not own:
        return False
    return len(own.intersection(words(above(item)))) > MOST_QUOTED * len(own)
