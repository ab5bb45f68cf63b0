"""How hazard evidence becomes a verdict.

Hazards are independent dangers: together they count as a noisy-or, 1 - prod(1 - probability); of a
family only the strongest counts. What is muted adds nothing to the others.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from moltwatch.model import Evidence, Post
from moltwatch.odds import noisy_or, probability


class HazardFuser:
    """Adds up independent dangers."""

    def score(self, post: Post, found: Iterable[Evidence]) -> float:
        """The verdict (0 to 1) on a post of which this was found."""
        muted = 0.0
        strongest: dict[str, float] = {}
        for evidence in found:
            danger = probability(evidence.weight)
            if evidence.muted:
                muted = max(muted, danger)
            else:
                strongest[evidence.family] = max(strongest.get(evidence.family, 0.0), danger)
        return max(muted, noisy_or(strongest.values()))

    def told(self, post: Post, evidence: Evidence) -> Evidence:
        """The evidence with its score."""
        return structs.replace(evidence, score=probability(evidence.weight))
