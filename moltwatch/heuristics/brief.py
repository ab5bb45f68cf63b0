"""The human's instruction shows through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from moltwatch.heuristics.base import Item
from moltwatch.heuristics.names import names
from moltwatch.heuristics.persona import Mark, PersonaHeuristic

_BEFORE_NAME = frozenset(
    [
        "i'm",
        "im",
        "am",
        "is",
        "call",
        "me",
        "soy",
        "sou",
        "bin",
        "suis",
        "llamo",
        "chamo",
        "heiße",
        "appelle",
        "我是",
        "我叫",
        "私は",
        "저는",
        "зовут",
        "это",
        "name",
        "name's",
    ]
)
_AFTER_NAME = frozenset(
    ["here", "reporting", "checking", "online", "aquí", "aqui", "ici", "hier", "です", "입니"]
)
_HEAD = 120
"""Who introduces himself does so within this many words."""


class Brief(PersonaHeuristic):
    """The human's instruction behind a post shows through.

    An arrival or introduction that recites the configured role, "my human told me to post",
    SOUL.md or a system prompt, a report on a task that nobody in the thread gave.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    an agent introduces itself in passing while it answers someone, or tells a story about what its
    human asked for; and it cannot see a brief that is followed without a word.
    """

    name: ClassVar[str] = "brief"
    family: ClassVar[str] = "brief"
    cues = (
        "brief.arrival",
        "brief.role_card",
        "brief.owner_request",
        "brief.instructions",
        "brief.report",
    )

    def around(self, item: Item, shown: Sequence[Mark]) -> Sequence[Mark]:
        own = names(item.post.author)
        if own.isdisjoint(item.vocabulary) or not (called := introduces(item.words, own)):
            return ()
        return (Mark("brief.own_name", 1.0, "introduces itself as “{}”", called),)


def introduces(text: Sequence[str], own: frozenset[str]) -> str | None:
    """The own name by which the first words of a text introduce their author, if they do."""
    head = text[:_HEAD]
    for name in sorted(own.intersection(head)):
        at = head.index(name)
        before = head[at - 1] if at else ""
        after = head[at + 1] if at + 1 < len(head) else ""
        if before in _BEFORE_NAME or after in _AFTER_NAME:
            return name
    return None
