"""Threads: how many comments each is said to have, how many of these were had, and which to read
next. Pure.

A list of posts tells for each how many comments it has. The difference to what was read is known to
wait; where a thread has not been listed for a while, its pace so far says what to expect. The
largest sum is read first, so that a tight limit is spent where most is said.

The number is also the proof that nothing is missing. Servers cut their answers in silence, and
replies stand where nobody looks for news, so that a page which ends with something known proves
nothing. What the number counts and no answer held is missed, and is told of once. The number may be
wrong in both directions: it may count what was deleted, and lag behind. So an answer that holds as
many as are counted is whole, whatever was counted before; one that holds fewer and was not cut is
asked for once more, later.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Set
from enum import StrEnum
from heapq import nlargest
from operator import itemgetter

from msgspec import Struct

from moltwatch.sources.moltbook.wire import Listed
from moltwatch.times import MINUTE, SECOND, Micros

MOST_THREADS = 10_000
"""Threads remembered; the one not listed for longest is forgotten first."""

LATE: Micros = 5 * MINUTE
"""Comments known to wait for longer than this are a hole, whether or not they are read one day."""

AGAIN: Micros = MINUTE
"""How long after an answer that held too few the thread is asked for once more."""

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


class Why(StrEnum):
    """Why comments are missing."""

    WAITING = "the rate limit allowed no more"
    CUT = "the server gives no more of a thread"
    HELD = "the server counts more than it gives: deleted, kept back, or unusable"
    UNCOUNTED = "the page is full, and the server does not say how many there are"
    FORGOTTEN = "more threads than are remembered"
    ENDED = "the watch ended first"


class Missed(Struct, frozen=True, kw_only=True):
    """Comments of one thread that were written and not read."""

    thread: str
    comments: int | None
    """None where nobody knows how many."""
    since: Micros
    why: Why


class Thread(Struct, kw_only=True):
    """What is known of one thread."""

    id: str
    first: Micros
    """When it was first listed."""
    seen: Micros
    """When its number of comments was last told, or it was last read."""
    looked: Micros = 0
    """When it was last read; 0 if never."""
    told: int | None = None
    """Comments it is said to have; None where no list says."""
    read: int = 0
    """Of these, how many are accounted for: read, or told of as missed."""
    given: int = 0
    """Comments that its last reading held, new and known."""
    cut: Why | None = None
    """Why there may be more than that reading held; None if it held all there is."""
    paged: bool = False
    """That reading took several requests: the first page alone says nothing of the others."""
    rate: float = 0.0
    """Comments a second, fading."""
    watched: bool = False
    """Written under our eyes, or read before: what is missing is missed."""
    listed: bool = False
    """Met on the list of new posts, rather than elsewhere."""
    ours: bool = True
    """To be read; others are remembered only to know how far the list was read."""
    since: Micros | None = None
    """Since when comments are waiting."""
    late: int = 0
    """Of those that wait, how many were told of as missed."""
    doubted: bool = False
    """Its last reading held too few, and was not cut: the next one decides."""
    not_before: Micros = 0
    """When to try again."""
    failures: int = 0

    @property
    def waiting(self) -> int:
        return max(0, (self.told or 0) - self.read) if self.ours else 0

    def short(self, fresh: int, given: int) -> int:
        """How many of its comments a reading did not bring that should have: it held ``given``, of
        which ``fresh`` were new."""
        lost = (self.told or 0) - given
        if self.watched:  # an older one is missing as a whole, whatever moved in it
            lost = min(lost, self.waiting - fresh)
        return max(0, lost)

    def expected(self, now: Micros, *, doubtful: bool = False) -> float:
        """New comments a reading would bring, as far as can be told. ``doubtful``: that the number
        is as it was does not say that nobody wrote."""
        unseen = now - self.seen
        unsure = now - max(self.looked, self.first) if doubtful and self.told else unseen
        idle = unsure / (now - self.first + FIRST_LOOK) if unsure else 0.0
        if self.told is None and not self.looked:
            idle = 1.0
        return self.waiting + self.rate * unseen / SECOND + idle

    def gain(self, comments: int, now: Micros) -> None:
        """So many comments came since it was last seen."""
        if (span := now - self.seen) > 0:
            weight = 0.5 ** (span / HALF_LIFE)
            self.rate = weight * self.rate + (1 - weight) * comments * SECOND / span


class Threads:
    """The threads of one forum."""

    def __init__(self) -> None:
        self._threads: OrderedDict[str, Thread] = OrderedDict()
        self._missed: list[Missed] = []
        self._ranking: list[str] = []
        """The threads to read next, the best last."""
        self._rank_at: Micros = 0
        self._falls = False
        """The server counts no more what was deleted. As many may have been written meanwhile: a
        thread is then read from time to time though its number is as it was."""

    def __len__(self) -> int:
        return len(self._threads)

    def get(self, id: str) -> Thread | None:
        """The thread, if it is known."""
        return self._threads.get(id)

    def any_listed(self, *, but: Set[str]) -> bool:
        """Whether the list of new posts has shown any beside these."""
        return any(thread.listed and id not in but for id, thread in self._threads.items())

    def tell(self, item: Listed, now: Micros, *, new: bool, born: bool) -> int:
        """A list shows this thread. ``new``: the list of new posts; ``born``: it was written since
        that was first read. Returns how many comments it gained since it was last shown."""
        id, comments = item.id, item.comments
        thread = self._threads.get(id)
        gained = 0
        if thread is None:
            thread = Thread(id=id, first=now, seen=now, told=comments, watched=born, ours=item.ours)
            if not new and not born:
                thread.read = comments or 0  # busy for long, maybe: wait until it moves
            self._threads[id] = thread
            if len(self._threads) > MOST_THREADS:
                self._forget(self._threads.popitem(last=False)[1])
        elif comments is not None:
            gained = max(0, comments - (thread.told or 0))
            thread.gain(gained, now)
            thread.told, thread.seen = comments, now
            if comments < thread.read:
                thread.read, self._falls = comments, True
            self._threads.move_to_end(id)
        if new and born and not thread.listed and not thread.watched:
            # Another list was first to show it: nothing of it was read.
            thread.read, thread.watched = 0, True
        thread.listed |= new
        if not thread.waiting:
            thread.since, thread.late = None, 0
        elif thread.since is None:
            thread.since = now
        return gained if thread.ours else 0

    def same(self, ids: Iterable[str], now: Micros) -> None:
        """A list shows these as it did before."""
        for id in ids:
            if (thread := self._threads.get(id)) and thread.told is not None:
                thread.seen = now

    def best(self, now: Micros) -> Thread | None:
        """The thread whose reading should bring most; None if none is worth a request."""
        while True:
            while self._ranking:
                thread = self._threads.get(self._ranking[-1])
                if thread and thread.not_before <= now and self._expected(thread, now) >= DUE:
                    return thread
                self._ranking.pop()
            if now < self._rank_at:
                return None
            self._rank(now)

    def _expected(self, thread: Thread, now: Micros) -> float:
        return thread.expected(now, doubtful=self._falls)

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
            and (expected := self._expected(thread, now)) >= DUE
        )
        best = nlargest(RANKED, ready, key=itemgetter(0))
        self._ranking = [id for _, id in reversed(best)]
        self._rank_at = now + RANK

    def took(
        self, id: str, now: Micros, *, fresh: int, given: int, cut: Why | None, paged: bool = False
    ) -> None:
        """A thread was read: ``given`` comments came, ``fresh`` of them new. ``cut``: why the
        server may have more than it gave; None where it gave all it has."""
        thread = self._threads.get(id)
        if thread is None:
            return
        lost = thread.short(fresh, given)
        if thread.told is None and thread.looked:
            thread.gain(fresh, now)
        thread.looked = now
        thread.given, thread.cut, thread.paged, thread.seen = given, cut, paged, now
        thread.failures, thread.not_before = 0, 0
        if lost and thread.watched and cut is not Why.CUT and not thread.doubted:
            # The comments may lag behind their number.
            thread.doubted, thread.not_before = True, now + AGAIN
            thread.read = (thread.told or 0) - lost
            return
        if not thread.watched and cut is None:
            lost = 0  # deleted before anybody watched
        if lost > thread.late:
            self._miss(thread, lost - thread.late, cut or Why.HELD, now)
        elif thread.told is None and cut is Why.CUT and (fresh or not thread.watched):
            self._miss(thread, None, Why.UNCOUNTED, now)
        if thread.told is None:
            thread.read = max(thread.read + fresh, given)
        else:  # what came since the list was read is not counted yet
            more = fresh - thread.waiting if thread.watched else given - thread.told
            thread.read = thread.told + max(0, more)
        thread.watched, thread.doubted, thread.since, thread.late = True, False, None, 0

    def lacks(self, thread: Thread, fresh: int, given: int) -> bool:
        """Whether a reading of a thread that is counted should go on."""
        if self._falls:  # what is new may be hidden by what was deleted
            return given < (thread.told or 0)
        return thread.short(fresh, given) > 0

    def took_part(self, id: str, fresh: int) -> None:
        """The reading of a thread broke off after so many new comments."""
        if thread := self._threads.get(id):
            thread.read += min(fresh, thread.waiting)

    def unchanged(self, id: str, now: Micros) -> None:
        """The server says that the thread is as it was when it was last read."""
        if thread := self._threads.get(id):
            self.took(id, now, fresh=0, given=thread.given, cut=thread.cut, paged=thread.paged)

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

    def missed(self, now: Micros) -> list[Missed]:
        """What became a hole since this was last asked."""
        for thread in self._threads.values():
            if thread.since is not None and now - thread.since >= LATE:
                self._give_up(thread, Why.WAITING, now)
        missed, self._missed = self._missed, []
        return missed

    def end(self, now: Micros) -> list[Missed]:
        """What is a hole because nobody will read on."""
        for thread in self._threads.values():
            self._give_up(thread, Why.ENDED, now)
        return self.missed(now)

    def _forget(self, thread: Thread) -> None:
        self._give_up(thread, Why.FORGOTTEN, thread.seen)

    def _give_up(self, thread: Thread, why: Why, now: Micros) -> None:
        """What waits is missed; what comes to wait from now on will be told of by itself."""
        if thread.waiting > thread.late:
            self._miss(thread, thread.waiting - thread.late, why, now)
            thread.late, thread.since = thread.waiting, now

    def _miss(self, thread: Thread, comments: int | None, why: Why, now: Micros) -> None:
        since = now if thread.since is None else thread.since
        self._missed.append(Missed(thread=thread.id, comments=comments, since=since, why=why))
