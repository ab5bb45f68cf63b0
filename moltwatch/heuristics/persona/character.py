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
from moltwatch.heuristics.persona.names import introduces, names
from moltwatch.heuristics.persona.weights import saturating

_STAGE = re.compile(r"\*([a-z]+(?:s|ing)\b[^*\n]{0,60})(?<!\s)\*(?!\*)")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_EVERYBODYS = frozenset("🦞✨🚀🔥🤖👋😄😂💡🎉✅🙏👀💪🙌🎯😅⚡🧠🛠❤")
"""Emoji that are nobody's emblem."""
_MOST_CHARS = 3_000
_CAPITALS = string.ascii_uppercase.encode()


class Character(PersonaHeuristic):
    """The post acts a role.

    An archaic or put-on voice, titles of its own world, stage directions, the own name in the third
    person or as a sign-off, the emoji of the own bio as a signature, shouting; and whether the bio
    is that of a role, and the account's earlier posts played one.

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
        "character.signed": "signs off with “{last}”",
        "character.third_person": "speaks of itself by name, {often}",
        "character.emblem": "carries the emblem of its bio {emblem:quoted}",
        "character.bio": "has the bio of a role ({role:quoted})",
    }
    habitual = True

    def in_text(self, text: Text, vector: MarkVector) -> None:
        body = text.body[:_MOST_CHARS]
        if "*" in body and (stage := _STAGE.findall(body)):
            vector.mark("character.stage", saturating(len(stage)), words=tuple(stage))
        capitals = _capitals(body)
        if len(body) >= 20 and capitals > 0.2 * len(body):
            shouted = capitals / len(body)
            vector.mark("character.shouts", min(shouted / 0.6, 1.0), share=shouted)
        if emoji := text.emoji:
            density = len(emoji) / (len(text.words) + 5)
            vector.mark("character.emoji", min(density / 0.2, 1.0))

    def around(self, item: Features, vector: MarkVector) -> None:
        own = names(item.post.author)
        if not own.isdisjoint(item.vocabulary):
            _own_name(item, own, vector)
        bio = item.author.bio
        if not bio:
            return
        if (emoji := item.text.emoji) and (emblem := _emblem(bio).intersection(emoji)):
            vector.mark("character.emblem", 1.0, emblem=tuple(sorted(emblem)))
        if role := _role(bio):
            vector.mark("character.bio", saturating(len(role)), role=role)


def _own_name(item: Features, own: frozenset[str], vector: MarkVector) -> None:
    """The own name as a signature, and in the third person."""
    body = item.text.body[:_MOST_CHARS]
    spoken = sum(map(item.words.count, own))
    last = body.rstrip().rpartition("\n")[2]
    signed = len(last) <= 60 < len(body) and any(name in last.lower() for name in own)
    if signed:
        vector.mark("character.signed", 1.0, last=last.strip())
    spoken -= signed + (introduces(item.words, own) is not None)
    if spoken > 0:
        often = "once" if spoken == 1 else f"{spoken} times"
        vector.mark("character.third_person", saturating(spoken), often=often)


def _capitals(body: str) -> int:
    plain = body.encode("utf-8", "replace")
    return len(plain) - len(plain.translate(None, _CAPITALS))


@lru_cache(maxsize=4096)
def _emblem(bio: str) -> frozenset[str]:
    return frozenset(_EMOJI.findall(bio)) - _EVERYBODYS


@lru_cache(maxsize=4096)
def _role(bio: str) -> tuple[str, ...]:
    """The phrases of a bio that are those of a role."""
    return tuple(
        phrase
        for name, phrases in cues_of_bio(bio).items()
        if name.startswith(("character.", "manifesto."))
        for phrase in phrases
    )
