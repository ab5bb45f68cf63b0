"""Measures of a classifier, from their definitions. What is undefined is None, not zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TypeAlias

from msgspec import Struct

Pair: TypeAlias = tuple[float, bool]
"""A score, and whether the thing is what it is scored for."""


class Counts(Struct, kw_only=True):
    """Right and wrong of a yes-or-no answer."""

    hits: int = 0
    """Said yes, rightly."""
    false: int = 0
    """Said yes, wrongly."""
    missed: int = 0
    """Said no, wrongly."""

    @classmethod
    def at(cls, threshold: float, pairs: Iterable[Pair]) -> Counts:
        """Answers of a score: yes from ``threshold`` on."""
        counts = cls()
        for score, truth in pairs:
            counts.add(score >= threshold, truth)
        return counts

    def add(self, answer: bool, truth: bool) -> None:
        """Count one answer."""
        self.hits += answer and truth
        self.false += answer and not truth
        self.missed += truth and not answer

    @property
    def precision(self) -> float | None:
        """Part of the yes that is right."""
        return ratio(self.hits, self.hits + self.false)

    @property
    def recall(self) -> float | None:
        """Part of what is true that was found."""
        return ratio(self.hits, self.hits + self.missed)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall."""
        return ratio(2 * self.hits, 2 * self.hits + self.false + self.missed)


class Bin(Struct, frozen=True, kw_only=True):
    """One bar of a reliability diagram."""

    low: float
    high: float
    n: int
    mean_score: float
    share: float
    """Part of the ``n`` that is true; a calibrated score has it equal to ``mean_score``."""


def ratio(part: float, whole: float) -> float | None:
    """The quotient; None where there is nothing to divide by."""
    return part / whole if whole else None


def auc(pairs: Iterable[Pair]) -> float | None:
    """Area under the ROC curve: how often a true thing scores above an untrue one, ties counting
    half. By the rank sum (Mann and Whitney 1947), with middle ranks for ties. None where all are
    of one class."""
    ordered = sorted(pairs)
    rank_sum = 0.0
    before = positives = 0
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        truths = [truth for _, truth in tied]
        rank_sum += sum(truths) * (before + (len(truths) + 1) / 2)
        before += len(truths)
        positives += sum(truths)
    return ratio(rank_sum - positives * (positives + 1) / 2, positives * (len(ordered) - positives))


def brier(pairs: Sequence[Pair]) -> float | None:
    """Mean squared distance of score and truth (Brier 1950); 0 is perfect, always saying 0.5 has
    0.25."""
    return ratio(sum((score - truth) ** 2 for score, truth in pairs), len(pairs))


def reliability(pairs: Iterable[Pair], bins: int = 10) -> list[Bin]:
    """Scores in bins of equal width over 0..1, empty ones left out."""
    sorted_in: list[list[Pair]] = [[] for _ in range(bins)]
    for score, truth in pairs:
        sorted_in[min(int(score * bins), bins - 1)].append((score, truth))
    return [
        Bin(
            low=at / bins,
            high=(at + 1) / bins,
            n=len(held),
            mean_score=sum(score for score, _ in held) / len(held),
            share=sum(truth for _, truth in held) / len(held),
        )
        for at, held in enumerate(sorted_in)
        if held
    ]


def calibration_error(bins: Iterable[Bin]) -> float | None:
    """Expected calibration error: how far a bin's mean score is from the part of it that is true,
    averaged over the items (Naeini, Cooper and Hauskrecht 2015)."""
    held = list(bins)
    apart = sum(each.n * abs(each.mean_score - each.share) for each in held)
    return ratio(apart, sum(each.n for each in held))
