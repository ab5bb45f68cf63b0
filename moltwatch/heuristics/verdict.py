"""From signals to a verdict on one post.

Heuristics of one family look at the same evidence, so of a family only the strongest counts;
families are independent, so together they count as a noisy-or: 1 - prod(1 - strength). Strengths
are calibrated so that 0.5 is the shipped threshold.
"""

from __future__ import annotations

from collections.abc import Iterable

from moltwatch.heuristics.base import Signal
from moltwatch.model import MOST_LISTED, Flag, Kind, Post, Scores
from moltwatch.times import Micros

QUIET = 0.05
"""Signals weaker than this are not worth a reason."""


def noisy_or(strengths: Iterable[float]) -> float:
    """Probability that at least one of several independent reasons holds."""
    miss = 1.0
    for strength in strengths:
        miss *= 1.0 - min(max(strength, 0.0), 1.0)
    return 1.0 - miss


class Case:
    """The file on one post while its evidence window is open."""

    __slots__ = ("coordinated", "first_at", "flagged", "group", "post", "signals")

    def __init__(self, post: Post) -> None:
        self.post = post
        self.signals: dict[str, tuple[Kind, str, Signal]] = {}
        """By heuristic: its kind, its family, its strongest signal."""
        self.coordinated = 0.0
        """Score given by the post's group."""
        self.group: str | None = None
        self.flagged: set[Kind] = set()
        """Kinds whose threshold it crossed."""
        self.first_at: Micros | None = None

    def add(self, heuristic: str, kind: Kind, family: str, signal: Signal) -> bool:
        """Keep the signal if it is its heuristic's strongest; tell whether it was."""
        held = self.signals.get(heuristic)
        if held and held[2].strength > signal.strength:
            return False
        self.signals[heuristic] = (kind, family, signal)
        return True

    def score(self, kind: Kind) -> float:
        """The fused verdict of one kind."""
        if kind is Kind.COORDINATED:
            return self.coordinated
        families: dict[str, float] = {}
        for its_kind, family, signal in self.signals.values():
            if its_kind is kind:
                families[family] = max(families.get(family, 0.0), signal.strength)
        return noisy_or(families.values())

    def scores(self) -> Scores:
        return Scores(
            persona=round(self.score(Kind.PERSONA), 4),
            coordinated=round(self.coordinated, 4),
            hazard=round(self.score(Kind.HAZARD), 4),
        )

    def flags(self) -> tuple[Flag, ...]:
        """All reasons, strongest first."""
        flags = [
            Flag(
                heuristic=heuristic,
                kind=kind,
                score=round(signal.strength, 4),
                reason=signal.reason,
                evidence=signal.evidence[:MOST_LISTED],
                accounts=signal.accounts[:MOST_LISTED],
                n=signal.n,
                group=self.group if kind is Kind.COORDINATED else None,
            )
            for heuristic, (kind, _, signal) in self.signals.items()
            if signal.strength >= QUIET
        ]
        return tuple(sorted(flags, key=lambda flag: (-flag.score, flag.heuristic)))
