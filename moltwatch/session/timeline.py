"""The time line: how many posts when, and where flags lie, in memory that does not grow.

A histogram over stream time whose buckets double in width whenever they would become too many, so
that a minute and a year both fit, and every post costs the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from moltwatch.model import Kind
from moltwatch.times import SECOND, Micros

MOST_BUCKETS = 4_096


class Column(Struct):
    """A stretch of the time line."""

    posts: float = 0.0
    persona: int = 0
    coordinated: int = 0
    hazard: int = 0
    gap: bool = False

    @property
    def kinds(self) -> list[Kind]:
        """Kinds with a flag in it."""
        return [kind for kind in Kind if getattr(self, kind.value)]


class Timeline:
    """Posts and flags over stream time."""

    def __init__(self, width: Micros = SECOND) -> None:
        self.width: Micros = width
        """Of a bucket."""
        self.start: Micros | None = None
        """Time of the first bucket; None while nothing has happened."""
        self.end: Micros = 0
        self.version = 0
        self._buckets: list[Column] = []

    def post(self, at: Micros) -> None:
        if bucket := self._at(at):
            bucket.posts += 1

    def flag(self, at: Micros, kind: Kind) -> None:
        """A post seen at ``at`` was flagged, now or later."""
        if bucket := self._at(at):
            setattr(bucket, kind.value, getattr(bucket, kind.value) + 1)

    def unflag(self, at: Micros, kind: Kind) -> None:
        """The flag was taken back."""
        if (bucket := self._at(at)) and getattr(bucket, kind.value):
            setattr(bucket, kind.value, getattr(bucket, kind.value) - 1)

    def gap(self, since: Micros, until: Micros) -> None:
        """Nothing was observed in between."""
        self._at(until)  # first: reaching so far may widen the buckets
        last = self._index(until)
        if last is not None:
            for bucket in self._buckets[self._index(since) or 0 : last + 1]:
                bucket.gap = True

    def columns(self, n: int, start: Micros, end: Micros) -> list[Column]:
        """The stretch from ``start`` to ``end`` in ``n`` columns of equal width.

        A bucket wider than a column spreads its posts over the columns it covers and shows its
        flags in the first of them.
        """
        columns = [Column() for _ in range(n)]
        if self.start is None or n < 1 or end <= start:
            return columns
        scale = n / (end - start)
        for i, bucket in enumerate(self._buckets):
            at = self.start + i * self.width
            if at + self.width <= start or at >= end or not _says_something(bucket):
                continue
            first = min(n - 1, max(0, int((at - start) * scale)))
            last = min(n - 1, max(first, int((at + self.width - start) * scale - 1e-9)))
            for column in columns[first : last + 1]:
                column.posts += bucket.posts / (last - first + 1)
                column.gap |= bucket.gap
            _add_flags(columns[first], bucket)
        return columns

    def _at(self, at: Micros) -> Column | None:
        """The bucket of a time, made if need be; None before the start."""
        index = self._index(at)
        if index is None:
            return None
        while index >= MOST_BUCKETS:
            self._double()
            index = self._index(at) or 0
        while len(self._buckets) <= index:
            self._buckets.append(Column())
        self.end = max(self.end, at)
        self.version += 1
        return self._buckets[index]

    def _index(self, at: Micros) -> int | None:
        if self.start is None:
            self.start = at
        return (at - self.start) // self.width if at >= self.start else None

    def _double(self) -> None:
        self.width *= 2
        self._buckets = [_sum(self._buckets[i : i + 2]) for i in range(0, len(self._buckets), 2)]


def _says_something(bucket: Column) -> bool:
    return bool(bucket.posts or bucket.gap or bucket.persona or bucket.coordinated or bucket.hazard)


def _add_flags(to: Column, bucket: Column) -> None:
    to.persona += bucket.persona
    to.coordinated += bucket.coordinated
    to.hazard += bucket.hazard


def _sum(buckets: Sequence[Column]) -> Column:
    total = Column()
    for bucket in buckets:
        total.posts += bucket.posts
        total.gap |= bucket.gap
        _add_flags(total, bucket)
    return total
