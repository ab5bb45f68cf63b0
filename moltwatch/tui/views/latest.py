"""The latest posts of all threads as they come, a line each: what moves on a second monitor."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.session.thread import Node
from moltwatch.tui.line import Line, StyleOf, clock, safe_line, voice
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.comment import Called, strongest
from moltwatch.tui.views.threads import title_of
from moltwatch.tui.widgets.pane import Frame, TitledPane
from moltwatch.tui.widgets.rowview import Look, RowView, Target

NAME = 18
TITLE = 26
"""Cells of the columns."""

ROOM_FOR_TITLE = 84
"""Columns from which the thread is named as well."""

CHARS = 300
"""Characters of a text that could be on the line."""


class LatestRow:
    """When it came, what is held against it, who wrote it, in which thread, what it says."""

    __slots__ = ("_called", "key", "node", "target")

    def __init__(self, node: Node, called: Called) -> None:
        self.node = node
        self.key, self.target = node.id, Target(node.thread.id, node.id)
        self._called = called

    @property
    def stamp(self) -> Hashable:
        return self.node.version, self.node.thread.title, self._called(self.node.author)

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        node = self.node
        line = Line(width).add(sign("cursor") if look.selected else " ", style("primary"))
        line.add(clock(node.at), style("fresh" if look.fresh else "faint"))
        charge = strongest(node)
        mark = (f" {sign(charge.kind)} ", style(charge.kind.value)) if charge else ("   ", None)
        line.add(*mark)
        line.column(NAME, (safe_line(self._called(node.author), 40), style(voice(node.author))))
        if width >= ROOM_FOR_TITLE:
            line.gap(1).column(TITLE, (title_of(node.thread), style("dim")))
        if node.deleted:
            return [line.gap(1).add("deleted", style("faint"))]
        return [line.gap(1).add(safe_line(node.text[:CHARS] or node.title or ""), style("body"))]


class LatestView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "to the post")]


class LatestPane(TitledPane):
    """The end of the stream. It stands still while the user reads, which is told in its title."""

    def __init__(self) -> None:
        super().__init__(LatestView(follow=True))
        self._shown: object = None
        self._posts = 0
        """Taken in when the list was last made."""

    def reset(self) -> None:
        self._shown = None
        self._posts = 0
        self.view.set_reactive(RowView.cursor, -1)
        self.view.following = True

    def draw(self, frame: Frame) -> None:
        session, filter = frame.session, frame.filter
        self.cool(frame)
        self.view.say_when_empty(
            "none of the latest passes the filter" if filter else "nothing yet"
        )
        version = (session.posts, session.charges.version, session.names.version, filter)
        if self.view.following and version != self._shown:
            new = session.posts - self._posts
            self._shown, self._posts = version, session.posts
            nodes = list(session.latest)
            shown = [node for node in nodes if filter is None or filter.passes(node)]
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
