"""What to ask a Moltbook server next, and what its answers leave open; no I/O and no clock.

New posts come first: the list is read page by page until it reaches what was known before. Then
roots of comments whose thread was never seen, now and then a page of busy or older threads, for how
many comments each has (one request tells of a hundred threads), and for the rest of the budget the
comments of threads that move. What the server calls ``has_more`` plays no part: it is false on a
page cut to 100 and true on the last one.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable

from msgspec import Struct, field, structs

from moltwatch.model import Delete, Event, Gap
from moltwatch.sources.moltbook.threads import Threads
from moltwatch.sources.moltbook.wire import (
    PAGE,
    Ask,
    Page,
    Request,
    can_ask_for,
    comments_of,
    listing,
    post_of,
)
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

SOONEST: Micros = 5 * SECOND
"""Least time between two looks at the new posts."""

LATEST: Micros = MINUTE
"""Most time between them."""

WANTED = PAGE // 4
"""New posts and comments a look should tell of: so few that a burst still fits on the page."""

MOST_PAGES = 10
"""Pages of new posts read back at once. More is reported as missed."""

MOST_COMMENT_PAGES = 5

MOST_FAILURES = 3
"""Tries for a page of new posts after the first, before the posts on it are given up."""

SURVEY: Micros = 12 * SECOND
"""Time between two pages of threads that are not new: the busiest, then older ones in turn."""

DEPTH = 20
"""Pages of older threads before the turn begins again."""

REPORT: Micros = MINUTE
"""Least time between two gaps for comments."""

PATIENCE: Micros = 10 * MINUTE
"""How long a way of asking that failed is not tried again."""

TROUBLE = 5
"""Threads in a row that could not be read before comments are left alone for a while."""

MOST_ASKED = 10_000
"""Unseen roots remembered as asked for."""

WAYS: tuple[tuple[str | None, int], ...] = (("new", PAGE), ("new", 15), (None, 15))
"""Order and limit, the best first: servers are known to answer 500 for a while to a limit above 15,
or to any ``sort=new``. The last gives what the front page gives: better than nothing."""


class _Sweep(Struct, kw_only=True):
    """One reading of the list of new posts."""

    page: int = 1
    offset: int = 0
    cursor: str | None = None
    met: set[str] = field(default_factory=set)
    """Ids on the pages so far."""
    news: int = 0
    """New posts and, on them and others, new comments."""
    oldest: Micros | None = None
    """When the oldest post met was written, by the server's word."""
    failures: int = 0
    """Times that a page after the first did not come."""


class Planner:
    """Plans for one forum, or one submolt of it. ``source`` names the gaps."""

    def __init__(self, source: str, *, submolt: str | None = None) -> None:
        self.threads = Threads()
        self.begun = False
        """The list of new posts has been read once."""
        self.due: Micros = 0
        """When the new posts are looked at next."""
        self.read_at: Micros = 0
        """When the list of new posts was last read."""
        self.trouble = ""
        """What keeps comments from being read; empty if nothing does."""
        self.interval: Micros = 2 * SOONEST
        """Time between two looks at the new posts; follows how many there are."""
        self._source = source
        self._submolt = submolt
        self._way = 0
        self._way_until: Micros = 0
        self._sweep = _Sweep()
        self._outage = ""
        """Why it could not be read since; empty if it could."""
        self._survey_at: Micros | None = None
        self._survey = 0
        """The page of older threads to look at next; 0 are the busiest."""
        self._older_cursor: str | None = None
        """How to ask for it, where the server pages by cursor."""
        self._roots: deque[str] = deque()
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._front: list[str] = []
        """The first page of new posts, as it was last told."""
        self._second: str | None = None
        """How to ask for the second page of new posts, where the server pages by cursor."""
        self._more: Request | None = None
        """The next page of the comments being read."""
        self._visit = 0
        """New comments on the pages of this reading so far."""
        self._no_comments_until: Micros = 0
        """The comments' own address is of no use; the post is asked for instead."""
        self._rest_until: Micros = 0
        self._in_a_row = 0
        self._reported: Micros = 0

    # --- what next --------------------------------------------------------------------------------

    def next(self, now: Micros) -> Request | None:
        """The most useful request at this moment; None if there is none before :attr:`due`."""
        if self._sweep.page > 1 or now >= self.due:
            return self._new(now)
        if self._more is not None:
            return self._more
        if self._roots:
            return post_of(self._roots[0])
        if self._survey_at is not None and now >= self._survey_at:
            return self._older()
        if now >= self._rest_until and (thread := self.threads.best(now)):
            if now < self._no_comments_until or thread.failures % 2:
                return post_of(thread.id)
            return comments_of(thread.id)
        return None

    def _new(self, now: Micros) -> Request:
        if self._way and now >= self._way_until and self._sweep.page == 1:
            self._way = 0
        sort, limit = WAYS[self._way]
        sweep = self._sweep
        return listing(
            sort=sort,
            limit=limit,
            submolt=self._submolt,
            cursor=sweep.cursor,
            offset=sweep.offset,
            page=sweep.page,
        )

    def _older(self) -> Request:
        request = listing(
            sort="new" if self._survey else "hot",
            limit=PAGE,
            submolt=self._submolt,
            cursor=self._older_cursor if self._survey else None,
            offset=self._survey * PAGE,
            page=1,
        )
        return structs.replace(request, ask=Ask.SURVEY)

    # --- answers ----------------------------------------------------------------------------------

    def took_new(self, page: Page, oldest: Micros | None, now: Micros) -> list[Event]:
        """A page of new posts came; ``oldest`` is when its oldest post says it was written.

        Returns the gap to record, if there is one.
        """
        sweep, (sort, _) = self._sweep, WAYS[self._way]
        repeated = sweep.met.issuperset(item.id for item in page.listed)
        reached = False
        for item in page.listed:
            if not can_ask_for(item.id):
                continue
            thread = self.threads.get(item.id)
            known = thread is not None and thread.listed and item.id not in sweep.met
            if not item.pinned:  # a pinned post stands above older ones and says nothing of them
                reached = known
            gained = self.threads.tell(
                item, now, new=sort is not None, born=self.begun and sort is not None
            )
            sweep.news += gained + (not known and item.id not in sweep.met)
        sweep.met.update(item.id for item in page.listed)
        self.threads.rank_again()
        if sweep.page == 1:
            self._second = page.cursor
            self._front = [item.id for item in page.listed]
        if oldest is not None:
            sweep.oldest = oldest if sweep.oldest is None else min(sweep.oldest, oldest)
        if sort is None:
            self._outage = self._outage or "the list of new posts fails"
            self._look_again(now)
            return []
        if reached or not page.listed or not self.begun:
            return self._finish(now)
        if repeated or sweep.page >= MOST_PAGES:
            why = "the server repeats its pages" if repeated else "more new posts than can be read"
            return self._finish(now, hole=why)
        sweep.page += 1
        sweep.offset += len(page.listed)
        sweep.cursor = page.cursor
        return []

    def took_survey(self, page: Page, now: Micros) -> None:
        """A page of busy or older threads came."""
        for item in page.listed:
            if can_ask_for(item.id):
                self.threads.tell(item, now, new=False, born=False)
        self.threads.rank_again()
        if self._survey:
            self._older_cursor = page.cursor
        self._next_survey(now, last=not page.listed)

    def took_thread(
        self, request: Request, page: Page, now: Micros, *, fresh: int, known: int
    ) -> None:
        """Comments of a thread came, or a post with them: so many were new, so many known."""
        thread = request.thread or ""
        self._in_a_row, self.trouble = 0, ""
        self._visit += fresh
        if request.ask is Ask.COMMENTS and page.cursor is not None and fresh and not known:
            if request.page < MOST_COMMENT_PAGES:
                self._more = comments_of(thread, cursor=page.cursor, page=request.page + 1)
                return
        elif request.page > 1:
            known += 1  # the end of a list read page by page: nothing lies behind it
        if request.ask is Ask.POST:
            self._answered_root(thread)
            for item in page.listed[:1]:
                if item.id == thread:
                    self.threads.tell(item, now, new=False, born=False)
        self._read(thread, now, overlap=known > 0)

    def unchanged(self, request: Request, now: Micros) -> list[Event]:
        """The server says that nothing is new there (304)."""
        if request.ask is Ask.NEW:
            self.threads.same(self._front, now)
            return self._finish(now)
        if request.thread is not None:
            self._answered_root(request.thread)
            self.threads.unchanged(request.thread, now)
        return []

    def lost(self, request: Request, reason: str, now: Micros, *, limited: bool) -> list[Event]:
        """No answer came, or one that only says to come back later (``limited``).

        The list of new posts is asked for again, in the same place. Anything else must not stand in
        its way a second time.
        """
        if request.ask is not Ask.NEW:
            return [] if limited else self.refused(request, 0, reason, now)
        if self.begun:
            self._outage = self._outage or reason
        if request.page > 1 and not limited:
            self._sweep.failures += 1
            if self._sweep.failures >= MOST_FAILURES:
                return self._finish(now, hole="further pages of new posts did not come")
        return []

    def other_way(self, status: int, now: Micros) -> bool:
        """The list of new posts was refused. Whether there is another way to ask for it."""
        if (status < 500 and status != 400) or self._way + 1 == len(WAYS):
            self._way = 0
            return False
        self._way += 1
        self._way_until = now + PATIENCE
        return True

    def refused(self, request: Request, status: int, reason: str, now: Micros) -> list[Event]:
        """Anything but the first page of new posts was refused: go on without it."""
        thread = request.thread or ""
        if request.ask is Ask.NEW:
            return self._finish(now, hole=f"further pages of new posts: {reason}")
        if request.ask is Ask.SURVEY:
            self._next_survey(now, last=self._survey > 0)
            self._survey_at = now + PATIENCE
        elif request.page > 1:
            self._read(thread, now, overlap=False)
        elif request.ask is Ask.COMMENTS and status in (405, 501):
            self._no_comments_until = now + HOUR
        elif request.ask is Ask.POST and status == 404:
            self._answered_root(thread)
            if self.threads.get(thread):
                self.threads.drop(thread)
                return [Delete(id=thread, seen_at=now, source=self._source)]
        else:
            self._answered_root(thread)
            by_post = request.ask is Ask.COMMENTS and status in (400, 401, 403, 404)
            self.threads.failed(thread, now, at_once=by_post)
            self._in_a_row += not by_post
            if self._in_a_row >= TROUBLE:
                self._in_a_row, self._rest_until = 0, now + PATIENCE
                self.trouble = f"comments cannot be read: {reason}"
        return []

    def want_roots(self, threads: Iterable[str]) -> None:
        """Comments came whose roots were not seen: ask for each, once."""
        for thread in threads:
            if thread in self._asked or not can_ask_for(thread):
                continue
            self._asked[thread] = None
            if len(self._asked) > MOST_ASKED:
                self._asked.popitem(last=False)
            self._roots.append(thread)

    def report(self, now: Micros) -> list[Event]:
        """The gap for comments that were not to be had, now and then."""
        if now - self._reported < REPORT:
            return []
        self._reported = now
        missed = self.threads.missed(now)
        if missed is None:
            return []
        of = "thread" if missed.threads == 1 else "threads"
        why = self.trouble or "the server gave fewer, or the rate limit allowed no more"
        reason = f"{missed.comments:,} comments in {missed.threads:,} {of} not read: {why}"
        return [self._gap(missed.since, now, now, reason)]

    def words(self) -> str:
        """What is not as it should be, for the status line; empty if all is well."""
        parts = []
        if WAYS[self._way] != WAYS[0]:
            sort, limit = WAYS[self._way]
            parts.append(f"{limit} posts at a time" if sort else "front page only")
        if waiting := self.threads.waiting():
            parts.append(
                f"comments of {waiting:,} {'thread' if waiting == 1 else 'threads'} waiting"
            )
        if self.trouble:
            parts.append(self.trouble)
        return ", ".join(parts)

    # --- inside -----------------------------------------------------------------------------------

    def _finish(self, now: Micros, *, hole: str = "") -> list[Event]:
        """The list has been read as far as it will be. ``hole``: why not to where it was known."""
        gaps: list[Event] = []
        if self.begun and hole:
            why = f"{self._outage}; {hole}" if self._outage else hole
            oldest = now if self._sweep.oldest is None else self._sweep.oldest
            until = min(max(oldest, self.read_at), now)
            gaps.append(self._gap(self.read_at, until, now, why))
        elif self.begun and self._outage:
            gaps.append(self._gap(self.read_at, now, now, self._outage, recovered=True))
        if self._survey_at is None:
            self._survey_at = now + SURVEY
        wanted = WAYS[self._way][1] * WANTED // PAGE
        step = wanted / self._sweep.news if self._sweep.news else 1.5
        self.interval = round(self.interval * min(max(step, 0.5), 1.5))
        self.begun, self._outage, self.read_at = True, "", now
        self._look_again(now)
        return gaps

    def _next_survey(self, now: Micros, *, last: bool) -> None:
        self._survey_at = now + SURVEY
        self._survey = 0 if last or self._survey >= DEPTH else self._survey + 1
        if self._survey <= 1:
            self._older_cursor = self._second

    def _look_again(self, now: Micros) -> None:
        self.interval = min(max(self.interval, SOONEST), LATEST)
        self.due = now + self.interval
        self._sweep = _Sweep()

    def _read(self, thread: str, now: Micros, *, overlap: bool) -> None:
        self.threads.took(thread, self._visit, now, overlap=overlap)
        self._more, self._visit = None, 0

    def _answered_root(self, thread: str) -> None:
        if self._roots and self._roots[0] == thread:
            self._roots.popleft()

    def _gap(
        self, since: Micros, until: Micros, now: Micros, reason: str, *, recovered: bool = False
    ) -> Gap:
        return Gap(
            seen_at=now,
            since=min(since, now),
            until=until,
            reason=reason,
            recovered=recovered,
            source=self._source,
        )
