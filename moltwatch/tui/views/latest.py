"""The latest posts of all threads as they come, a line each: what moves on a second monitor."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from moltwatch.session.thread import Node
from moltwatch.tui.line import Line, StyleOf, safe_line, voice
from moltwatch.tui.local_time import column
from moltwatch.tui.secrets import masked
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.comment import Called, strongest
from moltwatch.tui.views.repeats import Repeats, Times, Words
from moltwatch.tui.views.threads import title_of
from moltwatch.tui.widgets.pane import Frame, TitledPane
from moltwatch.tui.widgets.rows import Look, Target
from moltwatch.tui.widgets.rowview import RowView

NAME = 18
TITLE = 26
"""Cells of the columns."""

ROOM_FOR_TITLE = 84
"""Columns from which the thread is named as well."""

CHARS = 300
"""Characters of a text that could be on the line."""


class LatestRow:
    """When it came, what is held against it, who wrote it, in which thread, what it says, and how
    many times that was said of late."""

    __slots__ = ("_called", "key", "node", "target", "times", "when")

    def __init__(self, node: Node, called: Called, times: Times, when: str) -> None:
        self.node = node
        self.times, self.when = times, when
        self.key, self.target = node.id, Target(node.thread.id, node.id)
        self._called = called

    @property
    def stamp(self) -> Hashable:
        node = self.node
        return node.version, node.thread.title, self._called(node.author), self.times, self.when

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        node = self.node
        again = self.times.told()
        rest = sum(cell_len(text) for text, _ in again)
        line = Line(width - rest).add(sign("cursor") if look.selected else " ", style("primary"))
        line.add(self.when, style("fresh" if look.fresh else "faint"))
        charge = strongest(node)
        mark = (f" {sign(charge.kind)} ", style(charge.kind.value)) if charge else ("   ", None)
        line.add(*mark)
        name = safe_line(self._called(node.author), 40)
        line.column(NAME, (name, style(voice(node.author))))
        if width >= ROOM_FOR_TITLE:
            line.gap(1).column(TITLE, (title_of(node.thread), style("dim")))
        if node.deleted:
            line.gap(1).add("deleted", style("faint"))
        else:
            said = safe_line(masked(node.text or node.title or "", node)[:CHARS])
            line.gap(1).add(said, style("body"))
        line.room += rest
        return [line.right(*((text, style(of)) for text, of in again))]


def _words(node: Node) -> Words:
    return Words(node.said, node.author, node.nearly)


class LatestView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "to the post")]


class LatestPane(TitledPane):
    """The end of the stream. It stands still while the user reads, which is told in its title."""

    def __init__(self) -> None:
        super().__init__(LatestView(follow=True))
        self._shown: object = None
        self._posts = 0
        """Taken in when the list was last made."""
        self._repeats = Repeats()
        self._listed: list[Node] = []
        self._called: Called = str

    def reset(self) -> None:
        self._shown = None
        self._posts = 0
        self._repeats.clear()
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
            self._listed, self._called = shown, session.names
            self._fill()
            for node in nodes[-new:] if 0 < new < len(nodes) else ():
                self.view.touch(node.id)
        held = session.posts - self._posts
        self.title_line.set(
            [("LATEST ", "strong"), ("all threads", "dim")],
            [(f"{sign('follow')} ", "fresh")]
            if self.view.following
            else [(f"+{held:,} since " if held else "held ", "accent")],
        )

    def _fill(self) -> None:
        newest_first = self._repeats.fold(self._listed[::-1], _words)
        when = column([node.at for node, _ in newest_first])
        rows = [
            LatestRow(node, self._called, times, at)
            for (node, times), at in zip(newest_first, when, strict=True)
        ]
        self.view.set_rows(rows[::-1])

    def toggle(self) -> str:
        """Show all posts with the words of the one under the cursor, or only the newest; what to
        say if there is no other."""
        row = self.view.current
        if not isinstance(row, LatestRow) or not self._repeats.toggle(_words(row.node)):
            return "nothing here is said more than once"
        self._fill()
        return ""
