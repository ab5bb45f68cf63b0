"""Groups: all swarms; enter tells the story of one in the centre."""

from __future__ import annotations

import re
from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.session import Session
from moltwatch.session.groups import Swarm
from moltwatch.tui.line import clock, safe_line
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.flags import said
from moltwatch.tui.views.story import (
    told_of,
    written_by,
)
from moltwatch.tui.widgets.pane import Frame, ParagraphRow, PiecesRow, StackRow, TitledPane
from moltwatch.tui.widgets.rows import Row, Target
from moltwatch.tui.widgets.rowview import RowView
from moltwatch.wording import count, count_groups

_UNIT = re.compile(" groups?")

MOST_SHOWN = 200


class GroupsView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "its story")]


class GroupsPane(TitledPane):
    """The swarms."""

    def __init__(self) -> None:
        super().__init__(GroupsView(empty="no group has formed", stays=True))
        self._shown: object = None

    def draw(self, frame: Frame) -> None:
        session = frame.session
        version = session.groups.version, session.names.version, id(session)
        if version == self._shown:
            return
        self._shown = version
        self.view.set_rows(self._all(session))
        groups = count_groups(session.groups.n, session.groups.merged, "now")
        counted = _UNIT.sub("", groups, count=1)  # the title says what is counted
        self.title_line.set([("GROUPS ", "strong"), (counted, "dim")])

    def _all(self, session: Session) -> list[Row]:
        rows: list[Row] = []
        for swarm in session.groups.swarms[-MOST_SHOWN:]:
            if into := swarm.group.into and session.groups.get(swarm.id):
                rows.append(_merged(swarm, into))
                continue
            style, target = "faint" if swarm.over else "coordinated", Target(group=swarm.id)
            head = PiecesRow(
                swarm.id,
                [
                    (f"{sign(swarm.group.kind)} ", style),
                    (count(swarm.n, "account"), "strong"),
                    (f" {sign('dot')} {written_by(swarm)}", "dim"),
                ],
                [(f"{_state(swarm)} ", "faint")],
            )
            why = ParagraphRow((swarm.id, "why"), _why(swarm, session), "body", 2, 3)
            names = ", ".join(
                safe_line(session.names(name), 30) for name in swarm.group.accounts[:4]
            )
            who = ParagraphRow((swarm.id, "who"), names, "dim", 1, 3)
            rows.append(StackRow(swarm.id, [head, why, who], target))
        return rows


def _why(swarm: Swarm, session: Session) -> str:
    """Why it is a group."""
    return said("; ".join([each.reason_in(swarm.n) for each in told_of(swarm, session)]))


def _state(swarm: Swarm) -> str:
    return f"{swarm.group.state.value} {clock(swarm.group.at)}"


def _merged(swarm: Swarm, into: Swarm) -> Row:
    """A group that went into another: its posts are told of there."""
    return PiecesRow(
        swarm.id,
        [
            (f"{sign(swarm.group.kind)} {count(swarm.n, 'account')}", "faint"),
            (f", now in the group of {into.n:,}", "faint"),
        ],
        [(f"{clock(swarm.group.at)} ", "faint")],
        Target(group=into.id),
    )
