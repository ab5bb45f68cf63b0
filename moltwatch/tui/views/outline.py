"""In which rows a thread is shown: as a tree or in order of time, repetition and what was collapsed
folded away.

As a tree, answers that say what another answer to the same comment said are folded into one row
behind that. One that was answered itself stays where it is. In order of time, those that say what
was said before are folded where they follow each other. Of one account it is enough if they say
nearly the same: if only numbers, links and pictures differ.

What a filter hides has no row; what answers it stands under the next comment above that has one.
The root is always there.

What comes in is put where it belongs without another look at the rest.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeAlias

from moltwatch.session.thread import Node, Thread
from moltwatch.tui.views.comment import Below, CommentRow, Manner, RepeatsRow

MOST_PLACES = 24
"""Places at which rows are put in between at once; with more of them, all is arranged anew."""

ThreadRow: TypeAlias = CommentRow | RepeatsRow
Insertion: TypeAlias = tuple[int, list[ThreadRow]]
"""Rows, and the place of the first."""
Run: TypeAlias = tuple[str, int]
"""Answers to one comment that say the same: its id, and what the first of them says."""

_MANY = 2_000
"""Rows of posts that have gone, kept until there are as many."""


class Outline:
    """The rows of one thread at a time, all shown in one manner."""

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.rows: list[ThreadRow] = []
        self._comments: dict[str, CommentRow] = {}
        self._collapsed: set[str] = set()
        """Posts whose answers are not shown."""
        self._opened: set[Hashable] = set()
        """Rows of repeats that are."""
        self._firsts: dict[tuple[str, str, int], Node] = {}
        """By the comment that is answered, whose words they are where nearly the same is enough,
        and the words, who said them first."""
        self._runs: dict[Hashable, RepeatsRow] = {}
        self._folded: dict[str, RepeatsRow] = {}
        """Where a post that repeats is, folded or opened."""
        self._stretch: RepeatsRow | None = None
        """In order of time, the row that the next repeat joins."""
        self._number = 0
        self._tried: dict[str, tuple[Hashable, bool]] = {}
        """Whether a post passed the filter, and as what it was tried."""

    def clear(self) -> None:
        """Another thread comes."""
        self.rows = []
        self._comments.clear()
        self._collapsed.clear()
        self._opened.clear()
        self._tried.clear()
        self._forget()

    def passes(self, node: Node) -> bool:
        """Whether a post is one that the filter leaves."""
        test = self.manner.test
        if test is None or node is node.thread.root:
            return True
        wanted = (node.version, self.manner.called(node.author), test)
        tried = self._tried.get(node.id)
        if tried is None or tried[0] != wanted:
            tried = self._tried[node.id] = (wanted, test(node))
        return tried[1]

    def arrange(self, thread: Thread) -> list[ThreadRow]:
        """All rows, anew."""
        self._forget()
        self._number += 1
        self.rows = self._in_time(thread) if self.manner.timely else self._in_tree(thread)
        if len(self._comments) > len(thread.nodes) + _MANY:
            nodes = thread.nodes
            self._comments = {id: row for id, row in self._comments.items() if id in nodes}
            self._tried = {id: tried for id, tried in self._tried.items() if id in nodes}
        return self.rows

    def add(self, new: list[Node]) -> list[Insertion] | None:
        """Take in new posts; None if all has to be arranged anew. The insertions are to be made one
        after the other."""
        if self.manner.test is not None:
            return None  # what was there may pass by now, or no longer
        made: list[Insertion] = []
        for node in new:
            put = self._in_order(node) if self.manner.timely else self._under_parent(node)
            if put is None:
                return None
            at, rows = put
            if not rows:
                continue
            self.rows[at:at] = rows
            if made and at == made[-1][0] + len(made[-1][1]):
                made[-1][1].extend(rows)
            else:
                made.append((at, rows))
                if len(made) > MOST_PLACES:
                    return None
        return made

    def showing(self, node: Node) -> ThreadRow | None:
        """The row in which a post is, be it alone, among repeats or collapsed."""
        folded = self._folded.get(node.id)
        if folded is not None and not folded.open:
            return folded
        above: Node | None = node
        while above is not None:
            row = self._comments.get(above.id)
            if row is not None and row.shown == self._number:
                return row
            above = above.parent
        return None

    def reveal(self, node: Node) -> bool:
        """Open whatever hides a post; tell whether something did, and all is to be arranged."""
        hidden = False
        folded = self._folded.get(node.id)
        if folded is not None and not folded.open:
            self._opened.add(folded.key)
            hidden = True
        above = node.parent
        while above is not None and not self.manner.timely:
            if above.id in self._collapsed:
                self._collapsed.discard(above.id)
                hidden = True
            above = above.parent
        if hidden and folded is None and not self.manner.timely:
            # It may be a repeat in what was collapsed.
            self.arrange(node.thread)
            if (folded := self._folded.get(node.id)) is not None:
                self._opened.add(folded.key)
        return hidden

    def toggle(self, row: ThreadRow) -> str:
        """Fold or open what is at a row; what to say if there is nothing."""
        if isinstance(row, RepeatsRow):
            self._opened ^= {row.key}
            return ""
        if (repeats := self._folded.get(row.node.id)) is not None:
            self._opened.discard(repeats.key)
            return ""
        if self.manner.timely:
            return "replies are folded in the tree, T goes there"
        if row.node.children:
            self._collapsed ^= {row.node.id}
            return ""
        run = self._run(row.node)
        if run in self._runs and self._runs[run].first is row.node:
            self._opened ^= {run}
            return ""
        return "no replies to fold here"

    def held_by(self, row: ThreadRow) -> Node:
        """The post to stay with when the rows change."""
        return row.node if isinstance(row, CommentRow) else row.first or row.nodes[0]

    def _forget(self) -> None:
        self._firsts.clear()
        self._runs.clear()
        self._folded.clear()
        self._stretch = None

    # --- all of it --------------------------------------------------------------------------------

    def _in_tree(self, thread: Thread) -> list[ThreadRow]:
        rows: list[ThreadRow] = []
        stack: list[tuple[Node | RepeatsRow, int]] = [(thread.root, 0)]
        while stack:
            node, depth = stack.pop()
            if isinstance(node, RepeatsRow):
                rows.append(node)
                if node.open:
                    rows += [self._comment(each, depth) for each in node.nodes]
                continue
            row = self._comment(node, depth)
            rows.append(row)
            if node.id in self._collapsed:
                if node.children:
                    row.below = Below(node)
            elif node.children:
                stack += reversed(self._answers(node, depth + 1))
        return rows

    def _answers(self, node: Node, depth: int) -> list[tuple[Node | RepeatsRow, int]]:
        """The answers to a post, and behind each the row of those that repeat it."""
        kept: list[Node] = []
        repeated: dict[str, RepeatsRow] = {}
        for child in self._left_of(node.children):
            first = self._first(child)
            if first is child or child.children:
                kept.append(child)
            else:
                run = self._run(first)
                row = self._runs.get(run)
                if row is None:
                    row = self._runs[run] = self._repeats(run, first, depth)
                    repeated[first.id] = row
                row.add(child, first)
                self._folded[child.id] = row
        if not repeated:
            return [(child, depth) for child in kept]
        answers: list[tuple[Node | RepeatsRow, int]] = []
        for child in kept:
            answers.append((child, depth))
            if child.id in repeated:
                answers.append((repeated[child.id], depth))
        return answers

    def _left_of(self, nodes: list[Node]) -> list[Node]:
        """The posts that the filter leaves, and those below the ones that it hides."""
        if self.manner.test is None:
            return nodes
        left: list[Node] = []
        stack = nodes[::-1]
        while stack:
            node = stack.pop()
            if self.passes(node):
                left.append(node)
            else:
                stack += reversed(node.children)
        return left

    def _in_time(self, thread: Thread) -> list[ThreadRow]:
        rows: list[ThreadRow] = [self._comment(thread.root, 0)]
        for node in thread.order:
            if node is not thread.root and self.passes(node):
                rows += self._next(node)
        return rows

    # --- one more ---------------------------------------------------------------------------------

    def _under_parent(self, node: Node) -> Insertion | None:
        """What a new post adds to the tree, and where; None if that is not simple."""
        above = node.parent
        if above is None or self._is_shown(node) or above.id in self._folded:
            return None
        row = self._comments.get(above.id)
        if row is None or row.shown != self._number:
            over = self.showing(above)
            if isinstance(over, CommentRow) and over.below is not None:
                over.below.n += 1
                return 0, []
            return None
        if row.below is not None:
            row.below.n += 1
            return 0, []
        if above.id in self._collapsed:
            return None
        depth = row.depth + 1
        first = self._first(node)
        if first is node:
            return self._end(row), [self._comment(node, depth)]
        run = self._run(first)
        repeats = self._runs.get(run)
        if repeats is not None:
            repeats.add(node, first)
            self._folded[node.id] = repeats
            if not repeats.open:
                return 0, []
            at = self.rows.index(repeats) + len(repeats.nodes)
            return at, [self._comment(node, depth)]
        before = self._comments.get(first.id)
        if before is None or before.shown != self._number or run in self._opened:
            return None
        repeats = self._runs[run] = self._repeats(run, first, depth)
        repeats.add(node, first)
        self._folded[node.id] = repeats
        return self._end(before), [repeats]

    def _in_order(self, node: Node) -> Insertion | None:
        """The same in order of time."""
        if node.parent is None or self._is_shown(node):
            return None
        return len(self.rows), self._next(node)

    def _next(self, node: Node) -> list[ThreadRow]:
        """What a post adds at the end, in order of time."""
        first = self._first(node, anywhere=True)
        if first is node:
            self._stretch = None
            return [self._comment(node, 1)]
        stretch, rows = self._stretch, list[ThreadRow]()
        if stretch is None:
            stretch = self._stretch = self._repeats(("", node.id), None, 1)
            rows.append(stretch)
        stretch.add(node, first)
        self._folded[node.id] = stretch
        if stretch.open:
            rows.append(self._comment(node, 1))
        return rows

    def _end(self, row: CommentRow) -> int:
        """The place behind all that is below a comment."""
        if self._leaves(row.node):
            return len(self.rows)
        at = self.rows.index(row) + 1
        while at < len(self.rows) and self.rows[at].depth > row.depth:
            at += 1
        return at

    def _leaves(self, node: Node) -> bool:
        """Whether an answer to a post comes after everything shown.

        That is so when the post lies on the way from the last row up to the root: the usual case,
        and it saves searching the rows.
        """
        last = self.rows[-1]
        above = last.node if isinstance(last, CommentRow) else last.first and last.first.parent
        while above is not None and above is not node:
            above = above.parent
        return above is not None

    # --- rows -------------------------------------------------------------------------------------

    def _comment(self, node: Node, depth: int) -> CommentRow:
        row = self._comments.get(node.id)
        if row is None or row.node is not node:
            row = self._comments[node.id] = CommentRow(node, depth, self.manner)
        row.depth, row.shown, row.below = depth, self._number, None
        return row

    def _repeats(self, key: Hashable, first: Node | None, depth: int) -> RepeatsRow:
        row = RepeatsRow(key, first, depth, self.manner)
        row.open = key in self._opened
        return row

    def _is_shown(self, node: Node) -> bool:
        row = self._comments.get(node.id)
        return row is not None and row.shown == self._number

    def _first(self, node: Node, *, anywhere: bool = False) -> Node:
        """The post whose words it says again, among the answers to the same comment or
        ``anywhere``; itself if there is none."""
        if not node.said:
            return node
        place = "" if anywhere or node.parent is None else node.parent.id
        same, nearly = (place, "", node.said), (place, node.author, node.nearly)
        first = self._firsts.get(same) or self._firsts.get(nearly) or node
        # Who copies one of those that are nearly the same stands with them.
        self._firsts.setdefault(same, first)
        self._firsts.setdefault(nearly, first)
        return first

    @staticmethod
    def _run(first: Node) -> Run:
        """The answers that say again what one says."""
        return first.parent.id if first.parent else "", first.said
