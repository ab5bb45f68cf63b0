"""How much was written when, in memory that does not grow: counts by the clock, in steps that
become coarser as a recording gets longer.

The session's time line does this for a screen, in columns of any width; a report is read with a
finger on the hour, so here steps begin where a clock strikes, and counts stay whole.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from moltwatch.model import Kind
from moltwatch.times import DAY, HOUR, MINUTE, SECOND, Micros

STEPS: tuple[Micros, ...] = (
    *(n * SECOND for n in (1, 5, 15, 30)),
    *(n * MINUTE for n in (1, 5, 15, 30)),
    *(n * HOUR for n in (1, 3, 6, 12)),
    *(n * DAY for n in (1, 7, 28, 364, 364 * 20)),
)
"""Each goes into the next without a rest."""

MOST_STEPS = 20_000


class Step(Struct):
    """What was seen in a stretch of time."""

    at: Micros
    """When it begins."""
    posts: int = 0
    persona: int = 0
    coordinated: int = 0
    hazard: int = 0

    def of(self, kind: Kind) -> int:
        return int(getattr(self, kind.value))

    def add(self, other: Step) -> None:
        """What is in ``other`` as well."""
        self.posts += other.posts
        for kind in Kind:
            setattr(self, kind.value, self.of(kind) + other.of(kind))


class Rate:
    """Posts, and flagged posts of each kind, by time."""

    def __init__(self) -> None:
        self._width = STEPS[0]
        self._steps: dict[Micros, Step] = {}

    def add(self, at: Micros, *, posts: int = 0, flagged: Collection[Kind] = ()) -> None:
        """Count posts seen at a time, or that one seen then was flagged, once for each kind."""
        step = self._at(at)
        step.posts += posts
        for kind in flagged:
            setattr(step, kind.value, step.of(kind) + 1)
        while len(self._steps) > MOST_STEPS and self._width < STEPS[-1]:
            self._coarsen()

    def steps(self, most: int) -> list[Step]:
        """From the first to the last, none left out, in the finest steps of which there are no
        more than ``most``; they lie a :data:`STEPS` apart."""
        if not self._steps:
            return []
        first, last = min(self._steps), max(self._steps)
        width = next(
            (w for w in STEPS if w >= self._width and last // w - first // w < most), STEPS[-1]
        )
        starts = range(first // width * width, last + 1, width)
        summed = {at: Step(at) for at in starts}
        for at, step in self._steps.items():
            summed[at // width * width].add(step)
        return list(summed.values())

    def _at(self, at: Micros) -> Step:
        start = at // self._width * self._width
        step = self._steps.get(start)
        if step is None:
            step = self._steps[start] = Step(start)
        return step

    def _coarsen(self) -> None:
        finer, self._steps = self._steps, {}
        self._width = STEPS[STEPS.index(self._width) + 1]
        for at, step in finer.items():
            self._at(at).add(step)
