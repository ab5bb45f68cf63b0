"""The time line at the bottom: the rate, marks where a case begins that matters, and when that was;
in a replay, the seek bar."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from textual import events
from textual.message import Message

from moltwatch.model import Kind
from moltwatch.session.timeline import Column, Timeline
from moltwatch.sources.base import State
from moltwatch.times import DAY, MINUTE, SECOND, Micros, format_duration
from moltwatch.tui.line import Bar, Line
from moltwatch.tui.local_time import clock, day, day_and_time, ticks, time_of_day
from moltwatch.tui.player import Player
from moltwatch.tui.status_line import look_of, overall
from moltwatch.tui.symbols import sign, spark
from moltwatch.tui.widgets.underway import far, goal

LABEL = 23
"""Cells left of the bars."""

APART = 16
"""Cells between two hours at least."""

_RAREST_FIRST = (Kind.COORDINATED, Kind.HAZARD, Kind.PERSONA)
"""Which kind gets the cell where cases of several begin."""

PERSONAS = 10
"""One cell of so many marks a persona: where the strongest begin."""

LEAST_PERSONAS = 3
"""Cells that mark one at least, if there are as many."""

SHORTEST: Micros = 2 * MINUTE
"""A live time line covers at least this."""


class _Cells(NamedTuple):
    """What there is to be seen right of the label."""

    played: list[Column]
    ahead: list[Column] | None
    head: int
    """The cell of the present."""


def begun(columns: Sequence[Column], head: int) -> list[Kind | None]:
    """Which kind of case each cell says that begins there. Groups come first; where several begin
    in one cell, the cells beside it say so as well. Of personas only the strongest have a cell."""
    signs = [next(filter(column.begin, _RAREST_FIRST), None) for column in columns]
    personas = [i for i, kind in enumerate(signs) if kind is Kind.PERSONA]
    strengths = sorted((columns[i].strongest(Kind.PERSONA) for i in personas), reverse=True)
    most = max(LEAST_PERSONAS, len(columns) // PERSONAS)
    if len(strengths) > most:
        # Of equals there may be too many: then all of them go, unless they are the strongest.
        least = strengths[most - 1] + (strengths[most - 1] == strengths[most])
        least = min(least, strengths[0])
        for i in personas:
            if columns[i].strongest(Kind.PERSONA) < least:
                signs[i] = None
    for i, column in enumerate(columns):
        more = column.begin(Kind.COORDINATED) - 1
        for j in (i + 1, i - 1) if more > 0 else ():
            free = 0 <= j < len(columns) and j != head and signs[j] is not Kind.COORDINATED
            if free and more:
                signs[j] = Kind.COORDINATED
                more -= 1
    return signs


class SeekBar(Bar):
    """Bars; where cases begin and the play head; hours or days, on a line of their own where there
    is room."""

    class Seek(Message):
        """The user clicked on a time."""

        def __init__(self, at: Micros) -> None:
            self.at = at
            super().__init__()

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._player: Player | None = None
        self._ahead: Timeline | None = None
        self._marked: Collection[Micros] = ()
        self._drawn_ahead: tuple[object, list[Column]] | None = None
        """The time line of a run that had come further: what lies ahead is known then."""

    def remember(self, timeline: Timeline) -> None:
        """A run is being left; keep what it knew of the time to come."""
        if self._ahead is None or timeline.end > self._ahead.end:
            self._ahead = timeline

    def draw(self, player: Player, marked: Collection[Micros] = ()) -> None:
        """Show how things stand, and these moments as ``marked``."""
        self._player, self._marked = player, marked
        session, transport = player.session, player.transport
        if session is None:
            return
        start, end = self.span(player)
        cell = max(1, (end - start) // max(1, self.size.width))
        self.show(
            (
                session.timeline.version if session.now // cell else 0,
                player.now // SECOND,
                transport and (transport.paused, transport.speed),
                player.target,
                player.target and far(player),
                player.done,
                player.analysed,
                player.run and overall(player.run.source.statuses),
                id(session),
                player.frozen and session.held and session.held.posts,
                self.size.height,
                tuple(sorted(marked)),
            )
        )

    def span(self, player: Player) -> tuple[Micros, Micros]:
        """What the bar covers."""
        session, transport = player.session, player.transport
        now = session.now if session else 0
        if transport is not None and transport.end > transport.start:
            return transport.start, transport.end
        start = session.start if session and session.start is not None else now
        return start, max(now + 1, start + SHORTEST)

    def _days(self, player: Player) -> bool:
        """Whether a time of day would not do: a recording goes on for longer than a day."""
        start, end = self.span(player)
        return player.transport is not None and end - start > DAY

    def lines(self, width: int) -> list[Line]:
        player = self._player
        if player is None or player.session is None:
            return []
        session = player.session
        start, end = self.span(player)
        n = max(1, width - LABEL - 2)
        played = session.timeline.columns(n, start, end)
        ahead = self._columns_ahead(n, start, end)
        now = player.target if player.target is not None else player.now
        head = min(n - 1, max(0, int((now - start) * n / max(1, end - start))))
        cells = _Cells(played, ahead, head)
        labels = ticks(start, end, n, APART)
        lines = [self._bars(width, player, cells), self._marks(width, player, cells, labels)]
        return lines if self._low else [*lines, self._hours(width, player, labels)]

    def _columns_ahead(self, n: int, start: Micros, end: Micros) -> list[Column] | None:
        """What is known of the time to come: the same in every frame."""
        if self._ahead is None:
            return None
        wanted = id(self._ahead), self._ahead.version, n, start, end
        if self._drawn_ahead is None or self._drawn_ahead[0] != wanted:
            self._drawn_ahead = wanted, self._ahead.columns(n, start, end)
        return self._drawn_ahead[1]

    @property
    def _low(self) -> bool:
        """There is no line for the hours."""
        return self.size.height < 3

    def _bars(self, width: int, player: Player, cells: _Cells) -> Line:
        played, ahead, head = cells
        top = max((c.posts for c in [*played, *(ahead or ())]), default=0.0)
        line = Line(width)
        what, style = self._what(player)
        line.add(f" {what}", self.style(style)).gap(LABEL - (width - line.room))
        bars = spark([column.posts for column in played], top)
        after = spark([c.posts for c in ahead], top) if ahead else None
        pieces = []
        for i, column in enumerate(played):
            if column.gap:
                pieces.append((sign("gap"), "bad"))
            elif i <= head:
                pieces.append((bars[i], "fresh" if i == head else "primary"))
            else:
                pieces.append((after[i] if after else " ", "faint"))
        return self._run(line, pieces)

    def _marks(
        self, width: int, player: Player, cells: _Cells, labels: list[tuple[int, str]]
    ) -> Line:
        played, ahead, head = cells
        line = Line(width)
        what = self._next(player) if self._low else ""
        line.add(f" {what or self._when(player)}", self.style("accent" if what else "dim"))
        line.gap(LABEL - (width - line.room))
        shown = [c if i <= head or not ahead else ahead[i] for i, c in enumerate(played)]
        pieces = []
        for i, kind in enumerate(begun(shown, head)):
            if i == head:
                pieces.append((sign("head"), "accent"))
            elif kind:
                pieces.append((sign(kind), kind.value if i <= head else "faint"))
            else:
                pieces.append((sign("line"), "rail"))
        start, end = self.span(player)
        for at in self._marked:
            where = int((at - start) * len(pieces) / max(1, end - start))
            if 0 <= where < len(pieces) and where != head:
                pieces[where] = (sign("mark"), "accent")
        for at, text in labels:
            # Where there is no line for them, hours stand between the signs, or not at all.
            place = slice(at, at + len(text))
            if (
                self._low
                and place.stop <= len(pieces)
                and all(style == "rail" for _, style in pieces[place])
            ):
                pieces[place] = [(letter, "dim") for letter in text]
            elif not self._low and pieces[at][1] == "rail":
                pieces[at] = (sign("tick"), "rail")
        return self._run(line, pieces)

    def _hours(self, width: int, player: Player, labels: list[tuple[int, str]]) -> Line:
        """When that is: hours or days, each under its tick."""
        line = Line(width).add(f" {self._next(player)}", self.style("accent"))
        if not self._next(player) and player.analysed:
            line.add(player.analysed, self.style("dim"))
        for at, text in labels:
            at += LABEL
            line.gap(at - (width - line.room)).whole((text, self.style("dim")))
        return line

    def _run(self, line: Line, pieces: list[tuple[str, str]]) -> Line:
        """Add cells, those of one style together."""
        for style, run in groupby(pieces, key=itemgetter(1)):
            line.add("".join(text for text, _ in run), self.style(style))
        return line

    def _when(self, player: Player) -> str:
        """Where it stands, and in a replay where it ends."""
        now, (_, end) = player.now, self.span(player)
        if not self._days(player):
            return f"{time_of_day(now)} / {time_of_day(end)}" if player.transport else clock(now)
        return f"{day_and_time(now)} / {day(end)}"

    def _what(self, player: Player) -> tuple[str, str]:
        """What goes on, in the cells of the label."""
        session, transport = player.session, player.transport
        if player.failure or player.crash:
            return f"{sign('no')} stopped", "bad"
        if player.frozen and session is not None and session.held is not None:
            return f"{sign('pause')} frozen {sign('dot')} +{session.held.posts:,} new", "accent"
        if player.target is not None:
            return f"{'back' if player.goes_back else 'on'} to {goal(player)}", "accent"
        if player.done:
            return f"{sign('end')} end", "dim"
        if transport is None:
            state = overall(player.run.source.statuses) if player.run else State.CONNECTING
            mark, style = look_of(state)
            return f"{mark} {state.value}", style
        speed = "max" if transport.speed == float("inf") else f"{transport.speed:g}×"
        if transport.paused:
            return f"{sign('pause')} paused {speed}", "accent"
        left = transport.end - player.now
        what = f"{sign('play')} {speed}"
        if transport.speed != float("inf") and left > 0:
            rest = format_duration(int(left / transport.speed))
            told = (f"{what} {rest} left", f"{what} {rest}")
            what = next((text for text in told if len(text) <= LABEL - 2), what)
        return what, "primary"

    def _next(self, player: Player) -> str:
        """How far a rush is; how to go on, where it does not go on by itself."""
        if player.failure or player.crash:
            return ""
        if player.target is not None and not player.frozen:
            return far(player)
        if player.frozen:
            return "G takes up again"
        if player.done:
            return "0 plays again, ← back" if player.transport else ""
        return "space goes on" if player.paused else ""

    def on_click(self, event: events.Click) -> None:
        player = self._player
        if player is None or player.transport is None or event.x < LABEL:
            return
        start, end = self.span(player)
        n = max(1, self.size.width - LABEL - 2)
        self.post_message(self.Seek(start + (end - start) * min(n, event.x - LABEL) // n))
