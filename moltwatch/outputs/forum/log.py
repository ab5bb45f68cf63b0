"""What a forum server has said lately: a bounded log that all its clients read at their own pace.

Every event has an ordinal, counted from 1 in order of the source; a cursor is the ordinal of an
event together with the name of the log it is counted in. No I/O.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Sequence

from msgspec import Raw, Struct

from moltwatch.bounded import LARGEST_FRAME
from moltwatch.dialects.lines import encode_lines
from moltwatch.model import Event, Gap, Post
from moltwatch.sources.forum.protocol import Events, encode
from moltwatch.times import Micros

FRAME_EVENTS = 500
"""Events a frame holds at most."""

FRAME_BYTES = 1024 * 1024
"""Bytes of events a frame holds at most. A larger event makes a frame of its own."""

LARGEST_EVENT = LARGEST_FRAME - 1024
"""Bytes; no client takes a larger one, which a gap takes the place of."""


class Entry(Struct, kw_only=True):
    """Some events that are sent together."""

    first: int
    """Ordinal of its first event."""
    last: int
    at: Micros
    """Stream time after its last event."""
    lines: list[bytes]
    communities: list[str | None]
    """Of each event: its community, where it is a post of one."""
    size: int


class ForumLog:
    """``name`` tells this log's ordinals from another's; ``most_bytes`` bounds what is kept."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.name = name
        self.head = 0
        """Ordinal of the latest event; 0 before the first."""
        self.at: Micros | None = None
        """Stream time reached."""
        self.size = 0
        """Bytes of events kept."""
        self._most_bytes = most_bytes
        self._entries: deque[Entry] = deque()

    @property
    def tail(self) -> int:
        """Ordinal of the latest event that is not kept any more."""
        return self._entries[0].first - 1 if self._entries else self.head

    @property
    def full(self) -> bool:
        return self.size >= self._most_bytes

    def append(self, events: Sequence[Event]) -> None:
        """Take the next events."""
        lines = [
            line if len(line) <= LARGEST_EVENT else _stand_in(event)
            for line, event in zip(encode_lines(events).split(b"\n"), events, strict=False)
        ]
        begin = 0
        while begin < len(events):
            end, size = begin + 1, len(lines[begin])
            for line in lines[end : begin + FRAME_EVENTS]:
                if size + len(line) > FRAME_BYTES:
                    break
                size += len(line)
                end += 1
            self._add(events[begin:end], lines[begin:end], size)
            begin = end

    def _add(self, events: Sequence[Event], lines: list[bytes], size: int) -> None:
        self.at = max(self.at or 0, *(event.seen_at for event in events))
        self._entries.append(
            Entry(
                first=self.head + 1,
                last=self.head + len(events),
                at=self.at,
                lines=lines,
                communities=[e.community if isinstance(e, Post) else None for e in events],
                size=size,
            )
        )
        self.head += len(events)
        self.size += size

    def evict(self, up_to: int) -> None:
        """Forget the oldest, while the log is full, but nothing after ordinal ``up_to``."""
        while self.full and self._entries[0].last <= up_to:
            self.size -= self._entries.popleft().size

    def after(self, position: int) -> Entry | None:
        """The entry that holds the event after ordinal ``position``; None if there is none yet."""
        if position >= self.head:
            return None
        return self._entries[bisect_right(self._entries, position, key=lambda e: e.last)]

    def frame(
        self, entry: Entry, position: int, communities: Collection[str] | None = None
    ) -> bytes | None:
        """The frame for a client that stands at ``position``; None if nothing in it is for it."""
        begin = max(0, position + 1 - entry.first)
        wanted = tuple(
            Raw(line)
            for line, community in zip(entry.lines[begin:], entry.communities[begin:], strict=True)
            if communities is None or community is None or community in communities
        )
        # Made anew for each client: copying half a megabyte costs less than keeping it twice.
        return encode(Events(cursor=self.cursor(entry.last), events=wanted)) if wanted else None

    def cursor(self, position: int) -> str:
        """The cursor of a client that has everything up to ordinal ``position``."""
        return f"{self.name}.{position}"

    def locate(self, cursor: str) -> int | None:
        """The ordinal of a cursor; None if it belongs to another log, or to none."""
        name, _, ordinal = cursor.rpartition(".")
        if name != self.name or not (ordinal.isascii() and ordinal.isdigit()):
            return None
        return int(ordinal[:18])


def _stand_in(event: Event) -> bytes:
    """What is sent in place of an event too large to send: it was not observed by who watches."""
    at = event.seen_at
    gap = Gap(seen_at=at, since=at, until=at, reason="an event too large to send")
    return encode_lines([gap]).rstrip(b"\n")
