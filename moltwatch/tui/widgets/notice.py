"""One line for what the user should know: a failure stays, everything else passes."""

from __future__ import annotations

from collections import deque

from moltwatch.times import SECOND, Micros
from moltwatch.tui.ink import Line, safe_line
from moltwatch.tui.inked import Bar
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
