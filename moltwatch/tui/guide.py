"""Leads somebody who looks for the first time: to the host's thread, and to the why of the first
strong case. The first key is taken as a wish to walk alone."""

from __future__ import annotations

from moltwatch.session import Session
from moltwatch.session.charge import STRONG
from moltwatch.session.charges import Case
from moltwatch.session.thread import Thread

SHOWS = "the guide shows why this is flagged; esc goes back"

AMONG = 50
"""Cases looked at, the latest: there is one strong one among the first few, or the host is late."""


class Guide:
    """Says once what to open. Without a ``host`` it says nothing."""

    def __init__(self, host: str | None) -> None:
        self._host = host
        self._leads = host is not None

    def let_go(self) -> None:
        """The reader has taken over."""
        self._host, self._leads = None, False

    def thread(self, session: Session) -> Thread | None:
        """The host's thread, when it is there."""
        if self._host is None:
            return None
        hosted = (thread for thread in session.threads if thread.root.author == self._host)
        found = next(hosted, None)
        if found is not None:
            self._host = None
        return found

    def case(self, session: Session) -> Case | None:
        """The first strong case, when it is there and the host's thread was."""
        if self._host is not None or not self._leads:
            return None
        strong = (case for case in session.charges.latest(AMONG) if case.score >= STRONG)
        found = next(strong, None)
        if found is not None:
            self._leads = False
        return found
