"""The sources: how each of them stands, what it brought, and what went wrong with it."""

from __future__ import annotations

from moltwatch.sources.base import State, Status
from moltwatch.sources.standing import is_ill, words, worst_first
from moltwatch.times import SECOND, Micros
from moltwatch.tui.line import safe_line
from moltwatch.tui.local_time import short_time
from moltwatch.tui.status_line import look_of
from moltwatch.tui.widgets.pane import Frame, ParagraphRow, PiecesRow, TitledPane
from moltwatch.tui.widgets.rows import Row
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.wording import count


class SourcesPane(TitledPane):
    """All sources of the run, the worst first."""

    def __init__(self) -> None:
        super().__init__(RowView(empty="no source yet"))
        self._shown: object = None

    def draw(self, frame: Frame) -> None:
        statuses, wall = frame.run.source.statuses, frame.wall
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
    (mark, style), key = look_of(status.state), id(status)
    name = safe_line(status.called, 60)
    brought = [count(status.events, "event")]
    if status.gaps:
        brought.append(count(status.gaps, "gap"))
    rows: list[Row] = [
        PiecesRow(key, [(f"{mark} ", style), (name, "strong")]),
        ParagraphRow((key, "how"), words(status, wall, short_time), style, 2, 3),
        ParagraphRow((key, "why"), safe_line(status.detail), "body", 3, 3),
        PiecesRow((key, "brought"), [(f"   {', '.join(brought)}", "dim")]),
    ]
    if is_ill(status) and (status.until or status.state is State.FAILED):
        rows.append(ParagraphRow((key, "again"), "R tries again now", "faint", 3, 3))
    if status.rejects:
        rows.append(ParagraphRow((key, "rejects"), safe_line(str(status.rejects)), "faint", 3, 3))
    return rows
