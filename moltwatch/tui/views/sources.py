"""The sources: how each of them stands, what it brought, and what went wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from moltwatch.sources.base import Status
from moltwatch.sources.standing import words, worst_first
from moltwatch.times import SECOND, Micros
from moltwatch.tui.keys import ROW_KEYS
from moltwatch.tui.line import safe_line
from moltwatch.tui.status_line import STATE_INK, STATE_SIGN
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.pane import Pane, ParagraphRow, PiecesRow
from moltwatch.tui.widgets.rowview import Row, RowView
from moltwatch.wording import count


class SourcesView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = list(ROW_KEYS)


class SourcesPane(Pane):
    """All sources of the run, the worst first."""

    def __init__(self, *, id: str) -> None:
        super().__init__(SourcesView(empty="no source yet"), id=id)
        self._shown: object = None

    def pull(self, statuses: Sequence[Status], wall: Micros) -> None:
        """Show how they stand at ``wall`` time."""
        what = [
            (status.state, status.detail, status.events, status.gaps, status.rejects.total)
            for status in statuses
        ]
        if (wall // SECOND, what) == self._shown:
            return
        self._shown = wall // SECOND, what
        self.title_line.set([("SOURCES ", "strong"), (f"{len(statuses):,}", "dim")])
        self.view.set_rows([row for status in worst_first(statuses) for row in _rows(status, wall)])


def _rows(status: Status, wall: Micros) -> list[Row]:
    ink, key = STATE_INK[status.state], id(status)
    name = safe_line(status.name, 60)
    brought = [count(status.events, "event")]
    if status.gaps:
        brought.append(count(status.gaps, "gap"))
    rows: list[Row] = [
        PiecesRow(key, [(f"{sign(STATE_SIGN[status.state])} ", ink), (name, "strong")]),
        ParagraphRow((key, "how"), words(status, wall), ink, 2, 3),
        ParagraphRow((key, "why"), safe_line(status.detail), "body", 3, 3),
        PiecesRow((key, "brought"), [(f"   {', '.join(brought)}", "dim")]),
    ]
    if status.rejects:
        rows.append(ParagraphRow((key, "rejects"), safe_line(str(status.rejects)), "faint", 3, 3))
    return rows
