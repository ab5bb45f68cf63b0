"""The line at the top: what is watched, how it stands, how fast it goes, what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.message import Message

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.sources.base import State, Status
from moltwatch.sources.standing import WELL
from moltwatch.times import HOUR, MINUTE, SECOND, Micros, format_duration
from moltwatch.tui import local_time
from moltwatch.tui.line import Bar, Line, safe_line, truncate
from moltwatch.tui.player import Player
from moltwatch.tui.status_line import line_up, look_of
from moltwatch.tui.symbols import sign, spark
from moltwatch.wording import count

PULSE = 12
"""Columns of the sparkline."""

SPACIOUS = 100
"""Columns from which there is a sparkline, and the day."""

LEAST_ROOM = 44
"""Cells that sources get at least, to say how they stand."""

ROOM_FOR_RATE, ROOM_FOR_FLAGS = 16, 24
"""Cells that are left for the rest where something is wrong with a source: for the rate, and on a
spacious line for what was flagged."""

LAGGING = 5 * SECOND
"""A live source further behind than this says so."""

LAGGING_POLLED = 90 * SECOND
"""One that is asked now and then, rather than listened to, is always a little behind."""

ARCHIVED = 6 * HOUR
"""Times further back than this are not late, they are old: somebody pipes in an archive."""


class _Part(NamedTuple):
    """Some of the line that is shown whole or not at all."""

    rank: int
    """What is ranked low is left out first."""
    pieces: list[tuple[str, str]]
    """Texts, each with the name of its style."""


def _width(part: _Part) -> int:
    return sum(cell_len(text) for text, _ in part.pieces)


def _counted(rank: int, n: int, what: str, between: str = "") -> _Part:
    number, _, counted = count(n, what).partition(" ")
    return _Part(rank, [(f"{between}{number}", "body"), (f" {counted}", "faint")])


def _clock(now: Micros, width: int) -> list[_Part]:
    """The time of the stream with its zone, at the right end; the day where there may be room."""
    if not now:
        return []
    days = [_Part(5, [(f"{local_time.weekday(now)} ", "dim")])] if width >= SPACIOUS else []
    time, zone = local_time.time_of_day(now), local_time.zone_name(now)
    return [*days, _Part(12, [(f"{time} ", "dim")]), _Part(7, [(f"{zone} ", "dim")])]


class Header(Bar):
    """One line. A click on it asks for the list of sources."""

    class SourcesWanted(Message):
        """The user clicked."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._player: Player | None = None
        self._wall: Micros = 0

    def draw(self, player: Player, wall: Micros) -> None:
        """Show how things stand; ``wall`` is the time on the wall clock, for the lag."""
        self._player = player
        self._wall = wall
        session = player.session
        self.show(
            (
                session.version if session else None,
                [(status.state, status.detail) for status in self._statuses],
                player.seeking,
                player.done,
                player.now // SECOND,
                wall // SECOND,
            )
        )

    def lines(self, width: int) -> list[Line]:
        line = Line(width)
        line.add(" moltwatch ", self.style("accent"))
        player = self._player
        if player is None or player.run is None or player.session is None:
            return [line.add(" opening…", self.style("dim"))]
        session = player.session
        clock = _clock(player.now, width)
        reserved = max(map(_width, clock), default=0)
        line.room -= reserved
        self._stand(line, player, width)
        line.gap(2)
        line.room += reserved
        parts = [*self._parts(session, player, width), *clock]
        # A blank stands before the clock at least.
        parts = truncate(parts, line.room - 1, width=_width, rank=lambda part: part.rank)
        for part in parts:
            if part not in clock:
                for text, style in part.pieces:
                    line.add(text, self.style(style))
        told = "".join(text for part in parts if part in clock for text, _ in part.pieces)
        return [line.right((told, self.style("dim")))]

    def _parts(self, session: Session, player: Player, width: int) -> Iterator[_Part]:
        """What there is to say besides how the sources stand."""
        now = session.now
        if width >= SPACIOUS and session.start is not None:
            columns = session.timeline.columns(PULSE, now - PULSE * MINUTE // 2, now + 1)
            yield _Part(2, [(f"{spark([c.posts for c in columns])} ", "fresh")])
        lag = f" {lag}" if (lag := self._lag()) else ""
        rate = f"{session.rate.per_minute(now, session.start):,.0f}/min"
        yield _Part(11, [(rate, "strong"), (lag, "bad"), (" ", "dim")])
        yield _counted(6, session.posts, "post", " ")
        # Beside the posts, for they count posts: the cards count cases.
        for rank, kind in ((8, Kind.PERSONA), (9, Kind.COORDINATED), (10, Kind.HAZARD)):
            if n := session.charges.standing[kind]:
                yield _Part(rank, [(f" {sign(kind)}{n:,}", kind.value)])
        yield _counted(4, session.threads.n, "thread", "  ")
        yield _counted(3, session.agents.n, "agent", "  ")
        if session.n_gaps:
            yield _Part(7, [(f"  {sign('gap')}{session.n_gaps}", "bad")])
        assert player.run is not None
        rejected = player.run.pipeline.rejects.total
        rejected += sum(status.rejects.total for status in self._statuses)
        if rejected and width >= 140:
            yield _Part(1, [(f"  {rejected:,} rejected", "faint")])

    @property
    def _statuses(self) -> Sequence[Status]:
        run = self._player.run if self._player else None
        return run.source.statuses if run else ()

    def _stand(self, line: Line, player: Player, width: int) -> None:
        """What is watched and how that stands: of a run that is over or a recording in one word,
        of live sources each by itself."""
        assert player.run is not None
        whole, room = player.run.source.status, line.room
        if (state := self._in_a_word(player, whole.state)) is not None:
            pieces = [
                (f"{safe_line(whole.name, 30)} ", "strong"),
                (f"{sign('live')} {state[0]}", state[1]),
            ]
            if whole.detail and whole.state is not State.REPLAYING:
                pieces.append((f" {safe_line(whole.detail, 40)}", "dim"))
        else:
            well = all(status.state in WELL for status in self._statuses)
            rest = ROOM_FOR_FLAGS if width >= SPACIOUS else ROOM_FOR_RATE
            room = min(room, max(LEAST_ROOM, room // 2 if well else room - rest))
            pieces = line_up(self._statuses, self._wall, room)
        kept, line.room = line.room - room, room
        for text, style in pieces:
            line.add(text, self.style(style))
        line.room += kept

    def _in_a_word(self, player: Player, state: State) -> tuple[str, str] | None:
        """How a run stands that is over, or that can be steered, with its style."""
        if player.failure or player.crash:
            return "stopped", "bad"
        if player.seeking:
            return f"going {'back' if player.goes_back else 'on'}", "accent"
        if player.done:
            return "ended", "dim"
        if (transport := player.transport) is None:
            return None
        if not transport.paused and state is State.REPLAYING:
            speed = "max" if transport.speed == float("inf") else f"{transport.speed:g}×"
            return f"replay {speed}", "primary"
        return state.value, look_of(state)[1]

    def on_click(self) -> None:
        self.post_message(self.SourcesWanted())

    def _lag(self) -> str:
        """How far the newest event is behind the wall clock, where that means something."""
        player = self._player
        if player is None or player.run is None or player.frozen:
            return ""
        if player.run.source.replayed or player.done:
            return ""
        lag = self._wall - player.run.session.now
        polling = any(status.state is State.POLLING for status in self._statuses)
        least = LAGGING_POLLED if polling else LAGGING
        return f"{format_duration(lag)} behind" if least < lag < ARCHIVED else ""
