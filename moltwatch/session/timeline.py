"""The time line: how many posts when, where flags lie, where cases begin, and what was not
observed.

A histogram over stream time, in memory that does not grow: its buckets begin where a clock strikes,
and become coarser when there would be too many, so that a minute and a year both fit and every post
costs the same.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from msgspec import Struct, field

from moltwatch.model import Kind
from moltwatch.times import DAY, HOUR, MINUTE, SECOND, Micros

STEPS: tuple[Micros, ...] = (
    *(n * SECOND for n in (1, 5, 15, 30)),
    *(n * MINUTE for n in (1, 5, 15, 30)),
    *(n * HOUR for n in (1, 3, 6, 12)),
    *(n * DAY for n in (1, 7, 28, 364, 364 * 20)),
)
"""Widths of a bucket. Each goes into the next without a rest."""

MOST_BUCKETS = 4_096

MOST_SPANS = 10_000
"""Spans that lie apart and are kept; the earliest then only count."""


class Column(Struct):
    """A stretch of time, and what was seen in it."""

    at: Micros = 0
    """When it begins, where it lies on the clock."""
    posts: float = 0
    """A part of a number only where a bucket is spread over several columns."""
    persona: int = 0
    coordinated: int = 0
    hazard: int = 0
    cases: dict[tuple[Kind, int], int] = field(default_factory=dict)
    """How many cases that matter begin in it, by kind and strength in hundredths."""
    gap: bool = False

    def begin(self, kind: Kind, least: int = 0) -> int:
        """How many cases of a kind begin in it that are so strong (hundredths) at least."""
        return sum(
            n for (of, strength), n in self.cases.items() if of is kind and strength >= least
        )

    def strongest(self, kind: Kind) -> int:
        """How strong the strongest of them is, in hundredths; -1 where none begins."""
        return max((strength for of, strength in self.cases if of is kind), default=-1)

    @property
    def kinds(self) -> list[Kind]:
        """Kinds with a flag in it."""
        return [kind for kind in Kind if self.of(kind)]

    def of(self, kind: Kind) -> int:
        """Flags of a kind."""
        return int(getattr(self, kind.value))

    def flag(self, kind: Kind, n: int) -> None:
        """So many more flags of a kind, but never fewer than none."""
        setattr(self, kind.value, max(0, self.of(kind) + n))

    def add(self, other: Column) -> None:
        """What was seen in another as well."""
        self.posts += other.posts
        self.add_flags(other)

    def add_flags(self, other: Column) -> None:
        """Flags of another, and the cases that begin there, as well."""
        self.persona = max(0, self.persona + other.persona)
        self.coordinated = max(0, self.coordinated + other.coordinated)
        self.hazard = max(0, self.hazard + other.hazard)
        for case, n in other.cases.items():
            self.cases[case] = self.cases.get(case, 0) + n


class Spans:
    """Spans of time together: those of several sources overlap, and of one that was told twice."""

    def __init__(self) -> None:
        self._spans: list[tuple[Micros, Micros]] = []
        """Apart from each other and in order."""
        self._settled: Micros = 0

    @property
    def length(self) -> Micros:
        """What they cover."""
        return self._settled + sum(until - since for since, until in self._spans)

    def add(self, since: Micros, until: Micros) -> None:
        """A span from ``since`` up to ``until``."""
        spans, until = self._spans, max(since, until)
        first = last = bisect_left(spans, since, key=lambda span: span[1])
        while last < len(spans) and spans[last][0] <= until:
            since, until = min(since, spans[last][0]), max(until, spans[last][1])
            last += 1
        del spans[first:last]
        insort(spans, (since, until))
        if len(spans) > MOST_SPANS:
            since, until = spans.pop(0)
            self._settled += until - since

    def between(self, start: Micros, end: Micros) -> Iterator[tuple[Micros, Micros]]:
        """Those that have a part from ``start`` up to ``end``."""
        for at in range(
            bisect_left(self._spans, start, key=lambda span: span[1]), len(self._spans)
        ):
            if self._spans[at][0] >= end:
                break
            yield self._spans[at]


class Timeline:
    """Posts, flags and gaps over stream time."""

    def __init__(self) -> None:
        self.width: Micros = STEPS[0]
        """Of a bucket."""
        self.end: Micros = 0
        """The latest time of which something is known."""
        self.version = 0
        self._buckets: dict[Micros, Column] = {}
        """By time, those with something in them."""
        self._gaps = Spans()

    def post(self, at: Micros) -> None:
        """A post was seen."""
        self._at(at).posts += 1

    def flag(self, at: Micros, kind: Kind) -> None:
        """A post seen at ``at`` was flagged, now or later."""
        self._at(at).flag(kind, 1)

    def unflag(self, at: Micros, kind: Kind) -> None:
        """The flag was taken back."""
        self._at(at).flag(kind, -1)

    def begin(self, at: Micros, kind: Kind, strength: int) -> None:
        """A case that matters, so strong (hundredths), begins with a post seen at ``at``."""
        cases = self._at(at).cases
        cases[kind, strength] = cases.get((kind, strength), 0) + 1

    def unbegin(self, at: Micros, kind: Kind, strength: int) -> None:
        """It does not, after all."""
        cases = self._at(at).cases
        if cases.get((kind, strength), 0) > 1:
            cases[kind, strength] -= 1
        else:
            cases.pop((kind, strength), None)

    def gap(self, since: Micros, until: Micros) -> None:
        """Nothing was observed in between."""
        self._gaps.add(since, until)
        self.end = max(self.end, until)
        self.version += 1

    def columns(self, n: int, start: Micros, end: Micros) -> list[Column]:
        """The stretch from ``start`` to ``end`` in ``n`` columns of equal width.

        A bucket wider than a column spreads its posts over the columns it covers and shows its
        flags in the first of them.
        """
        columns = [Column() for _ in range(n)]
        if n < 1 or end <= start:
            return columns
        scale = n / (end - start)

        def place(at: Micros, back: float = 0.0) -> int:
            return min(n - 1, max(0, int((at - start) * scale - back)))

        for at, bucket in self._buckets.items():
            if at + self.width <= start or at >= end:
                continue
            first = place(at)
            last = max(first, place(at + self.width, 1e-9))
            for column in columns[first : last + 1]:
                column.posts += bucket.posts / (last - first + 1)
            columns[first].add_flags(bucket)
        for since, until in self._gaps.between(start, end):
            for column in columns[place(since) : place(until) + 1]:
                column.gap = True
        return columns

    def steps(self, most: int) -> list[Column]:
        """From the first to the last with something in it, none left out, in the finest steps by
        the clock of which there are no more than ``most``; they lie a :data:`STEPS` apart."""
        if not self._buckets:
            return []
        first, last = min(self._buckets), max(self._buckets)
        width = next(
            (w for w in STEPS if w >= self.width and last // w - first // w < most), STEPS[-1]
        )
        steps = {at: Column(at) for at in range(first // width * width, last + 1, width)}
        for at, bucket in self._buckets.items():
            steps[at // width * width].add(bucket)
        return list(steps.values())

    def _at(self, at: Micros) -> Column:
        """The bucket of a time, made if need be."""
        if at > self.end:
            self.end = at
        self.version += 1
        begin = at // self.width * self.width
        bucket = self._buckets.get(begin)
        if bucket is None:
            bucket = self._buckets[begin] = Column(begin)
            if len(self._buckets) > MOST_BUCKETS and self.width < STEPS[-1]:
                self._coarsen()
                return self._at(at)
        return bucket

    def _coarsen(self) -> None:
        self.width = STEPS[STEPS.index(self.width) + 1]
        finer, self._buckets = self._buckets, {}
        for at, bucket in finer.items():
            begin = at // self.width * self.width
            self._buckets.setdefault(begin, Column(begin)).add(bucket)
