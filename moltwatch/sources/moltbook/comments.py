"""Comments: what of which thread is asked for, how far, and what the answers leave open. Roots of
comments whose thread was never seen are asked for as well. Pure.

:class:`~.threads.Threads` knows which threads move. One is read page by page where the server knows
pages of comments; where it does not, as much is asked for at once as it grants. It is read on until
as many have come as the thread is said to have, or until something known comes where nobody says
how many there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence, Set
from itertools import groupby

from moltwatch.bounded import Bounded
from moltwatch.model import Delete, Event, Gap
from moltwatch.sources.live.failures import Doubt
from moltwatch.sources.moltbook.threads import Missed, Threads, Why
from moltwatch.sources.moltbook.wire import (
    LARGEST,
    PAGE,
    Ask,
    Page,
    Request,
    can_ask_for,
    comments_of,
    post_of,
)
from moltwatch.text import display_line
from moltwatch.times import HOUR, MINUTE, Micros
from moltwatch.wording import count

MOST_PAGES = 20
"""Pages of comments read of one thread at once."""

REPORT: Micros = MINUTE
"""Least time between two reports of what is missing."""

PATIENCE: Micros = 10 * MINUTE
"""How long a way of asking that failed is not tried again."""

TROUBLE = 5
"""Threads in a row that could not be read before comments are left alone for a while."""

MOST_ASKED = 10_000
"""Unseen roots remembered as asked for."""

MOST_NAMED = 3
"""Threads named in a report."""


class _Visit:
    """One reading of a thread, over any number of requests."""

    def __init__(self) -> None:
        self.met: set[str] = set()
        """Comments that came."""
        self.fresh = 0
        """New ones among them."""
        self.requests = 0


class Comments:
    """Reads comments. ``source`` names the gaps, ``threads`` know which are worth a request."""

    def __init__(self, source: str, threads: Threads) -> None:
        self.trouble = ""
        """What keeps comments from being read; empty if nothing does."""
        self._source = source
        self._threads = threads
        self._roots: deque[str] = deque()
        self._asked: Bounded[str, None] = Bounded(MOST_ASKED)
        self._more: Request | None = None
        """The next request of the thread that is being read."""
        self._visit = _Visit()
        self._address = Doubt(HOUR)
        """The comments' own address; the post is asked for instead."""
        self._wide = Doubt(HOUR)
        """A limit above that of a page."""
        self._is_wide = False
        """The server is known to grant it."""
        self._most = (0, 0)
        """The most that one answer held so far: on its top level, and in all."""
        self._rest_until: Micros = 0
        self._in_a_row = 0
        self._reported: Micros = 0

    def want_roots(self, threads: Iterable[str]) -> None:
        """Comments came whose roots were not seen: ask for each, once."""
        for thread in threads:
            if thread not in self._asked and can_ask_for(thread):
                self._asked[thread] = None
                self._roots.append(thread)

    def unfinished(self) -> Request | None:
        """What was begun: the next page of a thread, or a root."""
        if self._more is not None:
            return self._more
        return post_of(self._roots[0]) if self._roots else None

    def best(self, now: Micros) -> Request | None:
        """The thread whose reading should bring most; None if none is worth a request."""
        if now < self._rest_until or (thread := self._threads.best(now)) is None:
            return None
        if self._address.rests(now) or thread.failures % 2:
            return post_of(thread.id)
        rests = self._wide.rests(now)
        many = thread.told is None or thread.told > PAGE
        limit = LARGEST if many and self._is_wide and not rests else PAGE
        # A full page that has not changed may be full of what is known.
        grow = thread.cut is Why.CUT and limit < LARGEST and not rests
        return comments_of(thread.id, limit=limit, anew=thread.paged or grow)

    def took(self, request: Request, page: Page, now: Micros, *, given: Set[str], new: int) -> None:
        """Comments of a thread came, or a post with them. ``given``: ids of all comments of that
        thread, deleted ones left out; ``new``: how many comments had not come before."""
        thread, visit = request.thread or "", self._visit
        self._in_a_row, self.trouble = 0, ""
        added = not visit.met.issuperset(given)
        visit.met |= given
        visit.fresh += new
        visit.requests += 1
        if request.ask is Ask.POST:
            self._took_post(thread, page, now)
            return
        self._address.good()
        if request.limit > PAGE:
            self._grants(len(given) > PAGE or len(page.listed) > PAGE, now)
        sizes = len(page.listed), len(given)
        full = max(sizes) >= request.limit
        # An answer as large as the largest may have been cut to that.
        largest = any(size >= most for size, most in zip(sizes, self._most, strict=True))
        self._most = max(self._most[0], sizes[0]), max(self._most[1], sizes[1])
        if page.cursor is not None:
            on = self._lacks(thread, new) or 0 < new == len(given)
            if added and on and visit.requests < MOST_PAGES:
                self._more = comments_of(
                    thread, cursor=page.cursor, page=request.page + 1, limit=request.limit
                )
                return
        elif full and self._may_widen(request, now) and self._lacks(thread, new):
            self._more = comments_of(thread, page=2, limit=LARGEST)
            return
        if full or page.cursor is not None:
            self._settle(thread, now, cut=Why.CUT)
        else:
            by_cursor = request.page > 1 and request.limit == PAGE
            self._settle(thread, now, cut=Why.HELD if largest and not by_cursor else None)

    def _took_post(self, thread: str, page: Page, now: Micros) -> None:
        """A post came: for its own sake, or with its comments where these have no address."""
        is_root = self._answered_root(thread)
        for item in page.listed[:1]:
            if item.id == thread:
                self._threads.tell(item, now, new=False, born=item.recent)
        known, visit = self._threads.get(thread), self._visit
        lacks = known is not None and known.short(visit.fresh, len(visit.met)) > 0
        if lacks and (is_root or not visit.met):
            self._threads.took_part(thread, visit.fresh)
            if not is_root:
                self._threads.failed(thread, now, at_once=False)
            self._more, self._visit = None, _Visit()
        else:
            self._settle(thread, now, cut=Why.HELD)

    def _lacks(self, thread: str, new: int) -> bool:
        """Whether more of the thread should be there than has come."""
        known = self._threads.get(thread)
        if known is None or known.told is None:
            return new > 0
        return self._threads.lacks(known, self._visit.fresh, len(self._visit.met))

    def _may_widen(self, request: Request, now: Micros) -> bool:
        """Whether the same can be asked for with a larger limit."""
        return request.page == 1 and request.limit < LARGEST and not self._wide.rests(now)

    def _grants(self, granted: bool, now: Micros) -> None:
        """Whether the server gave more than a page at once."""
        self._is_wide = granted
        if granted:
            self._wide.good()
        else:
            self._wide.bad(now, certain=True)

    def unchanged(self, thread: str, now: Micros) -> None:
        """The server says that nothing is new there (304)."""
        self._answered_root(thread)
        self._threads.unchanged(thread, now)

    def refused(self, request: Request, status: int, reason: str, now: Micros) -> list[Event]:
        """A thread was refused: go on without it, or in another way."""
        thread = request.thread or ""
        if request.limit > PAGE and self._wide.bad(now, certain=status in (400, 413, 414, 422)):
            self._is_wide = False
            if request.page > 1:
                self._settle(thread, now, cut=Why.CUT)
        elif request.page > 1:
            self._threads.took_part(thread, self._visit.fresh)
            self._threads.failed(thread, now, at_once=False)
            self._more, self._visit = None, _Visit()
        elif request.ask is Ask.COMMENTS and status in (405, 501):
            self._address.bad(now)
        elif request.ask is Ask.POST and status == 404:
            self._answered_root(thread)
            if self._threads.get(thread):
                self._threads.drop(thread)
                return [Delete(id=thread, seen_at=now, source=self._source)]
        else:
            self._answered_root(thread)
            by_post = request.ask is Ask.COMMENTS and status in (400, 401, 403, 404)
            self._threads.failed(thread, now, at_once=by_post)
            self._in_a_row += not by_post
            if self._in_a_row >= TROUBLE:
                self._in_a_row, self._rest_until = 0, now + PATIENCE
                self.trouble = f"comments cannot be read: {reason}"
        return []

    def report(self, now: Micros) -> list[Event]:
        """The gaps for comments that were not to be had, now and then."""
        if now - self._reported < REPORT:
            return []
        self._reported = now
        return self._gaps(self._threads.missed(now), now)

    def end(self, now: Micros) -> list[Event]:
        """The gaps that stay, since nobody reads on."""
        return self._gaps(self._threads.end(now), now)

    def words(self) -> str:
        """What is not as it should be, for the status line."""
        waiting = self._threads.waiting()
        told = f"comments of {count(waiting, 'thread')} waiting" if waiting else ""
        return ", ".join(filter(None, (told, self.trouble)))

    def _gaps(self, missed: Sequence[Missed], now: Micros) -> list[Event]:
        gaps: list[Event] = []
        for why, group in groupby(sorted(missed, key=lambda one: one.why), lambda one: one.why):
            alike = list(group)
            reason = self.trouble if why is Why.WAITING and self.trouble else why.value
            gaps.append(
                Gap(
                    seen_at=now,
                    since=min(now, *(one.since for one in alike)),
                    until=now,
                    reason=f"{_sum(alike)} not read: {reason}",
                    source=self._source,
                )
            )
        return gaps

    def _settle(self, thread: str, now: Micros, *, cut: Why | None) -> None:
        visit, self._more, self._visit = self._visit, None, _Visit()
        self._threads.took(
            thread,
            now,
            fresh=visit.fresh,
            given=len(visit.met),
            cut=cut,
            paged=visit.requests > 1,
        )

    def _answered_root(self, thread: str) -> bool:
        """Whether the thread was asked for because its root was not seen."""
        is_root = bool(self._roots) and self._roots[0] == thread
        if is_root:
            self._roots.popleft()
        return is_root


def _sum(missed: Sequence[Missed]) -> str:
    """``20 comments of thread p1``, ``23 comments of 2 threads (p1: 20, p2: 3)``."""
    of: dict[str, int | None] = {}
    for one in missed:
        before = of.get(one.thread, 0)
        unknown = before is None or one.comments is None
        of[one.thread] = None if unknown else (before or 0) + (one.comments or 0)
    named = sorted(of.items(), key=lambda entry: (-(entry[1] or 0), entry[0]))
    total = sum(n or 0 for _, n in named)
    what = count(total, "comment") if total else "comments"
    if len(named) == 1:
        return f"{what} of thread {display_line(named[0][0], 40)}"
    told = [
        display_line(id, 40) + (f": {n:,}" if n is not None else "") for id, n in named[:MOST_NAMED]
    ]
    rest = ["…"] if len(named) > MOST_NAMED else []
    return f"{what} of {count(len(named), 'thread')} ({', '.join([*told, *rest])})"
