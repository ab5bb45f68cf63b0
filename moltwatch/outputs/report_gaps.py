"""How long nothing was observed, where gaps overlap: those of several sources, or of one that was
told of twice."""

from __future__ import annotations

from bisect import bisect_left, insort

from moltwatch.times import Micros

MOST_SPANS = 10_000
"""Spans that lie apart and are kept; the earliest then only count."""


class Union:
    """Spans of time together, what they share counted once."""

    def __init__(self) -> None:
        self._spans: list[tuple[Micros, Micros]] = []
        """Apart from each other and in order."""
        self._settled: Micros = 0

    @property
    def length(self) -> Micros:
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
