"""From signals to a verdict on one post.

Heuristics of one family look at the same evidence, so of a family only the strongest counts.

Hazards are independent dangers: together they count as a noisy-or, 1 - prod(1 - strength), unless
they are muted.
Persona heuristics weigh one question from several sides, and some speak against: what each moved
the log-odds from the prior is added up, which makes of their strengths the logistic regression
they were fitted as (:mod:`moltwatch.heuristics.persona`). Either way 0.5 is the shipped threshold.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TypeAlias

from msgspec import Struct

from moltwatch.heuristics.base import Signal
from moltwatch.heuristics.odds import log_odds, noisy_or
from moltwatch.heuristics.persona.weights import calibrated, prior
from moltwatch.model import MOST_LISTED, Flag, Kind, Post, Scores
from moltwatch.times import Micros

QUIET = 0.05
"""Signals weaker than this are not worth a reason."""


Said: TypeAlias = tuple[str, Kind, str, Signal]
"""Name, kind and family of a heuristic, and what it said."""


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
    persona: float = 0.0
    coordinated: float = 0.0
    """Score given by the post's group."""
    hazard: float = 0.0
    group: str | None = None
    flagged: tuple[Kind, ...] = ()
    """Kinds whose threshold it crossed."""
    retracted: tuple[Kind, ...] = ()
    """Kinds of which the user has taken the verdict back."""
    first_at: Micros | None = None

    def hold(self, said: Said) -> None:
        """Keep what was said, if it is a reason and the strongest that its heuristic gave."""
        heuristic, kind, family, signal = said
        if not self._is_reason(kind, signal.strength):
            return
        before = self.held.get(heuristic)
        if before and before.strength > signal.strength:
            return
        self.held[heuristic] = Held(
            kind,
            family,
            signal.strength,
            str(signal.reason),
            signal.evidence[:MOST_LISTED],
            signal.accounts[:MOST_LISTED],
            signal.n,
        )

    def weigh(self, said: Iterable[Said]) -> None:
        """Make up the scores of persona and hazard from all that was said of the post."""
        before = prior(self.post)
        personas: dict[str, float] = {}
        hazards: dict[str, float] = {}
        muted = 0.0
        for _, kind, family, signal in said:
            if kind is Kind.PERSONA:
                moved = log_odds(signal.strength) - before
                if family not in personas or abs(moved) > abs(personas[family]):
                    personas[family] = moved
            elif kind is Kind.HAZARD and signal.muted:
                muted = max(muted, signal.strength)
            elif kind is Kind.HAZARD:
                hazards[family] = max(hazards.get(family, 0.0), signal.strength)
        if personas:
            self.persona = calibrated(before + sum(personas.values()))
        self.hazard = max(muted, noisy_or(hazards.values()))

    def score(self, kind: Kind) -> float:
        """The fused verdict of one kind."""
        if kind is Kind.COORDINATED:
            return self.coordinated
        return self.persona if kind is Kind.PERSONA else self.hazard

    def _is_reason(self, kind: Kind, strength: float) -> bool:
        """Whether it speaks for the verdict: persona heuristics may speak against it."""
        return strength >= QUIET and not (
            kind is Kind.PERSONA and log_odds(strength) <= prior(self.post)
        )

    def scores(self) -> Scores:
        """All verdicts, to four places."""
        return Scores(
            persona=round(self.persona, 4),
            coordinated=round(self.coordinated, 4),
            hazard=round(self.hazard, 4),
        )

    def flags(self, kinds: Container[Kind] = tuple(Kind)) -> tuple[Flag, ...]:
        """All reasons for verdicts of these kinds, strongest first."""
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
            if held.kind in kinds
        ]
        return tuple(sorted(flags, key=lambda flag: (-flag.score, flag.heuristic)))
