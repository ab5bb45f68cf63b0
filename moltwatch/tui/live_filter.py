"""The filter at work: which posts, threads and cases pass, and how many are hidden."""

from __future__ import annotations

from moltwatch.session import Session
from moltwatch.session.charges import Case
from moltwatch.tui.hits import Hits

TRIED_OF_CASE = 20
"""Posts of a case that are tried, the latest."""


class LiveFilter(Hits):
    """One filter over one session."""

    @property
    def hidden(self) -> int:
        """Posts kept that do not pass, as far as was tried."""
        return self.others

    def case(self, case: Case, session: Session) -> bool:
        """Whether a post of a case passes; of a large one, only the latest are tried."""
        nodes = (session.threads.node(charge.post) for charge in case.charges[-TRIED_OF_CASE:])
        return any(node is not None and self.passes(node) for node in nodes)
