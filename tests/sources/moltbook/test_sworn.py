"""Moltbook by polling, a forum where anything happens at any time: whatever is missing in the end
was told of, with its number."""

from __future__ import annotations

import random
import re

import pytest

from moltwatch.model import Event, Gap, Post
from tests.sources.moltbook.kit import Clock, watching
from tests.sources.moltbook.server import DIALECTS, Forum, faulty, says

STEPS = 40
SEEDS = 2
"""Of each server; more by hand."""

COUNT = re.compile(r"([\d,]+) comments? of .* not read: ")


class Life:
    """Things that happen, drawn from a seed, whenever the source sleeps."""

    def __init__(self, there: Forum, clock: Clock, seed: int) -> None:
        self.there, self.clock, self.draw = there, clock, random.Random(seed)
        self.clock.chores = [self.happen] * STEPS

    def happen(self) -> None:
        for _ in range(self.draw.randrange(6)):
            self.draw.choice([self.post, self.comment, self.comment, self.burst, self.delete])()
        if self.draw.random() < 0.1:
            status = self.draw.choice([429, 500, 502, 404])
            self.there.faults[:] = [
                faulty(says(status, error="away"), times=self.draw.choice([1, 3]))
            ]

    def post(self) -> None:
        self.there.post(f"p{len(self.there.posts)}", self.clock.seconds - self.draw.random())

    def comment(self, n: int = 1) -> None:
        if not self.there.posts:
            return
        thread = self.draw.choice(self.there.posts[-12:]).id
        above = [c.id for c in self.there.comments if c.thread == thread and not c.deleted]
        for _ in range(n):
            parent = self.draw.choice(above) if above and self.draw.random() < 0.4 else None
            id = f"c{len(self.there.comments)}"
            self.there.comment(id, self.clock.seconds, thread, parent=parent)

    def burst(self) -> None:
        self.comment(self.draw.choice([5, 20, 60, 130]))

    def delete(self) -> None:
        if self.there.comments:
            self.draw.choice(self.there.comments).deleted = True


def told(events: list[Event]) -> int:
    """Comments that are said to be missing."""
    reasons = [event.reason for event in events if isinstance(event, Gap) and not event.recovered]
    return sum(int(m[1].replace(",", "")) for reason in reasons if (m := COUNT.match(reason)))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, SEEDS))]
)
async def test_what_is_missing_was_told_of(dialect: str, seed: int) -> None:
    clock = Clock()
    there = Forum(dialect=dialect, most_comments=(None, 100, 60)[seed % 3])
    async with watching(there, clock) as watch:
        Life(there, clock, seed)
        await watch.until(lambda: not clock.chores, most=10_000)
        there.faults.clear()
        await watch.for_seconds(3_600)
        events = [*watch.events, *watch.source.owed()]
    seen = {event.id for event in events if isinstance(event, Post)}
    missing = {c.id for c in there.comments if not c.deleted} - seen
    assert {post.id for post in there.posts} <= seen
    assert len(missing) <= told(events), f"seed {seed}"
    if dialect == "february":
        assert not missing, "this server keeps nothing back"
