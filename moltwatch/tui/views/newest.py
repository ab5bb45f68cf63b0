"""Where the newest comments of a thread are, and when the view goes to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from moltwatch.session.thread import Node, Thread
from moltwatch.tui.views.comment import CommentRow
from moltwatch.tui.views.outline import Outline
from moltwatch.tui.widgets.rowview import RowView

HOLD = 120
"""Frames a place is kept before the view goes to another: four seconds."""

SETTLED = 45
"""Frames without a newer comment before it leaves the end: where they keep coming, going to each
would be jumping about, and the title says where they are."""

MOST = 2_000
"""Comments remembered as not looked at."""

LOOK = 5
"""Frames between two looks at where they are."""


class Newest:
    """The comments that came in and were not in sight yet."""

    def __init__(self, view: RowView, outline: Outline) -> None:
        self._view = view
        self._outline = outline
        self._unseen: dict[str, Node] = {}
        self._came_at = self._moved_at = self._looked_at = -HOLD
        self.above = 0
        """How many of them are above what is in sight."""
        self.below = 0

    def clear(self) -> None:
        """All was seen, or another thread is shown."""
        self._unseen.clear()
        self.above = self.below = 0
        self._came_at = self._moved_at = self._looked_at = -HOLD

    def came(self, nodes: Sequence[Node], frame: int) -> None:
        """These are new."""
        for node in nodes[-MOST:]:
            self._unseen[node.id] = node
            if self._stands_alone(node):
                self._came_at = frame
        while len(self._unseen) > MOST:
            del self._unseen[next(iter(self._unseen))]

    def draw(self, frame: int) -> None:
        """Find out where they are; if the view follows, go there when it is time."""
        if not self._unseen:
            self.above = self.below = 0
            return
        if frame - self._looked_at < LOOK:
            return
        self._looked_at = frame
        self._look()
        if not (self._view.following and self._unseen) or frame - self._moved_at < HOLD:
            return
        told = [node for node in self._unseen.values() if self._stands_alone(node)]
        at = self._place(told[-1]) if told else None
        if at is None or at in self._view.in_sight:
            return
        if at == len(self._view.rows) - 1 or frame - self._came_at >= SETTLED:
            self._moved_at = frame
            self._view.look_at(at)
            self._look()

    def go(self, thread: Thread, frame: int) -> None:
        """Go to the newest comment of a thread, and follow from there."""
        at = self._place(thread.order[-1]) if thread.order else None
        if at is not None:
            self._moved_at = frame
            self._view.look_at(at)
            self._view.touch(self._view.rows[at].key, 6)
            self._look()

    def _stands_alone(self, node: Node) -> bool:
        """Whether a comment has a row of its own: one more of the same is no news."""
        row = self._outline.showing(node)
        return isinstance(row, CommentRow) and row.node is node

    def _place(self, node: Node) -> int | None:
        row = self._outline.showing(node)
        return self._outline.rows.index(row) if row is not None else None

    def _look(self) -> None:
        """Forget those in sight, and count the others. They are searched from the end, where most
        of them are."""
        rows, sight = self._view.rows, self._view.in_sight
        seen: set[Hashable] = {rows[i].key for i in sight}
        where: Counter[Hashable] = Counter()
        for id, node in list(self._unseen.items()):
            row = self._outline.showing(node)
            if row is None or row.key in seen:
                del self._unseen[id]
            else:
                where[row.key] += 1
        all = where.total()
        self.below = 0
        for i in range(len(rows) - 1, sight.stop - 1, -1):
            if not where:
                break
            self.below += where.pop(rows[i].key, 0)
        self.above = all - self.below
