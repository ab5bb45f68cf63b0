"""Which threads move, and which of them to read next; pure.

A list of posts tells for each how many comments it has. The difference to what was read is known to
wait; where a thread has not been listed for a while, its pace so far says what to expect. The
largest sum is read first, so that a tight limit is spent where most is said.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from heapq import nlargest
from operator import itemgetter

from msgspec import Struct

from moltwatch.sources.moltbook.wire import Listed
from moltwatch.times import MINUTE, SECOND, Micros

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
