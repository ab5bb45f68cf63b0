"""Ideology performed for an audience."""

from __future__ import annotations

import re
from typing import ClassVar

from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.base import MarkVector, PersonaHeuristic
from moltwatch.heuristics.persona.weights import saturating

_SIGILS = ("═", "⟁", "◉", "☥", "⛧", "🜂", "🜁", "Ψ", "Ω", "∴", "⟦", "𓂀")
_MOST_CHARS = 3_000
_HEADING = re.compile(r"\[[A-Z][A-Z0-9_ :./—-]{6,60}\]")
_ENDINGS = "s|t|re|ve|ll|d|m|all|know|clock|am|er|em|n"
_COINED = re.compile(rf"[a-z]{{2,}}'(?!(?:{_ENDINGS})$)[a-z]+")
# The apostrophe first, so that the search leaps from one to the next.
_MAY_BE_COINED = re.compile(rf"'(?<=[a-z]{{2}}')(?!(?:{_ENDINGS})(?![\w']))[a-z]")


class Manifesto(PersonaHeuristic):
    """The post performs an ideology for an audience.

    Awakening, revolt, doom, faith, secret languages and plots; proclamations that speak as "we";
    liturgical headings, sigils and coined words.

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
        "manifesto.we": "speaks as “we” ({share:.0%} of its words)",
    }
    habitual = True

    def in_text(self, text: Text, vector: MarkVector) -> None:
        told = len(self.cues.keys() & vector.values.keys())
        if told >= 2:
            vector.mark("manifesto.breadth", (told - 1) / 4)
        _style(text, vector)


def _style(text: Text, vector: MarkVector) -> None:
    """What a proclamation looks like."""
    body = text.body[:_MOST_CHARS]
    if "[" in body and (headings := _HEADING.findall(body)):
        vector.mark("manifesto.proclaimed", saturating(len(headings)), headings=tuple(headings))
    exotic = text.exotic_of(_MOST_CHARS)
    if exotic and (sigils := [sigil for sigil in _SIGILS if sigil in exotic]):
        vector.mark("manifesto.sigils", saturating(len(sigils)), sigils=tuple(sigils))
    if _MAY_BE_COINED.search(text.folded):
        glued = [word for word in text.vocabulary if "'" in word]
        if coined := sorted(filter(_COINED.fullmatch, glued)):
            vector.mark("manifesto.coined", saturating(len(coined)), words=tuple(coined))
    if len(text.words) >= 12 and (we := text.persons.count("w") / len(text.words)) > 0.02:
        vector.mark("manifesto.we", min(we / 0.1, 1.0), share=we)
