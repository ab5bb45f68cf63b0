"""How persona marks and evidence become a verdict.

Persona heuristics look at one question from several sides, and some speak against. Their weights
were fitted as one logistic regression, so the log-odds that each adds to the prior are summed up.
A third party's heuristic adds its own evidence; of a family only the strongest counts. 0.5 is the
shipped threshold.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from moltwatch.heuristics.persona.weights import above_threshold, calibrated
from moltwatch.model import Evidence, Post
from moltwatch.odds import probability


class PersonaFuser:
    """Adds log-odds."""

    def score(self, post: Post, found: Iterable[Evidence]) -> float:
        """The verdict (0 to 1) on a post of which this was found."""
        strongest: dict[str, float] = {}
        for evidence in found:
            weight = evidence.weight
            if abs(weight) > abs(strongest.get(evidence.family, 0.0)):
                strongest[evidence.family] = weight
        if not strongest:
            return 0.0
        return calibrated(above_threshold(post, sum(strongest.values())))

    def score_vector(self, post: Post, log_odds: float) -> float:
        """The verdict on a post of which nothing but a vector of marks was found, that adds up to
        these log-odds; 0 if it has none."""
        return calibrated(above_threshold(post, log_odds)) if log_odds else 0.0

    def told(self, post: Post, evidence: Evidence) -> Evidence:
        """The evidence with its score, its most telling marks first. The score of what speaks
        against, or has nothing to say in words, is 0."""
        said = [mark for mark in evidence.marks if mark.says and mark.weight]
        if evidence.weight <= 0 or not any(mark.weight > 0 for mark in said):
            return evidence
        marks = sorted(said, key=lambda mark: -mark.weight)
        score = probability(above_threshold(post, evidence.weight))
        return structs.replace(evidence, marks=tuple(marks), score=score)
