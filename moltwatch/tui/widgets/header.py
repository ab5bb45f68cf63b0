"""The line at the top: what is watched, how it stands, how fast it goes, what was found."""

from __future__ import annotations

from moltwatch.model import Kind
from moltwatch.sources.base import State
from moltwatch.times import HOUR, MINUTE, SECOND, Micros, format_duration, format_time
from moltwatch.tui.ink import Line, safe_line
from moltwatch.tui.inked import Bar
from moltwatch.tui.player import Player
from moltwatch.tui.symbols import sign, spark

PULSE = 12
"""Columns of the sparkline."""

ROOM_FOR_WORDS = 48
"""Cells left for counts that are enough to say what is counted."""

LAGGING = 5 * SECOND
"""A live source further behind than this says so."""

ARCHIVED = 6 * HOUR
"""Times further back than this are not late, they are old: somebody pipes in an archive."""

STATE_INK = {
    State.LIVE: "good",
    State.POLLING: "good",
    State.REPLAYING: "primary",
    State.PAUSED: "accent",
    State.ENDED: "dim",
    State.FAILED: "bad",
    State.RECONNECTING: "bad",
    State.RATE_LIMITED: "accent",
    State.CONNECTING: "accent",
}
"""How good the news is."""


class Header(Bar):
    """One line."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._player: Player | None = None
        self._wall: Micros = 0

    def pull(self, player: Player, wall: Micros) -> None:
        """Show how things stand; ``wall`` is the time on the wall clock, for the lag."""
        self._player = player
        self._wall = wall
        session = player.session
        status = player.run.source.status if player.run else None
        self.show(
            (
                session.version if session else None,
                (status.state, status.detail) if status else None,
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
        session, status = player.session, player.run.source.status
        time = format_time(session.now // SECOND * SECOND)[:19].replace("T", " ") + " "
        if width < 100:
            time = time[11:]
        right = time if session.now else ""
        room_for_right = len(right)
        line.room -= room_for_right
        state, ink = self._state(player, status.state)
        line.add(f"{safe_line(status.name, 30)} ", self.ink("strong"))
        line.add(f"{sign('live')} {state}", self.ink(ink))
        if status.detail and status.state is not State.REPLAYING:
            line.add(f" {safe_line(status.detail, 40)}", self.ink("dim"))
        line.add("  ")
        now = session.now
        if session.start is not None:
            columns = session.timeline.columns(PULSE, now - PULSE * MINUTE // 2, now + 1)
            if width >= 100:
                line.add(spark([c.posts for c in columns]), self.ink("fresh")).add(" ")
        line.add(f"{session.rate.per_minute(now):,.0f}/min", self.ink("strong"))
        lag = self._lag()
        if lag:
            line.add(f" {lag}", self.ink("bad"))
        line.add("  ")
        words = line.room > ROOM_FOR_WORDS
        for n, name in (
            (session.posts, "posts"),
            (session.threads.n, "threads"),
            (session.agents.n, "agents"),
        )[: 3 if width >= 90 else 2]:
            line.add(f"{n:,}", self.ink("body"))
            line.add(f" {name}  " if words else f"{name[0]} ", self.ink("faint"))
        for kind in Kind:
            if n := session.charges.by_kind[kind]:
                line.add(f"{sign(kind)}{n:,} ", self.ink(kind.value))
        if session.n_gaps:
            line.add(f"{sign('gap')}{session.n_gaps} ", self.ink("bad"))
        rejected = player.run.pipeline.rejects.total + status.rejects.total
        if rejected and width >= 140:
            line.add(f"{rejected:,} rejected ", self.ink("faint"))
        line.room += room_for_right
        return [line.right((right, self.ink("dim")))]

    def _state(self, player: Player, state: State) -> tuple[str, str]:
        if player.failure or player.crash:
            return "stopped", "bad"
        if player.seeking:
            return "rushing", "accent"
        if player.done:
            return "ended", "dim"
        transport = player.transport
        if transport is not None and not transport.paused and state is State.REPLAYING:
            speed = "max" if transport.speed == float("inf") else f"{transport.speed:g}×"
            return f"replay {speed}", "primary"
        return state.value, STATE_INK[state]

    def _lag(self) -> str:
        """How far the newest event is behind the wall clock, where that means something."""
        player = self._player
        if player is None or player.run is None or player.run.source.replayed or player.done:
            return ""
        lag = self._wall - player.run.session.now
        return f"{format_duration(lag)} behind" if LAGGING < lag < ARCHIVED else ""
