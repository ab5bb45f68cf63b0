"""The time line at the bottom: the rate with flags marked on it; in a replay, the seek bar."""

from __future__ import annotations

from typing import NamedTuple

from textual import events
from textual.message import Message

from moltwatch.model import Kind
from moltwatch.session.timeline import Column, Timeline
from moltwatch.sources.base import State
from moltwatch.times import DAY, MINUTE, SECOND, Micros, format_duration, format_time
from moltwatch.tui.line import Bar, Line, clock
from moltwatch.tui.player import Player
from moltwatch.tui.status_line import look_of, overall
from moltwatch.tui.symbols import sign, spark

LABEL = 22
"""Cells left of the bars."""

_RAREST_FIRST = (Kind.HAZARD, Kind.PERSONA, Kind.COORDINATED)
"""Which kind gets the cell: swarms mark many cells anyway."""

SHORTEST: Micros = 2 * MINUTE
"""A live time line covers at least this."""


class _Cells(NamedTuple):
    """What there is to be seen right of the label."""

    played: list[Column]
    ahead: list[Column] | None
    head: int
    """The cell of the present."""


class SeekBar(Bar):
    """Two lines: bars; flags and the play head."""

    class Seek(Message):
        """The user clicked on a time."""

        def __init__(self, at: Micros) -> None:
            self.at = at
            super().__init__()

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._player: Player | None = None
        self._ahead: Timeline | None = None
        """The time line of a run that had come further: what lies ahead is known then."""

    def remember(self, timeline: Timeline) -> None:
        """A run is being left; keep what it knew of the time to come."""
        if self._ahead is None or timeline.end > self._ahead.end:
            self._ahead = timeline

    def draw(self, player: Player) -> None:
        """Show how things stand."""
        self._player = player
        session, transport = player.session, player.transport
        if session is None:
            return
        start, end = self.span(player)
        cell = max(1, (end - start) // max(1, self.size.width))
        self.show(
            (
                session.timeline.version if session.now // cell else 0,
                session.now // SECOND,
                transport and (transport.paused, transport.speed),
                player.target,
                player.done,
                player.run and overall(player.run.source.statuses),
                id(session),
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
        ahead = self._ahead.columns(n, start, end) if self._ahead else None
        now = player.target if player.target is not None else session.now
        head = min(n - 1, max(0, int((now - start) * n / max(1, end - start))))
        cells = _Cells(played, ahead, head)
        return [self._bars(width, player, cells), self._marks(width, player, cells)]

    def _bars(self, width: int, player: Player, cells: _Cells) -> Line:
        played, ahead, head = cells
        top = max((c.posts for c in [*played, *(ahead or ())]), default=0.0)
        line = Line(width)
        what, style = self._what(player)
        line.add(f" {what}", self.style(style)).gap(LABEL - (width - line.room))
        bars = spark([column.posts for column in played], top)
        after = spark([c.posts for c in ahead], top) if ahead else None
        run, run_style = "", ""
        for i, column in enumerate(played):
            if column.gap:
                piece, style = sign("gap"), "bad"
            elif i <= head:
                piece, style = bars[i], "fresh" if i == head else "primary"
            elif after:
                piece, style = after[i], "faint"
            else:
                piece, style = " ", "faint"
            if style != run_style:
                line.add(run, self.style(run_style) if run_style else None)
                run, run_style = "", style
            run += piece
        return line.add(run, self.style(run_style) if run_style else None)

    def _marks(self, width: int, player: Player, cells: _Cells) -> Line:
        played, ahead, head = cells
        line = Line(width)
        session = player.session
        now, (_, end) = session.now if session else 0, self.span(player)
        label = clock(now)
        if self._days(player):
            label = f"{_minute(now)} / {_minute(end)[:5]}"
        elif player.transport is not None:
            label += f" / {clock(end)}"
        line.add(f" {label}", self.style("dim")).gap(LABEL - (width - line.room))
        for i, column in enumerate(played):
            shown = column if i <= head or not ahead else ahead[i]
            kinds = shown.kinds
            kind = next((k for k in _RAREST_FIRST if k in kinds), None)
            if i == head:
                line.add(sign("head"), self.style("accent"))
            elif kind:
                line.add(sign(kind), self.style(kind.value if i <= head else "faint"))
            else:
                line.add(sign("line"), self.style("rail"))
        return line

    def _what(self, player: Player) -> tuple[str, str]:
        transport = player.transport
        if player.failure or player.crash:
            return f"{sign('no')} stopped", "bad"
        if player.target is not None:
            days = self._days(player)
            where = f" {_minute(player.target)}" if days else f" to {clock(player.target)}"
            return f"rushing{where}", "accent"
        if player.done:
            return f"{sign('end')} end", "dim"
        if transport is None:
            state = overall(player.run.source.statuses) if player.run else State.CONNECTING
            mark, style = look_of(state)
            return f"{mark} {state.value}", style
        speed = "max" if transport.speed == float("inf") else f"{transport.speed:g}×"
        if transport.paused:
            return f"{sign('pause')} paused {speed}", "accent"
        left = transport.end - transport.position
        what = f"{sign('play')} {speed}"
        if transport.speed != float("inf") and left > 0:
            rest = format_duration(int(left / transport.speed))
            told = (f"{what} {rest} left", f"{what} {rest}")
            what = next((text for text in told if len(text) <= LABEL - 2), what)
        return what, "primary"

    def on_click(self, event: events.Click) -> None:
        player = self._player
        if player is None or player.transport is None or event.x < LABEL:
            return
        start, end = self.span(player)
        n = max(1, self.size.width - LABEL - 2)
        self.post_message(self.Seek(start + (end - start) * min(n, event.x - LABEL) // n))


def _minute(at: Micros) -> str:
    """Date and time in UTC, ``02-28 05:19``."""
    return format_time(at)[5:16].replace("T", " ")
