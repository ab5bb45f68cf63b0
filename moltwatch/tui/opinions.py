"""What the user thinks of cases, kept while the screen is up: going back in time opens the source
again, and what was dismissed there should not have to be dismissed again."""

from __future__ import annotations

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case, Opinion


class Opinions:
    """Opinions by post and kind."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, Kind], Opinion] = {}
        self._version: object = None

    def form(self, case: Case, opinion: Opinion | None) -> None:
        """The user has made up their mind, or changed it to None."""
        for charge in case.charges:
            if opinion is None:
                self._of.pop(charge.key, None)
            else:
                self._of[charge.key] = opinion

    def recall(self, session: Session) -> None:
        """Apply what was said of a case in another session to the same case in this one."""
        version = (id(session), session.charges.version)
        if not self._of or version == self._version:
            return
        for case in session.charges.latest(100):
            if case.opinion is None and (said := self._of.get(case.charges[0].key)):
                session.judge(case, said)
        self._version = (id(session), session.charges.version)
