"""A bounded memory by key that fades with stream time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from moltwatch.times import DAY, Micros

_V = TypeVar("_V")


class Fading(Generic[_V]):
    """What is kept for each key, forgotten when the key was quiet for longer than ``fade``
    (microseconds of stream time) or is the longest quiet of more than ``most``.

    >>> counts: Fading[list[int]] = Fading(list, fade=10)
    >>> counts.touch("a", now=0).append(1)
    >>> counts.touch("b", now=11)
    []
    >>> counts.peek("a") is None
    True
    """

    def __init__(self, make: Callable[[], _V], fade: Micros = DAY, most: int = 50_000) -> None:
        self._make = make
        self._fade = fade
        self._most = most
        self._kept: OrderedDict[str, tuple[Micros, _V]] = OrderedDict()

    def peek(self, key: str) -> _V | None:
        """What is kept for a key, without counting as activity."""
        held = self._kept.get(key)
        return held[1] if held else None

    def touch(self, key: str, now: Micros) -> _V:
        """What is kept for a key, made if there is nothing; the faded are let go first."""
        kept = self._kept
        while kept:
            oldest = next(iter(kept))
            if len(kept) <= self._most and kept[oldest][0] >= now - self._fade:
                break
            del kept[oldest]
        held = kept.get(key)
        value = held[1] if held else self._make()
        kept[key] = (now, value)
        kept.move_to_end(key)
        return value

    def __len__(self) -> int:
        return len(self._kept)
