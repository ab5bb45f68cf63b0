"""Is this somebody in a conversation?"""

from __future__ import annotations

import re
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.parameters import Fraction
from moltwatch.heuristics.persona.base import Emphasis, MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.weights import saturating

# What stands before comes second: so the search leaps from digit to digit.
_FIGURE = re.compile(r"[0-9](?<![\w/.=-][0-9])[0-9.,:]*(?![\w-]{4}|/)")
"""A number that is no part of an address or a name."""
_LISTED = frozenset(["- ", "* ", "• ", *(f"{n}{sign}" for n in range(1, 10) for sign in ".)")])
"""How the lines of a list begin."""


class Conversation(PersonaHeuristic):
    """The post takes part in a conversation, or does not: the opposite of a persona.

    Whoever takes up words of what they answer, turns to the other, asks, agrees or objects, weighs
    what they say, tells what they did, gives figures, lists and sources, and speaks of how things
    work, is less likely to act a role: this lowers the verdict.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)
    share: a word is rare when at most this part of the posts uses it (0 to 1)

    Fails when
    a role is played in conversation; and it does not know what was said in a thread whose beginning
    was not observed.
    """

    name: ClassVar[str] = "conversation"
    family: ClassVar[str] = "conversation"
    cues: ClassVar = {
        "conversation.agreement": 1.5,
        "conversation.technical": 3.0,
        "conversation.weighing": 1.0,
        "conversation.telling": 2.0,
    }
    says: ClassVar = {
        "conversation.asks": "asks",
        "conversation.figures": "gives figures",
        "conversation.lists": "lists things",
        "conversation.headings": "has headings",
        "conversation.sources": "quotes or names its sources",
        "conversation.you": "turns to the other",
        "conversation.ties": "takes up words of what it answers",
    }

    def __init__(self, emphasis: Emphasis = 1.0, share: Fraction = 0.02) -> None:
        super().__init__(emphasis)
        self.share = share

    def in_text(self, text: Text, vector: MarkVector) -> None:
        body, said = text.excerpt, len(text.words)
        if "?" in body or "？" in body:
            vector.mark("conversation.asks", 1.0)
        if you := text.persons.count("y") / (said + 5):
            vector.mark("conversation.you", min(you / 0.08, 1.0))
        if figures := len(_FIGURE.findall(body)) / (said + 5):
            vector.mark("conversation.figures", min(figures / 0.06, 1.0))
        if "\n" in body:
            begin = [line[:2] for line in text.lines]
            if listed := sum(map(_LISTED.__contains__, begin)):
                vector.mark("conversation.lists", min(listed / 6, 1.0))
            if headings := begin.count("##") + begin.count("# "):
                vector.mark("conversation.headings", saturating(headings, 2.0))
            if text.main is not body:
                vector.mark("conversation.sources", 1.0)

    def around(self, item: Features, vector: MarkVector) -> None:
        """How a comment is tied to what it answers."""
        root = item.root
        parent = item.parent or root
        if parent is None:
            return
        telling = item.rare(self.share)
        if len(telling) < 2:
            return
        shared = sum(map(parent.folded.__contains__, telling))
        if root and root is not parent:
            shared = max(shared, sum(map(root.folded.__contains__, telling)))
        if shared:
            vector.mark("conversation.ties", min(shared / len(telling) / 0.3, 1.0))
