"""Roaming: which thread is shown that nobody chose, and what ends that.

It is the busiest, until the user reads a thread or chooses one. Under a filter it is the first that
passes. The thread of the host comes before all, and after a seek the one that was shown, unless it
is not there yet at that time.
"""

from __future__ import annotations

from moltwatch.session import Session
from moltwatch.session.thread import Thread
from moltwatch.times import Micros
from moltwatch.tui.auto_follow import AutoFollow
from moltwatch.tui.guide import Guide
from moltwatch.tui.line import safe_line
from moltwatch.tui.live_filter import LiveFilter

STAYS = "staying with this thread; b goes with the busiest again"

MOST_TITLE = 40
"""Characters of a title in a notice."""


class Roaming:
    """Goes from thread to thread by itself, or stays."""

    def __init__(self, host: str | None = None) -> None:
        self.on = True
        """It goes with the busiest thread."""
        self.guide = Guide(host)
        self._auto_follow = AutoFollow()
        self._until_found = False
        """It ends with the first thread that passes the filter."""
        self._wanted = ""
        """Id of the thread to show once it is there: after a seek, the one that was shown."""
        self._called = ""
        """Its title."""
        self._news = ""

    def choose(
        self,
        session: Session,
        shown: Thread | None,
        wall: Micros,
        filter: LiveFilter | None,
        *,
        still: bool,
    ) -> Thread | None:
        """The thread to show. Where all is to be ``still``, the one that is shown."""
        chosen = shown or session.threads.get(self._wanted)
        if (hosted := self.guide.thread(session)) is not None:
            self.on, chosen = False, hosted
        if chosen is None and self._wanted and not self.on:
            self.on = True
            self._news = f"“{self._called}” is not there yet; going with the busiest thread"
        if self.on and not (still and chosen and self._auto_follow.chosen):
            passes = filter.threads if filter else None
            chosen = self._auto_follow.choose(session, chosen, wall, passes)
            if self._until_found and passes is not None and chosen and chosen.id in passes:
                self.on = self._until_found = False
        if chosen is not None:
            self._wanted = ""
        return chosen

    def news(self) -> str:
        """What the user should hear of the last choice. Told once."""
        news, self._news = self._news, ""
        return news

    def stay(self) -> str:
        """The user reads the thread: it is not taken away until that is asked for. Tells what was
        done, empty for nothing."""
        if not self.on or self._until_found:
            return ""
        self.on = False
        return STAYS

    def end(self) -> None:
        """The user chose a thread."""
        self.on = False

    def toggle(self) -> str:
        """Roam, or no longer. Tells what was done."""
        self.on = not self.on
        self._until_found = False
        if not self.on:
            return STAYS
        self._auto_follow.reset()
        return "going with the busiest thread, until you read one"

    def filtered(self, filter: LiveFilter | None) -> None:
        """There is another filter, or none."""
        self._until_found = self.on and filter is not None

    def leap(self) -> None:
        """Another time is on the screen."""
        self._auto_follow.reset()

    def reset(self, shown: Thread | None, title: str = "") -> None:
        """Another session comes on the screen, where this thread was ``shown``, under a title."""
        self._auto_follow.reset()
        if shown is not None:
            cut = title if len(title) <= MOST_TITLE else f"{safe_line(title, MOST_TITLE)}…"
            self._wanted, self._called = shown.id, cut

    def note(self, filter: LiveFilter | None) -> tuple[str, str] | None:
        """What the thread on the screen says of how it came there, with its style."""
        if filter is None:
            return ("busiest", "dim") if self.on else None
        return "no match, esc clears" if filter.nothing else "filter", "accent"
