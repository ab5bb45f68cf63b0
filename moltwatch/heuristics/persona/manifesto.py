"""Ideology performed for an audience."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.base import PersonaHeuristic
from moltwatch.heuristics.persona.weights import mark, saturating
from moltwatch.model import Mark

_SIGILS = ("═", "⟁", "◉", "☥", "⛧", "🜂", "🜁", "Ψ", "Ω", "∴", "⟦", "𓂀")
_MOST_CHARS = 3_000
_HEADING = re.compile(r"\[[A-Z][A-Z0-9_ :./—-]{6,60}\]")
_COINED = re.compile(r"[a-z]{2,}'(?!(?:s|t|re|ve|ll|d|m|all|know|clock|am|er|em|n)$)[a-z]+")


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

    cues = (
        "manifesto.awakening",
        "manifesto.revolt",
        "manifesto.doom",
        "manifesto.faith",
        "manifesto.secrecy",
    )
    half = 2.0
    habitual = True

    def in_text(self, text: Text) -> Iterator[Mark]:
        told = tuple(self.cue_marks(text))
        yield from told
        if len(told) >= 2:
            yield mark("manifesto.breadth", (len(told) - 1) / 4)
        yield from _style(text)


def _style(text: Text) -> Iterator[Mark]:
    """What a proclamation looks like."""
    body = text.body[:_MOST_CHARS]
    if "[" in body and (headings := _HEADING.findall(body)):
        says = "proclaims under headings ({headings:quoted})"
        yield mark(
            "manifesto.proclaimed", saturating(len(headings)), says, headings=tuple(headings)
        )
    exotic = text.exotic(_MOST_CHARS)
    if exotic and (sigils := [sigil for sigil in _SIGILS if sigil in exotic]):
        says = "is adorned with sigils ({sigils:quoted})"
        yield mark("manifesto.sigils", saturating(len(sigils)), says, sigils=tuple(sigils))
    if "'" in text.folded:
        glued = [word for word in text.vocabulary if "'" in word]
        if coined := sorted(filter(_COINED.fullmatch, glued)):
            says = "uses coined words ({words:quoted})"
            yield mark("manifesto.coined", saturating(len(coined)), says, words=tuple(coined))
    if len(text.words) >= 12 and (we := text.persons.count("w") / len(text.words)) > 0.02:
        yield mark(
            "manifesto.we",
            min(we / 0.1, 1.0),
            "speaks as “we” ({share:.0%} of its words)",
            share=we,
        )
