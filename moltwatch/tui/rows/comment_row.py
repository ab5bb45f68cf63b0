"""A post in its thread: who, when, what is held against it, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from zlib import crc32

from rich.style import Style

from moltwatch.session.charges import Charge, Opinion
from moltwatch.session.thread import Node
from moltwatch.times import SECOND, Micros
from moltwatch.tui.ink import Line, Piece, safe, safe_line, shorten, wrap
from moltwatch.tui.inked import VOICES, Ink
from moltwatch.tui.stack import Look
from moltwatch.tui.symbols import sign

MOST_INDENT = 10
"""Levels shown by indentation at most, and fewer where that would leave no room for words."""

FOLDED = 6
"""Lines of a comment before it is folded."""

FOLDED_ROOT = 14
MOST_TITLE = 3
"""Lines of a title."""

MOST_LINES = 400
_DAY_SECONDS = 86_400


def clock(at: Micros) -> str:
    """Time of day in UTC, ``05:19:31``."""
    seconds = at // SECOND % _DAY_SECONDS
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def voice(author: str) -> str:
    """The ink of a speaker: the same in every run."""
    return f"voice-{crc32(author.encode('utf-8', 'replace')) % VOICES}"


Test = Callable[[Node], bool]
Called = Callable[[str], str]
"""What an account is called."""


def strongest(node: Node) -> Charge | None:
    """What is held against a post above all."""
    standing = (charge for charge in node.charges if charge.stands)
    return max(standing, key=lambda charge: charge.score, default=None)


class CommentRow:
    """A header line and the body, behind one rail for each level."""

    __slots__ = (
        "_body",
        "_called",
        "_for",
        "_more",
        "_title",
        "_tried",
        "depth",
        "node",
        "test",
        "unfolded",
    )

    def __init__(self, node: Node, depth: int, called: Called) -> None:
        self.node = node
        self._called = called
        self.depth = depth
        self.unfolded = False
        self.test: Test | None = None
        """The filter: what does not pass is drawn faintly."""
        self._tried: tuple[Hashable, bool] = (None, True)
        self._for: Hashable = None
        self._title: list[str] = []
        self._body: list[str] = []
        self._more = False

    @property
    def key(self) -> Hashable:
        return self.node.id

    @property
    def stamp(self) -> Hashable:
        return self.node.version, self.name, self.depth, self.unfolded, self.matched

    @property
    def name(self) -> str:
        """What its author is called."""
        return self._called(self.node.author)

    @property
    def matched(self) -> bool:
        """Whether it passes the filter, as things stand."""
        if self.test is None:
            return True
        wanted = (self.node.version, self.name, self.test)
        if self._tried[0] != wanted:
            self._tried = wanted, self.test(self.node)
        return self._tried[1]

    @property
    def foldable(self) -> bool:
        return self._more or self.unfolded

    def _levels(self, width: int) -> int:
        """How many rails stand before it."""
        return max(0, min(self.depth - 1, MOST_INDENT, width // 8))

    def height(self, width: int) -> int:
        # Only what changes how the text breaks; a vote does not.
        node = self.node
        changed = node.version if node.edited or node.deleted else node.post is None
        wanted = (width, changed, self.depth, self.unfolded)
        if wanted != self._for:
            self._wrap(width)
            self._for = wanted
        if self.depth == 0:
            return len(self._title) + len(self._body) + 2 if self.node.post else 2
        return len(self._body) + 1

    def _wrap(self, width: int) -> None:
        node = self.node
        title = safe_line(node.title or "") or "(no title)"
        self._title = [] if self.depth else shorten(title, width - 3, MOST_TITLE)
        if node.post is None or node.deleted:
            self._body, self._more = [], False
            return
        most = MOST_LINES if self.unfolded else FOLDED if self.depth else FOLDED_ROOT
        room = max(8, width - 2 * self._levels(width) - (4 if self.depth else 3))
        # A folded text needs no more characters than its lines could hold.
        text = safe(node.text if self.unfolded else node.text[: 4 * room * most]).strip()
        if node.cut and self.unfolded:
            text += f"… [{node.cut:,} more characters]"
        if node.title and self.depth:
            text = f"{safe_line(node.title)}\n{text}"
        self._body, self._more = wrap(text, room, most) if text else ([], False)

    def lines(self, width: int, ink: Ink, look: Look) -> list[Line]:
        self.height(width)
        return self._root(width, ink, look) if self.depth == 0 else self._comment(width, ink, look)

    def _root(self, width: int, ink: Ink, look: Look) -> list[Line]:
        node = self.node
        edge, edge_ink = self._edge(ink, look)
        if node.post is None:
            blank = Line(width).add(edge, edge_ink)
            return [blank.add(" the root of this thread was not seen", ink("faint")), Line(width)]
        lines = [
            Line(width).add(edge, edge_ink).add(" ").add(text, ink("strong"))
            for text in self._title
        ]
        head = Line(width).add(edge, edge_ink).add(" ")
        self._byline(head, ink)
        self._charges(head, ink)
        lines.append(head)
        for text in self._body:
            line = Line(width).add(edge, edge_ink).add(" ")
            lines.append(line.add(text, ink("body" if self.matched else "faint")))
        if self._more and lines:
            lines[-1].right((f" {sign('more')} more ", ink("accent")))
        lines.append(Line(width))
        return lines

    def _comment(self, width: int, ink: Ink, look: Look) -> list[Line]:
        node = self.node
        head = self._start(width, ink, look)
        if node.post is None:
            return [head.add(f"{sign('cool')} not seen", ink("faint"))]
        head.add(sign("fresh") if look.fresh >= 2 else sign("cool"), self._mark(ink, look))
        head.add(" ")
        self._byline(head, ink)
        self._charges(head, ink)
        if self.depth - 1 > self._levels(width):
            head.right((f" {self.depth} deep ", ink("faint")))
        lines = [head]
        body = ink("body" if self.matched else "faint")
        lines += [self._start(width, ink, look).add("  ").add(text, body) for text in self._body]
        if self._more:
            lines[-1].right((f" {sign('more')} more ", ink("accent")))
        return lines

    def _start(self, width: int, ink: Ink, look: Look) -> Line:
        line = Line(width).add(*self._edge(ink, look))
        return line.add(f"{sign('rail')} " * self._levels(width), ink("rail"))

    def _edge(self, ink: Ink, look: Look) -> Piece:
        """The left edge: under the cursor, or in the colour of what is held against the post."""
        if look.selected:
            return sign("cursor"), ink("primary")
        charge = strongest(self.node)
        return (sign("edge"), ink(charge.kind.value)) if charge else (" ", None)

    def _mark(self, ink: Ink, look: Look) -> Style:
        return ink("fresh" if look.fresh else "faint")

    def _byline(self, line: Line, ink: Ink) -> None:
        node = self.node
        line.add(safe_line(self.name, 40), ink(voice(node.author) if self.matched else "faint"))
        line.add(f" {clock(node.at)}", ink("faint"))
        if node.score:
            line.add(f" {node.score:+,}", ink("dim"))
        if node.edited:
            line.add(f" {sign('edited')} edited", ink("dim"))
        if node.deleted:
            line.add(" deleted", ink("bad"))

    def _charges(self, line: Line, ink: Ink) -> None:
        for charge in self.node.charges:
            if charge.retracted:
                continue
            if charge.stands:
                kept = sign("yes") if charge.case.opinion is Opinion.CONFIRMED else ""
                text = f"  {sign(charge.kind)} {charge.kind.value} {charge.score:.2f}{kept}"
                if len(text) > line.room:
                    text = f" {sign(charge.kind)}{charge.score:.2f}{kept}"
                line.add(text, ink(charge.kind.value))
            else:
                line.add(f"  {sign(charge.kind)} dismissed", ink("faint"))
