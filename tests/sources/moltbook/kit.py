"""Watching a Moltbook server of the tests by a clock of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from werkzeug import Request, Response

from moltwatch.model import Event, Post
from moltwatch.sources.live.failures import Backoff
from moltwatch.sources.moltbook.source import MoltbookSource
from moltwatch.times import SECOND
from tests.sources.fakes import T0, FakeClock
from tests.sources.moltbook.server import Forum, serving


class Clock(FakeClock):
    """``chores`` are done one by one, whenever the source sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.chores: list[Callable[[], None]] = []

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if self.chores:
            self.chores.pop(0)()

    @property
    def seconds(self) -> float:
        """Since T0."""
        return (self.now() - T0) / SECOND


class Watch:
    """A source being watched, batch by batch."""

    def __init__(self, source: MoltbookSource, clock: Clock) -> None:
        self.source = source
        self.clock = clock
        self.events: list[Event] = []
        self._batches = source.batches()

    async def until(self, done: Callable[[], bool], most: int = 200) -> None:
        """Go on until the test is content; at most so many batches."""
        for _ in range(most):
            if done():
                return
            self.events += await anext(self._batches)
        raise AssertionError(f"never came: {self.events[-5:]}, {self.source.status}")

    async def for_seconds(self, seconds: float) -> None:
        """Go on for so long by the source's clock."""
        end = self.clock.seconds + seconds
        await self.until(lambda: self.clock.seconds >= end)

    def ids(self) -> list[str]:
        return [event.id for event in self.events if isinstance(event, Post)]

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def watching(
    forum: Callable[[Request], Response], clock: Clock | None = None, **options: Any
) -> AsyncIterator[Watch]:
    """A source on a forum."""
    clock = clock or Clock()
    options = {"backoff": Backoff(draw=lambda: 1.0)} | options
    with serving(forum) as base:
        source = MoltbookSource(base, clock=clock, **options)
        try:
            yield Watch(source, clock)
        finally:
            await source.close()


def forum(dialect: str = "production", **options: Any) -> Forum:
    """Three threads, one with a small talk under it."""
    there = Forum(dialect=dialect, **options)
    there.post(
        "p1", -300, author="ada", bio="I count things." if dialect != "open-source" else None
    )
    there.post("p2", -200, author="bob")
    there.post("p3", -100, author="cyd")
    there.comment("c1", -90, "p1", author="dot")
    there.comment("c2", -80, "p1", parent="c1", author="ada")
    there.comment("c3", -70, "p1", author="eve")
    return there


def more(there: Forum, n: int, seconds: float, name: str = "q") -> None:
    """Many posts within a second."""
    for number in range(n):
        there.post(f"{name}{number}", seconds + number / n, author=f"a{number}")
