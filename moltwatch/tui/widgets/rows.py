"""Rows of any height: what one is, and on which line each of many begins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from moltwatch.tui.line import Line, StyleOf


@dataclass(frozen=True, slots=True)
class Look:
    """How a row is being looked at."""

    selected: bool = False
    focused: bool = False
    fresh: int = 0
    """3 just came, 2 and 1 a moment ago, 0 longer."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a row is about, by ids, empty where there is none: enter goes there, and keys that do
    something with a post or a thread mean this one."""

    thread: str = ""
    post: str = ""
    """Of the thread; without one, the thread as a whole is meant."""
    group: str = ""


class Row(Protocol):
    """Something with a height and lines."""

    @property
    def key(self) -> Hashable:
        """What stays the same while it changes."""

    @property
    def stamp(self) -> Hashable:
        """Different when it looks different."""

    @property
    def target(self) -> Target | None:
        """What it is about; None for headings and the like."""

    def height(self, width: int) -> int: ...

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        """As many as :meth:`height` says."""


AT_ONCE = 50
"""Rows whose heights are found out at once, without a guess."""


class RowLayout:
    """The rows, and on which line each begins at the width there is.

    With ``guess``, heights are what that says at first. They are found out where somebody looks,
    and for the rest a little at a time, from the end.
    """

    def __init__(self, guess: Callable[[Row, int], int] | None = None) -> None:
        self.rows: list[Row] = []
        self.width = 0
        self.height = 0
        """Lines of all rows together."""
        self.guessed = 0
        """So many of the first rows have a height that was guessed."""
        self._guess = guess
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

    def insert(self, at: int, rows: Sequence[Row]) -> int:
        """These rows as well, before the one that is there; tell how many lines they take. What was
        there is moved, not measured again."""
        heights = [row.height(self.width) for row in rows]
        y = self._tops[at] if at < len(self.rows) else self.height
        grown = sum(heights)
        self.rows[at:at] = rows
        self._tops[at:] = [top + grown for top in self._tops[at:]]
        self._tops[at:at] = accumulate(heights[:-1], initial=y) if heights else []
        self.height += grown
        if at < self.guessed:
            self.guessed += len(rows)
        return grown

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

    def find_out(self, first: int, last: int) -> None:
        """Make sure of the heights of some rows, the last of them excluded."""
        first, last = max(0, first), min(last, self.guessed)
        if first >= last:
            return
        end = self.bottom(last - 1)
        heights = [row.height(self.width) for row in self.rows[first:last]]
        *tops, found = accumulate(heights, initial=self._tops[first])
        self._tops[first:last] = tops
        if grown := found - end:
            self._tops[last:] = [top + grown for top in self._tops[last:]]
            self.height += grown
        if last == self.guessed:
            self.guessed = first

    def _measure(self, first: int) -> None:
        y = self.height if first else 0
        del self._tops[first:]
        guess = self._guess if first == 0 and len(self.rows) > AT_ONCE else None
        self.guessed = len(self.rows) if guess else min(self.guessed, first)
        for row in self.rows[first:]:
            self._tops.append(y)
            y += guess(row, self.width) if guess else row.height(self.width)
        self.height = y
