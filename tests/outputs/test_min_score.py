"""``--min-score``: a line when the score is first reached, wherever the bar is put."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.engine import Engine
from moltwatch.heuristics.groups import GroupBook
from moltwatch.model import FlaggedPost, Kind, Post
from moltwatch.times import SECOND

STEPS = (0.2, 0.4, 0.6, 0.9)


class Dawning(Heuristic):
    """Grows surer of the first post with each that follows."""

    name = "dawning"
    kind = Kind.HAZARD  # whose scores are the strengths themselves
    family = "dawning"

    def __init__(self) -> None:
        self.n = 0

    def observe(self, item: Item) -> Iterable[Signal]:
        strength = STEPS[self.n]
        self.n += 1
        return [Signal(post="p0", author="a", strength=strength, reason=f"step {self.n}")]


@pytest.mark.parametrize(
    ("bar", "reached"), [(0.0001, 0), (0.3, 1), (0.4, 1), (0.5, 2), (0.8, 3), (0.95, None)]
)
def test_a_line_comes_when_the_bar_is_reached_and_once(bar: float, reached: int | None) -> None:
    engine = Engine([Dawning()], GroupBook(), threshold=bar)
    lines: list[FlaggedPost] = []
    for n in range(len(STEPS)):
        at = (n + 1) * SECOND
        post = Post(id=f"p{n}", thread=f"p{n}", author="a", created_at=at, seen_at=at)
        lines += [found for found in engine.feed(post) if isinstance(found, FlaggedPost)]
    if reached is None:
        assert lines == []
        return
    [line] = lines
    assert (line.post.id, line.at) == ("p0", (reached + 1) * SECOND)
    assert line.scores.hazard == STEPS[reached]
