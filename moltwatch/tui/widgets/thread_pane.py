"""One thread, its tree growing as it is watched."""

from __future__ import annotations

from time import perf_counter
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from moltwatch.session import Session
from moltwatch.session.thread import Node, Thread
from moltwatch.tui.fit import fitting
from moltwatch.tui.ink import safe_line
from moltwatch.tui.keys import ROW_KEYS
from moltwatch.tui.rows.comment_row import Called, CommentRow, Test
from moltwatch.tui.rows.thread_row import per_minute, title_of
from moltwatch.tui.rowview import RowView
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.pane import Pane
from moltwatch.wording import count

Note = tuple[str, str]
"""Why this thread is on the screen, with the name of its ink."""

MOST_FRESH = 200
"""Posts marked as fresh in one frame; more at once is a jump in time, not news."""

ROOM_FOR_TITLE = 26
"""Cells that a title gets at least, whatever else there is to say of a thread."""

SHARE = 4
"""After a rebuild, the tree rests for this many times as long as it took."""


class ThreadView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [
        *ROW_KEYS,
        Binding("enter", "choose", "unfold"),
    ]


class ThreadPane(Pane):
    """The comment tree of one thread."""

    def __init__(self, *, id: str | None = None, classes: str = "") -> None:
        view = ThreadView(follow=True, empty="no thread yet")
        super().__init__(view, id=id, classes=classes)
        self.thread: Thread | None = None
        self._rows: dict[str, CommentRow] = {}
        self._last: Node | None = None
        self._taken = 0
        self._moves = -1
        self._version = -1
        self._rest_until = 0.0
        self._test: Test | None = None
        self._called: Called = str
        self._names = 0

    def open(self, thread: Thread | None) -> None:
        """Show this thread."""
        if thread is self.thread:
            return
        self.thread = thread
        self._rows.clear()
        self._version = self._moves = -1
        self._taken = 0
        self._rest_until = 0.0
        self.view.set_reactive(RowView.cursor, -1)
        self.view.set_rows([])
        self.view.following = True

    def filter(self, test: Test | None) -> None:
        """Posts that do not pass fade."""
        self._test = test
        for row in self._rows.values():
            row.test = test
        self.view.refresh()

    def matches(self) -> list[int]:
        """Places of the rows that pass the filter."""
        return [
            i
            for i, row in enumerate(self.view.rows)
            if isinstance(row, CommentRow) and row.matched and row.node.post
        ]

    def pull(self, session: Session, frame: int, note: Note | None = None) -> None:
        """Show what is new."""
        self.breathe(frame)
        self._called = session.names
        if session.names.version != self._names:
            self._names = session.names.version
            self.view.refresh()
        thread = self.thread
        if thread is None:
            self.title_line.set([("THREAD", "strong")])
            return
        if thread.version != self._version and perf_counter() >= self._rest_until:
            self._version = thread.version
            self._take(thread)
        if self.view.following:
            thread.mark_read()
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
        if self.view.following:
            right.append((4, f"{sign('follow')} ", "fresh"))
        elif thread.unread:
            right.append((4, f"+{thread.unread:,} below ", "accent"))
        room = self.size.width - min(ROOM_FOR_TITLE, sum(cell_len(text) for text, _ in left) + 2)
        kept = fitting(right, room, width=lambda part: cell_len(part[1]), rank=lambda part: part[0])
        self.title_line.set(left, [(text, ink) for _, text, ink in kept])

    # --- the tree ---------------------------------------------------------------------------------

    def _take(self, thread: Thread) -> None:
        new = thread.order[self._taken :] if thread.moves == self._moves else None
        if new is not None and (leaves := self._leaves(new)) is not None:
            if leaves:
                self.view.extend_rows(leaves)
        else:
            begun = perf_counter()
            known = self._moves >= 0
            rows = [self._row(node, depth) for node, depth in thread.walk()]
            self.view.set_rows(rows)
            self._last = rows[-1].node
            self._rest_until = perf_counter() + SHARE * (perf_counter() - begun)
            new = thread.order[self._taken :] if known else []
            if len(self._rows) > 2 * len(rows) + 100:
                self._rows = {row.node.id: row for row in rows}
        if len(new) <= MOST_FRESH:
            for node in new:
                self.view.touch(node.id, 6)
        self._moves = thread.moves
        self._taken = len(thread.order)
        self.view.refresh()

    def _leaves(self, new: list[Node]) -> list[CommentRow] | None:
        """Rows of the new posts if all of them come after everything shown, otherwise None.

        That is so when each one's parent lies on the way from the last row up to the root: the
        usual case, and it saves walking the tree.
        """
        last, rows = self._last, []
        for node in new:
            above, up = last, 0
            while above is not None and above is not node.parent:
                above, up = above.parent, up + 1
            if above is None or node.id in self._rows:
                return None
            depth = self._rows[above.id].depth + 1 if above.id in self._rows else None
            if depth is None:
                return None
            rows.append(self._row(node, depth))
            last = node
        self._last = last
        return rows

    def _row(self, node: Node, depth: int) -> CommentRow:
        row = self._rows.get(node.id)
        if row is None or row.node is not node:
            row = self._rows[node.id] = CommentRow(node, depth, self._called)
            row.test = self._test
        row.depth = depth
        return row

    # --- what the user does -----------------------------------------------------------------------

    @property
    def node(self) -> Node | None:
        """The post under the cursor."""
        row = self.view.current
        return row.node if isinstance(row, CommentRow) else None

    def unfold(self) -> None:
        """Show all of a long post, or fold it again."""
        row = self.view.current
        if isinstance(row, CommentRow) and row.foldable:
            row.unfolded = not row.unfolded
            self.view.remeasure()
            self.view.move_to(self.view.cursor)

    def go_to(self, post: str) -> bool:
        """Put the cursor on a post of this thread."""
        if self.thread is not None:
            self._rest_until = 0.0
            self._version = self.thread.version
            self._take(self.thread)
        return self.view.move_to_key(post)

    @property
    def label(self) -> str:
        return safe_line(title_of(self.thread), 60) if self.thread else ""
