"""One line above the time line: what is looked for and what is hidden, as long as anything is."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from moltwatch.tui.line import Bar, Line, Piece, safe_line, shorten
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.tui.search import Search
from moltwatch.wording import count

LEAST = 8
"""Cells of an expression that is cut."""


@dataclass(frozen=True)
class Finding:
    """What there is to say of a search, and of a filter."""

    search: str = ""
    found: str = ""
    filter: str = ""
    hides: str = ""


def finding(search: Search | None, filter: LiveFilter | None, at: int | None) -> Finding:
    """How search and filter stand; ``at`` is how many matches come before where the user is, if
    that is one."""
    found = hides = ""
    if search is not None:
        if search.nothing:
            found = "nothing matches"
        elif not search.complete:  # as long as it grows, a number would say nothing
            found = "searching…"
        elif at is not None:
            found = f"{at + 1:,} of {search.n:,}"
        else:
            found = f"{search.n:,} {'match' if search.n == 1 else 'matches'}"
    if filter is not None:
        more = "" if filter.complete else "+ …"
        hides = (
            "nothing matches, esc clears"
            if filter.nothing
            else f"hides {count(filter.hidden, 'post')}{more}"
        )
    return Finding(
        search.expression if search else "", found, filter.expression if filter else "", hides
    )


class FindLine(Bar):
    """Absent when there is neither a search nor a filter."""

    def __init__(self) -> None:
        super().__init__(id="find-line")
        self._finding = Finding()

    def set(self, finding: Finding) -> None:
        self._finding = finding
        self.display = bool(finding.search or finding.filter)
        self.show(finding)

    def lines(self, width: int) -> list[Line]:
        one = self._finding
        both = bool(one.search and one.filter)
        half = width // 2 if both else width
        line = Line(half)
        if one.search:
            for text, style in self._half("/", one.search, one.found, half):
                line.add(text, style)
            if both:
                line.gap(line.room)
        line.room += width - half
        if one.filter:
            for text, style in self._half(
                "&", one.filter, one.hides, width - half if both else half
            ):
                line.add(text, style)
        return [line]

    def _half(self, key: str, expression: str, said: str, room: int) -> list[Piece]:
        most = max(LEAST, room - cell_len(said) - 7)
        shown = safe_line(expression, 300)
        if cell_len(shown) > most:
            shown = shorten(shown, most, 1)[0]
        bad = said.startswith("nothing matches")
        return [
            (f" {key}", self.style("accent")),
            (f" {shown}" if key == "&" else shown, self.style("strong")),
            (f"  {said} ", self.style("accent" if bad else "dim")),
        ]
