"""The list of threads: the liveliest first, in an order that does not twitch."""

from __future__ import annotations

from collections.abc import Container, Hashable
from math import log2
from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.thread import Thread
from moltwatch.times import Micros
from moltwatch.tui.line import Line, Piece, StyleOf, safe_line, with_right
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.symbols import sign, spark
from moltwatch.tui.widgets.pane import Frame, TitledPane
from moltwatch.tui.widgets.rowview import Look, RowView, Target
from moltwatch.wording import count

FULL_BAR = 6
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
    drawn = spark(bars, max(FULL_BAR, *bars))
    return drawn[-FEW_BARS:] if width < NARROW else drawn


class ThreadRow:
    """Two lines: title and unread; pulse, community, posts, flags."""

    __slots__ = ("key", "now", "open", "pinned", "target", "thread")

    def __init__(self, thread: Thread, now: Micros, *, pinned: bool, open: bool) -> None:
        self.thread = thread
        self.key, self.target = thread.id, Target(thread.id)
        self.now = now
        self.pinned = pinned
        self.open = open

    @property
    def stamp(self) -> Hashable:
        thread = self.thread
        bars = tuple(thread.pulse.bars(self.now))
        rate = per_minute(thread.rate.per_minute(self.now))
        return thread.version, thread.read, self.pinned, self.open, bars, rate

    def height(self, width: int) -> int:
        return 2

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
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
        title = style("strong" if strong else "body")
        first = with_right(
            width,
            [(unread, style("accent")), (" ", None)] if unread else [],
            [
                (sign("cursor") if self.open else " ", style("primary")),
                (mark, style("fresh" if look.fresh or self.pinned else "faint")),
                (" ", None),
                (title_of(thread), title),
            ],
        )
        second = with_right(
            width,
            self._flags(style),
            [
                (sign("cursor") if self.open else " ", style("primary")),
                ("  ", None),
                (_bars(thread, self.now, width), style("fresh" if look.fresh else "dim")),
                (" ", None),
                (safe_line(thread.community or "", 60), style("dim")),
            ],
            [(f" {sign('dot')} {count(thread.n, 'post')}", style("faint"))]
            if width >= WIDE
            else (),
        )
        return [first, second]

    def _flags(self, style: StyleOf) -> list[Piece]:
        flagged = self.thread.flagged
        return [
            (f"{sign(kind)}{n:,} ", style(kind.value))
            for kind in Kind
            if (n := flagged.get(kind, 0))
        ]


MOST_SHOWN = 300
"""Threads in the list; the rest is reached through the filter, flags and agents."""

FULL = 60
"""As long as there are fewer in the list, it grows at once."""

QUIET = 0.1
"""Posts a minute below which one thread is as quiet as another."""

FRAMES_IN_ORDER = 30
"""The order stands for this many frames, so that rows can be read and clicked."""

FRAMES_FROZEN = 150
"""And for this many after the user moved the cursor."""


class ThreadsView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "open")]

    def entry(self) -> int:
        open = (i for i, row in enumerate(self.rows) if isinstance(row, ThreadRow) and row.open)
        return next(open, 0)


class ThreadsPane(TitledPane):
    """Threads with life in them."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(ThreadsView(), id=id)
        self._frame = 0
        """The number of the last one."""
        self._order: list[str] = []
        self._ordered_at = -FRAMES_IN_ORDER
        self._seen: dict[str, int] = {}
        self._filter: LiveFilter | None = None
        self._steps: dict[str, int] = {}
        self._places: dict[str, int] = {}
        """Where each thread stood when they were put in order last, whether it was shown or not."""

    def reset(self) -> None:
        """Another session is on the screen."""
        self._order.clear()
        self._seen.clear()
        self._steps.clear()
        self._places.clear()
        self._ordered_at = -FRAMES_IN_ORDER

    def on_row_view_moved(self) -> None:
        # The user is choosing: the order stands for a while.
        self._ordered_at = max(self._ordered_at, self._frame + FRAMES_FROZEN - FRAMES_IN_ORDER)

    def draw(self, frame: Frame) -> None:
        self._frame = frame.number
        session, now = frame.session, frame.session.now
        if frame.filter is not self._filter:
            self._filter = frame.filter
            self._order.clear()
            self._places.clear()
        passes = frame.filter.threads if frame.filter else None
        if frame.number - self._ordered_at >= FRAMES_IN_ORDER or len(self._order) < min(
            session.threads.n, FULL
        ):
            self._ordered_at = frame.number
            self._order = [thread.id for thread in self._sorted(session, frame.pinned, passes)]
        rows: list[ThreadRow] = []
        for id in self._order:
            thread = session.threads.get(id)
            if thread is None:
                continue
            if self._seen.get(id) != thread.n:
                if id in self._seen or thread.n < 3:
                    self.view.touch(id)
                self._seen[id] = thread.n
            rows.append(ThreadRow(thread, now, pinned=id in frame.pinned, open=id in frame.opened))
        self.cool(frame)
        self.view.say_when_empty(_why_empty(frame.filter))
        self.view.set_rows(rows)
        n = session.threads.n
        shown = f"{len(rows):,} of {n:,}" if len(rows) < n else f"{n:,}"
        self.title_line.set(
            [("THREADS ", "strong"), (shown, "dim")],
            [("filtered ", "accent")] if passes is not None else [],
        )

    def _sorted(
        self, session: Session, pinned: Container[str], passes: set[str] | None
    ) -> list[Thread]:
        """Those to be shown; ``passes`` are the ones that the filter leaves, None for all."""
        now = session.now
        threads = [
            thread
            for thread in session.threads.recent(4 * MOST_SHOWN)
            if passes is None or thread.id in passes
        ]

        self._steps = {thread.id: self._step(thread, now) for thread in threads}

        def rank(thread: Thread) -> tuple[bool, int, int, Micros]:
            # Of equals, the newcomer first, and then those above as they were.
            step, place = self._steps[thread.id], self._places.get(thread.id, -1)
            return thread.id not in pinned, -step, place, -thread.last_at

        ordered = sorted(threads, key=rank)
        self._places = {thread.id: i for i, thread in enumerate(ordered)}
        return ordered[:MOST_SHOWN]

    def _step(self, thread: Thread, now: Micros) -> int:
        """How lively a thread is, in doublings of its rate. It has to double or halve before it
        counts as livelier or less so, and changes its place: nothing jumps for a post or two."""
        doublings = log2(max(1.0, thread.rate.per_minute(now) / QUIET))
        held = self._steps.get(thread.id)
        return round(doublings) if held is None or abs(doublings - held) >= 1 else held


def _why_empty(filter: LiveFilter | None) -> str:
    if filter is None:
        return "waiting for the first post"
    if filter.nothing:
        return f"nothing matches {safe_line(filter.expression, 60)}, esc clears"
    return "filtering…"
