"""The pane of a why: all there is to say of what a post is flagged for, or why it is not."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case, Charge
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.explanation import Explanation
from moltwatch.tui.widgets.pane import Frame, PostRow, TitledPane
from moltwatch.tui.widgets.rows import Row, Target
from moltwatch.tui.widgets.rowview import RowView

REST = 15
"""Frames for which it stays as it is, whatever comes in: it is read, not watched."""

ROOM_FOR_KEYS = 96
"""Cells from which the title says more keys."""


class WhyView(RowView):
    """Rows that may be taller than the screen: the cursor moves on when the end was seen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "to the post")]

    def _step(self, by: int) -> None:
        if not self._read_on(by):
            super()._step(by)

    def action_page(self, by: int) -> None:
        height = max(1, self.scrollable_content_region.height - 1)
        if not self._read_on(by * height):
            super().action_page(by)

    def _read_on(self, lines: int) -> bool:
        """Scroll within the row under the cursor as long as there is more of it."""
        if not 0 <= self.cursor < len(self.rows):
            return False
        top, bottom = self._row_layout.top(self.cursor), self._row_layout.bottom(self.cursor)
        y, height = self.scroll_offset.y, self.scrollable_content_region.height
        hidden = bottom - (y + height) if lines > 0 else y - top
        if hidden <= 0:
            return False
        step = min(hidden, abs(lines))
        self.scroll_relative(y=step if lines > 0 else -step, animate=False, immediate=True)
        return True


class WhyPane(TitledPane):
    """The why of one post."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(WhyView(empty="that post is no longer kept"), id=id)
        self.post = ""
        """Id of the post that it is about."""
        self._kind: Kind | None = None
        """What it is asked about above all."""
        self.raw = False
        """Show JSON instead."""
        self._charges: list[Charge] = []
        self._thread = ""
        """The thread of the post, where it is kept."""
        self._shown: object = None
        self._drawn = 0

    def open(self, post: str, kind: Kind | None = None) -> None:
        """Tell of this post."""
        self.post, self._kind = post, kind
        self.raw = False
        self._from_the_top()

    def reset(self) -> None:
        self._shown = None

    def back(self) -> bool:
        """Back from the raw JSON to the why."""
        if not self.raw:
            return False
        self.toggle_raw()
        return True

    def toggle_raw(self) -> None:
        """Show the JSON, or the why again."""
        self.raw = not self.raw
        self._from_the_top()

    def _from_the_top(self) -> None:
        self._shown = None
        self.view.set_reactive(RowView.cursor, -1)
        self.view.scroll_home(animate=False, immediate=True)

    @property
    def target(self) -> Target | None:
        """The post that it is about."""
        thread = self._charges[0].thread if self._charges else self._thread
        return Target(thread, self.post) if thread else None

    @property
    def case(self) -> Case | None:
        """The case of its strongest charge."""
        return self._charges[0].case if self._charges else None

    def next_example(self) -> bool:
        """Put the cursor on the next row that leads to another post; tell whether there is one."""
        places = [at for at, row in enumerate(self.view.rows) if self._leads_away(row)]
        after = [at for at in places if at > self.view.cursor]
        if places:
            self.view.move_to((after or places)[0], tell=False)
        return bool(places)

    def _leads_away(self, row: Row) -> bool:
        return isinstance(row, PostRow) and row.target.post != self.post

    def _keys(self) -> str:
        """What the keys do, as many as there is room for."""
        keys = ["r why" if self.raw else "r raw", "esc back"]
        if not self.raw and self.size.width > ROOM_FOR_KEYS:
            keys = ["[ ] cases", "e examples", *keys]
        return f" {sign('dot')} ".join(keys) + " "

    # --- drawing ----------------------------------------------------------------------------------

    def draw(self, frame: Frame) -> None:
        session = frame.session
        node = session.threads.node(self.post)
        self._charges = _charges(self.post, self._kind, session)
        self._thread = node.thread.id if node else ""
        first = self._charges[0] if self._charges else None
        swarm = session.groups.get(first.group) if first and first.group else None
        agent = session.agents.get(first.author) if first else None
        version = (
            self.post,
            self.raw,
            node.version if node else None,
            [(charge.key, charge.at, charge.case.opinion) for charge in self._charges],
            swarm.version if swarm else 0,
            agent.n if agent else 0,
            session.names.version,
            id(session),
        )
        if version == self._shown or (
            self._shown is not None and 0 <= frame.number - self._drawn < REST
        ):
            return
        self._shown, self._drawn = version, frame.number
        why = Explanation(self.post, node, self._charges, session, frame.run.pipeline.engine)
        self.title_line.set(
            [("RAW " if self.raw else "WHY ", "strong"), *why.title()],
            [(self._keys(), "faint")],
        )
        self.view.set_rows(why.raw() if self.raw else why.rows())
        if self.view.cursor < 0 and self.view.rows:
            self.view.move_to(0, tell=False)


def _charges(post: str, kind: Kind | None, session: Session) -> list[Charge]:
    """What is held against a post: what is asked about first, then the strongest."""
    charges = session.held_against(post)
    return sorted(charges, key=lambda each: (each.kind is not kind, not each.stands, -each.score))
