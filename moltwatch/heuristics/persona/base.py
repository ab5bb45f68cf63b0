"""What the persona heuristics share: marks, their weights, and how marks become evidence.

A mark is one observable thing about a post, in words and as a number from 0 to 1. Each persona
heuristic finds a handful of marks; a weight, fitted on labelled posts, says how much a mark moves
the log-odds that a reader calls the post persona-driven. The weight of the evidence is their sum,
so that :mod:`moltwatch.heuristics.fusing.persona` can put the heuristics together by adding up.
That is a logistic regression taken apart into reasons: as good as the sum, and every part of it can
be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, ClassVar, NamedTuple, TypeAlias

from msgspec import Meta, Struct

from moltwatch.heuristics.base import Features, Heuristic
from moltwatch.heuristics.features.lexicon import lexicon
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.weights import mark, saturating
from moltwatch.model import Evidence, Kind, Mark

Emphasis: TypeAlias = Annotated[float, Meta(ge=0, le=3)]
"""Multiplies what a heuristic adds to the verdict; 0 silences it."""

_MEMORY = 0.7
"""How much of a habit is left after one post without it."""

_SAME = "is by an account that showed the same in earlier posts ({posts} seen)"


class Shown(NamedTuple):
    """What the text alone shows one heuristic."""

    marks: Sequence[Mark]
    weight: float
    """Log-odds they add."""
    level: float
    """The sum of their values."""


class Habit(Struct):
    """What an account has shown of one heuristic's marks so far."""

    level: float = 0.0
    """Running average over its posts of the sum of its marks."""
    posts: int = 0


class PersonaHeuristic(Heuristic):
    """Base of the persona heuristics: subclasses find marks, in the text alone (asked once for all
    copies of a text) and in what is around it."""

    kind: ClassVar[Kind] = Kind.PERSONA
    cues: ClassVar[tuple[str, ...]] = ()
    """Names of cues; each makes a mark."""
    half: ClassVar[float] = 1.0
    """How many phrases of a cue make half a mark."""
    habitual: ClassVar[bool] = False
    """Whether what an account showed before counts for its next post."""

    def __init__(self, emphasis: Emphasis = 1.0) -> None:
        self.emphasis = emphasis
        self._read = self._look  # one object: bound anew for each post, it would cost more

    def in_text(self, text: Text) -> Iterable[Mark]:
        """What the title and text show whoever reads them."""
        return self.cue_marks(text)

    def around(self, item: Features, shown: Sequence[Mark]) -> Sequence[Mark]:
        """What shows beside author, thread and past, in a post whose text shows ``shown``."""
        return ()

    def cue_marks(self, text: Text) -> Iterator[Mark]:
        """A mark for each of this heuristic's cues that a text shows."""
        if found := text.cues:
            says = lexicon().says
            for name in self.cues:
                if phrases := found.get(name):
                    value = saturating(len(phrases), self.half)
                    yield mark(name, value, says[name], phrases=tuple(phrases))

    def see(self, item: Features) -> list[Mark]:
        """The marks of a post and of its author's habit, which the post then becomes part of."""
        shown = item.text.note(self.name, self._read)
        return [*shown.marks, *self._see(item, shown)]

    def observe(self, item: Features) -> Iterable[Evidence]:
        shown = item.text.note(self.name, self._read)
        seen = self._see(item, shown)
        weight = (shown.weight + _sum(seen) if seen else shown.weight) * self.emphasis
        if not weight:
            return ()
        marks = (*shown.marks, *seen)
        return (Evidence(self.name, Kind.PERSONA, self.family, weight, marks),)

    def _look(self, text: Text) -> Shown:
        marks = tuple(self.in_text(text))
        return Shown(marks, _sum(marks), sum([mark.value for mark in marks]))

    def _see(self, item: Features, shown: Shown) -> Sequence[Mark]:
        """The marks that are not in the text alone."""
        seen = self.around(item, shown.marks)
        if not self.habitual:
            return seen
        level = shown.level + sum([mark.value for mark in seen]) if seen else shown.level
        return [*seen, *self._habit(item, level)]

    def _habit(self, item: Features, level: float) -> Sequence[Mark]:
        """What an account showed before, by a post that shows so much."""
        habit = item.author.note(self.name, Habit)
        seen: Sequence[Mark] = ()
        if habit.level > 0.1:
            seen = (mark(f"{self.name}.habit", saturating(habit.level), _SAME, posts=habit.posts),)
        habit.posts += 1
        habit.level += (min(level, 3.0) - habit.level) * (1 - _MEMORY)
        return seen


def _sum(marks: Iterable[Mark]) -> float:
    return sum([mark.weight for mark in marks])
