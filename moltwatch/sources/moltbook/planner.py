"""What to ask a Moltbook server next, and who is told what came of it; no I/O and no clock.

New posts come first. Then what was begun, pages of comments and roots that were never seen; now and
then a page of busy or older threads, for how many comments each has; and for the rest of the budget
the comments of threads that move.
"""

from __future__ import annotations

from collections.abc import Iterable

from moltwatch.model import Event
from moltwatch.sources.moltbook.comments import Comments
from moltwatch.sources.moltbook.newest import Newest
from moltwatch.sources.moltbook.survey import Survey
from moltwatch.sources.moltbook.threads import Threads
from moltwatch.sources.moltbook.wire import Ask, Page, Request
from moltwatch.times import Micros


class Planner:
    """Plans for one forum, or one submolt of it. ``source`` names the gaps."""

    def __init__(self, source: str, *, submolt: str | None = None) -> None:
        threads = Threads()
        self.newest = Newest(source, submolt, threads)
        self.comments = Comments(source, threads)
        self._survey = Survey(submolt, threads, self.newest)

    @property
    def due(self) -> Micros:
        """When the new posts are looked at next."""
        return self.newest.due

    @property
    def read_at(self) -> Micros:
        """When the list of new posts was last read."""
        return self.newest.read_at

    def next(self, now: Micros) -> Request | None:
        """The most useful request at this moment; None if there is none before :attr:`due`."""
        if self.newest.wants(now):
            return self.newest.request(now)
        if request := self.comments.unfinished():
            return request
        if self._survey.wants(now):
            return self._survey.request()
        return self.comments.best(now)

    def want_roots(self, threads: Iterable[str]) -> None:
        """Comments came whose roots were not seen: ask for each, once."""
        self.comments.want_roots(threads)

    def took_new(self, page: Page, oldest: Micros | None, now: Micros) -> list[Event]:
        """A page of new posts came; ``oldest`` is when its oldest post says it was written.

        Returns the gap to record, if there is one.
        """
        gaps = self.newest.took(page, oldest, now)
        if self.newest.begun:
            self._survey.begin(now)
        return gaps

    def took_survey(self, page: Page, now: Micros) -> None:
        """A page of busy or older threads came."""
        self._survey.took(page, now)

    def took_thread(
        self, request: Request, page: Page, now: Micros, *, fresh: int, known: int
    ) -> None:
        """Comments of a thread came, or a post with them: so many were new, so many known."""
        self.comments.took(request, page, now, fresh=fresh, known=known)

    def unchanged(self, request: Request, now: Micros) -> list[Event]:
        """The server says that nothing is new there (304)."""
        if request.ask is Ask.NEW:
            return self.newest.unchanged(now)
        if request.thread is not None:
            self.comments.unchanged(request.thread, now)
        return []

    def lost(self, request: Request, reason: str, now: Micros, *, limited: bool) -> list[Event]:
        """No answer came, or one that only says to come back later (``limited``).

        The list of new posts is asked for again, in the same place. Anything else must not stand in
        its way a second time.
        """
        if request.ask is Ask.NEW:
            return self.newest.lost(request.page, reason, now, limited=limited)
        return [] if limited else self.refused(request, 0, reason, now)

    def other_way(self, status: int, now: Micros) -> bool:
        """The list of new posts was refused. Whether there is another way to ask for it."""
        return self.newest.other_way(status, now)

    def refused(self, request: Request, status: int, reason: str, now: Micros) -> list[Event]:
        """Anything but the first page of new posts was refused: go on without it."""
        if request.ask is Ask.NEW:
            return self.newest.refused(reason, now)
        if request.ask is Ask.SURVEY:
            self._survey.refused(now)
            return []
        return self.comments.refused(request, status, reason, now)

    def report(self, now: Micros) -> list[Event]:
        """The gap for comments that were not to be had, now and then."""
        return self.comments.report(now)

    def words(self) -> str:
        """What is not as it should be, for the status line; empty if all is well."""
        return ", ".join(filter(None, (self.newest.words(), self.comments.words())))
