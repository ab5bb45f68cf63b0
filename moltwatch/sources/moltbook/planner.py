"""What to ask a Moltbook server next, and who is told what came of it; no I/O and no clock.

New posts come first: their list is read page by page until it reaches what was known before. What
the server calls ``has_more`` plays no part: it is false on a page cut to 100 and true on the last
one. Pages that are counted off overlap, for what is deleted meanwhile moves the rest up. Then what
was begun, pages of comments and roots that were never seen; now and then a page of busy or older
threads, for how many comments each has: one request tells of a hundred; and for the rest of the
budget the comments of threads that move.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from msgspec import Struct, field, structs

from moltwatch.model import Event, Gap
from moltwatch.sources.live.failures import Doubt
from moltwatch.sources.moltbook.comments import PATIENCE, Comments
from moltwatch.sources.moltbook.threads import Threads
from moltwatch.sources.moltbook.wire import PAGE, Ask, Page, Request, can_ask_for, listing
from moltwatch.times import MINUTE, SECOND, Micros

SOONEST: Micros = 5 * SECOND
"""Least time between two looks at the new posts."""

LATEST: Micros = MINUTE
"""Most time between them."""

WANTED = PAGE // 4
"""New posts and comments a look should tell of: so few that a burst still fits on the page."""

MOST_PAGES = 10
"""Pages read back at once. More is reported as missed."""

MOST_FAILURES = 3
"""Tries for a page after the first, before the posts on it are given up."""

WAYS: tuple[tuple[str | None, int], ...] = (("new", PAGE), ("new", 15), (None, 15))
"""Order and limit, the best first: servers are known to answer 500 for a while to a limit above 15,
or to any ``sort=new``. The last gives what the front page gives: better than nothing."""


class _Sweep(Struct, kw_only=True):
    """One reading of the list."""

    page: int = 1
    offset: int = 0
    cursor: str | None = None
    tail: frozenset[str] = frozenset()
    """Ids that the next page should begin with, where it is asked for by its offset."""
    hole: str = ""
    """Why something between the pages may be missing."""
    met: set[str] = field(default_factory=set)
    """Ids on the pages so far."""
    news: int = 0
    """New posts and, on them and others, new comments."""
    oldest: Micros | None = None
    """When the oldest post met was written, by the server's word."""
    full: bool = False
    """The page before held as many as were asked for: the list should go on."""
    failures: int = 0
    """Times that a page after the first did not come."""


class Newest:
    """Reads the list of one forum, or of one submolt of it, again and again. ``source`` names the
    gaps, ``threads`` are told what is listed."""

    def __init__(self, source: str, submolt: str | None, threads: Threads) -> None:
        self.begun = False
        """The list has been read once."""
        self.due: Micros = 0
        """When it is looked at next."""
        self.read_at: Micros = 0
        """When it was last read."""
        self.interval: Micros = 2 * SOONEST
        """Time between two looks; follows how much is new."""
        self.second: str | None = None
        """How to ask for its second page, where the server pages by cursor."""
        self.length = PAGE
        """Posts on its first page."""
        self._source = source
        self._submolt = submolt
        self._threads = threads
        self._sweep = _Sweep()
        self._way = 0
        self._way_until: Micros = 0
        self._doubt = Doubt(PATIENCE)
        self._in_order, self._told_disorder = True, False
        self._outage = ""
        """Why it could not be read since; empty if it could."""
        self._front: list[str] = []
        """Its first page, as it was last told."""

    def wants(self, now: Micros) -> bool:
        """Whether it is time for a page of it."""
        return self._sweep.page > 1 or now >= self.due

    def request(self, now: Micros) -> Request:
        """How to ask for the next page."""
        if self._way and now >= self._way_until and self._sweep.page == 1:
            self._way = 0
        sort, limit = WAYS[self._way]
        return listing(
            sort=sort,
            limit=limit,
            submolt=self._submolt,
            cursor=self._sweep.cursor,
            offset=self._sweep.offset,
            page=self._sweep.page,
        )

    def took(
        self, page: Page, oldest: Micros | None, now: Micros, *, in_order: bool = True
    ) -> list[Event]:
        """A page came; ``oldest`` is when its oldest post says it was written; ``in_order``: the
        posts stand on it by time, the newest first.

        Returns the gaps to record, if there are any.
        """
        self._doubt.good()
        sweep, (sort, limit) = self._sweep, WAYS[self._way]
        if not page.listed and sweep.full and self._threads.any_listed(but=sweep.met):
            sweep.hole = sweep.hole or "the list of new posts ends before what was known"
        ids = [item.id for item in page.listed]
        repeated, at_end = sweep.met.issuperset(ids), sweep.tail.issuperset(ids)
        if sweep.tail and sweep.tail.isdisjoint(ids):
            sweep.hole = "posts were deleted between two pages of new ones"
        reached = self._meet(page, now, by_time=sort is not None, in_order=in_order)
        if sweep.page == 1:
            self.second = page.cursor
            self._front, self.length = ids, len(ids)
        if oldest is not None:
            sweep.oldest = oldest if sweep.oldest is None else min(sweep.oldest, oldest)
        if sort is None:
            self._outage = self._outage or "the list of new posts fails"
            self._look_again(now)
            return []
        gaps = self._order(in_order, now)
        if reached or at_end or not self.begun:
            return gaps + self._finish(now)
        if repeated or sweep.page >= MOST_PAGES:
            why = "the server repeats its pages" if repeated else "more new posts than can be read"
            return gaps + self._finish(now, hole=why)
        overlap = 0 if page.cursor else min(len(ids) - 1, -(-len(ids) // 10))
        sweep.page += 1
        sweep.full = len(ids) >= limit
        sweep.offset += len(ids) - overlap
        sweep.cursor = page.cursor
        sweep.tail = frozenset(ids[len(ids) - overlap :])
        return gaps

    def _order(self, in_order: bool, now: Micros) -> list[Event]:
        """The gap of a list that is not what it was asked for, told once: a new post may stand
        anywhere on it."""
        self._in_order = in_order
        if in_order or self._told_disorder or not self.begun:
            return []
        self._told_disorder = True
        return [self._gap(now, now, "the list of new posts is not in order of time")]

    def unchanged(self, now: Micros) -> list[Event]:
        """The server says that nothing is new (304)."""
        self._threads.same(self._front, now)
        return self._finish(now)

    def lost(self, page: int, reason: str, now: Micros, *, limited: bool) -> list[Event]:
        """No answer came, or one that only says to come back later (``limited``): it is asked for
        again, in the same place."""
        if self.begun:
            self._outage = self._outage or reason
        if page > 1 and not limited:
            self._sweep.failures += 1
            if self._sweep.failures >= MOST_FAILURES:
                return self._finish(now, hole="further pages of new posts did not come")
        return []

    def other_way(self, status: int, now: Micros) -> bool:
        """The first page was refused. Whether to ask for it again: once more in the same way, soon,
        then in another."""
        if status < 500 and status != 400:
            self._way = 0
            return False
        if not self._doubt.bad(now):
            self.due = now + SOONEST
            return True
        if self._way + 1 == len(WAYS):
            self._way = 0
            return False
        self._way += 1
        self._way_until = now + PATIENCE
        return True

    def refused(self, reason: str, now: Micros) -> list[Event]:
        """A page after the first was refused: go on without it."""
        return self._finish(now, hole=f"further pages of new posts: {reason}")

    def words(self) -> str:
        """What is not as it should be, for the status line."""
        sort, limit = WAYS[self._way]
        if self._way == 0:
            return "" if self._in_order else "new posts out of order"
        return f"{limit} posts at a time" if sort else "front page only"

    def end(self, now: Micros) -> list[Event]:
        """The gap that stays, since nobody reads on."""
        why = self._outage or ("the watch ended first" if self._sweep.page > 1 else "")
        return [self._gap(now, now, why)] if self.begun and why else []

    def _meet(self, page: Page, now: Micros, *, by_time: bool, in_order: bool) -> bool:
        """Take in what a page lists. Returns whether it reaches back to what was known: with its
        last post, or where they are in no order with all of them."""
        sweep, reached, seen = self._sweep, not page.listed, False
        for item in page.listed:
            if not can_ask_for(item.id):
                continue
            thread = self._threads.get(item.id)
            known = thread is not None and thread.listed and item.id not in sweep.met
            if not item.pinned:  # a pinned post stands above older ones and says nothing of them
                reached = known and (in_order or reached or not seen)
                seen = True
            born = item.recent or (self.begun and by_time)
            gained = self._threads.tell(item, now, new=by_time, born=born)
            sweep.news += gained + (not known and item.id not in sweep.met)
        sweep.met.update(item.id for item in page.listed)
        self._threads.rank_again()
        return reached

    def _finish(self, now: Micros, *, hole: str = "") -> list[Event]:
        """The list has been read as far as it will be. ``hole``: why not to where it was known."""
        gaps: list[Event] = []
        if self.begun and (hole or self._sweep.hole):
            why = "; ".join(filter(None, (self._outage, self._sweep.hole, hole)))
            oldest = now if self._sweep.oldest is None else self._sweep.oldest
            until = now if self._sweep.hole else min(max(oldest, self.read_at), now)
            gaps.append(self._gap(until, now, why))
        elif self.begun and self._outage:
            gaps.append(self._gap(now, now, self._outage, recovered=True))
        wanted = WAYS[self._way][1] * WANTED // PAGE
        step = wanted / self._sweep.news if self._sweep.news else 1.5
        self.interval = round(self.interval * min(max(step, 0.5), 1.5))
        self.begun, self._outage, self.read_at = True, "", now
        self._look_again(now)
        return gaps

    def _look_again(self, now: Micros) -> None:
        self.interval = min(max(self.interval, SOONEST), LATEST)
        self.due = now + self.interval
        self._sweep = _Sweep()

    def _gap(self, until: Micros, now: Micros, reason: str, *, recovered: bool = False) -> Gap:
        return Gap(
            seen_at=now,
            since=min(self.read_at, now),
            until=until,
            reason=reason,
            recovered=recovered,
            source=self._source,
        )


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
        self._offset = 0
        """Where it begins."""
        self._doubt = Doubt(PATIENCE)
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
            offset=self._offset if self._page else 0,
            page=1,
        )
        return structs.replace(request, ask=Ask.SURVEY)

    def took(self, page: Page, now: Micros) -> None:
        """A page came."""
        self._doubt.good()
        for item in page.listed:
            if can_ask_for(item.id):
                self._threads.tell(item, now, new=False, born=item.recent)
        self._threads.rank_again()
        if self._page:
            self._cursor = page.cursor
            self._offset += len(page.listed)
        self._turn(last=not page.listed)
        self._at = now + SURVEY

    def refused(self, now: Micros) -> None:
        """A page was refused: try it once more, then leave it alone for a while."""
        self._at = now + SURVEY
        if self._doubt.bad(now):
            self._turn(last=self._page > 0)
            self._at = now + PATIENCE

    def _turn(self, *, last: bool) -> None:
        self._page = 0 if last or self._page >= DEPTH else self._page + 1
        if self._page <= 1:
            self._cursor, self._offset = self._newest.second, self._newest.length


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

    def took_new(
        self, page: Page, oldest: Micros | None, now: Micros, *, in_order: bool = True
    ) -> list[Event]:
        """A page of new posts came; ``oldest`` is when its oldest post says it was written;
        ``in_order``: they stand on it by time, the newest first.

        Returns the gaps to record, if there are any.
        """
        gaps = self.newest.took(page, oldest, now, in_order=in_order)
        if self.newest.begun:
            self._survey.begin(now)
        return gaps

    def took_survey(self, page: Page, now: Micros) -> None:
        """A page of busy or older threads came."""
        self._survey.took(page, now)

    def took_thread(
        self, request: Request, page: Page, now: Micros, *, given: Set[str], new: int
    ) -> None:
        """Comments of a thread came, or a post with them. ``given``: ids of all comments of that
        thread, deleted ones left out; ``new``: how many comments had not come before."""
        self.comments.took(request, page, now, given=given, new=new)

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
        """The list of new posts was refused. Whether to ask for it again, in this way or
        another."""
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
        """The gaps for comments that were not to be had, now and then."""
        return self.comments.report(now)

    def end(self, now: Micros) -> list[Event]:
        """The gaps that stay, since nobody reads on."""
        return [*self.newest.end(now), *self.comments.end(now)]

    def words(self) -> str:
        """What is not as it should be, for the status line; empty if all is well."""
        return ", ".join(filter(None, (self.newest.words(), self.comments.words())))
