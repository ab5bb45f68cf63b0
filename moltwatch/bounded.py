"""Memory that does not grow: dictionaries that forget their oldest entries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

LARGEST_FRAME = 16 << 20
"""Bytes of one message of a live forum. A larger one is no post, and is not taken."""

LARGEST_LINE = LARGEST_FRAME + (1 << 20)
"""Bytes of a line, a row or an object in a file: what a live forum may send, and what a recording
writes around it."""

LARGEST_ANSWER = 32 << 20
"""Bytes of an answer of a live forum, which holds many posts; and of a JSON document that is read
as a whole."""

LONG_TEXT = 1 << 16
"""Characters. A text as long as this waits pressed, and ends a batch: hundreds of them would weigh
more than all else."""

TOO_LONG = "longer than 16 MB"
"""Why something is not taken: the reason that is counted."""

LONGEST_ID = 512
"""Characters of an id. A longer one is refused, and not remembered by those who see it earlier: so
many entries are no bound where each can be as long as a stranger likes."""


class Bounded(OrderedDict[K, V]):
    """Holds ``most`` entries; one more, and the oldest is forgotten.

    An entry keeps its age when its value changes, unless it is :meth:`put` or :meth:`renewed`.

    >>> seen = Bounded[str, int](2)
    >>> seen["ada"], seen["bob"], seen["eve"] = 1, 2, 3
    >>> list(seen)
    ['bob', 'eve']
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        if len(self) > self.most:
            self.popitem(last=False)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.most,), None, None, iter(self.items())

    def put(self, key: K, value: V) -> None:
        """Set a value; its entry is the newest now."""
        self[key] = value
        self.move_to_end(key)

    def renewed(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key, made where there is none; its entry is the newest now."""
        if key in self:
            self.move_to_end(key)
        else:
            self[key] = make()
        return self[key]


class Recent(Generic[K, V]):
    """Holds the values of the newest keys: never more than ``most``, and never fewer than half as
    many, if that many came.

    Two plain dictionaries, the older of which is forgotten as a whole: for hundreds of thousands of
    entries half the memory of a :class:`Bounded`, where it does not matter which one goes first.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._newer: dict[K, V] = {}
        self._older: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value of a key; None where there is none any more."""
        value = self._newer.get(key)
        return self._older.get(key) if value is None else value

    def put(self, key: K, value: V) -> None:
        """Set a value; its key is the newest now."""
        self._newer[key] = value
        if len(self._newer) >= self._half:
            self._older, self._newer = self._newer, {}

    def add(self, key: K, value: V) -> None:
        """Set a value, if the key has none."""
        if key not in self._older and key not in self._newer:
            self.put(key, value)
