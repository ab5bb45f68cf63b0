"""The flags with their why, in order of verdict, the latest at the end."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.model import Evidence, Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case, Opinion
from moltwatch.tui.line import Line, Piece, StyleOf, clock, safe_line, shorten, voice, with_right
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.comment import Called
from moltwatch.tui.widgets.pane import Frame, TitledPane
from moltwatch.tui.widgets.rowview import Look, Row, RowView, Target
from moltwatch.wording import count

MOST_REASONS = 4

_BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d|%)\b)")


def said(reason: str) -> str:
    """A reason on one line, harmless, in which no number parts from its unit at a line's end."""
    return _BEFORE_UNIT.sub("\u00a0", safe_line(reason))


class CaseRow:
    """A head, the strongest reasons and an excerpt; all reasons when it is opened."""

    __slots__ = (
        "_called",
        "_excerpt",
        "_for",
        "_reasons",
        "case",
        "key",
        "matched",
        "members",
        "opened",
    )

    def __init__(self, case: Case, members: int, called: Called) -> None:
        self.case = case
        self.key = case.serial
        self._called = called
        self.members = members
        """Accounts in its swarm, where it is about one."""
        self.opened = False
        self.matched = True
        self._for: Hashable = None
        self._reasons: list[tuple[Evidence, list[str]]] = []
        self._excerpt: list[str] = []

    @property
    def target(self) -> Target:
        latest, group = self.case.latest, self.case.group
        return Target(
            latest.thread, latest.post, group if group and len(self.case.accounts) > 1 else ""
        )

    @property
    def stamp(self) -> Hashable:
        name = self._called(self.case.latest.author)
        return self.case.version, name, self.members, self.opened, self.matched

    def height(self, width: int) -> int:
        wanted = (width, self.case.version, self.opened)
        if wanted != self._for:
            self._wrap(width)
            self._for = wanted
        extra = len(self._reasons) if self.opened else 0
        return 1 + sum(len(lines) for _, lines in self._reasons) + extra + len(self._excerpt)

    def _wrap(self, width: int) -> None:
        charge = self.case.latest
        flags = charge.reasons[: MOST_REASONS if self.opened else 1]
        self._reasons = [
            (flag, shorten(said(flag.reason), width - 4, 4 if self.opened else 2)) for flag in flags
        ]
        text = safe_line(charge.excerpt, 200)
        self._excerpt = shorten(text, width - 4, 3 if self.opened else 1) if text else []

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        self.height(width)
        case, charge = self.case, self.case.latest
        colour = style(case.kind.value if self.matched and case.stands else "faint")
        edge = (sign("cursor") if look.selected else " ", style("primary"))
        verdict = {Opinion.CONFIRMED: f" {sign('yes')}", Opinion.DISMISSED: f" {sign('no')}"}
        who: list[Piece] = [
            edge,
            (f"{sign(case.kind)} ", colour),
        ]
        if case.group:
            who.append((f"{self.members:,} accounts", style("strong")))
        else:
            name = safe_line(self._called(charge.author), 40)
            who.append((name, style(voice(charge.author))))
        if case.n > 1:
            who.append((f" {case.n:,}×", style("dim")))
        right = [
            (verdict.get(case.opinion, "") if case.opinion else "", style("good")),
            (f"{clock(case.charges[0].at)} ", style("faint")),
            (f"{case.score:.2f} ", colour),
        ]
        lines = [with_right(width, right, who)]
        for flag, reason in self._reasons:
            lines += [Line(width).add(*edge).add("  ").add(text, style("body")) for text in reason]
            if self.opened:
                line = Line(width).add(*edge).add("    ")
                line.add(f"{safe_line(flag.heuristic, 40)} {flag.score:.2f}", style("dim"))
                counted = "account" if flag.kind is Kind.COORDINATED else "post"
                about = [count(flag.n, counted)] if flag.n else []
                about += [count(len(flag.posts), "example")] if flag.posts else []
                for what in about:
                    line.whole((f" {sign('dot')} {what}", style("faint")))
                lines.append(line)
        quiet = style("dim" if case.stands else "faint")
        lines += [
            Line(width).add(*edge).add(" ").add(sign("rail"), style("rail")).add(text, quiet)
            for text in self._excerpt
        ]
        return lines


MOST_SHOWN = 500


class FlagsView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "to the post")]


class FlagsPane(TitledPane):
    """Cases, a swarm being one."""

    def __init__(self) -> None:
        super().__init__(FlagsView(follow=True, empty="nothing flagged yet"))
        self._rows: dict[int, CaseRow] = {}
        self._version: object = None
        self._opened: int | None = None

    def reset(self) -> None:
        self._rows.clear()
        self._version = None

    def draw(self, frame: Frame) -> None:
        session, filter = frame.session, frame.filter
        self.cool(frame)
        version = (
            session.charges.version,
            session.groups.version,
            session.names.version,
            frame.number if filter else None,  # an edit may change what passes
        )
        if version == self._version:
            return
        known = self._version is not None
        self._version = version
        rows: list[Row] = []
        for case in session.charges.latest(MOST_SHOWN):
            if filter and not filter.case(case, session):
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

    def on_row_view_moved(self) -> None:
        self.open_current()

    def open_current(self) -> None:
        """Show all reasons of the case under the cursor, and only of that one."""
        row = self.view.current
        for other in self._rows.values():
            other.opened = other is row
        self.view.remeasure()
        self.view.move_to(self.view.cursor, tell=False)
