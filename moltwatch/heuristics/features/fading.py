"""Bounded memories that fade with stream time: what is kept by key, and who belongs together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from moltwatch.times import DAY, Micros

_V = TypeVar("_V")


class _Held(Generic[_V]):
    """What is kept for one key, and when it was touched last."""

    __slots__ = ("at", "value")

    def __init__(self, at: Micros, value: _V) -> None:
        self.at = at
        self.value = value


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
        self._kept: OrderedDict[str, _Held[_V]] = OrderedDict()
        self._due: Micros = 0
        """Time up to which nothing has faded."""

    def peek(self, key: str) -> _V | None:
        """What is kept for a key, without counting as activity."""
        held = self._kept.get(key)
        return held.value if held else None

    def touch(self, key: str, now: Micros) -> _V:
        """What is kept for a key, made if there is nothing; the faded are let go first."""
        kept = self._kept
        if now > self._due or len(kept) > self._most:
            self._let_go(now)
        held = kept.get(key)
        if held is None:
            value = self._make()
            kept[key] = _Held(now, value)
            return value
        held.at = now
        kept.move_to_end(key)
        return held.value

    def _let_go(self, now: Micros) -> None:
        """Forget the faded, and the longest quiet of too many."""
        kept = self._kept
        while kept:
            oldest = next(iter(kept))
            at = kept[oldest].at
            if len(kept) <= self._most and at >= now - self._fade:
                self._due = at + self._fade
                return
            del kept[oldest]
        self._due = now + self._fade

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __iter__(self) -> Iterator[str]:
        """The keys, the latest touched first."""
        return reversed(self._kept)


class Members(Fading[None]):
    """The accounts (or threads) of a ring or a wave, each as long as it takes part: let go after
    ``fade`` microseconds in which it was not told of, so that a ring that never rests does not
    count who left it.

    >>> ring = Members(fade=10)
    >>> ring.join(["a", "b"], now=0)
    >>> ring.join(["b", "c"], now=9)
    >>> ring.join(["c"], now=11)
    >>> list(ring)
    ['c', 'b']
    """

    def __init__(self, fade: Micros = DAY, most: int = 20_000) -> None:
        super().__init__(lambda: None, fade, most)

    def join(self, accounts: Iterable[str], now: Micros) -> None:
        """They take part, now."""
        for account in accounts:
            self.touch(account, now)
