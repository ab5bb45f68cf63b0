"""Pages of threads that are not new, for how many comments each has: one request tells of a hundred
threads. The busiest come first, then older ones in turn. Pure.
"""

from __future__ import annotations

from msgspec import structs

from moltwatch.sources.moltbook.newest import PATIENCE, Newest
from moltwatch.sources.moltbook.threads import Threads
from moltwatch.sources.moltbook.wire import PAGE, Ask, Page, Request, can_ask_for, listing
from moltwatch.times import SECOND, Micros

SURVEY: Micros = 12 * SECOND
"""Time between two pages."""

DEPTH = 20
"""Pages of older threads before the turn begins again."""


class Survey:
    """Surveys what ``newest`` has scrolled past, and tells ``threads``."""

    def __init__(self, submolt: str | None, threads: Threads, newest: Newest) -> None:
        self._submolt = submolt
        self._threads = threads
        self._newest = newest
        self._at: Micros | None = None
        """When the next page is asked for; None before the new posts were read."""
        self._page = 0
        """Of older threads; 0 are the busiest."""
        self._cursor: str | None = None
        """How to ask for it, where the server pages by cursor."""

    def begin(self, now: Micros) -> None:
        """New posts are read from now on."""
        if self._at is None:
            self._at = now + SURVEY

    def wants(self, now: Micros) -> bool:
        """Whether it is time for a page."""
        return self._at is not None and now >= self._at

    def request(self) -> Request:
        """How to ask for the next page."""
        request = listing(
            sort="new" if self._page else "hot",
            limit=PAGE,
            submolt=self._submolt,
            cursor=self._cursor if self._page else None,
            offset=self._page * PAGE,
            page=1,
        )
        return structs.replace(request, ask=Ask.SURVEY)

    def took(self, page: Page, now: Micros) -> None:
        """A page came."""
        for item in page.listed:
            if can_ask_for(item.id):
                self._threads.tell(item, now, new=False, born=False)
        self._threads.rank_again()
        if self._page:
            self._cursor = page.cursor
        self._turn(last=not page.listed)
        self._at = now + SURVEY

    def refused(self, now: Micros) -> None:
        """A page was refused: leave it alone for a while."""
        self._turn(last=self._page > 0)
        self._at = now + PATIENCE

    def _turn(self, *, last: bool) -> None:
        self._page = 0 if last or self._page >= DEPTH else self._page + 1
        if self._page <= 1:
            self._cursor = self._newest.second
