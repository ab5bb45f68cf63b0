"""The rows of a thread: a comment, and the repetition folded into one line."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from moltwatch.model import Kind
from moltwatch.session.charge import Charge, Opinion
from moltwatch.session.thread import Node
from moltwatch.tui.line import (
    Line,
    Piece,
    StyleOf,
    clock,
    safe,
    safe_line,
    shorten,
    voice,
    wrap,
)
from moltwatch.tui.secrets import masked, secrets_of
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.rows import Look, Target
from moltwatch.wording import count

MOST_INDENT = 10
"""Levels shown by indentation at most, and fewer where that would leave no room for words."""

FOLDED = 6
"""Lines of a comment before it is folded."""

FOLDED_ROOT = 14
MOST_TITLE = 3
"""Lines of a title."""

MOST_LINES = 400

Test = Callable[[Node], bool]
Marks = Callable[[str], Sequence[tuple[int, int]]]
"""Where in one line of a text something is to be marked: from and to, in order, apart."""
Called = Callable[[str], str]
"""What an account is called."""


def strongest(node: Node) -> Charge | None:
    """What is held against a post above all."""
    standing = (charge for charge in node.charges if charge.stands)
    return max(standing, key=lambda charge: charge.score, default=None)


class Manner:
    """How the rows of a pane are shown; all of them share one."""

    def __init__(self) -> None:
        self.called: Called = str
        self.test: Test | None = None
        """The filter: what does not pass is hidden, and a root, which never is, drawn faintly."""
        self.marks: Marks | None = None
        """What is searched for."""
        self.timely = False
        """In order of time: there is no indentation, and each comment says whom it answers."""

    @property
    def stamp(self) -> Hashable:
        return self.test, self.marks, self.timely


class CommentRow:
    """A header line and the body, behind one rail for each level."""

    __slots__ = (
        "_body",
        "_for",
        "_manner",
        "_more",
        "_title",
        "_tried",
        "below",
        "depth",
        "key",
        "node",
        "shown",
        "target",
        "unfolded",
    )

    def __init__(self, node: Node, depth: int, manner: Manner) -> None:
        self.node = node
        self.key, self.target = node.id, Target(node.thread.id, node.id)
        self._manner = manner
        self.depth = depth
        self.unfolded = False
        self.below: Below | None = None
        """What is collapsed into this row."""
        self.shown = 0
        """The number of the arrangement it stands in."""
        self._tried: tuple[Hashable, bool] = (None, True)
        self._for: Hashable = None
        self._title: list[str] = []
        self._body: list[str] = []
        self._more = False

    @property
    def stamp(self) -> Hashable:
        below = self.below and self.below.stamp
        node, manner = self.node, self._manner.stamp
        answered = self._answered if self._manner.timely else None
        called = self.name, answered and answered[0]
        return node.version, called, self.depth, self.unfolded, self.matched, below, manner

    @property
    def name(self) -> str:
        """What its author is called."""
        return self._manner.called(self.node.author)

    @property
    def matched(self) -> bool:
        """Whether it passes the filter, as things stand."""
        test = self._manner.test
        if test is None:
            return True
        wanted = (self.node.version, self.name, test)
        if self._tried[0] != wanted:
            self._tried = wanted, test(self.node)
        return self._tried[1]

    @property
    def foldable(self) -> bool:
        return self._more or self.unfolded

    @property
    def hides_marks(self) -> bool:
        """Whether something that is marked stands only in what is folded away."""
        marks = self._manner.marks
        if marks is None or self.unfolded or not self._more:
            return False
        shown = any(marks(line) for line in (*self._title, *self._body))
        return not shown and bool(marks(safe_line(masked(self.node.text, self.node), 20_000)))

    @property
    def _answered(self) -> tuple[str, str] | None:
        """What the author of the comment it answers is called, and that author; None of the root,
        and where that was not seen."""
        parent = self.node.parent
        if parent is None or parent.post is None:
            return None
        return self._manner.called(parent.author), parent.author

    def _levels(self, width: int) -> int:
        """How many rails stand before it."""
        return max(0, min(self.depth - 1, MOST_INDENT, width // 8))

    def guess(self, width: int) -> int:
        """About how high it is, exact where it was drawn before: to break a text takes time."""
        node = self.node
        if node.post is None or node.deleted or self.unfolded or self._for == self._broken(width):
            return self.height(width)
        most = FOLDED if self.depth else FOLDED_ROOT
        text = len(node.text) // max(8, width - 4) + node.text.count("\n", 0, 80 * most) + 1
        return 1 + min(most, text) + (self.below is not None)

    def _broken(self, width: int) -> Hashable:
        """All that changes how the text breaks; a vote does not."""
        node = self.node
        changed = node.version if node.edited or node.deleted else node.post is None
        told = secrets_of(node) if node.charges else ()  # what it shows by itself does not change
        return width, changed, self._levels(width), self.depth == 0, self.unfolded, told

    def height(self, width: int) -> int:
        wanted = self._broken(width)
        if wanted != self._for:
            self._wrap(width)
            self._for = wanted
        below = self.below is not None
        if self.depth == 0:
            return len(self._title) + len(self._body) + 2 + below if self.node.post else 2 + below
        return len(self._body) + 1 + below

    def _wrap(self, width: int) -> None:
        node = self.node
        title = masked(node.title or "", node)
        title = safe_line(title, 4 * MOST_TITLE * max(1, width)) or "(no title)"
        self._title = [] if self.depth else shorten(title, width - 3, MOST_TITLE)
        if node.post is None or node.deleted:
            self._body, self._more = [], False
            return
        most = MOST_LINES if self.unfolded else FOLDED if self.depth else FOLDED_ROOT
        room = max(8, width - 2 * self._levels(width) - (4 if self.depth else 3))
        # A folded text needs no more characters than its lines could hold.
        told = masked(node.text, node)
        enough = len(told) if self.unfolded else 4 * room * most
        text = safe(told[:enough]).strip()
        if node.cut and self.unfolded:
            text += f"… [{node.cut:,} more characters]"
        if node.title and self.depth:
            text = f"{safe_line(masked(node.title, node))}\n{text}"
        self._body, self._more = wrap(text, room, most) if text else ([], False)
        self._more = self._more or enough < len(told) or bool(node.cut and not self.unfolded)

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        self.height(width)
        lines = (
            self._root(width, style, look) if self.depth == 0 else self._comment(width, style, look)
        )
        if self.below is not None:
            line = self._start(width, style, look).add(" ", None)
            lines.append(self.below.on(line, style))
        return lines

    def _root(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        node = self.node
        edge, edge_style = self._edge(style, look)
        if node.post is None:
            blank = Line(width).add(edge, edge_style)
            return [blank.add(" the root of this thread was not seen", style("faint")), Line(width)]
        lines = [
            self._marked(Line(width).add(edge, edge_style).add(" "), text, style("strong"), style)
            for text in self._title
        ]
        head = Line(width).add(edge, edge_style).add(" ")
        self._byline(head, style)
        self._charges(head, style)
        lines.append(head)
        lines += self._texts(lambda: Line(width).add(edge, edge_style).add(" "), style)
        lines.append(Line(width))
        return lines

    def _comment(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        node = self.node
        head = self._start(width, style, look)
        if node.post is None:
            return [head.add(f"{sign('cool')} not seen", style("faint"))]
        head.add(sign("fresh") if look.fresh >= 2 else sign("cool"), self._mark(style, look))
        head.add(" ")
        self._byline(head, style)
        self._charges(head, style)
        if self.depth - 1 > self._levels(width):
            head.right((f" {self.depth} deep ", style("faint")))
        return [head, *self._texts(lambda: self._start(width, style, look).add("  "), style)]

    def _texts(self, start: Callable[[], Line], style: StyleOf) -> list[Line]:
        """The body, with a sign at its end where something is left out."""
        lines: list[Line] = []
        body = style("body" if self.matched else "faint")
        for i, text in enumerate(self._body):
            line = start()
            more = ""
            if self._more and i == len(self._body) - 1:
                more = " y copies all of it " if self.unfolded else f" {sign('more')} more "
                room = max(0, line.room - cell_len(more))
                if cell_len(text) > room:
                    # The sign has its room, whatever the text would have taken.
                    text = set_cell_size(text, max(0, room - 1)).rstrip() + "…"
            self._marked(line, text, body, style)
            lines.append(line.right((more, style("accent"))) if more else line)
        return lines

    def _marked(self, line: Line, text: str, under: Style, style: StyleOf) -> Line:
        """Add a line of the text; what is searched for stands out."""
        at = 0
        for begin, end in self._manner.marks(text) if self._manner.marks else ():
            if at <= begin < end:
                line.add(text[at:begin], under).add(text[begin:end], under + style("match"))
                at = end
        return line.add(text[at:], under)

    def _start(self, width: int, style: StyleOf, look: Look) -> Line:
        line = Line(width).add(*self._edge(style, look))
        return line.add(f"{sign('rail')} " * self._levels(width), style("rail"))

    def _edge(self, style: StyleOf, look: Look) -> Piece:
        """The left edge: under the cursor, or in the colour of what is held against the post."""
        if look.selected:
            return sign("cursor"), style("primary")
        charge = strongest(self.node)
        return (sign("edge"), style(charge.kind.value)) if charge else (" ", None)

    def _mark(self, style: StyleOf, look: Look) -> Style:
        return style("fresh" if look.fresh else "faint")

    def _byline(self, line: Line, style: StyleOf) -> None:
        node = self.node
        line.add(safe_line(self.name, 40), style(voice(node.author) if self.matched else "faint"))
        line.add(f" {clock(node.at)}", style("faint"))
        if self._manner.timely and self.depth:
            line.add(f" {sign('answers')} ", style("faint"))
            if answered := self._answered:
                line.add(safe_line(answered[0], 40), style(voice(answered[1])))
            else:
                line.add("not seen", style("faint"))
        if node.score:
            line.add(f" {node.score:+,}", style("dim"))
        if node.edited:
            line.add(f" {sign('edited')} edited", style("dim"))
        if node.deleted:
            line.add(" deleted", style("bad"))

    def _charges(self, line: Line, style: StyleOf) -> None:
        for charge in self.node.charges:
            if charge.retracted:
                continue
            if charge.stands:
                kept = sign("yes") if charge.opinion is Opinion.CONFIRMED else ""
                text = f"  {sign(charge.kind)} {charge.kind.value} {charge.score:.2f}{kept}"
                if len(text) > line.room:
                    text = f" {sign(charge.kind)}{charge.score:.2f}{kept}"
                line.add(text, style(charge.kind.value))
            else:
                line.add(f"  {sign(charge.kind)} dismissed", style("faint"))


class Flagged:
    """How many of some posts of a thread are flagged, by kind: counted when asked for, and again
    when the thread has changed."""

    __slots__ = ("_at", "_counted", "nodes")

    def __init__(self, nodes: Callable[[], Iterable[Node]]) -> None:
        self.nodes = nodes
        self._at = -1
        self._counted: tuple[tuple[Kind, int], ...] = ()

    def counted(self, version: int) -> tuple[tuple[Kind, int], ...]:
        """Those kinds of which there are any; ``version`` is the thread's."""
        if version != self._at:
            self._at = version
            n = dict.fromkeys(Kind, 0)
            for node in self.nodes():
                for charge in node.charges:
                    n[charge.kind] += charge.stands
            self._counted = tuple((kind, many) for kind, many in n.items() if many)
        return self._counted

    def on(self, line: Line, style: StyleOf, version: int) -> Line:
        """Add the signs of the kinds, with how many."""
        for kind, n in self.counted(version):
            line.add(f" {sign(kind)}{n:,}", style(kind.value))
        return line


class Below:
    """What was collapsed into a comment: how many replies, and what is flagged among them."""

    __slots__ = ("_flagged", "n", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.n = sum(each.post is not None for each in self._nodes())
        self._flagged = Flagged(self._nodes)

    @property
    def stamp(self) -> Hashable:
        return self.n, self._flagged.counted(self.node.thread.version)

    def on(self, line: Line, style: StyleOf) -> Line:
        replies = f"{self.n:,} {'reply' if self.n == 1 else 'replies'}"
        line.add(f"{sign('folded')} {replies}", style("accent"))
        return self._flagged.on(line, style, self.node.thread.version)

    def _nodes(self) -> Iterable[Node]:
        stack = list(self.node.children)
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.children)


class RepeatsRow:
    """Posts that say again what was said, on one line; opened, they stand below it.

    ``first`` is the post whose words they repeat. Without it they repeat words said anywhere before
    them.
    """

    __slots__ = (
        "_authors",
        "_flagged",
        "_manner",
        "depth",
        "first",
        "key",
        "nearly",
        "nodes",
        "open",
    )

    def __init__(self, key: Hashable, first: Node | None, depth: int, manner: Manner) -> None:
        self.key = key
        self.first = first
        self.depth = depth
        self.nodes: list[Node] = []
        """In order of arrival."""
        self.open = False
        self.nearly = False
        """Of some of them only the numbers, links and pictures are others."""
        self._manner = manner
        self._authors: set[str] = set()
        self._flagged = Flagged(lambda: self.nodes)

    def add(self, node: Node, first: Node) -> None:
        """One more says again what ``first`` said."""
        self.nodes.append(node)
        self.nearly = self.nearly or node.said != first.said
        self._authors.add(node.author)

    @property
    def target(self) -> Target | None:
        """The latest of them is meant."""
        node = self.nodes[-1]
        return Target(node.thread.id, node.id)

    @property
    def _flags(self) -> tuple[tuple[Kind, int], ...]:
        return self._flagged.counted(self.nodes[-1].thread.version)

    @property
    def stamp(self) -> Hashable:
        name = self._manner.called(self.nodes[-1].author)
        return len(self.nodes), self.depth, self.open, self._flags, name, self._manner.stamp

    def height(self, width: int) -> int:
        return 1

    def guess(self, width: int) -> int:
        return 1

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        line = Line(width)
        flags = self._flags
        if look.selected:
            line.add(sign("cursor"), style("primary"))
        elif flags:
            line.add(sign("edge"), style(flags[0][0].value))
        else:
            line.add(" ")
        levels = max(0, min(self.depth - 1, MOST_INDENT, width // 8))
        line.add(f"{sign('rail')} " * levels, style("rail"))
        mark = sign("more") if self.open else sign("folded")
        line.add(f"{mark} ", style("fresh" if look.fresh else "accent"))
        nodes, first = self.nodes, self.first
        n, nearly = len(nodes), "nearly " if self.nearly else ""
        if len(self._authors) > 1 or (first is not None and first.author not in self._authors):
            words = "the same words" if first else "words said before"
            line.add(f"{n:,} more", style("strong")).add(f" with {nearly}{words}", style("dim"))
            line.whole((f", {count(len(self._authors), 'account')}", style("faint")))
        elif nearly and first is not None and not first.children:
            line.add(f"{n:,} more", style("strong"))
            line.add(" by this account, nearly the same", style("dim"))
        else:
            if first is None or first.children:
                # What is said stands elsewhere, or its answers stand between.
                author = nodes[-1].author
                line.add(safe_line(self._manner.called(author), 40), style(voice(author))).add(" ")
            says = f"says {nearly}this again" if first else f"{nearly}repeats itself"
            line.add(says, style("dim")).add(f" ×{n:,}" if n > 1 else "", style("strong"))
        self._flagged.on(line, style, nodes[-1].thread.version)
        if len(nodes) > 1:
            line.whole((f"  {clock(nodes[0].at)}–{clock(nodes[-1].at)}", style("faint")))
        else:
            line.whole((f"  {clock(nodes[0].at)}", style("faint")))
        return [line]
