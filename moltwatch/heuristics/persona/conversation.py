"""Is this somebody in a conversation?"""

from __future__ import annotations

from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.parameters import Fraction
from moltwatch.heuristics.persona.base import Emphasis, MarkVector, PersonaHeuristic


class Conversation(PersonaHeuristic):
    """The post takes part in a conversation, or does not: the opposite of a persona.

    Whoever takes up words of what they answer, turns to the other, asks, agrees or objects, and
    speaks of how things work, is less likely to act a role: this lowers the verdict.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)
    share: a word is rare when at most this part of the posts uses it (0 to 1)

    Fails when
    a role is played in conversation; and it does not know what was said in a thread whose beginning
    was not observed.
    """

    name: ClassVar[str] = "conversation"
    family: ClassVar[str] = "conversation"
    cues: ClassVar = {"conversation.agreement": 1.5, "conversation.technical": 3.0}
    says: ClassVar = {
        "conversation.agreement": "",
        "conversation.technical": "",
        "conversation.asks": "",
        "conversation.you": "turns to the other",
        "conversation.i": "",
        "conversation.code": "shows code",
        "conversation.short": "says next to nothing",
        "conversation.length": "",
        "conversation.commonplace": "",
        "conversation.ties": "",
        "conversation.aside": "shares none of its {telling} telling words with what it answers",
        "conversation.by_name": "addresses the other by name",
    }

    def __init__(self, emphasis: Emphasis = 1.0, share: Fraction = 0.02) -> None:
        super().__init__(emphasis)
        self.share = share

    def in_text(self, text: Text, vector: MarkVector) -> None:
        body, said = text.body, len(text.words)
        if "?" in body or "？" in body:
            vector.mark("conversation.asks", 1.0)
        if you := text.persons.count("y") / (said + 5):
            vector.mark("conversation.you", min(you / 0.08, 1.0))
        if i := text.persons.count("i") / (said + 5):
            vector.mark("conversation.i", min(i / 0.1, 1.0))
        if "`" in body:
            vector.mark("conversation.code", 1.0)
        if said < 6:
            vector.mark("conversation.short", 1.0)
        vector.mark("conversation.length", min(said / 200, 1.0))

    def around(self, item: Features, vector: MarkVector) -> None:
        """How a comment is tied to what it answers."""
        root = item.root
        parent = item.parent or root
        if parent is None:
            return
        telling = item.rare(self.share)
        if len(telling) < 2:
            vector.mark("conversation.commonplace", 1.0)
            return
        shared = sum(map(parent.folded.__contains__, telling))
        if root and root is not parent:
            shared = max(shared, sum(map(root.folded.__contains__, telling)))
        if shared:
            vector.mark("conversation.ties", min(shared / len(telling) / 0.3, 1.0))
        else:
            vector.mark("conversation.aside", min(len(telling) / 15, 1.0), telling=len(telling))
        if parent.author.lower() in item.folded:
            vector.mark("conversation.by_name", 1.0)
