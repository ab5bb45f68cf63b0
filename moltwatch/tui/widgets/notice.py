"""One line for what the user should know: a failure stays, everything else passes."""

from __future__ import annotations

from moltwatch.tui.ink import Line, safe_line
from moltwatch.tui.inked import Bar
from moltwatch.tui.symbols import sign

FRAMES = 240
"""How long a notice stays: eight seconds."""


class Notice(Bar):
    """Shown while there is something to say."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._text = ""
        self._bad = False
        self._until = 0

    def say(self, text: str, frame: int, *, bad: bool = False) -> None:
        """Say it for a while, or for good when it is ``bad``."""
        if self._bad and not bad:
            return
        self._text, self._bad, self._until = text, bad, frame + FRAMES
        self.display = True
        self.set_class(bad, "bad")
        self.show((text, bad))

    def clear(self) -> None:
        self._bad = False
        self._until = 0
        self.display = False

    def pull(self, frame: int) -> None:
        if self.display and not self._bad and frame >= self._until:
            self.display = False

    def draw(self, width: int) -> list[Line]:
        mark = sign("no") if self._bad else sign("dot")
        return [Line(width).add(f" {mark} {safe_line(self._text, 400)}")]
