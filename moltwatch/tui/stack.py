"""Rows of any height, one above the other: which row is on which line. Knows no screen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from moltwatch.tui.ink import Line
from moltwatch.tui.inked import Ink


@dataclass(frozen=True, slots=True)
class Look:
    """How a row is being looked at."""

    selected: bool = False
    focused: bool = False
    fresh: int = 0
    """3 just came, 2 and 1 a moment ago, 0 longer."""


class Row(Protocol):
    """Something with a height and lines."""

    @property
    def key(self) -> Hashable:
        """What stays the same while it changes."""

    @property
    def stamp(self) -> Hashable:
        """Different when it looks different."""

    def height(self, width: int) -> int: ...

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        """As many as :meth:`height` says."""


class Stack:
    """The rows, and on which line each begins at the width there is."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.width = 0
        self.height = 0
        """Lines of all rows together."""
        self._tops: list[int] = []

    def __len__(self) -> int:
        return len(self.rows)

    def replace(self, rows: Sequence[Row]) -> None:
        """These rows instead."""
        self.rows = list(rows)
        self._measure(0)

    def extend(self, rows: Sequence[Row]) -> None:
        """These rows as well, at the end; what was there is not measured again."""
        first = len(self.rows)
        self.rows.extend(rows)
        self._measure(first)

    def resize(self, width: int) -> None:
        """The same rows in so many columns."""
        self.width = width
        self._measure(0)

    def top(self, i: int) -> int:
        """The line on which a row begins."""
        return self._tops[i]

    def bottom(self, i: int) -> int:
        """The line after its last."""
        return self._tops[i + 1] if i + 1 < len(self._tops) else self.height

    def at(self, y: int) -> int:
        """The row on a line; the first or last where it lies outside, -1 where there is none."""
        return min(max(0, bisect_right(self._tops, y) - 1), len(self.rows) - 1)

    def find(self, key: Hashable) -> int | None:
        """Where the row with this key is."""
        return next((i for i, row in enumerate(self.rows) if row.key == key), None)

    def _measure(self, first: int) -> None:
        y = self.height if first else 0
        del self._tops[first:]
        for row in self.rows[first:]:
            self._tops.append(y)
            y += row.height(self.width)
        self.height = y
