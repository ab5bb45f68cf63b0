"""One line for what the user should know: a failure stays, everything else passes. It lies over
the line of keys, so that nothing moves for it."""

from __future__ import annotations

from collections import deque

from moltwatch.session import Session
from moltwatch.sources.standing import Lookout
from moltwatch.times import SECOND, Micros, format_duration
from moltwatch.tui.line import Bar, Line, safe_line
from moltwatch.tui.local_time import clock, short_time
from moltwatch.tui.player import Player, Run
from moltwatch.tui.symbols import sign

STAYS: Micros = 8 * SECOND
"""How long a notification stays on the wall clock: a replay may be paused, and frames dropped."""

SHORTEST: Micros = 2 * SECOND
"""How long at least before the next one in line takes its place."""

MOST_WAITING = 20


class Notifications(Bar):
    """Shown while there is something to say. Each thing is said once."""

    def __init__(self) -> None:
        super().__init__(id="notifications")
        self.text = ""
        """What is said, or was said last."""
        self._bad = False
        self._now: Micros = 0
        self._since: Micros = 0
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)
        self._lookout = Lookout(short_time)
        self._gaps = 0
        """Of this session, told so far."""
        self._notes = 0
        self._stopped = False

    def say(self, text: str, *, bad: bool = False) -> None:
        """Say it now, for a while, or for good when it is ``bad``."""
        if self._bad and not bad:
            return
        self.text, self._bad, self._since = text, bad, self._now
        self.display = True
        self.set_class(bad, "bad")
        self.show((text, bad))

    def unsay(self, text: str) -> None:
        """It is so no longer."""
        if self.text == text and not self._bad:
            self.display = False

    def queue(self, text: str) -> None:
        """Say it when what is said now has had its time."""
        self._waiting.append(text)

    def reset(self) -> None:
        """Another session is on the screen."""
        self._gaps = self._notes = 0

    def update(self, player: Player, wall: Micros) -> None:
        """Let time pass, up to ``wall`` on the wall clock, and take in what is new."""
        self._now = wall
        said_for = abs(wall - self._since)  # a clock that is set back keeps nothing up
        if self._bad:
            pass
        elif self._waiting and (not self.display or said_for >= SHORTEST):
            self.say(self._waiting.popleft())
        elif self.display and said_for >= STAYS:
            self.display = False
        self._tell_of_failure(player)
        while player.setbacks:
            self.queue(player.setbacks.popleft())
        if player.run is not None:
            self._take_in(player.run, wall, over=player.done)

    def _tell_of_failure(self, player: Player) -> None:
        if error := player.failure or player.crash:
            if not self._stopped:
                # A failure of ours has words for people, a defect has not.
                text = str(error) if player.failure else f"{type(error).__name__}: {error}"
                self.say(f"stopped: {text}", bad=True)
        elif self._stopped:
            self._bad = self.display = False
        self._stopped = error is not None

    def _take_in(self, run: Run, wall: Micros, *, over: bool) -> None:
        session = run.session
        for news in () if over else self._lookout.news(run.source.statuses, wall):
            self.queue(news)
        if session.n_gaps > self._gaps:
            self._gaps = session.n_gaps
            self.queue(_gap_sentence(session))
        if session.n_notes > self._notes:
            new = min(session.n_notes - self._notes, len(session.notes))
            self._notes = session.n_notes
            for note in list(session.notes)[-new:]:
                self.queue(note)

    def lines(self, width: int) -> list[Line]:
        mark = sign("no") if self._bad else sign("dot")
        return [Line(width).add(f" {mark} {safe_line(self.text, 400)}")]


def _gap_sentence(session: Session) -> str:
    """The latest gap, in words. Its length is in the forum's time, however fast it is played."""
    gap = session.gaps[-1]
    length = format_duration(max(0, gap.until - gap.since))
    span = f"from {clock(gap.since)} to {clock(gap.until)} ({length} of forum time)"
    later = ", and was given back later" if gap.recovered else ""
    return f"not all was received {span}{later}: {gap.reason}"
