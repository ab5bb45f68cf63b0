"""Groups: all swarms, or the story of one of them."""

from __future__ import annotations

import re
from typing import ClassVar

from textual.binding import Binding, BindingType

from moltwatch.session import Session
from moltwatch.session.groups import Swarm
from moltwatch.tui.line import clock, safe_line, voice
from moltwatch.tui.symbols import sign
from moltwatch.tui.views.flags import said
from moltwatch.tui.views.repeats import Repeats, words_of
from moltwatch.tui.views.story import (
    came_rows,
    forms,
    in_order,
    post_rows,
    telling,
    text_rows,
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
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "look closer")]


class GroupsPane(TitledPane):
    """The swarms."""

    def __init__(self) -> None:
        super().__init__(GroupsView(empty="no group has formed", stays=True))
        self.group: str | None = None
        """The one looked at; None for the list."""
        self._shown: object = None
        self._swarm: Swarm | None = None
        self._repeats = Repeats()

    def open(self, group: str | None) -> None:
        """Look at one group, or at the list."""
        self.group = group
        self._shown = None
        self._repeats.clear()
        self.view.set_reactive(RowView.cursor, -1)
        self.view.scroll_home(animate=False, immediate=True)

    def back(self) -> bool:
        if self.group is None:
            return False
        self.open(None)
        return True

    def draw(self, frame: Frame) -> None:
        session = frame.session
        swarm = session.groups.get(self.group) if self.group else None
        version = (
            session.groups.version,
            session.names.version,
            self.group,
            swarm.version if swarm else 0,
            id(session),
        )
        if version == self._shown:
            return
        self._shown, self._swarm = version, swarm
        if swarm:
            self.view.set_rows(self._one(swarm, session))
            self.title_line.set(
                [
                    ("GROUP ", "strong"),
                    (count(swarm.n, "account"), "coordinated"),
                    (f" {sign('dot')} {written_by(swarm)}", "dim"),
                ],
                [("esc all groups ", "faint")],
            )
        else:
            self.view.set_rows(self._all(session))
            groups = count_groups(session.groups.n, session.groups.merged, "now")
            counted = _UNIT.sub("", groups, count=1)  # the title says what is counted
            self.title_line.set([("GROUPS ", "strong"), (counted, "dim")])

    def toggle(self) -> str:
        """Show all posts of the group with the words of the one under the cursor, or only the
        first; what to say if there is no other."""
        target, arrivals = self.view.target, self._swarm.arrivals if self._swarm else ()
        here = next((each for each in arrivals if target and each.post == target.post), None)
        if here is None or not self._repeats.toggle(words_of(here.author, here.text)):
            return "nothing here is said more than once"
        self._shown = None
        return ""

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

    def _one(self, swarm: Swarm, session: Session) -> list[Row]:
        rows: list[Row] = [
            ParagraphRow("why", _why(swarm, session), "body", 12),
            PiecesRow("state", [(f" since {clock(swarm.group.since)}, {_state(swarm)}", "dim")]),
        ]
        if swarm.arrivals:
            rows += came_rows(in_order(swarm), swarm.group.kind, session)
            first = telling(swarm, session)
            rows += text_rows(forms(in_order(swarm), session, first))
            return rows + post_rows(swarm, session, repeats=self._repeats)
        rows.append(PiecesRow("members", [(" MEMBERS", "strong")]))
        rows += [
            PiecesRow(("member", name), [("  " + safe_line(session.names(name), 40), voice(name))])
            for name in swarm.group.accounts
        ]
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
