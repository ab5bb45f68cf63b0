"""Ways through the time of a replay that lead to something: a time, a gap, a mark.

What the run on the screen has not come to yet is known where another has been there: one that was
on the screen before, or the pass that has gone on ahead.
"""

from __future__ import annotations

from collections.abc import Iterable

from moltwatch.model import Gap
from moltwatch.session import Session
from moltwatch.times import Micros
from moltwatch.tui import local_time
from moltwatch.tui.player import Player
from moltwatch.tui.triage import Triage


class Travel:
    """Each way tells why nothing came of it; nothing if something did."""

    def __init__(self, player: Player, triage: Triage) -> None:
        self._player = player
        self._triage = triage
        self._gaps: dict[Micros, None] = {}
        """When gaps were told of that sessions before the one on the screen knew."""

    def remember(self, session: Session) -> None:
        """It had come further, or will be left."""
        self._gaps |= dict.fromkeys(gap.seen_at for gap in _gaps(session))

    @property
    def span(self) -> tuple[Micros, Micros] | None:
        """What a replay covers, as soon as that is known."""
        transport = self._player.transport
        if transport is None or transport.events_before(transport.end) is None:
            return None
        return transport.start, transport.end

    def to_time(self, at: Micros) -> str:
        """To a time of the recording."""
        start, end = self.span or (at, at)
        if start <= at <= end:
            return self._player.seek(at)
        there, first, last = (local_time.day_and_time(each) for each in (at, start, end))
        return f"{there} is not in this recording: it goes from {first} to {last}"

    def to_gap(self, by: int) -> str:
        """To where the next gap is told of, or the one before."""
        session = self._player.session
        known = {*self._gaps, *(gap.seen_at for gap in _gaps(session))} if session else ()
        return self._leap(by, "gap", [at + 1 for at in known])

    def to_mark(self, by: int) -> str:
        """To the next moment that the user has marked, or the one before."""
        return self._leap(by, "mark", self._triage.marks)

    def mark(self) -> str:
        """Mark where the screen is, or take that mark away. Tells what was done. Raises
        Unusable."""
        session = self._player.session
        if session is None or session.start is None:
            return "nothing to mark: nothing was seen yet"
        now = self._player.now
        marked = self._triage.mark(now)
        what = "marked; \" and ' go from mark to mark" if marked else "no longer marked"
        return f"{local_time.clock(now)} is {what}"

    def _leap(self, by: int, what: str, times: Iterable[Micros]) -> str:
        """To the first of these times that is later, or the last that is earlier."""
        if why := self._player.why_not_steered(f"no way to a {what}"):
            return why
        target = self._player.target
        here = self._player.now if target is None else target
        there = [at for at in times if (at > here if by > 0 else at < here)]
        if not there:
            return f"no {what} {'after' if by > 0 else 'before'} {local_time.clock(here)} is known"
        return self._player.seek(min(there) if by > 0 else max(there))


def _gaps(session: Session) -> Iterable[Gap]:
    """Those of a session that are kept, each once or twice."""
    return (*session.gaps, *session.long_gaps)
