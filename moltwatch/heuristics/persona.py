"""What the persona heuristics share: marks, weights, and how marks become a signal.

A mark is one observable thing about a post, in words and as a number from 0 to 1. Each persona
heuristic finds a handful of marks; a weight, fitted on labelled posts, says how much a mark moves
the log-odds that a reader calls the post persona-driven. A signal's strength is that probability
if its heuristic were the only one to have spoken, so that :mod:`moltwatch.heuristics.verdict` can
put the heuristics together by adding what each moved. That is a logistic regression taken apart
into reasons: as good as the sum, and every part of it can be read.

The weights are in ``material/weights.toml``, with how they were fitted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from math import exp, log
from typing import Annotated, ClassVar, NamedTuple, TypeAlias

from msgspec import Meta, Struct

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.cues import cues_of, lexicon, search
from moltwatch.heuristics.material import read_material
from moltwatch.heuristics.texts import Text
from moltwatch.model import Kind, Post

_SURE = 1e-4
"""Strengths stay this far from 0 and 1: no reason alone is beyond doubt."""
_SUREST = log((1.0 - _SURE) / _SURE)
"""The log-odds there."""

Emphasis: TypeAlias = Annotated[float, Meta(ge=0, le=3)]
"""Multiplies what a heuristic adds to the verdict; 0 silences it."""

_MEMORY = 0.7
"""How much of a habit is left after one post without it."""

_MOST_REASONS = 3
_AGAINST = "speaks against it"
_SAME = "is by an account whose earlier posts ({}) showed the same"


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


class Weights(Struct, frozen=True):
    """The fitted numbers."""

    prior: Mapping[str, float]
    """Log-odds of a post, and of a comment, without any mark; 0 is the threshold."""
    marks: Mapping[str, float]
    """Log-odds a mark of 1 adds."""
    stretch: float
    """What is left of the log-odds above the threshold, so that 0.8 is rare."""


class Habit(Struct):
    """What an account has shown of one heuristic's marks so far."""

    level: float = 0.0
    """Running average over its posts of the sum of its marks."""
    posts: int = 0


@cache
def weights() -> Weights:
    """The shipped weights."""
    shipped = read_material("weights")
    return Weights(shipped["prior"], shipped["marks"], shipped["calibration"]["stretch"])


def prior(post: Post) -> float:
    """Log-odds that a post of this kind is persona-driven, before it is looked at."""
    return weights().prior[post.kind]


def probability(log_odds: float) -> float:
    """The logistic function, kept off the ends."""
    if -_SUREST < log_odds < _SUREST:
        return 1.0 / (1.0 + exp(-log_odds))
    return _SURE if log_odds < 0 else 1.0 - _SURE


def log_odds(probability: float) -> float:
    """Inverse of the logistic function, kept off the ends."""
    if _SURE < probability < 1.0 - _SURE:
        return log(probability / (1.0 - probability))
    return -_SUREST if probability < 0.5 else _SUREST


def calibrated(log_odds: float) -> float:
    """The score of a post: 0.5 at the threshold, 0.8 as rare as the weights were fitted to make
    it. Keeps the order."""
    return probability(log_odds * weights().stretch if log_odds > 0 else log_odds)


def saturating(count: float, half: float = 1.0) -> float:
    """A count as a number from 0 to 1; ``half`` of them make 0.5."""
    return 1.0 - float(0.5 ** (count / half))


def quoted(phrases: Iterable[object]) -> str:
    """The first two phrases in quotation marks, for a reason."""
    return ", ".join(f"“{str(phrase)[:60]}”" for phrase in islice(phrases, 2))


class Shown(NamedTuple):
    """What the text alone shows one heuristic."""

    marks: Sequence[Mark]
    moved: float
    """Log-odds they add."""
    level: float
    """The sum of their values."""


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
