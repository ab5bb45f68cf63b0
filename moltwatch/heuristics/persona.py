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

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from math import exp, log
from typing import Annotated, ClassVar, TypeAlias

from msgspec import Meta, Struct

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.cues import cues_of, lexicon
from moltwatch.heuristics.fading import Fading
from moltwatch.heuristics.material import read_material
from moltwatch.model import Kind, Post

_SURE = 1e-4
"""Strengths stay this far from 0 and 1: no reason alone is beyond doubt."""

Emphasis: TypeAlias = Annotated[float, Meta(ge=0, le=3)]
"""Multiplies what a heuristic adds to the verdict; 0 silences it."""

Hours: TypeAlias = Annotated[float, Meta(gt=0, le=7 * 24)]
"""A span of stream time, up to a week."""

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
    return min(max(1.0 / (1.0 + exp(-max(min(log_odds, 50.0), -50.0))), _SURE), 1.0 - _SURE)


def log_odds(probability: float) -> float:
    """Inverse of the logistic function, kept off the ends."""
    probability = min(max(probability, _SURE), 1.0 - _SURE)
    return log(probability / (1.0 - probability))


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


class PersonaHeuristic(Heuristic):
    """Base of the persona heuristics: subclasses find marks."""

    kind: ClassVar[Kind] = Kind.PERSONA
    cues: ClassVar[tuple[str, ...]] = ()
    """Names of cues; each makes a mark."""
    half: ClassVar[float] = 1.0
    """How many phrases of a cue make half a mark."""
    habitual: ClassVar[bool] = False
    """Whether what an account showed before counts for its next post."""

    def __init__(self, emphasis: Emphasis = 1.0) -> None:
        self.emphasis = emphasis
        self._habits: Fading[Habit] = Fading(Habit)

    @abstractmethod
    def marks(self, item: Item) -> Iterable[Mark]:
        """What there is to see in a post."""

    def cue_marks(self, item: Item) -> Iterator[Mark]:
        """A mark for each of this heuristic's cues that the post shows."""
        found = cues_of(item)
        if not found:
            return
        says = lexicon().says
        for name in self.cues:
            if phrases := found.get(name):
                yield Mark(name, saturating(len(phrases), self.half), says[name], phrases)

    def see(self, item: Item) -> list[Mark]:
        """The marks of a post and of its author's habit, which the post then becomes part of."""
        seen = list(self.marks(item))
        if self.habitual:
            habit = self._habits.touch(item.post.author, item.post.seen_at)
            shown = sum(mark.value for mark in seen)
            if habit.posts and habit.level > 0.1:
                seen.append(Mark(f"{self.name}.habit", saturating(habit.level), _SAME, habit.posts))
            habit.posts += 1
            habit.level += (min(shown, 3.0) - habit.level) * (1 - _MEMORY)
        return seen

    def observe(self, item: Item) -> Iterable[Signal]:
        seen = self.see(item)
        if not seen:
            return ()
        fitted = weights().marks
        moved = sum([fitted[mark.name] * mark.value for mark in seen]) * self.emphasis
        if not moved:
            return ()
        return (
            Signal(
                post=item.post.id,
                author=item.post.author,
                strength=probability(prior(item.post) + moved),
                reason=self._reason(seen) if moved > 0 else _AGAINST,
            ),
        )

    def _reason(self, seen: Iterable[Mark]) -> str:
        """The most telling marks in words."""
        fitted = weights().marks
        weighed = [(fitted[mark.name] * mark.value, mark) for mark in seen if mark.says]
        weighed.sort(key=lambda pair: -pair[0])
        telling = [str(mark) for weight, mark in weighed[:_MOST_REASONS] if weight > 0]
        return "; ".join(telling) or self.name
