"""What the user is told: one line for it, and what is told without having been asked."""

from __future__ import annotations

from collections import deque

from moltwatch.session import Session
from moltwatch.sources.standing import Lookout
from moltwatch.times import SECOND, Micros, format_duration
from moltwatch.tui.line import Bar, Line, safe_line
from moltwatch.tui.player import Player
from moltwatch.tui.symbols import sign

STAYS: Micros = 8 * SECOND
"""How long a notice stays on the wall clock: a replay may be paused, and frames dropped."""

SHORTEST: Micros = 2 * SECOND
"""How long at least before the next one in line takes its place."""

MOST_WAITING = 20


class Notice(Bar):
    """Shown while there is something to say."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.text = ""
        """What is said, or was said last."""
        self._bad = False
        self._now: Micros = 0
        self._since: Micros = 0
        self._waiting: deque[str] = deque(maxlen=MOST_WAITING)

    def say(self, text: str, *, bad: bool = False) -> None:
        """Say it now, for a while, or for good when it is ``bad``."""
        if self._bad and not bad:
            return
        self.text, self._bad, self._since = text, bad, self._now
        self.display = True
        self.set_class(bad, "bad")
        self.show((text, bad))

    def queue(self, text: str) -> None:
        """Say it when what is said now has had its time."""
        self._waiting.append(text)

    def clear(self) -> None:
        """What was bad is over."""
        self._bad = False
        self.display = False

    def pull(self, wall: Micros) -> None:
        """Let time pass."""
        self._now = wall
        said_for = abs(wall - self._since)  # a clock that is set back keeps nothing up
        if self._bad:
            return
        if self._waiting and (not self.display or said_for >= SHORTEST):
            self.say(self._waiting.popleft())
        elif self.display and said_for >= STAYS:
            self.display = False

    def draw(self, width: int) -> list[Line]:
        mark = sign("no") if self._bad else sign("dot")
        return [Line(width).add(f" {mark} {safe_line(self.text, 400)}")]


class News:
    """Says each thing once, in the line for notices."""

    def __init__(self, notice: Notice) -> None:
        self._notice = notice
        self._lookout = Lookout()
        self._gaps = 0
        """Of this session, told so far."""
        self._notes = 0
        self._stopped = False

    def reset(self) -> None:
        """Another session is on the screen."""
        self._gaps = self._notes = 0

    def pull(self, player: Player, wall: Micros) -> None:
        """Tell what is new."""
        self._tell_of_failure(player)
        session = player.session
        if session is None:
            return
        if player.run is not None and not player.done:
            for news in self._lookout.news(player.run.source.statuses, wall):
                self._notice.queue(news)
        if session.n_gaps > self._gaps:
            self._gaps = session.n_gaps
            self._notice.queue(gap_sentence(session))
        if session.n_notes > self._notes:
            new = min(session.n_notes - self._notes, len(session.notes))
            self._notes = session.n_notes
            for note in list(session.notes)[-new:]:
                self._notice.queue(note)

    def _tell_of_failure(self, player: Player) -> None:
        if error := player.failure or player.crash:
            if not self._stopped:
                # A failure of ours has words for people, a defect has not.
                text = str(error) if player.failure else f"{type(error).__name__}: {error}"
                self._notice.say(f"stopped: {text}", bad=True)
        elif self._stopped:
            self._notice.clear()
        self._stopped = error is not None


def gap_sentence(session: Session) -> str:
    """The latest gap, in words."""
    gap = session.gaps[-1]
    length = format_duration(max(0, gap.until - gap.since))
    return f"gap of {length}: {gap.reason}" + (" (recovered)" if gap.recovered else "")
