"""``--min-score``: a line where the score reaches the bar, wherever that is put."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.fusing.coordination import GroupTracker
from moltwatch.model import FlaggedPost, Kind, Post
from moltwatch.odds import log_odds
from moltwatch.times import SECOND, Micros

STEPS = (0.2, 0.4, 0.6, 0.9)


class Dawning(Heuristic):
    """Surer of each post than of the one before."""

    name = "dawning"
    kind = Kind.HAZARD  # whose scores are the strengths themselves
    family = "dawning"

    def __init__(self) -> None:
        self.n = 0

    def observe(self, item: Features) -> Iterable[Evidence]:
        strength = STEPS[self.n]
        self.n += 1
        return [self.evidence(log_odds(strength), "step {n}", n=self.n)]


def flagged(engine: Engine) -> list[FlaggedPost]:
    lines: list[FlaggedPost] = []
    for n in range(len(STEPS)):
        at = (n + 1) * SECOND
        post = Post(id=f"p{n}", thread=f"p{n}", author="a", created_at=at, seen_at=at)
        lines += [found for found in engine.feed(post) if isinstance(found, FlaggedPost)]
    return lines


@pytest.mark.parametrize(
    ("bar", "reached"), [(0.0001, 0), (0.3, 1), (0.4, 1), (0.5, 2), (0.8, 3), (0.95, 4)]
)
def test_a_line_for_each_post_that_reaches_the_bar(bar: float, reached: int) -> None:
    lines = flagged(Engine([Dawning()], GroupTracker(), threshold=bar))
    assert [line.post.id for line in lines] == [f"p{n}" for n in range(reached, len(STEPS))]
    assert [line.scores.hazard for line in lines] == list(STEPS[reached:])


class Late(Dawning):
    """Speaks when no post is at hand."""

    name = "late"

    def advance(self, now: Micros) -> Iterable[Evidence]:
        return [self.evidence(log_odds(0.9), "was seen earlier")]


def test_what_is_a_hazard_cannot_be_said_later() -> None:
    complaints: list[str] = []
    engine = Engine([Late()], GroupTracker(), complain=complaints.append)
    assert flagged(engine) == []
    assert "speaks of hazard where no post is at hand" in complaints[0]
    assert engine.health["late"].off
