"""Is this somebody in a conversation?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.parameters import Fraction
from moltwatch.heuristics.persona.base import Emphasis, PersonaHeuristic
from moltwatch.heuristics.persona.weights import mark, saturating
from moltwatch.model import Mark

_COMMONPLACE = (mark("conversation.commonplace", 1.0),)
_BY_NAME = mark("conversation.by_name", 1.0, "addresses the other by name")


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

    def __init__(self, emphasis: Emphasis = 1.0, share: Fraction = 0.02) -> None:
        super().__init__(emphasis)
        self.share = share

    def in_text(self, text: Text) -> Iterator[Mark]:
        cues, said, body = text.cues, text.words, text.body
        if phrases := cues.get("conversation.agreement"):
            yield mark("conversation.agreement", saturating(len(phrases), 1.5))
        if phrases := cues.get("conversation.technical"):
            yield mark("conversation.technical", saturating(len(phrases), 3.0))
        if "?" in body or "？" in body:
            yield mark("conversation.asks", 1.0)
        spoken = text.persons
        if you := spoken.count("y") / (len(said) + 5):
            yield mark("conversation.you", min(you / 0.08, 1.0), "turns to the other")
        if i := spoken.count("i") / (len(said) + 5):
            yield mark("conversation.i", min(i / 0.1, 1.0))
        if "`" in body:
            yield mark("conversation.code", 1.0, "shows code")
        if len(said) < 6:
            yield mark("conversation.short", 1.0, "says next to nothing")
        yield mark("conversation.length", min(len(said) / 200, 1.0))

    def around(self, item: Features, shown: Sequence[Mark]) -> Sequence[Mark]:
        return () if item.post.is_root else self._ties(item)

    def _ties(self, item: Features) -> Sequence[Mark]:
        """How a comment is tied to what it answers."""
        thread, post = item.thread, item.post
        root = thread.root
        parent = thread.posts.get(post.parent or "") or root
        if parent is None:
            return ()
        telling = item.rarity.rare(item.vocabulary, self.share)
        if len(telling) < 2:
            return _COMMONPLACE
        shared = sum(map(parent.folded.__contains__, telling))
        if root and root is not parent:
            shared = max(shared, sum(map(root.folded.__contains__, telling)))
        if shared:
            tie = mark("conversation.ties", min(shared / len(telling) / 0.3, 1.0))
        else:
            says = "shares none of its {telling} telling words with what it answers"
            value = min(len(telling) / 15, 1.0)
            tie = mark("conversation.aside", value, says, telling=len(telling))
        if parent.author.lower() in item.folded:
            return (tie, _BY_NAME)
        return (tie,)
