"""One line, or one layout, that a few accounts put into nearly all they write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.habits import LOUD, Habit, Habits
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import SECOND

ONE_IN = 6
"""One post in so many of such accounts is looked at: what they say, they say again."""

SHORTEST, LONGEST = 16, 100
"""Characters of a line."""

FEWEST_GAPS = 3
"""Blanks a line must have: fewer words are a turn of phrase. Some scripts have none."""

MOST_LINES = 24
"""Lines looked at of one text: half of them from its end, where slogans stand."""

FEWEST_PARAGRAPHS = 4
"""Lines from which a text has a layout."""

FEWEST_BLOCKS, FEWEST_SORTS = 5, 2
"""Blocks of a layout without words of its own, and of how many sorts those must be that are no
paragraphs: with less, it is how everybody writes."""

MOST_AFTER = 3
"""Blocks after the last heading up to which that is an ending."""

MOST_HEADING = 40
"""Characters of a heading that count."""

_ENDS = ".!?:;"
_EXOTIC_ENDS = "…—。！？：；"
"""What a line ends with, beside a line break: in ASCII, and of other signs."""
_EDGES = " \t\r*_~`>#-–|“”\"'«»„()[]"
_NUMBERED = re.compile(r"\d{1,2}[.)] ")
_HEADINGS = frozenset("ABCDE")
_RULE = frozenset("-—–_=*~ ")

_LINE = "{who} say {what:quoted} in most of what they write, and hardly anybody else does"
_SAYS = {
    "headings": "{who} write under the headings {what:quoted}, and hardly anybody else does",
    "end": "{who} end what they write with {what:quoted} and what follows it, in one form",
    "shape": "{who} give most of what they write one layout, block by block",
}
"""By sort of layout."""


_NONE = frozenset[str]()


class _Long:
    """How many threads of several paragraphs an account has begun."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


class HouseStyle(Heuristic):
    """A few accounts put one line, or one layout, into nearly everything they write, on several
    threads each, and hardly anybody else does.

    A line is a sentence, or a piece of one, of four words or more. A layout is that of what begins
    a thread: its headings in their order, its last heading with the sort of list that follows, or
    the order of its paragraphs, headings, lists, quotations and rules. Who takes up a saying does
    so once or twice among other things; who was told to say it says it always. Few uses need other
    evidence beside. What stands in what is answered does not count.

    Parameters
    window: how long a line or layout is remembered after it was last used (seconds)
    accounts: accounts from which it is telling
    repeats: on how many threads each must have used it
    part: in which part of its posts it must stand; a layout, in one and a half times that part of
        the threads of several paragraphs that it began
    share: which part of all who use it must use it in so much of theirs
    enough: threads, all accounts together, from which it needs no other evidence

    Fails when
    strangers run on one framework that signs their posts, or post by one published form.
    """

    name: ClassVar[str] = "house-style"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "text"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts said so on {repeats:count thread} each, it stood in less "
        "than {part:.0%} of their posts, or they were less than {share:.0%} of all who say so"
    )

    def __init__(
        self,
        window: Seconds = 172_800.0,
        accounts: Accounts = 3,
        repeats: Count = 2,
        part: Fraction = 0.5,
        share: Fraction = 0.6,
        enough: Count = 8,
    ) -> None:
        self.window = window
        self.accounts = accounts
        self.repeats = repeats
        self.part = part
        self.share = share
        self.enough = enough
        self._loud = 0
        self._lines = Habits(
            round(window * SECOND), accounts=accounts, part=part, share=share, repeats=repeats
        )
        self._layouts = Habits(
            round(window * SECOND),
            accounts=accounts,
            part=min(1.0, 1.5 * part),
            share=share,
            repeats=repeats,
        )

    def otherwise(self, found: Evidence) -> str:
        if found.marks[0].says == _LINE:
            return self.unless
        return (
            "fewer than {accounts} accounts began {repeats:count thread} so each, those were less "
            f"than {self._layouts.part:.0%} of the long ones they began, or they were less than "
            "{share:.0%} of all who begin one so"
        )

    def observe(self, item: Features) -> Iterable[Evidence]:
        loud = item.author.n >= LOUD
        self._loud += loud
        lines = _lines(item.text.excerpt) if not loud or self._loud % ONE_IN == 0 else _NONE
        if loud and lines:
            lines = self._lines.watched(lines)
        layouts = _layouts(item.text.lines) if item.post.parent is None else _NONE
        return self._look_at(lines, layouts, item) if lines or layouts else ()

    def _look_at(
        self, lines: frozenset[str], layouts: frozenset[str], item: Features
    ) -> Iterator[Evidence]:
        """Somebody writes lines or layouts that may be a house style."""
        if lines:
            for line, habit in self._lines.see(lines, item, item.author):
                yield from self._tell(line, habit, _LINE, line)
        if layouts:
            long = item.author.note(self.name, _Long)
            long.n += 1
            for layout, habit in self._layouts.see(layouts, item, long):
                sort, _, what = layout.partition(" ")
                yield from self._tell(layout, habit, _SAYS[sort], what.partition(" > ")[0])

    def _tell(self, key: str, habit: Habit, says: str, what: str) -> Iterator[Evidence]:
        sure = habit.uses(habit.devoted) >= self.enough
        if acts := habit.tell(Level.CONCLUSIVE if sure else Level.CORROBORATING):
            yield self.evidence(habit.weight, says, cluster=key, acts=acts, what=what)


def _lines(body: str) -> frozenset[str]:
    """The first and last lines of a text that are long enough to be somebody's."""
    body = body.lower()
    for end in _ENDS if body.isascii() else _ENDS + _EXOTIC_ENDS:
        if end in body:
            body = body.replace(end, "\n")
    pieces = list(filter(None, body.split("\n")))
    if len(pieces) > MOST_LINES:
        pieces = pieces[: MOST_LINES // 2] + pieces[-MOST_LINES // 2 :]
    long = [piece.strip(_EDGES) for piece in pieces if len(piece) >= SHORTEST]
    return frozenset(
        [
            line
            for line in long
            if SHORTEST <= len(line) <= LONGEST
            and (line.count(" ") >= FEWEST_GAPS or not line.isascii())
        ]
    )


def _sort(line: str) -> str:
    """What a line of a text is: a heading (A, B or C by its depth, D in bold, E before a colon), a
    rule (R), a point of a list (its sign, or 1; L if it links somewhere), a quotation (Q), a link
    (U), a line in italics (I) or a piece of a paragraph (P)."""
    first = line[0]
    if first == "#":
        depth = len(line) - len(line.lstrip("#"))
        return "ABC"[min(depth, 3) - 1]
    if first in "-*•" and line[1:2] == " ":
        return "L" if "http" in line else first
    if first == ">":
        return "Q"
    if line.startswith("http"):
        return "U"
    if _NUMBERED.match(line):
        return "L" if "http" in line else "1"
    if first in _RULE and _RULE.issuperset(line):
        return "R"
    if line.startswith("**") and line.rstrip(":").endswith("**"):
        return "D" if len(line) <= MOST_HEADING else "P"
    if line[-1] in ":：":
        return "E" if len(line) <= MOST_HEADING else "P"
    return "I" if first in "*_" and line[-1] == first else "P"


def _layouts(lines: Sequence[str]) -> frozenset[str]:
    """What may be a layout of somebody's own."""
    if len(lines) < FEWEST_PARAGRAPHS:
        return _NONE
    blocks, ending, headings = "", "", list[str]()
    for line in lines:
        sort = _sort(line)
        if sort in _HEADINGS:
            headings.append(line.strip(_EDGES + ":：").lower()[:MOST_HEADING])
            ending = ""
        elif ending[-1:] != sort:
            ending += sort
        if sort in _HEADINGS or blocks[-1:] != sort:
            blocks += sort
    found = []
    if len(blocks) >= FEWEST_BLOCKS and len(set(blocks) - {"P"}) >= FEWEST_SORTS:
        found.append("shape " + blocks)
    if len(headings) > 1:
        found.append("headings " + ", ".join(headings))
    if headings and 0 < len(ending) <= MOST_AFTER:
        found.append(f"end {headings[-1]} > {ending}")
    return frozenset(found)
