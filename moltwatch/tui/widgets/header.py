"""The line at the top: what is watched, how it stands, how fast it goes, what was found."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from moltwatch.model import Kind
from moltwatch.sources.base import State, Status
from moltwatch.sources.standing import WELL
from moltwatch.times import HOUR, MINUTE, SECOND, Micros, format_duration, format_time
from moltwatch.tui.ink import Line, safe_line
from moltwatch.tui.inked import Bar
from moltwatch.tui.player import Player
from moltwatch.tui.stands import STATE_INK, line_up
from moltwatch.tui.symbols import sign, spark

PULSE = 12
"""Columns of the sparkline."""

ROOM_FOR_WORDS = 48
"""Cells left for counts that are enough to say what is counted."""

LEAST_ROOM = 44
"""Cells that sources get at least, to say how they stand."""

ROOM_FOR_RATE = 16
"""Cells that are left for the rest where something is wrong with a source."""

LAGGING = 5 * SECOND
"""A live source further behind than this says so."""

LAGGING_POLLED = 90 * SECOND
"""One that is asked now and then, rather than listened to, is always a little behind."""

ARCHIVED = 6 * HOUR
"""Times further back than this are not late, they are old: somebody pipes in an archive."""


class Header(Bar):
    """One line. A click on it asks for the list of sources."""

    class SourcesWanted(Message):
        """The user clicked."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._player: Player | None = None
        self._wall: Micros = 0

    def pull(self, player: Player, wall: Micros) -> None:
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
                wall // SECOND,
            )
        )

    def draw(self, width: int) -> list[Line]:
        line = Line(width)
        line.add(" moltwatch ", self.ink("accent"))
        player = self._player
        if player is None or player.run is None or player.session is None:
            return [line.add(" opening…", self.ink("dim"))]
        session = player.session
        time = format_time(session.now // SECOND * SECOND)[:19].replace("T", " ") + " "
        if width < 100:
            time = time[11:]
        right = time if session.now else ""
        room_for_right = len(right)
        line.room -= room_for_right
        self._stand(line, player)
        line.gap(2)
        now = session.now
        if session.start is not None:
            columns = session.timeline.columns(PULSE, now - PULSE * MINUTE // 2, now + 1)
            if width >= 100:
                line.add(spark([c.posts for c in columns]), self.ink("fresh")).add(" ")
        line.whole((f"{session.rate.per_minute(now):,.0f}/min", self.ink("strong")))
        if lag := self._lag():
            line.whole((f" {lag}", self.ink("bad")))
        line.gap(2)
        words = line.room > ROOM_FOR_WORDS
        for n, name in (
            (session.posts, "posts"),
            (session.threads.n, "threads"),
            (session.agents.n, "agents"),
        )[: 3 if width >= 90 else 2]:
            what = f" {name}  " if words else f"{name[0]} "
            line.whole((f"{n:,}", self.ink("body")), (what, self.ink("faint")))
        for kind in Kind:
            if n := session.charges.by_kind[kind]:
                line.whole((f"{sign(kind)}{n:,} ", self.ink(kind.value)))
        if session.n_gaps:
            line.whole((f"{sign('gap')}{session.n_gaps} ", self.ink("bad")))
        rejected = player.run.pipeline.rejects.total
        rejected += sum(status.rejects.total for status in self._statuses)
        if rejected and width >= 140:
            line.whole((f"{rejected:,} rejected ", self.ink("faint")))
        line.room += room_for_right
        return [line.right((right, self.ink("dim")))]

    @property
    def _statuses(self) -> Sequence[Status]:
        run = self._player.run if self._player else None
        return run.source.statuses if run else ()

    def _stand(self, line: Line, player: Player) -> None:
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
            room = min(room, max(LEAST_ROOM, room // 2 if well else room - ROOM_FOR_RATE))
            pieces = line_up(self._statuses, self._wall, room)
        kept, line.room = line.room - room, room
        for text, ink in pieces:
            line.add(text, self.ink(ink))
        line.room += kept

    def _in_a_word(self, player: Player, state: State) -> tuple[str, str] | None:
        """How a run stands that is over, or that can be steered, with its ink."""
        if player.failure or player.crash:
            return "stopped", "bad"
        if player.seeking:
            return "rushing", "accent"
        if player.done:
            return "ended", "dim"
        if (transport := player.transport) is None:
            return None
        if not transport.paused and state is State.REPLAYING:
            speed = "max" if transport.speed == float("inf") else f"{transport.speed:g}×"
            return f"replay {speed}", "primary"
        return state.value, STATE_INK[state]

    def on_click(self) -> None:
        self.post_message(self.SourcesWanted())

    def _lag(self) -> str:
        """How far the newest event is behind the wall clock, where that means something."""
        player = self._player
        if player is None or player.run is None or player.run.source.replayed or player.done:
            return ""
        lag = self._wall - player.run.session.now
        polling = any(status.state is State.POLLING for status in self._statuses)
        least = LAGGING_POLLED if polling else LAGGING
        return f"{format_duration(lag)} behind" if least < lag < ARCHIVED else ""
