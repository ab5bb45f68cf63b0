"""A thread in the list of threads: what it is about, and how alive it is."""

from __future__ import annotations

from collections.abc import Hashable

from moltwatch.model import Kind
from moltwatch.session.thread import Thread
from moltwatch.times import Micros
from moltwatch.tui.ink import Line, Piece, safe_line, with_right
from moltwatch.tui.inked import Ink
from moltwatch.tui.stack import Look
from moltwatch.tui.symbols import sign, spark
from moltwatch.wording import count

FULL = 6
"""Posts a minute that fill a bar; more than that, and the highest does."""

NARROW = 28
"""Columns below which there are only so many bars, to leave room for the community."""

FEW_BARS = 5

WIDE = 38
"""Columns from which posts are counted: in every thread that has room, or in none."""

UNTITLED = "(root not seen)"


def title_of(thread: Thread) -> str:
    """What to call a thread on one line."""
    return safe_line(thread.title) or UNTITLED


def per_minute(rate: float) -> str:
    """A rate in as few cells as make sense."""
    if rate < 0.05:
        return ""
    if rate < 9.95:
        return f"{rate:.1f}/min"
    return f"{rate:,.0f}/min"


def _bars(thread: Thread, now: Micros, width: int) -> str:
    bars = thread.pulse.bars(now)
    drawn = spark(bars, max(FULL, *bars))
    return drawn[-FEW_BARS:] if width < NARROW else drawn


class ThreadRow:
    """Two lines: title and unread; pulse, community, posts, flags."""

    __slots__ = ("now", "open", "pinned", "thread")

    def __init__(self, thread: Thread, now: Micros, *, pinned: bool, open: bool) -> None:
        self.thread = thread
        self.now = now
        self.pinned = pinned
        self.open = open

    @property
    def key(self) -> Hashable:
        return self.thread.id

    @property
    def stamp(self) -> Hashable:
        thread = self.thread
        bars = tuple(thread.pulse.bars(self.now))
        rate = per_minute(thread.rate.per_minute(self.now))
        return thread.version, thread.read, self.pinned, self.open, bars, rate

    def height(self, width: int) -> int:
        return 2

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        thread = self.thread
        mark = (
            sign("fresh")
            if look.fresh == 3
            else sign("warm")
            if look.fresh == 2
            else sign("cool")
            if look.fresh
            else " "
        )
        if self.pinned:
            mark = sign("pin")
        strong = thread.unread or self.open
        unread = f"+{thread.unread:,}" if thread.unread else ""
        title = ink("strong" if strong else "body")
        first = with_right(
            width,
            [(unread, ink("accent")), (" ", None)] if unread else [],
            [
                (sign("cursor") if self.open else " ", ink("primary")),
                (mark, ink("fresh" if look.fresh or self.pinned else "faint")),
                (" ", None),
                (title_of(thread), title),
            ],
        )
        second = with_right(
            width,
            self._flags(ink),
            [
                (sign("cursor") if self.open else " ", ink("primary")),
                ("  ", None),
                (_bars(thread, self.now, width), ink("fresh" if look.fresh else "dim")),
                (" ", None),
                (safe_line(thread.community or "", 60), ink("dim")),
            ],
            [(f" {sign('dot')} {count(thread.n, 'post')}", ink("faint"))] if width >= WIDE else (),
        )
        return [first, second]

    def _flags(self, ink: Ink) -> list[Piece]:
        flagged = self.thread.flagged
        return [
            (f"{sign(kind)}{n:,} ", ink(kind.value)) for kind in Kind if (n := flagged.get(kind, 0))
        ]
