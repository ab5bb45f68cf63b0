"""Who came when: one lane for each account over a common span of time, and where there are many,
one for all that came last, under an axis that says which time it is."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from moltwatch.times import Micros, format_duration
from moltwatch.tui.line import Line, StyleOf, alike, clock, cut_inside
from moltwatch.tui.symbols import sign, spark
from moltwatch.tui.widgets.rows import Look, Target

MOST_LANES = 14
"""Lanes at most; of more accounts those that came last share one."""

LEAST_AXIS = 12
"""Cells below which the axis says nothing."""

NAME = 18
"""Cells of a name at most."""

LEAST_NAME = 6
"""Cells of a name at least."""


@dataclass(frozen=True, slots=True)
class Came:
    """A post of somebody."""

    at: Micros
    name: str
    """Harmless, as the account is called."""
    author: str
    target: Target
    style: str


def lanes(came: Sequence[Came], kind: str) -> list[AxisRow | LaneRow]:
    """The axis, and the lanes by who came first; ``came`` is in order of time."""
    if not came:
        return []
    first, last = came[0].at, came[-1].at
    by_author: dict[str, list[Came]] = {}
    for each in came:
        by_author.setdefault(each.author, []).append(each)
    accounts = list(by_author.values())
    alone = len(accounts) if len(accounts) <= MOST_LANES else MOST_LANES - 1
    names = [posts[0].name for posts in accounts[:alone]]
    rest = accounts[alone:]
    labels = [*names, f"and {len(rest):,} more"] if rest else names
    room = min(NAME, max(map(cell_len, labels)))
    # Where there is less room still, no more of a name is seen.
    same = alike(names, min(room, LEAST_NAME)) if len(names) > 1 else set()
    rows: list[AxisRow | LaneRow] = [
        AxisRow("axis", first, last, room),
        LaneRow("all", "all", "dim", [each.at for each in came], first, last, room, kind, None),
    ]
    rows += [
        LaneRow(
            ("lane", posts[0].author),
            posts[0].name,
            posts[0].style,
            [each.at for each in posts],
            first,
            last,
            room,
            kind,
            posts[0].target,
            single=True,
            inside=posts[0].name in same,
        )
        for posts in accounts[:alone]
    ]
    if rest:
        times = [each.at for posts in rest for each in posts]
        target = rest[0][0].target
        rows.append(LaneRow("rest", labels[-1], "dim", times, first, last, room, kind, target))
    return rows


class AxisRow:
    """When the lanes begin, and how much later the middle and the end are."""

    __slots__ = ("_first", "_last", "_room", "key", "target")

    def __init__(self, key: Hashable, first: Micros, last: Micros, room: int) -> None:
        self.key = key
        self.target: Target | None = None
        self._first, self._last = first, last
        self._room = room

    @property
    def stamp(self) -> Hashable:
        return self._first, self._last, self._room

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        line = Line(width).add(sign("cursor") if look.selected else " ", style("primary"))
        line.gap(_name_room(self._room, width) + 2)
        axis = line.room - 1
        begin, span = clock(self._first), self._last - self._first
        if axis < len(begin):
            return [line]
        line.add(begin, style("dim"))
        end, half = f"+{format_duration(span)}", f" +{format_duration(span // 2)} "
        free = axis - len(begin) - len(end) - 2
        if free < 1 or not span:
            return [line]
        rule = sign("line")
        # What is half way stands half way, as far as there is room between the ends.
        left = axis // 2 - len(begin) - len(half) // 2 - 1
        right = free - left - len(half)
        if min(left, right) < 1:
            left, half, right = free, "", 0
        line.add(f" {rule * left}", style("rail")).add(half, style("faint"))
        return [line.add(f"{rule * right} ", style("rail")).add(end, style("dim"))]


class LaneRow:
    """The posts of one account, or of several, each where it lies in time."""

    __slots__ = (
        "_first",
        "_inside",
        "_kind",
        "_label",
        "_label_style",
        "_last",
        "_room",
        "_single",
        "_times",
        "key",
        "target",
    )

    def __init__(
        self,
        key: Hashable,
        label: str,
        label_style: str,
        times: Sequence[Micros],
        first: Micros,
        last: Micros,
        room: int,
        kind: str,
        target: Target | None,
        *,
        single: bool = False,
        inside: bool = False,
    ) -> None:
        self.key = key
        self.target = target
        self._label, self._label_style = label, label_style
        self._times = tuple(times)
        self._first, self._last = first, last
        self._room = room
        self._kind = kind
        self._single = single
        self._inside = inside
        """Where there is no room for the label, its middle is left out."""

    @property
    def stamp(self) -> Hashable:
        return self._label, self._label_style, self._times, self._first, self._last, self._room

    def height(self, width: int) -> int:
        return 1

    def lines(self, width: int, style: StyleOf, look: Look) -> list[Line]:
        line = Line(width).add(sign("cursor") if look.selected else " ", style("primary"))
        room = _name_room(self._room, width)
        label = cut_inside(self._label, room) if self._inside else self._label
        line.column(room + 1, (f" {label}", style(self._label_style))).gap(1)
        axis = line.room - 1
        if axis < LEAST_AXIS:
            return [line]
        cells = [0] * axis
        span = max(1, self._last - self._first)
        for at in self._times:
            cells[min(axis - 1, max(0, (at - self._first) * axis // span))] += 1
        if not self._single:
            return [line.add(spark(cells), style(self._kind))]
        # A number where several fall into one cell: told apart without colour.
        rule = sign("cool")
        for n in cells:
            mark = sign("fresh") if n == 1 else str(n) if n < 10 else "+"
            line.add(mark if n else rule, style(self._kind if n else "rail"))
        return [line]


def _name_room(wanted: int, width: int) -> int:
    """Cells of the names: where there is little room, the axis comes first."""
    return min(wanted, max(LEAST_NAME, width // 3))
