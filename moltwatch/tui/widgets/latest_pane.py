"""The latest posts of all threads as they come, a line each: what moves on a second monitor."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.session import Session
from moltwatch.tui.keys import ROW_KEYS
from moltwatch.tui.rows.comment_row import Test
from moltwatch.tui.rows.latest_row import LatestRow
from moltwatch.tui.rowview import RowView
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.pane import Pane


class LatestView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [*ROW_KEYS, Binding("enter", "choose", "to the post")]


class LatestPane(Pane):
    """The end of the stream. It stands still while the user reads, which is told in its title."""

    def __init__(self, *, id: str) -> None:
        super().__init__(LatestView(follow=True), id=id)
        self._shown: object = None
        self._posts = 0
        """Taken in when the list was last made."""

    def reset(self) -> None:
        """Another session is on the screen."""
        self._shown = None
        self._posts = 0
        self.view.set_reactive(RowView.cursor, -1)
        self.view.following = True

    def pull(self, session: Session, frame: int, test: Test | None) -> None:
        """Show what is new, of what passes the filter."""
        self.breathe(frame)
        self.view.say_when_empty(
            "nothing yet" if test is None else "none of the latest passes the filter"
        )
        version = (session.posts, session.charges.version, session.names.version, test)
        if self.view.following and version != self._shown:
            new = session.posts - self._posts
            self._shown, self._posts = version, session.posts
            nodes = list(session.latest)
            shown = [node for node in nodes if test is None or test(node)]
            self.view.set_rows([LatestRow(node, session.names) for node in shown])
            for node in nodes[-new:] if 0 < new < len(nodes) else ():
                self.view.touch(node.id)
        held = session.posts - self._posts
        self.title_line.set(
            [("LATEST ", "strong"), ("all threads", "dim")],
            [(f"{sign('follow')} ", "fresh")]
            if self.view.following
            else [(f"+{held:,} since " if held else "held ", "accent")],
        )
