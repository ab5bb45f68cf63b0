"""The list of threads: the liveliest first, in an order that does not twitch."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Mapping
from heapq import nlargest
from math import log2
from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.thread import Thread
from moltwatch.times import SECOND, Micros
from moltwatch.tui.line import Line, Piece, StyleOf, safe_line, with_right
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.secrets import masked
from moltwatch.tui.symbols import sign, spark
from moltwatch.tui.widgets.pane import LEFT_ALONE, Frame, TitledPane
from moltwatch.tui.widgets.rows import Look, Target
from moltwatch.tui.widgets.rowview import RowView
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
    return safe_line(masked(thread.title, thread.root)) or UNTITLED


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
"""As long as there are fewer in the list, new ones are put at its end at once."""

QUIET = 0.1
"""Posts a minute below which one thread is as quiet as another."""

SORTED_EVERY: Micros = 3 * SECOND
"""The order stands for so long on the wall clock, so that rows can be read and clicked."""

POINTED_AT: Micros = 5 * SECOND
"""And for so long after the mouse moved over the list."""


class ThreadsView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "open")]

    pointed_at = False
    """The mouse has moved over it."""

    def on_mouse_move(self) -> None:
        self.pointed_at = True

    def on_row_view_scrolled(self) -> None:
        self.pointed_at = True

    def entry(self) -> int:
        open = (i for i, row in enumerate(self.rows) if isinstance(row, ThreadRow) and row.open)
        return next(open, 0)


class ThreadsPane(TitledPane):
    """Threads with life in them. Their order stands while the user is among them."""

    view: ThreadsView

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(ThreadsView(), id=id)
        self.locked = False
        """The user wants the order to stand."""
        self._order: list[str] = []
        self._ordered_at: Micros | None = None
        """On the wall clock; None to put them in order now."""
        self._pointed_at: Micros | None = None
        self._pinned: frozenset[str] = frozenset()
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
        self.sort()

    def sort(self) -> None:
        """Put them in order with the next frame, whatever was read."""
        self._ordered_at = None

    def toggle_lock(self) -> None:
        """Let the order stand, or let it go by life again."""
        self.locked = not self.locked
        if not self.locked:
            self.sort()

    def draw(self, frame: Frame) -> None:
        session, now = frame.session, frame.session.now
        passes = frame.filter.threads if frame.filter else None
        moved = self._put_in_order(frame, passes)
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
        if moved and not self._is_read and not _lately(self._pointed_at, frame.wall, LEFT_ALONE):
            self._show_open()
        n = session.threads.n
        shown = f"{len(rows):,} of {n:,}" if len(rows) < n else f"{n:,}"
        held = "locked, L" if self.locked else "held, esc" if self._is_read else ""
        right = [(f"{sign('pause')} {held} ", "accent" if self.locked else "dim")] if held else []
        right += [("filtered ", "accent")] if passes is not None else []
        self.title_line.set([("THREADS ", "strong"), (shown, "dim")], right)

    @property
    def _is_read(self) -> bool:
        """The cursor is in it."""
        return self.view.has_focus and self.view.cursor >= 0

    def _show_open(self) -> None:
        """Nobody reads the list: show its top, or if it is further down the thread that is open."""
        view = self.view
        if not view.rows:
            return
        at, height = view.entry(), view.scrollable_content_region.height
        top = 2 * at  # rows have two lines
        view.hold(at, top if top + 2 <= height else height // 3)

    def _put_in_order(self, frame: Frame, passes: Mapping[str, int] | None) -> bool:
        """Put the threads into their order if that is due, and tell whether it was."""
        wall, pinned = frame.wall, frozenset(frame.pinned)
        if self.view.pointed_at:
            self.view.pointed_at, self._pointed_at = False, wall
        if frame.filter is not self._filter or pinned != self._pinned:
            self._filter, self._pinned = frame.filter, pinned
            self.sort()
        if self._ordered_at is None:
            self._places.clear()
        elif self._order and (
            self.locked
            or frame.still
            or self._is_read
            or _lately(self._pointed_at, wall, POINTED_AT)
            or _lately(self._ordered_at, wall, SORTED_EVERY)
        ):
            self._append_newcomers(frame.session, passes)
            return False
        self._ordered_at = wall
        self._order = [thread.id for thread in self._sorted(frame.session, pinned, passes)]
        return True

    def _append_newcomers(self, session: Session, passes: Mapping[str, int] | None) -> None:
        """The order stands: new threads come at the end, as long as there are few."""
        room = FULL - len(self._order)
        if room > 0 and len(self._order) < session.threads.n:
            known = set(self._order)
            threads = session.threads.recent(FULL) if passes is None else _latest(session, passes)
            new = [thread.id for thread in threads if thread.id not in known]
            self._order += new[:room]

    def _sorted(
        self, session: Session, pinned: Container[str], passes: Mapping[str, int] | None
    ) -> list[Thread]:
        """Those to be shown; ``passes`` are the ones that the filter leaves, None for all."""
        now = session.now
        if passes is None:
            threads = session.threads.recent(4 * MOST_SHOWN)
        else:
            threads = _latest(session, passes)

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


def _lately(then: Micros | None, wall: Micros, span: Micros) -> bool:
    """Whether it was less than a while ago on the wall clock, which may be set back."""
    return then is not None and abs(wall - then) < span


def _latest(session: Session, ids: Iterable[str]) -> list[Thread]:
    """Of these threads, those with the latest activity, however long ago that is."""
    threads = (thread for id in ids if (thread := session.threads.get(id)))
    return nlargest(4 * MOST_SHOWN, threads, key=lambda thread: thread.last_at)


def _why_empty(filter: LiveFilter | None) -> str:
    if filter is None:
        return "waiting for the first post"
    if filter.nothing:
        return f"nothing matches {safe_line(filter.expression, 60)}, esc clears"
    return "filtering…"
