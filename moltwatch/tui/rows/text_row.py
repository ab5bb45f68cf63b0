"""Plain lines among rows: headings, facts, bios."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from moltwatch.tui.ink import Line, shorten
from moltwatch.tui.inked import Ink
from moltwatch.tui.stack import Look
from moltwatch.tui.symbols import sign

LEAST_TEXT = 14
"""Cells below which what is said is left out after a name: it would say nothing."""

Piece = tuple[str, str]
"""A text and the name of its ink."""


class PiecesRow:
    """One line of pieces, already harmless; the last may be right-aligned after ``None``."""

    __slots__ = ("_key", "left", "right")

    def __init__(self, key: Hashable, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        self._key = key
        self.left = tuple(left)
        self.right = tuple(right)

    @property
    def key(self) -> Hashable:
        return self._key

    @property
    def stamp(self) -> Hashable:
        return self.left, self.right

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        line = Line(width).add(sign("cursor") if look.selected else " ", ink("primary"))
        for text, name in self.left:
            line.add(text, ink(name))
        return [line.right(*((text, ink(name)) for text, name in self.right))]


class ParagraphRow:
    """A harmless text, broken into lines."""

    __slots__ = ("_broken", "_for", "_indent", "_ink", "_key", "_most", "text")

    def __init__(
        self, key: Hashable, text: str, ink: str = "body", most: int = 12, indent: int = 1
    ) -> None:
        self._key = key
        self.text = text
        self._ink = ink
        self._most = most
        self._indent = indent
        self._for = -1
        self._broken: list[str] = []

    @property
    def key(self) -> Hashable:
        return self._key

    @property
    def stamp(self) -> Hashable:
        return self.text

    def height(self, width: int) -> int:
        if width != self._for:
            self._broken = (
                shorten(self.text, width - 2 - self._indent, self._most) if self.text else []
            )
            self._for = width
        return len(self._broken)

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        self.height(width)
        edge = sign("cursor") if look.selected else " "
        return [
            Line(width).add(edge, ink("primary")).gap(self._indent).add(text, ink(self._ink))
            for text in self._broken
        ]


class ArrivalRow:
    """A post on one line: when it came, who wrote it, what it says.

    ``room`` is how many cells the name gets, so that what is said begins in one column.
    """

    __slots__ = ("after", "author", "author_ink", "post", "room", "text", "thread")

    def __init__(
        self,
        post: str,
        thread: str,
        after: str,
        author: str,
        author_ink: str,
        text: str,
        room: int = 0,
    ) -> None:
        self.post = post
        self.thread = thread
        self.after = after
        self.author = author
        self.author_ink = author_ink
        self.room = room
        self.text = text

    @property
    def key(self) -> Hashable:
        return self.post

    @property
    def stamp(self) -> Hashable:
        return self.after, self.author, self.room, self.text

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        line = Line(width).add(sign("cursor") if look.selected else " ", ink("primary"))
        line.add(f"{self.after:>9} ", ink("dim"))
        if self.room:
            name = self.author, ink(self.author_ink)
            if line.room - self.room < LEAST_TEXT:
                return [line.add(*name)]
            line.column(self.room, name).gap(1)
        return [line.add(self.text, ink("dim"))]
