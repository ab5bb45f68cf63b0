"""What the user thinks of cases, and what they pinned: kept while the screen is up, since going
back in time opens the source again, and in a file from one run to the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case, Opinion
from moltwatch.sources.base import Source
from moltwatch.tui import state_file

_STILL_OPEN = 100
"""Cases that are looked at again when there are new charges, besides the new ones."""

Dismiss = Callable[[str, Kind], None]
"""Is told of a post and the kind of a verdict on it that the user takes back."""


def _nobody(post: str, kind: Kind) -> None:
    """Nobody else wants to know."""


class Triage:
    """Opinions by post and kind, and pinned threads. Nothing is kept beyond the run without a
    ``folder`` for it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.pinned: list[str] = []
        self.folder = folder
        self._files: list[Path] = []
        """What is recorded while it is watched has two: it will be watched again as either."""
        self._of: dict[tuple[str, Kind], Opinion] = {}
        self._unkept = state_file.Changes()
        self._session: Session | None = None
        self._version = -1
        """Of its charges, when they were looked at last."""
        self._newest = -1
        """Serial number of its newest case then."""

    def judge(
        self, session: Session, case: Case, opinion: Opinion | None, dismiss: Dismiss = _nobody
    ) -> None:
        """The user has made up their mind, or changed it to None. Raises Unusable."""
        for charge in case.charges:
            self._unkept.opinions[charge.key] = opinion
        self._apply(session, case, opinion, dismiss)
        self._keep()

    def pin(self, thread: str) -> None:
        """Pin a thread, or let go of it. Raises Unusable."""
        self._unkept.pins[thread] = thread not in self.pinned
        self._keep()

    def recall(
        self,
        session: Session,
        source: Source,
        dismiss: Dismiss = _nobody,
        *,
        recorded: bool = False,
    ) -> None:
        """Apply what was said of a case in another session, or run, to the same case in this one.
        Raises Unusable, once, if the file of earlier runs is."""
        self._find_files(session, source, recorded)
        if session is not self._session:
            self._session, self._version, self._newest = session, -1, -1
        charges = session.charges
        if not self._of or charges.version == self._version:
            return
        for case in charges.latest(1):
            new, self._newest = case.serial - self._newest, case.serial
            for one in charges.latest(_STILL_OPEN + new):
                if one.opinion is None and (said := self._said(one)):
                    self._apply(session, one, said, dismiss)
        self._version = charges.version

    def _apply(
        self, session: Session, case: Case, opinion: Opinion | None, dismiss: Dismiss
    ) -> None:
        session.judge(case, opinion)
        for charge in case.charges if opinion is Opinion.DISMISSED else ():
            if not charge.retracted:
                dismiss(charge.post, charge.kind)

    def _said(self, case: Case) -> Opinion | None:
        """What was said of a case, which may be made of other posts here than it was there: what
        was confirmed went on growing, but no post is dismissed that nobody has dismissed."""
        said = self._of.get(case.charges[0].key)
        if said is Opinion.DISMISSED and any(
            self._of.get(charge.key) is not said for charge in case.charges
        ):
            return None
        return said

    def _find_files(self, session: Session, source: Source, recorded: bool) -> None:
        if self.folder is None or self._files:
            return
        files = state_file.places(self.folder, source, session, recorded=recorded)
        damaged: state_file.Unusable | None = None
        for file in files:
            try:
                earlier = state_file.read(file)
            except state_file.Newer:
                self.folder = None
                raise
            except state_file.Unusable as error:
                damaged = error
                continue
            self._of |= earlier.by_post()
            self.pinned += [thread for thread in earlier.pinned if thread not in self.pinned]
        self._files = files
        self._unkept.apply(self._of, self.pinned)
        if damaged:
            raise damaged

    def _keep(self) -> None:
        self._unkept.apply(self._of, self.pinned)
        for file in self._files:
            state_file.update(file, self._unkept, state_file.Kept.of(self._of, self.pinned))
        if self._files:
            self._unkept = state_file.Changes()
