"""From signals to a verdict on one post.

Heuristics of one family look at the same evidence, so of a family only the strongest counts.

Hazards are independent dangers: together they count as a noisy-or, 1 - prod(1 - strength).
Persona heuristics weigh one question from several sides, and some speak against: what each moved
the log-odds from the prior is added up, which makes of their strengths the logistic regression
they were fitted as (:mod:`moltwatch.heuristics.persona`). Either way 0.5 is the shipped threshold.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from moltwatch.heuristics.base import Signal
from moltwatch.heuristics.persona import calibrated, log_odds, prior
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


class Held(Struct, frozen=True, array_like=True, gc=False):
    """The strongest that one heuristic said of a post."""

    kind: Kind
    family: str
    strength: float
    reason: str
    evidence: tuple[str, ...]
    accounts: tuple[str, ...]
    n: int


class Case(Struct, array_like=True):
    """The file on one post while its evidence window is open."""

    post: Post
    held: dict[str, Held] = {}
    """What is held against (or for) it, by heuristic."""
    coordinated: float = 0.0
    """Score given by the post's group."""
    group: str | None = None
    flagged: tuple[Kind, ...] = ()
    """Kinds whose threshold it crossed."""
    first_at: Micros | None = None

    def add(self, heuristic: str, kind: Kind, family: str, signal: Signal) -> bool:
        """Keep the signal if it is its heuristic's strongest; tell whether it was."""
        before = self.held.get(heuristic)
        if before and before.strength > signal.strength:
            return False
        self.held[heuristic] = Held(
            kind,
            family,
            signal.strength,
            signal.reason,
            signal.evidence[:MOST_LISTED],
            signal.accounts[:MOST_LISTED],
            signal.n,
        )
        return True

    def score(self, kind: Kind) -> float:
        """The fused verdict of one kind."""
        if kind is Kind.COORDINATED:
            return self.coordinated
        if kind is Kind.PERSONA:
            return self._persona()
        families: dict[str, float] = {}
        for held in self.held.values():
            if held.kind is kind:
                families[held.family] = max(families.get(held.family, 0.0), held.strength)
        return noisy_or(families.values())

    def _persona(self) -> float:
        """Sum of what each family moved the log-odds; 0 if none spoke."""
        before = prior(self.post)
        families: dict[str, float] = {}
        for held in self.held.values():
            if held.kind is Kind.PERSONA:
                moved = log_odds(held.strength) - before
                most = families.get(held.family)
                if most is None or abs(moved) > abs(most):
                    families[held.family] = moved
        return calibrated(before + sum(families.values())) if families else 0.0

    def _speaks_for(self, held: Held) -> bool:
        """Whether it is a reason for the verdict: persona heuristics may speak against it."""
        return held.strength >= QUIET and not (
            held.kind is Kind.PERSONA and log_odds(held.strength) <= prior(self.post)
        )

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
                kind=held.kind,
                score=round(held.strength, 4),
                reason=held.reason,
                evidence=held.evidence,
                accounts=held.accounts,
                n=held.n,
                group=self.group if held.kind is Kind.COORDINATED else None,
            )
            for heuristic, held in self.held.items()
            if self._speaks_for(held)
        ]
        return tuple(sorted(flags, key=lambda flag: (-flag.score, flag.heuristic)))
