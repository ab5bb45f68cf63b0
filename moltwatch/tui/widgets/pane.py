"""A pane: a title line over rows, and the plain rows that panes are made of."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical

from moltwatch.tui.line import Bar, Ink, Line, shorten, with_right
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.rowview import Look, RowView

Pieces = Sequence[tuple[str, str]]
"""Harmless texts, each with the name of its ink."""


COOLING = 12
"""Frames after which something fresh is a step less so."""


class PaneTitle(Bar):
    """One line: what the pane shows."""

    def __init__(self) -> None:
        super().__init__()
        self._left: Pieces = ()
        self._right: Pieces = ()

    def set(self, left: Pieces, right: Pieces = ()) -> None:
        self._left, self._right = tuple(left), tuple(right)
        self.show((self._left, self._right))

    def draw(self, width: int) -> list[Line]:
        return [
            with_right(
                width,
                [(text, self.ink(name)) for text, name in self._right],
                [(" ", None), *((text, self.ink(name)) for text, name in self._left)],
            )
        ]


class Pane(Vertical):
    """A title and a view."""

    def __init__(self, view: RowView, *, id: str | None = None, classes: str = "") -> None:
        super().__init__(id=id, classes=f"pane {classes}")
        self.view = view
        self._cooled = 0
        self.title_line = PaneTitle()

    def compose(self) -> ComposeResult:
        yield self.title_line
        yield self.view

    def breathe(self, frame: int) -> None:
        """Let what is fresh cool down, a step every few frames."""
        if frame - self._cooled >= COOLING:
            self._cooled = frame
            self.view.cool()


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


class PostRow:
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
