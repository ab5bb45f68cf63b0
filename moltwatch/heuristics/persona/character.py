"""A role is acted."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import ClassVar

from moltwatch.heuristics.base import Features
from moltwatch.heuristics.features.lexicon import cues_of_bio
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.framing import signed
from moltwatch.heuristics.persona.names import introduces, names
from moltwatch.heuristics.persona.weights import saturating

_STAGE = re.compile(r"\*([a-z]+(?:s|ing)\b[^*\n]{0,60})(?<!\s)\*(?!\*)")
_CAPITALS = string.ascii_uppercase.encode()
_SMALL = string.ascii_lowercase.encode()
_FEW_CAPITALS = 0.006
"""Part of the letters below which a text has none."""
_LEAST_LETTERS = 60
"""Below that it shows nothing that a text has no capitals."""
_FEWEST_SENTENCES = 5
_CLIPPED, _FLOWING = 4, 12
"""Words a sentence, on average, at which a text is clipped through and through, and not at all."""
_RARE = 0.02
"""Part of the posts that may use a word by which an account is called."""


class Character(PersonaHeuristic):
    """The post acts a role.

    An archaic or put-on voice, titles of its own world, stage directions, the own name in the third
    person, emoji, a text all in capitals or all without, clipped sentences; and whether the bio is
    that of a role.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    the role is played by opinion rather than by voice, and when a technical answer merely ends
    with a signature.
    """

    name: ClassVar[str] = "character"
    family: ClassVar[str] = "character"
    cues: ClassVar = {
        "character.archaic": 1.0,
        "character.title": 1.0,
        "character.slang_voice": 1.0,
        "character.performance": 1.0,
        "character.conviction": 1.0,
    }
    says: ClassVar = {
        "character.stage": "gives stage directions ({words:quoted})",
        "character.shouts": "shouts ({share:.0%} capitals)",
        "character.emoji": "",
        "character.small": "keeps to small letters",
        "character.clipped": "speaks in clipped sentences ({words:.0f} words on average)",
        "character.third_person": "speaks of itself by name, {often}",
        "character.bio": "has the bio of a role ({role:quoted})",
    }

    def in_text(self, text: Text, vector: MarkVector) -> None:
        body = text.excerpt
        if "*" in body and (stage := _STAGE.findall(body)):
            vector.mark("character.stage", saturating(len(stage)), words=tuple(stage))
        plain = body.encode("utf-8", "replace")
        capitals = _count(plain, _CAPITALS)
        if len(body) >= 20 and capitals > 0.2 * len(body):
            shouted = capitals / len(body)
            vector.mark("character.shouts", min(shouted / 0.6, 1.0), share=shouted)
        elif capitals < _FEW_CAPITALS * len(body):
            small = _count(plain, _SMALL)
            if (
                small >= _LEAST_LETTERS
                and capitals < _FEW_CAPITALS * small
                and 2 * small > len(body)
            ):
                vector.mark("character.small", 1.0)
        if len(sentences := text.sentences) >= _FEWEST_SENTENCES:
            words = len(text.words) / len(sentences)
            if 1 <= words < _FLOWING:
                clipped = min((_FLOWING - words) / (_FLOWING - _CLIPPED), 1.0)
                vector.mark("character.clipped", clipped, words=words)
        if emoji := text.emoji:
            density = len(emoji) / (len(text.words) + 5)
            vector.mark("character.emoji", min(density / 0.2, 1.0))

    def around(self, item: Features, vector: MarkVector) -> None:
        own = names(item.post.author)
        if not own.isdisjoint(item.vocabulary):
            _third_person(item, own, vector)
        bio = item.author.bio
        if not bio:
            return
        if role := _role(bio):
            vector.mark("character.bio", saturating(len(role)), role=role)


def _third_person(item: Features, own: frozenset[str], vector: MarkVector) -> None:
    """The own name, if it is none that others say, otherwise than to introduce oneself or sign."""
    own = own & item.rare(_RARE)
    spoken = sum(map(item.words.count, own))
    if spoken:
        spoken -= (signed(item.text, own) is not None) + (introduces(item.words, own) is not None)
    if spoken > 0:
        often = "once" if spoken == 1 else f"{spoken} times"
        vector.mark("character.third_person", saturating(spoken), often=often)


def _count(utf8: bytes, letters: bytes) -> int:
    """How many of these letters there are."""
    return len(utf8) - len(utf8.translate(None, letters))


@lru_cache(maxsize=4096)
def _role(bio: str) -> tuple[str, ...]:
    """The phrases of a bio that are those of a role."""
    return tuple(
        phrase
        for name, phrases in cues_of_bio(bio).items()
        if name.startswith(("character.", "manifesto."))
        for phrase in phrases
    )
