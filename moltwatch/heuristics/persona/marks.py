"""Marks: what the persona heuristics find in a post, and how it is told.

A mark is one observable thing about a post, in words and as a number from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from msgspec import Struct

from moltwatch.heuristics.persona.weights import weights

_MOST_REASONS = 3


class Mark(Struct, frozen=True, gc=False):
    """One observable thing about a post."""

    name: str
    """The weight it goes by."""
    value: float
    """0 (not at all) to 1."""
    says: str = ""
    """Completes the sentence "the post …"; empty for what needs no mention. A format string: most
    marks are never told, so the words are put in only when they are."""
    about: object = ""
    """What goes into ``says``."""

    def __str__(self) -> str:
        about = self.about
        return self.says.format(quoted(about) if isinstance(about, (list, tuple, dict)) else about)


def saturating(count: float, half: float = 1.0) -> float:
    """A count as a number from 0 to 1; ``half`` of them make 0.5."""
    return 1.0 - float(0.5 ** (count / half))


def quoted(phrases: Iterable[object]) -> str:
    """The first two phrases in quotation marks, for a reason."""
    return ", ".join(f"“{str(phrase)[:60]}”" for phrase in islice(phrases, 2))


class Because:
    """The most telling marks in words: put together only if somebody reads them."""

    __slots__ = ("_otherwise", "_seen", "_shown")

    def __init__(self, shown: Sequence[Mark], seen: Sequence[Mark], otherwise: str) -> None:
        self._shown = shown
        self._seen = seen
        self._otherwise = otherwise

    def __str__(self) -> str:
        fitted = weights().marks
        marks = (*self._shown, *self._seen)
        weighed = [(fitted[mark.name] * mark.value, mark) for mark in marks if mark.says]
        weighed.sort(key=lambda pair: -pair[0])
        telling = [str(mark) for weight, mark in weighed[:_MOST_REASONS] if weight > 0]
        return "; ".join(telling) or self._otherwise

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)
