"""Comments of threads that move, and roots of comments whose thread was never seen: which to ask
for, and what the answers leave open. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from moltwatch.bounded import Bounded
from moltwatch.model import Delete, Event, Gap
from moltwatch.sources.moltbook.newest import PATIENCE
from moltwatch.sources.moltbook.threads import Threads
from moltwatch.sources.moltbook.wire import Ask, Page, Request, can_ask_for, comments_of, post_of
from moltwatch.times import HOUR, MINUTE, Micros
from moltwatch.wording import count

MOST_PAGES = 5
"""Pages of comments read of one thread at once."""

REPORT: Micros = MINUTE
"""Least time between two gaps."""

TROUBLE = 5
"""Threads in a row that could not be read before comments are left alone for a while."""

MOST_ASKED = 10_000
"""Unseen roots remembered as asked for."""


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
        """The next page of the comments being read."""
        self._visit = 0
        """New comments on the pages of this reading so far."""
        self._no_comments_until: Micros = 0
        """The comments' own address is of no use; the post is asked for instead."""
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
        if now < self._no_comments_until or thread.failures % 2:
            return post_of(thread.id)
        return comments_of(thread.id)

    def took(self, request: Request, page: Page, now: Micros, *, fresh: int, known: int) -> None:
        """Comments of a thread came, or a post with them: so many were new, so many known."""
        thread = request.thread or ""
        self._in_a_row, self.trouble = 0, ""
        self._visit += fresh
        if request.ask is Ask.COMMENTS and page.cursor is not None and fresh and not known:
            if request.page < MOST_PAGES:
                self._more = comments_of(thread, cursor=page.cursor, page=request.page + 1)
                return
        elif request.page > 1:
            known += 1  # the end of a list read page by page: nothing lies behind it
        if request.ask is Ask.POST:
            self._answered_root(thread)
            for item in page.listed[:1]:
                if item.id == thread:
                    self._threads.tell(item, now, new=False, born=False)
        self._read(thread, now, overlap=known > 0)

    def unchanged(self, thread: str, now: Micros) -> None:
        """The server says that nothing is new there (304)."""
        self._answered_root(thread)
        self._threads.unchanged(thread, now)

    def refused(self, request: Request, status: int, reason: str, now: Micros) -> list[Event]:
        """A thread was refused: go on without it, or in another way."""
        thread = request.thread or ""
        if request.page > 1:
            self._read(thread, now, overlap=False)
        elif request.ask is Ask.COMMENTS and status in (405, 501):
            self._no_comments_until = now + HOUR
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
        """The gap for comments that were not to be had, now and then."""
        if now - self._reported < REPORT:
            return []
        self._reported = now
        missed = self._threads.missed(now)
        if missed is None:
            return []
        why = self.trouble or "the server gave fewer, or the rate limit allowed no more"
        return [
            Gap(
                seen_at=now,
                since=min(missed.since, now),
                until=now,
                reason=f"{missed.comments:,} comments in {count(missed.threads, 'thread')} "
                f"not read: {why}",
                source=self._source,
            )
        ]

    def words(self) -> str:
        """What is not as it should be, for the status line."""
        waiting = self._threads.waiting()
        told = f"comments of {count(waiting, 'thread')} waiting" if waiting else ""
        return ", ".join(filter(None, (told, self.trouble)))

    def _read(self, thread: str, now: Micros, *, overlap: bool) -> None:
        self._threads.took(thread, self._visit, now, overlap=overlap)
        self._more, self._visit = None, 0

    def _answered_root(self, thread: str) -> None:
        if self._roots and self._roots[0] == thread:
            self._roots.popleft()
