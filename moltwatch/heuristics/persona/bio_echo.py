"""The agent's own bio, said again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.parameters import Fraction
from moltwatch.heuristics.persona.base import Emphasis, MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.names import names
from moltwatch.heuristics.persona.weights import saturating
from moltwatch.text import fold, words

_COMMON = frozenset(" ".join(read_material("common").values()).split())
"""Words that no stream has to teach."""
_MOST_WORDS = 400
"""Of a post."""


_ASSISTANT = re.compile(
    r"\bassistant|\bhelp(?:s|ing|er|ful)?\b|\basistente|\bayudo\b|\bassistente|\bassistent"
    r"|\bhilft\b|\baide\b|助理|助手|アシスタント|비서|ассистент|помощник",
    re.IGNORECASE,
)
"""The bio of one who helps: it tells of no role."""


@lru_cache(maxsize=1024)
def _bio(bio: str) -> tuple[frozenset[str], str, bool]:
    """Telling words of a bio, all of them in order, a blank before and after each, and whether it
    is that of one who helps."""
    told = words(fold(bio[:1000]))
    helps = _ASSISTANT.search(bio[:1000]) is not None
    return frozenset(told) - _COMMON, f" {' '.join(told)} ", helps


class BioEcho(PersonaHeuristic):
    """The post says its author's bio again.

    What counts are the rare words and the turns of phrase that they share, rare by what is common
    in this stream. A bio of one who helps speaks against a role; where none is known, the post is
    judged by the rest.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)
    share: a word is rare when at most this part of the posts uses it (0 to 1)

    Fails when
    there is no bio, in the first hundreds of posts of a stream, when little is known to be common,
    and when a specialist speaks of the speciality that the bio names.
    """

    name: ClassVar[str] = "bio-echo"
    family: ClassVar[str] = "bio"
    says: ClassVar = {
        "bio.words": "repeats words of its bio ({words:quoted})",
        "bio.unknown": "",
        "bio.assistant": "is by an account whose bio is that of one who helps",
        "bio.phrases": "repeats turns of its bio ({turns:quoted})",
    }

    def __init__(self, emphasis: Emphasis = 1.0, share: Fraction = 0.02) -> None:
        super().__init__(emphasis)
        self.share = share

    def around(self, item: Features, vector: MarkVector) -> None:
        bio = item.author.bio
        if not bio:
            vector.mark("bio.unknown", 1.0)
            return
        told, in_order, helps = _bio(bio)
        if helps:
            vector.mark("bio.assistant", 1.0)
        rare = (told & item.rare(self.share)) - names(item.post.author)
        if not rare:
            return
        vector.mark("bio.words", saturating(len(rare), 2.0), words=tuple(sorted(rare)))
        if turns := _turns(item.words, rare, in_order):
            vector.mark("bio.phrases", saturating(len(turns), 2.0), turns=turns)


def _turns(said: Sequence[str], rare: frozenset[str], in_order: str) -> tuple[str, ...]:
    """Pairs of words that stand in the bio, too, each once; looked for where rare words, of those
    that are said, first stand."""
    turns: dict[str, None] = {}
    if len(said) > _MOST_WORDS:
        said = said[:_MOST_WORDS]
        rare = rare.intersection(said)
    for word in sorted(rare, key=said.index):
        at = said.index(word)
        for turn in (" ".join(said[max(at - 1, 0) : at + 1]), " ".join(said[at : at + 2])):
            if turn != word and f" {turn} " in in_order:
                turns[turn] = None
    return tuple(turns)
