"""Comments: which threads move, which of them to ask for next, and what the answers leave open.
Roots of comments whose thread was never seen are asked for as well. Pure.

A list of posts tells for each how many comments it has. The difference to what was read is known to
wait; where a thread has not been listed for a while, its pace so far says what to expect. The
largest sum is read first, so that a tight limit is spent where most is said.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from heapq import nlargest
from operator import itemgetter

from msgspec import Struct

from moltwatch.bounded import Bounded
from moltwatch.model import Delete, Event, Gap
from moltwatch.sources.moltbook.wire import (
    Ask,
    Listed,
    Page,
    Request,
    can_ask_for,
    comments_of,
    post_of,
)
from moltwatch.times import HOUR, MINUTE, SECOND, Micros
from moltwatch.wording import count

MOST_THREADS = 10_000
"""Threads remembered; the one not listed for longest is forgotten first."""

LATE: Micros = 5 * MINUTE
"""Comments known to wait for longer than this are a hole, whether or not they are read one day."""

RANKED = 50
"""Threads chosen at once."""

RANK: Micros = 5 * SECOND
"""Least time between two rankings, unless something new was told."""

DUE = 0.5
"""Comments to be expected before a thread is worth a request."""

HALF_LIFE: Micros = 10 * MINUTE
"""Of what a thread's earlier pace counts for."""

FIRST_LOOK: Micros = 10 * MINUTE
"""A thread that no list shows is looked at this long after, then whenever its age has doubled."""


class Thread(Struct, kw_only=True):
    """What is known of one thread."""

    id: str
    first: Micros
    """When it was first listed."""
    seen: Micros
    """When its number of comments was last told."""
    told: int = 0
    """Comments it is said to have."""
    read: int = 0
    """Of these, how many were there when they were last read."""
    rate: float = 0.0
    """Comments a second, fading."""
    whole: bool = False
    """Watched from its first comment on, or read before: what is missing is missed."""
    listed: bool = False
    """Met on the list of new posts, rather than elsewhere."""
    ours: bool = True
    """To be read; others are remembered only to know how far the list was read."""
    since: Micros | None = None
    """Since when comments are waiting."""
    late: bool = False
    """They were reported as missed."""
    not_before: Micros = 0
    """After failures: when to try again."""
    failures: int = 0

    @property
    def waiting(self) -> int:
        return max(0, self.told - self.read) if self.ours else 0

    def expected(self, now: Micros) -> float:
        """New comments a reading would bring, as far as can be told."""
        unseen = now - self.seen
        idle = unseen / (now - self.first + FIRST_LOOK) if unseen else 0.0
        return self.waiting + self.rate * unseen / SECOND + idle


class Missed(Struct, kw_only=True):
    """Comments that were written and not seen, since the last report."""

    since: Micros
    comments: int
    threads: int


class Threads:
    """The threads of one forum."""

    def __init__(self) -> None:
        self._threads: OrderedDict[str, Thread] = OrderedDict()
        self._missed: list[tuple[Micros, int]] = []
        self._ranking: list[str] = []
        """The threads to read next, the best last."""
        self._rank_at: Micros = 0

    def __len__(self) -> int:
        return len(self._threads)

    def get(self, id: str) -> Thread | None:
        """The thread, if it is known."""
        return self._threads.get(id)

    def tell(self, item: Listed, now: Micros, *, new: bool, born: bool) -> int:
        """A list shows this thread. ``new``: the list of new posts; ``born``: it was not there when
        that was last read. Returns how many comments it gained since it was last shown."""
        id, comments = item.id, item.comments
        thread = self._threads.get(id)
        gained = 0
        if thread is None:
            thread = Thread(
                id=id, first=now, seen=now, told=comments or 0, whole=born, ours=item.ours
            )
            if not new:
                thread.read = thread.told  # busy for long, maybe: wait until it moves
            self._threads[id] = thread
            if len(self._threads) > MOST_THREADS:
                self._forget(self._threads.popitem(last=False)[1])
        elif comments is not None:
            span, gained = now - thread.seen, max(0, comments - thread.told)
            if span > 0:
                weight = 0.5 ** (span / HALF_LIFE)
                thread.rate = weight * thread.rate + (1 - weight) * gained * SECOND / span
            thread.told, thread.seen = comments, now
            self._threads.move_to_end(id)
        thread.listed |= new
        thread.since = (thread.since or now) if thread.waiting else None
        return gained if thread.ours else 0

    def same(self, ids: Iterable[str], now: Micros) -> None:
        """A list shows these as it did before."""
        for id in ids:
            if thread := self._threads.get(id):
                thread.seen = now

    def best(self, now: Micros) -> Thread | None:
        """The thread whose reading should bring most; None if none is worth a request."""
        while True:
            while self._ranking:
                thread = self._threads.get(self._ranking[-1])
                if thread and thread.not_before <= now and thread.expected(now) >= DUE:
                    return thread
                self._ranking.pop()
            if now < self._rank_at:
                return None
            self._rank(now)

    def rank_again(self) -> None:
        """Something was told that changes which threads come first."""
        self._ranking.clear()
        self._rank_at = 0

    def _rank(self, now: Micros) -> None:
        """Look through all threads, which takes long enough not to be done for every request."""
        ready = (
            (expected, thread.id)
            for thread in self._threads.values()
            if thread.ours
            and thread.not_before <= now
            and (expected := thread.expected(now)) >= DUE
        )
        best = nlargest(RANKED, ready, key=itemgetter(0))
        self._ranking = [id for _, id in reversed(best)]
        self._rank_at = now + RANK

    def took(self, id: str, fresh: int, now: Micros, *, overlap: bool) -> None:
        """A thread was read, and ``fresh`` comments were new. ``overlap``: it reached back to what
        was known, so that nothing is missing between."""
        thread = self._threads.get(id)
        if thread is None:
            return
        lost = 0 if overlap or thread.late else thread.waiting - fresh
        if thread.whole and lost > 0:
            self._missed.append((thread.since or thread.seen, lost))
        thread.read = max(thread.told, thread.read + fresh)
        if thread.told < thread.read:
            thread.told = thread.read
        thread.whole, thread.since, thread.late = True, None, False
        thread.seen, thread.failures, thread.not_before = now, 0, 0

    def unchanged(self, id: str, now: Micros) -> None:
        """The server says that the thread is as it was when it was last read."""
        self.took(id, 0, now, overlap=True)

    def failed(self, id: str, now: Micros, *, at_once: bool) -> None:
        """A thread could not be read. It is left alone, every time for longer, unless it can be
        asked for in another way ``at_once``."""
        if thread := self._threads.get(id):
            thread.failures += 1
            if not at_once:
                thread.not_before = now + MINUTE * 2 ** min(thread.failures - 1, 6)

    def drop(self, id: str) -> None:
        """The thread is gone."""
        self._threads.pop(id, None)

    def waiting(self) -> int:
        """Threads with comments known to wait."""
        return sum(thread.waiting > 0 for thread in self._threads.values())

    def missed(self, now: Micros) -> Missed | None:
        """What became a hole since this was last asked."""
        for thread in self._threads.values():
            if thread.since is not None and not thread.late and now - thread.since >= LATE:
                thread.late = True
                self._missed.append((thread.since, thread.waiting))
        if not self._missed:
            return None
        missed, self._missed = self._missed, []
        return Missed(
            since=min(since for since, _ in missed),
            comments=sum(n for _, n in missed),
            threads=len(missed),
        )

    def _forget(self, thread: Thread) -> None:
        if thread.waiting and not thread.late:
            self._missed.append((thread.since or thread.seen, thread.waiting))


MOST_PAGES = 5
"""Pages of comments read of one thread at once."""

REPORT: Micros = MINUTE
"""Least time between two gaps."""

PATIENCE: Micros = 10 * MINUTE
"""How long a way of asking that failed is not tried again."""

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
