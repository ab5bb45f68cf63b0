"""What was not observed: the gaps worth telling of, and how long they are together."""

from __future__ import annotations

from bisect import bisect_left, insort

from moltwatch.model import Gap
from moltwatch.outputs.report.quotes import quote
from moltwatch.outputs.report.summary import MOST_GAPS, Missed
from moltwatch.times import Micros

MOST_SPANS = 10_000
"""Spans that lie apart and are kept; the earliest then only count."""


class Gaps:
    """The gaps of a recording, or of the part of it from ``start`` to ``end``."""

    def __init__(self, start: Micros, end: Micros) -> None:
        self._start, self._end = start, end
        self.n = 0
        self._longest: list[Missed] = []
        self._missed = Spans()

    @property
    def longest(self) -> tuple[Missed, ...]:
        """Those worth telling, by time."""
        return tuple(sorted(self._longest, key=lambda missed: (missed.since, missed.until)))

    @property
    def missed(self) -> Micros:
        """Time that was not observed and not recovered, what several gaps share counted once."""
        return self._missed.length

    def add(self, gap: Gap) -> None:
        """A gap, which may lie outside or at the edge of the part that is told of."""
        since, until = max(gap.since, self._start), min(gap.until, self._end)
        if until <= since:
            return
        self.n += 1
        if not gap.recovered:
            self._missed.add(since, until)
        self._longest.append(
            Missed(since=since, until=until, reason=quote(gap.reason, 120), recovered=gap.recovered)
        )
        if len(self._longest) > MOST_GAPS:
            self._longest.remove(min(self._longest, key=lambda missed: missed.until - missed.since))


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
        spans = self._spans
        first = last = bisect_left(spans, since, key=lambda span: span[1])
        while last < len(spans) and spans[last][0] <= until:
            since, until = min(since, spans[last][0]), max(until, spans[last][1])
            last += 1
        del spans[first:last]
        insort(spans, (since, until))
        if len(spans) > MOST_SPANS:
            since, until = spans.pop(0)
            self._settled += until - since
