"""What the persona heuristics share: marks as one vector of numbers, and evidence made of it.

A mark is one observable thing about a post: a number from 0 to 1 that says how much of it there is,
and a sentence. The marks that all persona heuristics find in a post make one :class:`MarkVector`. A
weight, fitted on labelled posts, says how much a mark moves the log-odds that a reader calls the
post persona-driven; the weighted sum of the vector is the verdict. That is a logistic regression
whose parts can be read: for a post that crosses the threshold, or is asked about, each heuristic's
marks are put into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import mul
from typing import Annotated, ClassVar, NamedTuple, TypeAlias

from msgspec import Meta

from moltwatch.heuristics.base import Features, Heuristic
from moltwatch.heuristics.features.lexicon import lexicon
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.persona.weights import saturating, weights
from moltwatch.model import Evidence, Fact, Kind, Mark

Emphasis: TypeAlias = Annotated[float, Meta(ge=0, le=3)]
"""Multiplies what a heuristic adds to the verdict; 0 silences it."""


class MarkVector:
    """The marks of a post: how much there is of each, and the facts for its sentence."""

    __slots__ = ("facts", "failed", "values")

    def __init__(self, shown: MarkVector | None = None) -> None:
        self.values: dict[str, float] = shown.values.copy() if shown else {}
        """By mark, 0 to 1; a mark that is missing is 0."""
        self.facts: dict[str, dict[str, Fact]] = shown.facts.copy() if shown else {}
        """By mark, where its sentence tells of any."""
        self.failed: tuple[str, ...] = shown.failed if shown else ()
        """Heuristics that failed: they say nothing of this post."""

    def mark(self, name: str, value: float, /, **facts: Fact) -> None:
        """There is so much of a mark."""
        self.values[name] = value
        if facts:
            self.facts[name] = facts


class PersonaHeuristic(Heuristic):
    """Base of the persona heuristics: subclasses find marks, in the text alone (asked once for all
    copies of a text) and in what is around it."""

    kind: ClassVar[Kind] = Kind.PERSONA
    cues: ClassVar[Mapping[str, float]] = {}
    """Marks that are cues, and how many phrases of one make half a mark."""
    says: ClassVar[Mapping[str, str]] = {}
    """All other marks, and what completes the sentence "the post …", a template for the facts;
    empty for what needs no mention. A cue that does not stand here says what the material says."""

    def __init__(self, emphasis: Emphasis = 1.0) -> None:
        self.emphasis = emphasis
        self.marks = frozenset((*self.cues, *self.says))
        """The names of all its marks."""
        self._alone: Panel | None = None

    def in_text(self, text: Text, vector: MarkVector) -> None:
        """Mark what the title and text show whoever reads them. The cues are marked already."""

    def around(self, item: Features, vector: MarkVector) -> None:
        """Mark what shows beside author, thread and past. What the text shows is marked already."""

    def remember(self, item: Features, vector: MarkVector, log_odds: float) -> None:
        """Remember of the author what the heuristics that look at posts together made of this one,
        ``log_odds`` without the prior, and mark what was remembered of its earlier posts."""

    def sentence(self, mark: str) -> str:
        """The template of a mark's sentence."""
        return self.says[mark] if mark in self.says else lexicon().says[mark]

    def read(self, text: Text) -> MarkVector:
        return self._panel().read(text)

    def observe(self, item: Features) -> Iterable[Evidence]:
        panel = self._panel()
        return panel.evidence(panel.look(item, item.shown_to(self)))

    def _panel(self) -> Panel:
        if self._alone is None:
            self._alone = Panel([self])
        return self._alone


def _raise(heuristic: Heuristic, error: Exception) -> None:
    raise error


class _Mark(NamedTuple):
    """A mark as a panel weighs it."""

    owner: PersonaHeuristic
    weight: float
    """Log-odds that a mark of 1 adds, before emphasis."""
    says: str
    """The template of its sentence; empty for what needs no mention."""


class Panel:
    """Persona heuristics that look at posts together, but for those that are silenced. ``blame`` is
    told when one of them fails; its marks are left out then."""

    def __init__(
        self,
        heuristics: Sequence[PersonaHeuristic],
        blame: Callable[[Heuristic, Exception], None] = _raise,
    ) -> None:
        self.weights: dict[str, float] = {}
        """Log-odds that a mark of 1 adds, as the heuristics are emphasised."""
        self._halves: dict[str, float] = {}
        self._marks: dict[str, _Mark] = {}
        heuristics = [each for each in heuristics if each.emphasis]
        for each in heuristics:
            self._halves |= each.cues
            for mark in each.marks:
                weight = weights().marks[mark]
                self.weights[mark] = weight * each.emphasis
                self._marks[mark] = _Mark(each, weight, each.sentence(mark))
        self._readers = [each for each in heuristics if _has_own(each, PersonaHeuristic.in_text)]
        self._contextual = [each for each in heuristics if _has_own(each, PersonaHeuristic.around)]
        self._remembering = [
            each for each in heuristics if _has_own(each, PersonaHeuristic.remember)
        ]
        self._blame = blame

    def read(self, text: Text) -> MarkVector:
        """The marks of a text, whoever wrote it."""
        vector = MarkVector()
        if self._halves:
            for cue, phrases in text.cues.items():
                if half := self._halves.get(cue):
                    vector.values[cue] = saturating(len(phrases), half)
                    vector.facts[cue] = {"phrases": tuple(phrases)}
        for each in self._readers:
            try:
                each.in_text(text, vector)
            except Exception as error:
                self._leave_out(each, vector, error)
        return vector

    def look(self, item: Features, shown: MarkVector) -> MarkVector:
        """The marks of a post whose text shows ``shown``."""
        vector = MarkVector(shown)
        for each in self._contextual:
            if each.name in vector.failed:
                continue
            try:
                each.around(item, vector)
            except Exception as error:
                self._leave_out(each, vector, error)
        if self._remembering:
            log_odds = self.log_odds(vector)
            for each in self._remembering:
                try:
                    each.remember(item, vector, log_odds)
                except Exception as error:
                    self._leave_out(each, vector, error)
        return vector

    def log_odds(self, vector: MarkVector) -> float:
        """What all marks of a vector add together: the product of weights and values."""
        values = vector.values
        return sum(map(mul, map(self.weights.__getitem__, values), values.values()), 0.0)

    def evidence(self, vector: MarkVector) -> list[Evidence]:
        """What each heuristic has to say."""
        sums: dict[PersonaHeuristic, float] = {}
        marks: dict[PersonaHeuristic, list[Mark]] = {}
        for name, value in vector.values.items():
            owner, weight, says = self._marks[name]
            sums[owner] = sums.get(owner, 0.0) + self.weights[name] * value
            mark = Mark(says, vector.facts.get(name, {}), weight * value)
            marks.setdefault(owner, []).append(mark)
        return [
            Evidence(each.name, Kind.PERSONA, each.family, weight, tuple(marks[each]))
            for each, weight in sums.items()
            if weight
        ]

    def _leave_out(self, heuristic: PersonaHeuristic, vector: MarkVector, error: Exception) -> None:
        vector.failed = (*vector.failed, heuristic.name)
        for mark in heuristic.marks:
            vector.values.pop(mark, None)
        self._blame(heuristic, error)


def _has_own(heuristic: PersonaHeuristic, method: Callable[..., None]) -> bool:
    return getattr(type(heuristic), method.__name__) is not method
