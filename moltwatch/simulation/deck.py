"""Drawing without repeating oneself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Deck(Generic[T]):
    """Deals all its cards before any of them comes again: chance without the runs of chance."""

    def __init__(self, cards: Iterable[T], rng: Random) -> None:
        self._cards = list(cards)
        self._rng = rng
        self._left: list[T] = []

    def __len__(self) -> int:
        return len(self._cards)

    def draw(self, fits: Callable[[T], bool] | None = None) -> T | None:
        """The next card that fits; None when there is no such card in the whole deck."""
        for _ in range(2):
            for at in range(len(self._left) - 1, -1, -1):
                if fits is None or fits(self._left[at]):
                    return self._left.pop(at)
            self._shuffle(fits)
        return None

    def _shuffle(self, fits: Callable[[T], bool] | None) -> None:
        """Put the dealt cards back, under those still left: these are drawn first."""
        held = {id(card) for card in self._left}
        back = [c for c in self._cards if id(c) not in held and (fits is None or fits(c))]
        self._rng.shuffle(back)
        self._left = back + self._left
