"""A post in the list of the latest: one line, whatever it is."""

from __future__ import annotations

from collections.abc import Hashable

from moltwatch.session.thread import Node
from moltwatch.tui.ink import Line, safe_line
from moltwatch.tui.inked import Ink
from moltwatch.tui.rows.comment_row import Called, clock, strongest, voice
from moltwatch.tui.rows.thread_row import title_of
from moltwatch.tui.stack import Look
from moltwatch.tui.symbols import sign

NAME = 18
TITLE = 26
"""Cells of the columns."""

ROOM_FOR_TITLE = 84
"""Columns from which the thread is named as well."""

CHARS = 300
"""Characters of a text that could be on the line."""


class LatestRow:
    """When it came, what is held against it, who wrote it, in which thread, what it says."""

    __slots__ = ("_called", "node")

    def __init__(self, node: Node, called: Called) -> None:
        self.node = node
        self._called = called

    @property
    def key(self) -> Hashable:
        return self.node.id

    @property
    def stamp(self) -> Hashable:
        return self.node.version, self.node.thread.title, self._called(self.node.author)

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        node = self.node
        line = Line(width).add(sign("cursor") if look.selected else " ", ink("primary"))
        line.add(clock(node.at), ink("fresh" if look.fresh else "faint"))
        charge = strongest(node)
        mark = (f" {sign(charge.kind)} ", ink(charge.kind.value)) if charge else ("   ", None)
        line.add(*mark)
        line.column(NAME, (safe_line(self._called(node.author), 40), ink(voice(node.author))))
        if width >= ROOM_FOR_TITLE:
            line.gap(1).column(TITLE, (title_of(node.thread), ink("dim")))
        if node.deleted:
            return [line.gap(1).add("deleted", ink("faint"))]
        return [line.gap(1).add(safe_line(node.text[:CHARS] or node.title or ""), ink("body"))]
