"""Groups: all swarms, or one of them: members, what they share, who came when."""

from __future__ import annotations

import re
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from moltwatch.model import Evidence, strongest_of
from moltwatch.session import Session
from moltwatch.session.groups import Swarm
from moltwatch.times import format_duration
from moltwatch.tui.line import clock, safe, safe_line, voice
from moltwatch.tui.symbols import sign, spark
from moltwatch.tui.views.flags import said
from moltwatch.tui.widgets.pane import Frame, ParagraphRow, PiecesRow, PostRow, TitledPane
from moltwatch.tui.widgets.rowview import Row, RowView, Target
from moltwatch.wording import count_groups

_UNIT = re.compile(" groups?")

MOST_SHOWN = 200
MOST_ARRIVALS = 400
BARS = 32
NAME = 18
"""Cells of a name at most, where names make a column."""


class GroupsView(RowView):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "look closer")]


class GroupsPane(TitledPane):
    """The swarms."""

    def __init__(self) -> None:
        super().__init__(GroupsView(empty="no group has formed", stays=True))
        self.group: str | None = None
        """The one looked at; None for the list."""
        self._shown: object = None

    def open(self, group: str | None) -> None:
        """Look at one group, or at the list."""
        self.group = group
        self._shown = None
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
        self._shown = version
        if swarm:
            self.view.set_rows(self._one(swarm, session))
            self.title_line.set(
                [("GROUP ", "strong"), (f"{swarm.n:,} accounts", "coordinated")],
                [("esc all groups ", "faint")],
            )
        else:
            self.view.set_rows(self._all(session))
            groups = count_groups(session.groups.n, session.groups.merged, "now")
            counted = _UNIT.sub("", groups, count=1)  # the title says what is counted
            self.title_line.set([("GROUPS ", "strong"), (counted, "dim")])

    def _all(self, session: Session) -> list[Row]:
        rows: list[Row] = []
        for swarm in session.groups.swarms[-MOST_SHOWN:]:
            style, target = "faint" if swarm.over else "coordinated", Target(group=swarm.id)
            rows.append(
                PiecesRow(
                    swarm.id,
                    [
                        (f"{sign(swarm.group.kind)} ", style),
                        (f"{swarm.n:,} accounts", "strong"),
                        (f" {sign('dot')} {swarm.n_posts:,} posts", "dim"),
                    ],
                    [(f"{_state(swarm)} ", "faint")],
                    target,
                )
            )
            why = _why(swarm, session)
            rows.append(ParagraphRow((swarm.id, "why"), why, "body", 2, 3, target))
            names = ", ".join(
                safe_line(session.names(name), 30) for name in swarm.group.accounts[:4]
            )
            rows.append(ParagraphRow((swarm.id, "who"), names, "dim", 1, 3, target))
        return rows

    def _one(self, swarm: Swarm, session: Session) -> list[Row]:
        group, called = swarm.group, session.names
        arrivals = sorted(swarm.arrivals, key=lambda arrival: arrival.at)
        rows: list[Row] = [
            ParagraphRow("why", _why(swarm, session), "body", 4),
            PiecesRow("state", [(f" since {clock(group.since)}, {_state(swarm)}", "dim")]),
        ]
        if arrivals:
            first, last = arrivals[0].at, arrivals[-1].at
            bars = [0.0] * BARS
            for arrival in arrivals:
                bars[min(BARS - 1, (arrival.at - first) * BARS // max(1, last - first))] += 1
            rows += [
                PiecesRow("blank0", []),
                PiecesRow(
                    "came",
                    [(" CAME", "strong"), (f" within {format_duration(last - first)}", "dim")],
                ),
                PiecesRow("bars", [(" ", "dim"), (spark(bars), "coordinated")]),
                PiecesRow("blank1", []),
                PiecesRow("shared", [(" WHAT THEY SAY", "strong")]),
                ParagraphRow("text", safe(arrivals[0].text).strip(), "body", 6),
                PiecesRow("blank2", []),
            ]
            rows.append(
                PiecesRow(
                    "order", [(" WHO CAME WHEN ", "strong"), (f"{swarm.n_posts:,} posts", "dim")]
                )
            )
            shown = [
                (arrival, safe_line(called(arrival.author), 30))
                for arrival in arrivals[:MOST_ARRIVALS]
            ]
            room = min(NAME, max(cell_len(name) for _, name in shown))
            rows += [
                PostRow(
                    arrival.post,
                    arrival.thread,
                    "+" + format_duration(arrival.at - first),
                    name,
                    voice(arrival.author),
                    safe_line(arrival.text, 120),
                    room,
                )
                for arrival, name in shown
            ]
        else:
            rows.append(PiecesRow("members", [(" MEMBERS", "strong")]))
            rows += [
                PiecesRow(("member", name), [("  " + safe_line(called(name), 40), voice(name))])
                for name in group.accounts
            ]
        return rows


def _why(swarm: Swarm, session: Session) -> str:
    """Why it is a group: the evidence of its last line, and that of its posts since. A group has a
    line only when it has doubled."""
    newer: list[Evidence] = []
    for arrival in () if swarm.over else reversed(swarm.arrivals):
        charge = session.charges.get(arrival.post, swarm.group.kind)
        if charge and charge.at <= swarm.group.at:
            continue
        reasons = charge.reasons if charge else ()
        newer += [each for each in reasons if each.group == swarm.id and each.n <= swarm.n]
    known = strongest_of([*swarm.group.evidence, *reversed(newer)])
    return said("; ".join([each.reason_in(swarm.n) for each in known]))


def _state(swarm: Swarm) -> str:
    return f"{swarm.group.state.value} {clock(swarm.group.at)}"
