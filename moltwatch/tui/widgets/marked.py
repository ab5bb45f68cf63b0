"""A stranger's text with marks in it: the words that a reason points at, what differs between the
copies of a text, characters that show nothing, and letters that pass for others.

Each mark is a sign as well as a colour. What is put in between the text's own characters is ours:
brackets, and the names of what cannot be seen.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from moltwatch.session.secrets import SHOWN
from moltwatch.text import hidden_runs, look_alikes
from moltwatch.tui.line import Line, StyleOf, safe, wrap
from moltwatch.tui.secrets import mask
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.rows import Look, Target

Piece = tuple[str, str]
"""A harmless text and the name of its style."""

MOST_LINES = 2_000

MOST_UNSEEN = 500
"""Characters of a text that are marked as what cannot be seen, or as what they pass for."""


class Sort(StrEnum):
    """Why a part of a text is marked; of two that lie over each other the later one wins."""

    SLOT = "slot"
    WORDS = "words"
    SECRET = "secret"


class Span(NamedTuple):
    """A part of a text: its first character, and its last plus one."""

    start: int
    end: int
    sort: Sort


_STYLES = {Sort.SLOT: "accent", Sort.WORDS: "marked", Sort.SECRET: "bad"}
_ORDER = list(Sort)


def marked(text: str, spans: Iterable[Span] = (), style: str = "body") -> list[Piece]:
    """The text in harmless pieces, with marks."""
    kept = [
        Span(max(0, start), min(end, len(text)), sort)
        for start, end, sort in spans
        if max(0, start) < min(end, len(text))
    ]
    runs, letters = hidden_runs(text), look_alikes(text)
    left = len(runs) + len(letters) - MOST_UNSEEN
    if left > 0:
        last = sorted([*(start for start, _, _ in runs), *(at for at, _ in letters)])[MOST_UNSEEN]
        runs = [run for run in runs if run[0] < last]
        letters = [letter for letter in letters if letter[0] < last]
    hidden = {start: (end, what) for start, end, what in runs}
    alike = dict(letters)
    cuts = {0, len(text), *hidden, *alike, *(at + 1 for at in alike)}
    cuts.update(end for end, _ in hidden.values())
    for start, end, _ in kept:
        cuts |= {start, end}
    opened = sorted(kept, key=lambda span: (span.start, -span.end))
    closed = sorted(kept, key=lambda span: (span.end, -span.start))
    active: list[Span] = []
    pieces: list[Piece] = []
    points = sorted(cuts)
    for at, until in zip(points, [*points[1:], len(text)], strict=True):
        while closed and closed[0].end == at:
            span = closed.pop(0)
            active.remove(span)
            if span.sort is not Sort.SECRET:
                pieces.append((sign(f"{span.sort.value}-end"), _STYLES[span.sort]))
        while opened and opened[0].start == at:
            span = opened.pop(0)
            active.append(span)
            if span.sort is Sort.SECRET:
                pieces.append((_masked(text[span.start : span.end]), _STYLES[span.sort]))
            else:
                pieces.append((sign(span.sort.value), _STYLES[span.sort]))
        sort = max((span.sort for span in active), key=_ORDER.index, default=None)
        if at == until or sort is Sort.SECRET:
            continue
        if at in hidden:
            what = safe(hidden[at][1], 200)
            pieces.append((f"{sign('unseen')}{what}{sign('unseen-end')}", "bad"))
            continue
        ink = _STYLES[sort] if sort else style
        pieces.append((safe(text[at:until]), ink))
        if at in alike:
            pieces.append((f"{sign('unseen')}={alike[at]}{sign('unseen-end')}", "bad"))
    if left > 0:
        pieces.append((f" {sign('unseen')}{left:,} more like these{sign('unseen-end')}", "bad"))
    return pieces


def _masked(secret: str) -> str:
    return f"{safe(secret[:SHOWN])}{mask()} [{len(secret)} characters masked]"


class MarkedRow:
    """A text in pieces, broken into lines."""

    __slots__ = ("_for", "_indent", "_lines", "_most", "key", "pieces", "stamp", "target")

    def __init__(
        self,
        key: Hashable,
        pieces: Sequence[Piece],
        target: Target | None = None,
        *,
        indent: int = 1,
        most: int = MOST_LINES,
    ) -> None:
        self.key = key
        self.pieces = tuple(pieces)
        self.stamp: Hashable = hash(self.pieces)  # asked for with each line
        self.target = target
        self._indent = indent
        self._most = most
        self._for = -1
        self._lines: list[list[Piece]] = []

    def height(self, width: int) -> int:
        if width != self._for:
            self._for = width
            self._lines = break_pieces(self.pieces, width - 2 - self._indent, self._most)
        return len(self._lines)

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        self.height(width)
        drawn: list[Line] = []
        for pieces in self._lines:
            line = Line(width).add(sign("cursor") if look.selected else " ", style("primary"))
            line.gap(self._indent)
            for text, name in pieces:
                line.add(text, style(name))
            drawn.append(line)
        return drawn


def break_pieces(pieces: Sequence[Piece], width: int, most: int) -> list[list[Piece]]:
    """The pieces in lines of at most ``width`` cells, broken as plain text is."""
    plain = "".join(text for text, _ in pieces)
    if not plain.strip():
        return []
    broken, more = wrap(plain, width, most)
    lines: list[list[Piece]] = []
    which, within, at = 0, 0, 0
    for told in broken:
        # Between two lines only blanks and line breaks were dropped.
        begin = plain.find(told, at) if told else at
        begin = at if begin < 0 else begin
        skip, left = begin - at, len(told)
        line: list[Piece] = []
        while which < len(pieces) and (skip or left):
            text, name = pieces[which]
            room = len(text) - within
            if skip:
                step = min(skip, room)
                skip -= step
            else:
                step = min(left, room)
                left -= step
                if step:
                    line.append((text[within : within + step], name))
            within += step
            if within == len(text):
                which, within = which + 1, 0
        at = begin + len(told)
        lines.append(line)
    if more:
        lines.append([("…", "dim")])
    return lines
