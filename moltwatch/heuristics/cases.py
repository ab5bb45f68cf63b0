"""The open cases of a stream, packed while they rest.

For hours any post may turn out to be part of something, so its case has to be kept; yet hardly any
is ever looked at again after the event that opened it. A case at rest is therefore a string of
bytes: a quarter of the memory, and nothing for the garbage collector to walk through.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import msgspec

from moltwatch.heuristics.verdict import Case
from moltwatch.model import Post
from moltwatch.times import Micros

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Case).decode

Resting: TypeAlias = bytes | Case
"""A packed case; one that cannot be packed (a lone surrogate, an absurd number of votes) stays as
it is."""


def unpack(case: Resting) -> Case:
    """The case as it was packed."""
    return _decode(case) if isinstance(case, bytes) else case


class Cases:
    """Cases by post, in order of arrival."""

    def __init__(self) -> None:
        self._resting: dict[str, Resting] = {}
        self._awake: dict[str, Case] = {}
        """Those that the event at hand opened or touched."""
        self._order: deque[tuple[Micros, str]] = deque()
        """When the posts were seen, and their ids."""

    def __len__(self) -> int:
        return len(self._order)

    def open(self, post: Post) -> Case:
        """A new case, on a post."""
        if post.id not in self._resting and post.id not in self._awake:
            self._order.append((post.seen_at, post.id))
        case = self._awake[post.id] = Case(post)
        return case

    def get(self, post: str) -> Case | None:
        """The case on a post; what is done to it counts until the next :meth:`rest`."""
        case = self._awake.get(post)
        if case is None and (resting := self._resting.get(post)):
            case = self._awake[post] = unpack(resting)
        return case

    def rest(self) -> None:
        """The event is over: pack what it touched."""
        for post, case in self._awake.items():
            try:
                self._resting[post] = _encode(case)
            except (UnicodeEncodeError, OverflowError):
                self._resting[post] = case
        self._awake.clear()

    def ended(self, horizon: Micros | None) -> Resting | None:
        """Let go of the oldest case, if its post was seen before ``horizon`` (None: in any case).
        To be asked between events."""
        if not self._order or (horizon is not None and self._order[0][0] >= horizon):
            return None
        _, post = self._order.popleft()
        return self._resting.pop(post, None)
