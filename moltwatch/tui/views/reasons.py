"""Reasons as rows: what a heuristic is called, how much it proves and its numbers; what would have
to be otherwise; the JSON."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import msgspec
from msgspec import Struct
from rich.cells import cell_len

from moltwatch.heuristics.fusing.otherwise import WayOut
from moltwatch.jsonl import harmless_json
from moltwatch.model import Evidence, Kind
from moltwatch.times import SECOND, format_duration
from moltwatch.tui.line import Line, StyleOf, safe_line
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.marked import MarkedRow, marked
from moltwatch.tui.widgets.pane import ParagraphRow, Piece, PiecesRow
from moltwatch.tui.widgets.rows import Look, Row, Target
from moltwatch.wording import count

MOST_REASON = 4_000
"""Characters of a reason, which quotes the forum."""


class ReasonRow(PiecesRow):
    """What a reason is called, and its numbers: below, where they have no room beside it."""

    __slots__ = ("_below", "_head")

    def __init__(
        self, key: Hashable, head: Sequence[Piece], numbers: Sequence[Piece], target: Target | None
    ) -> None:
        super().__init__(key, [*head, *numbers], (), target)
        self._head = PiecesRow(key, head)
        self._below = PiecesRow(key, [(" ", "dim"), *numbers])

    def _fits(self, width: int) -> bool:
        return sum(cell_len(text) for text, _ in self.left) < width

    def height(self, width: int) -> int:
        return 1 if self._fits(width) else 2

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        if self._fits(width):
            return super().lines(width, style, look)
        head, below = self._head, self._below
        return [*head.lines(width, style, look), *below.lines(width, style, look)]


def strength_of(flag: Evidence) -> str:
    """How much a reason proves, in a word, or as a number where it is a probability."""
    return flag.level.name.lower() if flag.kind is Kind.COORDINATED else f"{flag.score:.2f}"


def numbers_of(flag: Evidence) -> list[Piece]:
    """What of a reason can be counted."""
    about = [count(flag.n, "account")] if flag.n and flag.kind is Kind.COORDINATED else []
    if flag.posts:
        about.append(count(len(flag.posts), "example"))
    if flag.span >= SECOND:
        about.append(format_duration(flag.span))
    if flag.score and flag.kind is not Kind.HAZARD:
        about.append(f"alone {flag.score:.2f}")
    if flag.muted:
        about.append("muted: its author keeps saying so")
    between = f" {sign('dot')} "
    return [(f"  {between.join(about)}", "dim")] if about else []


def reason_rows(
    flag: Evidence, said: str, style: str, key: Hashable, target: Target | None
) -> list[Row]:
    """A reason with its numbers, and what it says."""
    head: list[Piece] = [
        (f" {strength_of(flag)} ", style),
        (safe_line(flag.heuristic, 60), "strong"),
    ]
    return [
        ReasonRow(key, head, numbers_of(flag), target),
        said_row((key, "said"), said, target),
    ]


def said_row(key: Hashable, said: str, target: Target | None) -> Row:
    """A sentence below what it belongs to, uncut."""
    return ParagraphRow(("said", key), safe_line(said, MOST_REASON), "body", 60, 3, target)


def way_out_rows(
    way: WayOut, key: Hashable, target: Target | None, mask: Callable[[str], str]
) -> list[Row]:
    """What would have to be otherwise for something not to be flagged."""
    if not way.conditions:
        return []
    head: list[Piece] = [(" NOT FLAGGED", "strong")]
    if way.together and len(way.conditions) > 1:
        head.append(("  only if all of this were so", "dim"))
    rows: list[Row] = [
        PiecesRow(("blank", "otherwise", key), []),
        PiecesRow(("otherwise", key), head, (), target),
    ]
    for at, condition in enumerate(way.conditions):
        joined = "" if not at else "and " if way.together else "or "
        rows.append(said_row(("otherwise", key, at), mask(joined + condition), target))
    return rows


def json_rows(
    key: Hashable, title: str, what: Struct, target: Target | None, mask: Callable[[str], str]
) -> list[Row]:
    """A struct as JSON, a row for each line."""
    text = msgspec.json.format(harmless_json(what), indent=2).decode("utf-8", "replace")
    rows: list[Row] = [PiecesRow((key, "title"), [(title, "strong")], (), target)]
    lines = mask(text).split("\n")
    rows += [MarkedRow((key, at), marked(line), target) for at, line in enumerate(lines)]
    return [*rows, PiecesRow((key, "blank"), [])]
