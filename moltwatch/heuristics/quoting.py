"""Whose words are these? Telling a copy from a quotation of what a post answers."""

from __future__ import annotations

from moltwatch.heuristics.base import Item
from moltwatch.text import words

MOST_QUOTED = 0.6
"""Part of a post's vocabulary that may come from the thread before it counts as quoting."""


def borrowed(item: Item) -> frozenset[str]:
    """The words a post can have from what it answers: its parent's and its thread's root."""
    thread, parent = item.thread, item.post.parent
    if parent is None:
        return frozenset()
    root = thread.root
    above = thread.posts.get(parent)
    found = frozenset(words(root.folded)) if root else frozenset()
    return found | frozenset(words(above.folded)) if above and above is not root else found


def is_quote(item: Item) -> bool:
    """Whether most of a post's words stand in what it answers."""
    own = item.vocabulary
    if item.post.parent is None or not own:
        return False
    return len(own & borrowed(item)) > MOST_QUOTED * len(own)
