"""What the user thinks of cases, and what they pinned: kept while the screen is up, since going
back in time opens the source again, and in a file from one run to the next."""

from __future__ import annotations

from pathlib import Path

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charges import Case, Opinion
from moltwatch.sources.base import Source
from moltwatch.tui import kept


class Opinions:
    """Opinions by post and kind, and pinned threads. Nothing is kept beyond the run without a
    ``folder`` for it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.pinned: list[str] = []
        self._folder = folder
        self._file: Path | None = None
        self._of: dict[tuple[str, Kind], Opinion] = {}
        self._version: object = None

    def form(self, case: Case, opinion: Opinion | None) -> None:
        """The user has made up their mind, or changed it to None. Raises Unusable."""
        for charge in case.charges:
            self._of.pop(charge.key, None)  # said last stands last
            if opinion is not None:
                self._of[charge.key] = opinion
        self._keep()

    def pin(self, thread: str) -> None:
        """Pin a thread, or let go of it. Raises Unusable."""
        if thread in self.pinned:
            self.pinned.remove(thread)
        else:
            self.pinned.append(thread)
        self._keep()

    def recall(self, session: Session, source: Source) -> None:
        """Apply what was said of a case in another session, or run, to the same case in this one.
        Raises Unusable, once, if the file of earlier runs is."""
        if self._folder is not None and self._file is None:
            self._file = kept.place(self._folder, source, session)
            if self._file is not None:
                earlier = kept.read(self._file)
                self._of = earlier.by_post() | self._of
                self.pinned += [id for id in earlier.pinned if id not in self.pinned]
        version = (id(session), session.charges.version)
        if not self._of or version == self._version:
            return
        for case in session.charges.latest(100):
            if case.opinion is None and (said := self._of.get(case.charges[0].key)):
                session.judge(case, said)
        self._version = (id(session), session.charges.version)

    def _keep(self) -> None:
        if self._file is not None:
            kept.write(self._file, kept.Kept.of(self._of, self.pinned))
