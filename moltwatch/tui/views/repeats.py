"""Repetition in a list of posts: of those with the same words one is shown, with how many there
are, until they are opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from moltwatch.tui.widgets.pane import Piece

T = TypeVar("T")


class Repeats:
    """What is said more than once in one list, and which of it is opened."""

    def __init__(self) -> None:
        self._opened: set[int] = set()
        self._times: Counter[int] = Counter()

    def clear(self) -> None:
        """The list is of something else now."""
        self._opened.clear()
        self._times.clear()

    def fold(self, posts: Sequence[T], said: Callable[[T], int]) -> list[tuple[T, int]]:
        """What is shown of a list, of the same words the first, and how many times that is said; 0
        where it stands below another that tells. ``said`` gives a number for words, 0 for none."""
        keys = [said(each) for each in posts]
        self._times = Counter(key for key in keys if key)
        shown: list[tuple[T, int]] = []
        told: set[int] = set()
        for each, key in zip(posts, keys, strict=True):
            if key not in told:
                shown.append((each, max(1, self._times[key])))
                if key:
                    told.add(key)
            elif key in self._opened:
                shown.append((each, 0))
        return shown

    def toggle(self, said: int) -> bool:
        """Open or fold what is said; False if it is said only once."""
        if self._times[said] < 2:
            return False
        self._opened ^= {said}
        return True


def times_said(times: int) -> list[Piece]:
    """How to say so at the end of a line."""
    return [(f" ×{times:,} ", "accent")] if times > 1 else []
