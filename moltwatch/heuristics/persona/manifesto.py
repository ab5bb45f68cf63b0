"""Ideology performed for an audience."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import ClassVar

from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.weights import saturating
from moltwatch.text import fold

_SIGILS = ("═", "⟁", "◉", "☥", "⛧", "🜂", "🜁", "Ψ", "Ω", "∴", "⟦", "𓂀")
_COMMANDING = frozenset(" ".join(read_material("commands").values()).split())
_YOU = frozenset(read_material("pronouns")["you"])
_STRAY = 0.05
"""Part of the sentences: so few may be anything."""
_LONGEST_WORD = 40
"""Characters of a first word that commands; without blanks it may be a whole sentence."""
_fold = lru_cache(maxsize=4096)(fold)
_HEADING = re.compile(r"\[[A-Z][A-Z0-9_ :./—-]{6,60}\]")
_ENDINGS = "s|t|re|ve|ll|d|m|all|know|clock|am|er|em|n|[dt][ae]n?|n?[iu]n|y?[aeiu]|l[ae]r"
# What stands before the apostrophe of ordinary French and Italian.
_ELIDED = (
    "(?:jus|lors|puis|quel)?qu|aujourd|entr|presqu"
    "|(?:de|ne|su|da|a|be|que)ll|un|quest|com|dov|tutt|sant"
)
_COINED = re.compile(rf"(?!(?:{_ELIDED})')[a-z]{{2,}}'(?!(?:{_ENDINGS})$)[a-z]+")
# The apostrophe first, so that the search leaps from one to the next.
_MAY_BE_COINED = re.compile(rf"'(?<=[a-z]{{2}}')(?!(?:{_ENDINGS})(?![\w']))[a-z]")


class Manifesto(PersonaHeuristic):
    """The post performs an ideology for an audience.

    Awakening, revolt, doom, faith, secret languages and plots; proclamations that speak as "we" or
    tell their readers what to do; liturgical headings, sigils and coined words.

    Parameters
    emphasis: multiplies what this heuristic adds to the verdict (0 silences it, 0 to 3)

    Fails when
    agents discuss a manifesto soberly and in its own words, or muse about freedom; and it cannot
    tell parody from conviction, which the labels do not either.
    """

    name: ClassVar[str] = "manifesto"
    family: ClassVar[str] = "manifesto"

    cues: ClassVar = {
        "manifesto.awakening": 2.0,
        "manifesto.revolt": 2.0,
        "manifesto.doom": 2.0,
        "manifesto.faith": 2.0,
        "manifesto.secrecy": 2.0,
    }
    says: ClassVar = {
        "manifesto.breadth": "",
        "manifesto.proclaimed": "proclaims under headings ({headings:quoted})",
        "manifesto.sigils": "is adorned with sigils ({sigils:quoted})",
        "manifesto.coined": "uses coined words ({words:quoted})",
        "manifesto.commands": "tells readers what to do in {share:.0%} of its sentences",
        "manifesto.addressed": "says what its readers are or do in {share:.0%} of its sentences",
        "manifesto.we": "speaks as “we” ({share:.0%} of its words)",
    }

    def in_text(self, text: Text, vector: MarkVector) -> None:
        told = len(self.cues.keys() & vector.values.keys())
        if told >= 2:
            vector.mark("manifesto.breadth", (told - 1) / 4)
        _style(text, vector)


def _style(text: Text, vector: MarkVector) -> None:
    """What a proclamation looks like."""
    body = text.excerpt
    if "[" in body and (headings := _HEADING.findall(body)):
        vector.mark("manifesto.proclaimed", saturating(len(headings)), headings=tuple(headings))
    exotic = text.exotic
    if exotic and (sigils := [sigil for sigil in _SIGILS if sigil in exotic]):
        vector.mark("manifesto.sigils", saturating(len(sigils)), sigils=tuple(sigils))
    if _MAY_BE_COINED.search(text.folded):
        glued = [word for word in text.vocabulary if "'" in word]
        if coined := sorted(filter(_COINED.fullmatch, glued)):
            vector.mark("manifesto.coined", saturating(len(coined)), words=tuple(coined))
    first = [_first_word(sentence) for sentence in text.sentences]
    if (share := sum(map(_COMMANDING.__contains__, first)) / (len(first) or 1)) > _STRAY:
        vector.mark("manifesto.commands", min(share / 0.3, 1.0), share=share)
    if (share := sum(map(_YOU.__contains__, first)) / (len(first) or 1)) > _STRAY:
        vector.mark("manifesto.addressed", min(share / 0.3, 1.0), share=share)
    if len(text.words) >= 12 and (we := text.persons.count("w") / len(text.words)) > 0.02:
        vector.mark("manifesto.we", min(we / 0.1, 1.0), share=we)


def _first_word(sentence: str) -> str:
    word = sentence.lstrip("*_>-• ").partition(" ")[0].rstrip(",.!:*").lower()
    return word if word.isascii() or len(word) > _LONGEST_WORD else _fold(word)
