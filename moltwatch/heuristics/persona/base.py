"""What the persona heuristics share: marks, weights, and how marks become a signal.

A mark is one observable thing about a post, in words and as a number from 0 to 1. Each persona
heuristic finds a handful of marks; a weight, fitted on labelled posts, says how much a mark moves
the log-odds that a reader calls the post persona-driven. A signal's strength is that probability
if its heuristic were the only one to have spoken, so that :mod:`moltwatch.heuristics.verdicts` can
put the heuristics together by adding what each moved. That is a logistic regression taken apart
into reasons: as good as the sum, and every part of it can be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, ClassVar, NamedTuple, TypeAlias

from msgspec import Meta, Struct

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.memory.texts import Text
from moltwatch.heuristics.odds import probability
from moltwatch.heuristics.persona.cues import cues_of, lexicon, search
from moltwatch.heuristics.persona.marks import Because, Mark, saturating
from moltwatch.heuristics.persona.weights import prior, weights
from moltwatch.model import Kind

Emphasis: TypeAlias = Annotated[float, Meta(ge=0, le=3)]
"""Multiplies what a heuristic adds to the verdict; 0 silences it."""

_MEMORY = 0.7
"""How much of a habit is left after one post without it."""

_AGAINST = "speaks against it"
_SAME = "is by an account whose earlier posts ({}) showed the same"


class Shown(NamedTuple):
    """What the text alone shows one heuristic."""

    marks: Sequence[Mark]
    moved: float
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
        self._fitted = weights().marks
        self._read = self._look  # one object: bound anew for each post, it would cost more
        self.questions = (search, self._read)

    def in_text(self, text: Text) -> Iterable[Mark]:
        """What the title and text show whoever reads them."""
        return self.cue_marks(text)

    def around(self, item: Item, shown: Sequence[Mark]) -> Sequence[Mark]:
        """What shows beside author, thread and past, in a post whose text shows ``shown``."""
        return ()

    def cue_marks(self, text: Text) -> Iterator[Mark]:
        """A mark for each of this heuristic's cues that a text shows."""
        found = cues_of(text)
        if not found:
            return
        says = lexicon().says
        for name in self.cues:
            if phrases := found.get(name):
                yield Mark(name, saturating(len(phrases), self.half), says[name], phrases)

    def see(self, item: Item) -> list[Mark]:
        """The marks of a post and of its author's habit, which the post then becomes part of."""
        shown = item.text.once(self._read)
        return [*shown.marks, *self._see(item, shown)]

    def observe(self, item: Item) -> Iterable[Signal]:
        shown = item.text.once(self._read)
        seen = self._see(item, shown)
        moved = (shown.moved + self._moved(seen) if seen else shown.moved) * self.emphasis
        if not moved:
            return ()
        post = item.post
        return (
            Signal(
                post=post.id,
                author=post.author,
                strength=probability(prior(post) + moved),
                reason=Because(shown.marks, seen, self.name) if moved > 0 else _AGAINST,
            ),
        )

    def _look(self, text: Text) -> Shown:
        marks = tuple(self.in_text(text))
        return Shown(marks, self._moved(marks), sum([mark.value for mark in marks]))

    def _see(self, item: Item, shown: Shown) -> Sequence[Mark]:
        """The marks that are not in the text alone."""
        seen = self.around(item, shown.marks)
        if not self.habitual:
            return seen
        level = shown.level + sum([mark.value for mark in seen]) if seen else shown.level
        return [*seen, *self._habit(item, level)]

    def _habit(self, item: Item, level: float) -> Sequence[Mark]:
        """What an account showed before, by a post that shows so much."""
        habit = item.author.note(self.name, Habit)
        seen: Sequence[Mark] = ()
        if habit.level > 0.1:
            seen = (Mark(f"{self.name}.habit", saturating(habit.level), _SAME, habit.posts),)
        habit.posts += 1
        habit.level += (min(level, 3.0) - habit.level) * (1 - _MEMORY)
        return seen

    def _moved(self, marks: Iterable[Mark]) -> float:
        fitted = self._fitted
        return sum([fitted[mark.name] * mark.value for mark in marks])
