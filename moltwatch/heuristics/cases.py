"""The open cases of a stream, packed while they rest.

For hours any post may turn out to be part of something, so its case has to be kept; yet hardly any
is ever looked at again after the event that opened it. A case at rest is therefore a string of
bytes, and neighbours lie on one shelf, pressed together: a tenth of the memory, and nothing for the
garbage collector to walk through.
"""

from __future__ import annotations

from collections import deque
from typing import TypeAlias

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch.heuristics.verdict import Case
from moltwatch.model import Post
from moltwatch.times import Micros

SHELF = 128
"""Cases pressed together."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Case).decode
_decode_shelf = msgspec.msgpack.Decoder(list[bytes]).decode
_press = ZstdCompressor(level=1).compress
_unfold = ZstdDecompressor().decompress

_Resting: TypeAlias = bytes | Case
"""A packed case; one that cannot be packed (a lone surrogate, an absurd number of votes) stays as
it is."""


class Cases:
    """Cases by post, in order of arrival."""

    def __init__(self) -> None:
        self._awake: dict[str, Case] = {}
        """Those that the event at hand opened or touched, or somebody looked at since the last."""
        self._number: dict[str, int] = {}
        """By post the number of its case; they are counted in order of arrival."""
        self._order: deque[tuple[Micros, str, int]] = deque()
        """When the posts of the open cases were seen, their ids, and how long they are."""
        self.chars = 0
        """Characters of all posts that have an open case."""
        self._first = 0
        """Number of the oldest case that is open."""
        self._loose: dict[int, _Resting] = {}
        """Cases on no shelf: too new, or changed since theirs was pressed."""
        self._shelves: dict[int, bytes] = {}
        self._unfolded: tuple[int, list[bytes]] = (-1, [])
        """The shelf looked at last: what is looked for next mostly lies beside it."""

    def __len__(self) -> int:
        return len(self._order)

    def open(self, post: Post) -> Case:
        """A new case, on a post."""
        if post.id not in self._number:
            self._number[post.id] = self._first + len(self._order)
            chars = sum(map(len, filter(None, (post.text, post.title, post.link, post.url))))
            self._order.append((post.seen_at, post.id, chars))
            self.chars += chars
        case = self._awake[post.id] = Case(post)
        return case

    def get(self, post: str) -> Case | None:
        """The case on a post; what is done to it counts until the next :meth:`rest`."""
        case = self._awake.get(post)
        if case is None and (number := self._number.get(post)) is not None:
            case = self._awake[post] = self._wake(number)
        return case

    def rest(self) -> None:
        """The event is over: pack what it touched."""
        for post, case in self._awake.items():
            number = self._number[post]
            try:
                self._loose[number] = _encode(case)
            except (UnicodeEncodeError, OverflowError):
                self._loose[number] = case
        self._awake.clear()
        # The newest shelf but one: what has just come is what is most often touched.
        shelf = (self._first + len(self._order)) // SHELF - 2
        if shelf not in self._shelves and (shelf + 1) * SHELF > max(self._first, SHELF - 1):
            self._fill(shelf)

    def is_due(self, horizon: Micros | None) -> bool:
        """Whether the oldest case is on a post seen before ``horizon`` (None: whether there is
        one)."""
        return bool(self._order) and (horizon is None or self._order[0][0] < horizon)

    def close(self) -> None:
        """Let go of the oldest case."""
        _, post, chars = self._order.popleft()
        self.chars -= chars
        self._awake.pop(post, None)
        del self._number[post]
        self._loose.pop(self._first, None)
        self._first += 1
        if self._first % SHELF == 0:
            self._shelves.pop(self._first // SHELF - 1, None)

    def oldest(self) -> Case:
        """The oldest case."""
        post = self._order[0][1]
        return self._awake.get(post) or self._wake(self._first)

    def _fill(self, shelf: int) -> None:
        """Press the cases of a shelf together; those that are closed leave their places empty."""
        places: list[bytes] = []
        for number in range(shelf * SHELF, (shelf + 1) * SHELF):
            case = self._loose.get(number)
            if isinstance(case, bytes):
                del self._loose[number]
            places.append(case if isinstance(case, bytes) else b"")
        self._shelves[shelf] = _press(_encode(places))

    def _wake(self, number: int) -> Case:
        case = self._loose.get(number)
        if case is None:
            shelf, place = divmod(number, SHELF)
            if self._unfolded[0] != shelf:
                self._unfolded = shelf, _decode_shelf(_unfold(self._shelves[shelf]))
            case = self._unfolded[1][place]
        return _decode(case) if isinstance(case, bytes) else case
