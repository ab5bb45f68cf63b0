"""What the user is told without having asked: what went wrong, what was missed, what was noted."""

from __future__ import annotations

from moltwatch.session import Session
from moltwatch.sources.standing import Lookout
from moltwatch.times import Micros, format_duration
from moltwatch.tui.player import Player
from moltwatch.tui.widgets.notice import Notice


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
