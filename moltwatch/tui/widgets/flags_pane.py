"""The flags with their why, in order of verdict, the latest at the end."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case
from moltwatch.tui.keys import ROW_KEYS
from moltwatch.tui.rows.case_row import CaseRow
from moltwatch.tui.rowview import RowView
from moltwatch.tui.stack import Row
from moltwatch.tui.symbols import sign
from moltwatch.tui.widgets.pane import Pane

MOST_SHOWN = 500


class FlagsView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [
        *ROW_KEYS,
        Binding("enter", "choose", "to the post"),
    ]


class FlagsPane(Pane):
    """Cases, a swarm being one."""

    def __init__(self, *, id: str) -> None:
        super().__init__(FlagsView(follow=True, empty="nothing flagged yet"), id=id)
        self._rows: dict[int, CaseRow] = {}
        self._version: object = None
        self._opened: int | None = None

    def reset(self) -> None:
        """Another session is on the screen."""
        self._rows.clear()
        self._version = None

    def pull(self, session: Session, frame: int, passes: object = None) -> None:
        """Show what is new."""
        self.breathe(frame)
        version = (
            session.charges.version,
            session.groups.version,
            session.names.version,
            passes,
        )
        if version == self._version:
            return
        known = self._version is not None
        self._version = version
        rows: list[Row] = []
        for case in session.charges.latest(MOST_SHOWN):
            if callable(passes) and not passes(case):
                continue
            rows.append(self._row(case, session, fresh=known))
        self.view.set_rows(rows)
        if len(self._rows) > 4 * MOST_SHOWN:
            self._rows = {row.case.serial: row for row in rows if isinstance(row, CaseRow)}
        by_kind = session.charges.by_kind
        counts = [(f"{sign(kind)}{by_kind[kind]:,} ", kind.value) for kind in Kind if by_kind[kind]]
        self.title_line.set([("FLAGS ", "strong"), *counts])

    def _row(self, case: Case, session: Session, *, fresh: bool) -> CaseRow:
        swarm = session.groups.get(case.group) if case.group else None
        row = self._rows.get(case.serial)
        if row is None or row.case is not case:
            row = self._rows[case.serial] = CaseRow(case, 0, session.names)
            if fresh:
                self.view.touch(case.serial, 6)
        row.members = swarm.n if swarm else len(case.accounts)
        return row

    @property
    def case(self) -> Case | None:
        """The case under the cursor."""
        row = self.view.current
        return row.case if isinstance(row, CaseRow) else None

    def show_case(self, case: Case) -> None:
        """Put the cursor on a case."""
        self.view.move_to_key(case.serial)
        self.open_current()

    def open_current(self) -> None:
        """Show all reasons of the case under the cursor, and only of that one."""
        row = self.view.current
        for other in self._rows.values():
            other.opened = other is row
        self.view.remeasure()
        self.view.move_to(self.view.cursor, tell=False)
