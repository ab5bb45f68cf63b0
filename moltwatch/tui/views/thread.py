"""One thread, growing as it is watched."""

from __future__ import annotations

from time import perf_counter
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from moltwatch.session import Session
from moltwatch.session.thread import Node, Thread
from moltwatch.tui.line import safe_line, truncate
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.comment import CommentRow, Manner, Marks, RepeatsRow, Test
from moltwatch.tui.views.newest import Newest
from moltwatch.tui.views.outline import Outline, ThreadRow
from moltwatch.tui.views.threads import per_minute, title_of
from moltwatch.tui.widgets.pane import Frame, TitledPane
from moltwatch.tui.widgets.rows import Row
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.wording import count

Note = tuple[str, str]
"""Why this thread is on the screen, with the name of its style."""

MOST_FRESH = 200
"""Posts marked as fresh in one frame; more at once is a jump in time, not news."""

ROOM_FOR_TITLE = 26
"""Cells that a title gets at least, whatever else there is to say of a thread."""

SHARE = 4
"""After all rows were arranged anew, they rest for this many times as long as it took."""


class ThreadView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "unfold")]


def _about_how_high(row: Row, width: int) -> int:
    assert isinstance(row, CommentRow | RepeatsRow)
    return row.guess(width)


class ThreadPane(TitledPane):
    """The comments of one thread, as a tree or in order of time."""

    def __init__(self, *, id: str | None = None, classes: str = "") -> None:
        view = ThreadView(follow=True, empty="no thread yet", guess=_about_how_high)
        super().__init__(view, id=id, classes=classes)
        self.thread: Thread | None = None
        self._manner = Manner()
        self._outline = Outline(self._manner)
        self._newest = Newest(view, self._outline)
        self._frame = 0
        self._n = 0
        """Posts taken in, out of all ever seen in the thread."""
        self._moves = -1
        self._version = -1
        self._rest_until = 0.0
        self._names = 0

    def open(self, thread: Thread | None) -> None:
        """Show this thread."""
        if thread is self.thread:
            return
        self.thread = thread
        self._outline.clear()
        self._newest.clear()
        self._version = self._moves = -1
        self._n = 0
        self._rest_until = 0.0
        self.view.set_reactive(RowView.cursor, -1)
        self.view.set_rows([])
        self.view.following, self.view.away = True, False

    def filter(self, test: Test | None) -> None:
        """Posts that do not pass are hidden."""
        self._manner.test = test
        if self.thread is None:
            return
        view, rows = self.view, self._rows
        if view.cursor >= 0:  # goes on to the next row that stays
            onwards = (*range(view.cursor, len(rows)), *reversed(range(view.cursor)))
            left = (i for i in onwards if self._outline.passes(self._outline.held_by(rows[i])))
            view.set_reactive(RowView.cursor, next(left, 0))
        self._arrange(self.thread)

    def highlight(self, marks: Marks | None) -> None:
        """Mark what is searched for in all texts: ``marks`` says where in a line it is."""
        self._manner.marks = marks
        self.view.repaint()

    def draw(self, frame: Frame, note: Note | None = None) -> None:
        session = frame.session
        self._frame = frame.number
        self.cool(frame)
        self._manner.called = session.names
        if session.names.version != self._names:
            self._names = session.names.version
            self.view.repaint()
        thread = self.thread
        if thread is None:
            self.title_line.set([("THREAD", "strong")])
            return
        if thread.version != self._version and perf_counter() >= self._rest_until:
            self._take(thread)
        self.view.settle()
        self._newest.draw(frame.number)
        self._title(thread, session, note)

    def _title(self, thread: Thread, session: Session, note: Note | None) -> None:
        left = [(title_of(thread), "strong")]
        if self.view.scroll_offset.y == 0 and thread.root.post is not None:
            # The title stands right below.
            left = [("THREAD", "strong")]
            if thread.community:
                left.append((f" in {safe_line(thread.community, 60)}", "dim"))
        rate = per_minute(thread.rate.per_minute(session.now))
        right = [(3, f" {note[0]} ", note[1])] if note else []
        right.append((1, f" {count(thread.n, 'post')} ", "dim"))
        if rate:
            right.append((2, f"{rate} ", "dim"))
        if self._manner.timely:
            right.append((4, "by time ", "accent"))
        newest = self._newest
        for n, where in ((newest.above, "above"), (newest.below, "below")):
            if n:
                right.append((4, f"+{n:,} {where} ", "accent"))
        if self.view.following:
            right.append((4, f"{sign('follow')} ", "fresh"))
        room = self.size.width - min(ROOM_FOR_TITLE, sum(cell_len(text) for text, _ in left) + 2)
        kept = truncate(
            right, room, width=lambda part: cell_len(part[1]), rank=lambda part: part[0]
        )
        self.title_line.set(left, [(text, style) for _, text, style in kept])

    # --- the rows ---------------------------------------------------------------------------------

    def _take(self, thread: Thread) -> None:
        """Show what has changed in the thread."""
        known = self._moves >= 0
        fresh = thread.n - self._n if known else 0
        new = thread.order[-fresh:] if fresh else []
        new = [node for node in new if self._outline.passes(node)]
        made = self._outline.add(new) if thread.moves == self._moves else None
        for at, rows in made or ():
            self.view.insert_rows(at, rows)
        if made is None:
            begun = perf_counter()
            self._arrange(thread)
            self._rest_until = perf_counter() + SHARE * (perf_counter() - begun)
        if known:
            self._newest.came(new, self._frame)
        if len(new) <= MOST_FRESH:
            for node in new:
                if row := self._outline.showing(node):
                    self.view.touch(row.key, 6)
        self._version, self._moves, self._n = thread.version, thread.moves, thread.n
        self.view.repaint()

    def _arrange(self, thread: Thread) -> None:
        """Make all rows anew; cursor and place stay with the posts they were at."""
        view, sight, cursor = self.view, self.view.in_sight, self.view.cursor
        at = cursor if cursor in sight else sight.start
        held = self._rows[at] if sight else None
        line = view.line_of(at) if held else 0
        current = self._rows[cursor] if 0 <= cursor < len(self._rows) else None
        view.set_rows(self._outline.arrange(thread))
        if current is not None:
            view.set_reactive(RowView.cursor, self._place(current))
        if held is not None and not view.at_end:
            view.hold(self._place(held), line)

    @property
    def _rows(self) -> list[ThreadRow]:
        return self._outline.rows

    def _place(self, row: ThreadRow) -> int:
        """Where a row is, or whatever shows its post instead."""
        at = next((i for i, each in enumerate(self._rows) if each.key == row.key), None)
        if at is not None:
            return at
        shown = self._outline.showing(self._outline.held_by(row))
        return self._rows.index(shown) if shown else 0

    # --- what the user does -----------------------------------------------------------------------

    @property
    def node(self) -> Node | None:
        """The post under the cursor."""
        row = self.view.current
        return row.node if isinstance(row, CommentRow) else None

    @property
    def folds(self) -> bool:
        """Whether the row under the cursor is of several posts, which enter shows."""
        return isinstance(self.view.current, RepeatsRow)

    def unfold(self) -> str:
        """Show all of a long post, or fold it again; what to say if there is nothing."""
        row = self.view.current
        if isinstance(row, RepeatsRow) or (
            isinstance(row, CommentRow) and row.below and not row.foldable
        ):
            return self.toggle()
        if not isinstance(row, CommentRow):
            return ""
        if not row.foldable:
            return "this is all of it"
        row.unfolded = not row.unfolded
        self.view.remeasure()
        self.view.move_to(self.view.cursor)
        return ""

    def toggle(self) -> str:
        """Collapse the replies to the comment under the cursor, or what repeats it, or show them
        again; what to say if there is nothing."""
        thread, row = self.thread, self._entered()
        if thread is None or row is None:
            return "no thread to fold yet"
        if said := self._outline.toggle(row):
            return said
        self.view.following = False
        self._arrange(thread)
        self.view.move_to(self.view.cursor)
        return ""

    def change_order(self) -> str:
        """Show the thread in order of time, or as a tree; what to say."""
        manner = self._manner
        manner.timely = not manner.timely
        if self.thread is not None:
            self._arrange(self.thread)
        return "in order of time, T shows the tree" if manner.timely else "as a tree"

    def follow(self) -> str:
        """Go to the newest comment and follow; from there, let go. What to say."""
        if self.thread is None:
            return "no thread to follow yet"
        newest = self._newest
        if self.view.following and not newest.above and not newest.below:
            self.view.following = False
            return "no longer following, f goes to the newest"
        newest.go(self.thread, self._frame)
        return "following the newest"

    def jump(self, where: str) -> str:
        """Go to the ``parent``, the ``root``, or the ``next`` or ``previous`` top-level comment;
        what to say if there is none."""
        row = self._entered()
        if row is None:
            return "no thread yet"
        node = self._outline.held_by(row)
        repeated = row.first if isinstance(row, RepeatsRow) else None
        above = repeated or node.parent
        if where == "root":
            if self.view.cursor == 0:
                return "this is the root"
            self.view.move_to(0)
        elif where == "parent":
            shown = self._outline.showing(above) if above else None
            if shown is None:
                return "this is the root"
            self.view.move_to(self._rows.index(shown))
        else:
            step = 1 if where == "next" else -1
            at = self.view.cursor + step
            while 0 <= at < len(self._rows) and not self._is_top(self._rows[at]):
                at += step
            if not 0 <= at < len(self._rows):
                return f"no {where} top-level comment"
            self.view.move_to(at)
        return ""

    def move_to_post(self, post: str) -> bool:
        """Put the cursor on a post of this thread, and unfold whatever hides it."""
        thread = self.thread
        node = thread.nodes.get(post) if thread else None
        if thread is None or node is None:
            return False
        self._rest_until = 0.0
        self._take(thread)
        if self._outline.reveal(node):
            self._arrange(thread)
        row = self._outline.showing(node)
        if isinstance(row, CommentRow) and row.hides_marks:
            row.unfolded = True
            self.view.remeasure()
        return self.view.move_to_key(post)

    def _entered(self) -> ThreadRow | None:
        """The row under the cursor; where there was none, it comes into sight."""
        view = self.view
        if view.current is None and view.rows:
            view.move_to(view.entry(), tell=False)
        return self._rows[view.cursor] if view.current is not None else None

    @staticmethod
    def _is_top(row: ThreadRow) -> bool:
        return isinstance(row, CommentRow) and row.node.parent is row.node.thread.root

    @property
    def is_read(self) -> bool:
        """Somebody is in it: with the cursor, or above its end."""
        view = self.view
        return (view.has_focus and view.cursor >= 0) or not view.following

    @property
    def label(self) -> str:
        return safe_line(title_of(self.thread), 60) if self.thread else ""
