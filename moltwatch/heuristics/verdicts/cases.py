"""The open cases of a stream, packed while they rest.

For hours any post may turn out to be part of something, so its case has to be kept; yet hardly any
is ever looked at again after the event that opened it. A case at rest is therefore a string of
bytes, and neighbours lie on one shelf, pressed together: a tenth of the memory, and nothing for the
garbage collector to walk through.
"""

from __future__ import annotations

from array import array
from typing import TypeAlias

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor

from moltwatch.heuristics.verdicts.verdict import Case
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


class _Order:
    """The posts of the open cases in order of arrival, the oldest at hand; in arrays, which take a
    fifth of what a queue of tuples takes."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._seen_at = array("q")
        self._chars = array("q")
        self._begin = 0
        """Place of the oldest; what stands before it is gone."""

    def __len__(self) -> int:
        return len(self._ids) - self._begin

    @property
    def id(self) -> str:
        """Of the oldest."""
        return self._ids[self._begin]

    @property
    def seen_at(self) -> Micros:
        """When the oldest was seen."""
        return self._seen_at[self._begin]

    @property
    def chars(self) -> int:
        """How long the oldest is."""
        return self._chars[self._begin]

    def append(self, post: Post, chars: int) -> None:
        self._ids.append(post.id)
        self._seen_at.append(post.seen_at)
        self._chars.append(chars)

    def pop(self) -> None:
        """Let go of the oldest."""
        self._begin += 1
        if self._begin > max(SHELF, len(self)):
            for column in (self._ids, self._seen_at, self._chars):
                del column[: self._begin]
            self._begin = 0


class Cases:
    """Cases by post, in order of arrival."""

    def __init__(self) -> None:
        self._awake: dict[str, Case] = {}
        """Those that the event at hand opened or touched, or somebody looked at since the last."""
        self._number: dict[str, int] = {}
        """By post the number of its case; they are counted in order of arrival."""
        self._order = _Order()
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
            self._order.append(post, chars)
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
        return len(self._order) > 0 and (horizon is None or self._order.seen_at < horizon)

    def close(self) -> None:
        """Let go of the oldest case."""
        post = self._order.id
        self.chars -= self._order.chars
        self._order.pop()
        self._awake.pop(post, None)
        del self._number[post]
        self._loose.pop(self._first, None)
        self._first += 1
        if self._first % SHELF == 0:
            self._shelves.pop(self._first // SHELF - 1, None)

    def oldest(self) -> Case:
        """The oldest case."""
        return self._awake.get(self._order.id) or self._wake(self._first)

    def _fill(self, shelf: int) -> None:
        """Press the cases of a shelf together; those that are closed leave their places empty."""
        places: list[bytes] = []
        for number in range(shelf * SHELF, (shelf + 1) * SHELF):
            case = self._loose.get(number)
            if isinstance(case, bytes):
                del self._loose[number]
            places.append(case if isinstance(case, bytes) else b"")
        # A copy: what is pressed is cut from a larger piece of memory, whose rest would lie idle.
        self._shelves[shelf] = bytes(memoryview(_press(_encode(places))))

    def _wake(self, number: int) -> Case:
        case = self._loose.get(number)
        if case is None:
            shelf, place = divmod(number, SHELF)
            if self._unfolded[0] != shelf:
                self._unfolded = shelf, _decode_shelf(_unfold(self._shelves[shelf]))
            case = self._unfolded[1][place]
        return _decode(case) if isinstance(case, bytes) else case
