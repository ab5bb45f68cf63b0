"""One thread, its tree growing as it is watched."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import perf_counter
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.binding import Binding, BindingType

from moltwatch.session import Session
from moltwatch.session.charges import Charge, Opinion
from moltwatch.session.thread import Node, Thread
from moltwatch.tui.line import (
    Line,
    Piece,
    StyleOf,
    clock,
    safe,
    safe_line,
    shorten,
    truncate,
    voice,
    wrap,
)
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.threads import per_minute, title_of
from moltwatch.tui.widgets.pane import Frame, TitledPane
from moltwatch.tui.widgets.rowview import Look, RowView, Target
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
        "key",
        "node",
        "target",
        "test",
        "unfolded",
    )

    def __init__(self, node: Node, depth: int, called: Called) -> None:
        self.node = node
        self.key, self.target = node.id, Target(node.thread.id, node.id)
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

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        self.height(width)
        return (
            self._root(width, style, look) if self.depth == 0 else self._comment(width, style, look)
        )

    def _root(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        node = self.node
        edge, edge_style = self._edge(style, look)
        if node.post is None:
            blank = Line(width).add(edge, edge_style)
            return [blank.add(" the root of this thread was not seen", style("faint")), Line(width)]
        lines = [
            Line(width).add(edge, edge_style).add(" ").add(text, style("strong"))
            for text in self._title
        ]
        head = Line(width).add(edge, edge_style).add(" ")
        self._byline(head, style)
        self._charges(head, style)
        lines.append(head)
        for text in self._body:
            line = Line(width).add(edge, edge_style).add(" ")
            lines.append(line.add(text, style("body" if self.matched else "faint")))
        if self._more and lines:
            lines[-1].right((f" {sign('more')} more ", style("accent")))
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
        lines = [head]
        body = style("body" if self.matched else "faint")
        lines += [self._start(width, style, look).add("  ").add(text, body) for text in self._body]
        if self._more:
            lines[-1].right((f" {sign('more')} more ", style("accent")))
        return lines

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
                kept = sign("yes") if charge.case.opinion is Opinion.CONFIRMED else ""
                text = f"  {sign(charge.kind)} {charge.kind.value} {charge.score:.2f}{kept}"
                if len(text) > line.room:
                    text = f" {sign(charge.kind)}{charge.score:.2f}{kept}"
                line.add(text, style(charge.kind.value))
            else:
                line.add(f"  {sign(charge.kind)} dismissed", style("faint"))


Note = tuple[str, str]
"""Why this thread is on the screen, with the name of its style."""

MOST_FRESH = 200
"""Posts marked as fresh in one frame; more at once is a jump in time, not news."""

ROOM_FOR_TITLE = 26
"""Cells that a title gets at least, whatever else there is to say of a thread."""

SHARE = 4
"""After a rebuild, the tree rests for this many times as long as it took."""


class ThreadView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "unfold")]


class ThreadPane(TitledPane):
    """The comment tree of one thread."""

    def __init__(self, *, id: str | None = None, classes: str = "") -> None:
        view = ThreadView(follow=True, empty="no thread yet")
        super().__init__(view, id=id, classes=classes)
        self.thread: Thread | None = None
        self._rows: dict[str, CommentRow] = {}
        self._last: Node | None = None
        self._taken = 0
        self._moves = -1
        self._version = -1
        self._rest_until = 0.0
        self._test: Test | None = None
        self._called: Called = str
        self._names = 0

    def open(self, thread: Thread | None) -> None:
        """Show this thread."""
        if thread is self.thread:
            return
        self.thread = thread
        self._rows.clear()
        self._version = self._moves = -1
        self._taken = 0
        self._rest_until = 0.0
        self.view.set_reactive(RowView.cursor, -1)
        self.view.set_rows([])
        self.view.following = True

    def filter(self, test: Test | None) -> None:
        """Posts that do not pass fade."""
        self._test = test
        for row in self._rows.values():
            row.test = test
        self.view.refresh()

    def matches(self) -> list[int]:
        """Places of the rows that pass the filter."""
        return [
            i
            for i, row in enumerate(self.view.rows)
            if isinstance(row, CommentRow) and row.matched and row.node.post
        ]

    def draw(self, frame: Frame, note: Note | None = None) -> None:
        session = frame.session
        self.cool(frame)
        self._called = session.names
        if session.names.version != self._names:
            self._names = session.names.version
            self.view.refresh()
        thread = self.thread
        if thread is None:
            self.title_line.set([("THREAD", "strong")])
            return
        if thread.version != self._version and perf_counter() >= self._rest_until:
            self._version = thread.version
            self._take(thread)
        self._title(thread, session, note)

    def _title(self, thread: Thread, session: Session, note: Note | None) -> None:
        left = [(title_of(thread), "strong")]
        if self.view.scroll_offset.y == 0 and thread.root.post is not None:
            # The title stands right below.
            left = [("THREAD", "strong")]
            if thread.community:
                left.append((f" in {safe_line(thread.community, 60)}", "dim"))
        rate = per_minute(thread.rate.per_minute(session.now))
        right = [(3, f" {note[0]} ", note[1])] if note else []
        right.append((1, f" {count(thread.n, 'post')} ", "dim"))
        if rate:
            right.append((2, f"{rate} ", "dim"))
        if self.view.following:
            right.append((4, f"{sign('follow')} ", "fresh"))
        elif thread.unread:
            right.append((4, f"+{thread.unread:,} below ", "accent"))
        room = self.size.width - min(ROOM_FOR_TITLE, sum(cell_len(text) for text, _ in left) + 2)
        kept = truncate(
            right, room, width=lambda part: cell_len(part[1]), rank=lambda part: part[0]
        )
        self.title_line.set(left, [(text, style) for _, text, style in kept])

    # --- the tree ---------------------------------------------------------------------------------

    def _take(self, thread: Thread) -> None:
        new = thread.order[self._taken :] if thread.moves == self._moves else None
        if new is not None and (leaves := self._leaves(new)) is not None:
            if leaves:
                self.view.extend_rows(leaves)
        else:
            begun = perf_counter()
            known = self._moves >= 0
            rows = [self._row(node, depth) for node, depth in thread.walk()]
            self.view.set_rows(rows)
            self._last = rows[-1].node
            self._rest_until = perf_counter() + SHARE * (perf_counter() - begun)
            new = thread.order[self._taken :] if known else []
            if len(self._rows) > 2 * len(rows) + 100:
                self._rows = {row.node.id: row for row in rows}
        if len(new) <= MOST_FRESH:
            for node in new:
                self.view.touch(node.id, 6)
        self._moves = thread.moves
        self._taken = len(thread.order)
        self.view.refresh()

    def _leaves(self, new: list[Node]) -> list[CommentRow] | None:
        """Rows of the new posts if all of them come after everything shown, otherwise None.

        That is so when each one's parent lies on the way from the last row up to the root: the
        usual case, and it saves walking the tree.
        """
        last, rows = self._last, []
        for node in new:
            above, up = last, 0
            while above is not None and above is not node.parent:
                above, up = above.parent, up + 1
            if above is None or node.id in self._rows:
                return None
            depth = self._rows[above.id].depth + 1 if above.id in self._rows else None
            if depth is None:
                return None
            rows.append(self._row(node, depth))
            last = node
        self._last = last
        return rows

    def _row(self, node: Node, depth: int) -> CommentRow:
        row = self._rows.get(node.id)
        if row is None or row.node is not node:
            row = self._rows[node.id] = CommentRow(node, depth, self._called)
            row.test = self._test
        row.depth = depth
        return row

    # --- what the user does -----------------------------------------------------------------------

    @property
    def node(self) -> Node | None:
        """The post under the cursor."""
        row = self.view.current
        return row.node if isinstance(row, CommentRow) else None

    def unfold(self) -> None:
        """Show all of a long post, or fold it again."""
        row = self.view.current
        if isinstance(row, CommentRow) and row.foldable:
            row.unfolded = not row.unfolded
            self.view.remeasure()
            self.view.move_to(self.view.cursor)

    def go_to(self, post: str) -> bool:
        """Put the cursor on a post of this thread."""
        if self.thread is not None:
            self._rest_until = 0.0
            self._version = self.thread.version
            self._take(self.thread)
        return self.view.move_to_key(post)

    @property
    def label(self) -> str:
        return safe_line(title_of(self.thread), 60) if self.thread else ""
