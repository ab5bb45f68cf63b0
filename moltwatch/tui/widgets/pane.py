"""What stands on the screen: panes, the frame they are drawn from, and the plain rows in them."""

from __future__ import annotations

from collections.abc import Collection, Container, Hashable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical

from moltwatch.session import Session
from moltwatch.times import MINUTE, Micros
from moltwatch.tui.line import Bar, Line, StyleOf, shorten, with_right
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.player import Run
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.rows import Look, Row, Target
from moltwatch.tui.widgets.rowview import RowView

Piece = tuple[str, str]
"""A harmless text and the name of its style."""

COOLING = 12
"""Frames after which something fresh is a step less so."""

LEFT_ALONE: Micros = MINUTE
"""After so long on the wall clock without a key or the mouse, nobody reads what stands around the
thread."""

LEAST_TEXT = 14
"""Cells below which what is said stands below a name: after it, it would say nothing."""

TIME = 9
"""Cells of a time in a list of posts at least."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What one frame is drawn from. Whoever draws reads it, and changes nothing in it."""

    number: int
    """Of all frames so far, the dropped ones included."""
    wall: Micros
    """Time on the wall clock."""
    run: Run
    filter: LiveFilter | None
    pinned: Collection[str]
    """Ids of threads."""
    opened: Container[str]
    """Ids of the threads that are on the screen."""
    still: bool = False
    """It is frozen or paused: nothing changes its place by itself."""

    @property
    def session(self) -> Session:
        return self.run.session


class Pane(Vertical):
    """A part of the screen; ``view`` is what has the focus in it."""

    def __init__(self, view: RowView, *, id: str | None = None, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.view = view

    def draw(self, frame: Frame) -> None:
        """Show what is new. It is called up to 30 times a second."""
        raise NotImplementedError

    def reset(self) -> None:
        """Another session is on the screen: forget all of the last one."""

    def back(self) -> bool:
        """Go back a step within the pane; False if there is none."""
        return False


class PaneTitle(Bar):
    """One line: what the pane shows."""

    def __init__(self) -> None:
        super().__init__()
        self._left: Sequence[Piece] = ()
        self._right: Sequence[Piece] = ()

    def set(self, left: Sequence[Piece], right: Sequence[Piece] = ()) -> None:
        self._left, self._right = tuple(left), tuple(right)
        self.show((self._left, self._right))

    def lines(self, width: int) -> list[Line]:
        return [
            with_right(
                width,
                [(text, self.style(name)) for text, name in self._right],
                [(" ", None), *((text, self.style(name)) for text, name in self._left)],
            )
        ]


class TitledPane(Pane):
    """A title over rows."""

    def __init__(self, view: RowView, *, id: str | None = None, classes: str = "") -> None:
        super().__init__(view, id=id, classes=classes)
        self.title_line = PaneTitle()
        self._cooled = 0

    def compose(self) -> ComposeResult:
        yield self.title_line
        yield self.view

    def cool(self, frame: Frame) -> None:
        """Let what is fresh cool down, a step every few frames."""
        if frame.number - self._cooled >= COOLING:
            self._cooled = frame.number
            self.view.cool()


class PiecesRow:
    """One line of pieces, already harmless."""

    __slots__ = ("key", "left", "right", "target")

    def __init__(
        self,
        key: Hashable,
        left: Sequence[Piece],
        right: Sequence[Piece] = (),
        target: Target | None = None,
    ) -> None:
        self.key = key
        self.target = target
        self.left = tuple(left)
        self.right = tuple(right)

    @property
    def stamp(self) -> Hashable:
        return self.left, self.right

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        line = Line(width).add(sign("cursor") if look.selected else " ", style("primary"))
        for text, name in self.left:
            line.add(text, style(name))
        return [line.right(*((text, style(name)) for text, name in self.right))]


class StackRow:
    """Several rows that are one: the cursor is on all of them."""

    __slots__ = ("_rows", "key", "target")

    def __init__(self, key: Hashable, rows: Sequence[Row], target: Target | None = None) -> None:
        self.key = key
        self.target = target
        self._rows = tuple(rows)

    @property
    def stamp(self) -> Hashable:
        return tuple([row.stamp for row in self._rows])

    def height(self, width: int) -> int:
        return sum([row.height(width) for row in self._rows])

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        return [line for row in self._rows for line in row.lines(width, style, look)]


class ParagraphRow:
    """A harmless text, broken into lines."""

    __slots__ = ("_broken", "_for", "_indent", "_most", "_style", "key", "target", "text")

    def __init__(
        self,
        key: Hashable,
        text: str,
        style: str = "body",
        most: int = 12,
        indent: int = 1,
        target: Target | None = None,
    ) -> None:
        self.key = key
        self.target = target
        self.text = text
        self._style = style
        self._most = most
        self._indent = indent
        self._for = -1
        self._broken: list[str] = []

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

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        self.height(width)
        edge = sign("cursor") if look.selected else " "
        return [
            Line(width).add(edge, style("primary")).gap(self._indent).add(text, style(self._style))
            for text in self._broken
        ]


class PostRow:
    """A post on one line: when it came, who wrote it, what it says; on a second where the pane is
    narrow.

    ``room`` is how many cells the name gets, so that what is said begins in one column; ``right``
    is said at the end of the line.
    ``section`` tells it from a row about the same post elsewhere in the list.
    """

    __slots__ = ("after", "author", "author_style", "key", "right", "room", "target", "text")

    def __init__(
        self,
        post: str,
        thread: str,
        after: str,
        author: str,
        author_style: str,
        text: str,
        room: int = 0,
        right: Sequence[Piece] = (),
        section: str = "",
    ) -> None:
        self.key: Hashable = (section, post) if section else post
        self.target = Target(thread, post)
        self.after = after
        self.author = author
        self.author_style = author_style
        self.room = room
        self.text = text
        self.right = tuple(right)

    @property
    def stamp(self) -> Hashable:
        return self.after, self.author, self.room, self.text, self.right

    def _is_narrow(self, width: int) -> bool:
        """Whether there is no room for what is said beside the name."""
        rest = sum(cell_len(text) for text, _ in self.right)
        taken = 2 + max(TIME, len(self.after)) + rest + self.room
        return bool(self.room) and width - taken < LEAST_TEXT

    def height(self, width: int) -> int:
        return 2 if self.text and self._is_narrow(width) else 1

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        rest = sum(cell_len(text) for text, _ in self.right)
        line = Line(width - rest).add(sign("cursor") if look.selected else " ", style("primary"))
        line.add(f"{self.after:>{TIME}} ", style("dim"))
        lines, name = [line], (self.author, style(self.author_style))
        if self._is_narrow(width):
            line.add(*name)
            if self.text:
                edge = sign("cursor") if look.selected else " "
                below = Line(width).add(edge, style("primary")).gap(2)
                lines.append(below.add(self.text, style("dim")))
        else:
            if self.room:
                line.column(self.room, name).gap(1)
            line.add(self.text, style("dim"))
        line.room += rest
        line.right(*((text, style(name)) for text, name in self.right))
        return lines
