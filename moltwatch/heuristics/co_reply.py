"""The same accounts meeting on the same threads, again and again."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from math import sqrt
from typing import Annotated, ClassVar

from msgspec import Meta

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Told
from moltwatch.heuristics.parameters import Fraction, Seconds
from moltwatch.heuristics.percolation import Percolation
from moltwatch.heuristics.tongue import is_foreign
from moltwatch.model import Kind
from moltwatch.times import HOUR, SECOND, Micros

MOST_THREADS = 5_000
MOST_ACCOUNTS = 20_000
MOST_RINGS = 2_000
MOST_VISITED = 64
"""Threads remembered of one account; its latest."""
MOST_GUESTS = 24
"""Accounts remembered of one thread; its latest."""

MOST_COMPANIONS = 6
"""Guests of a thread that are compared closely with the next one: enough for triangles."""

SITTING: Micros = 180 * SECOND
"""Meetings closer together than this are one occasion: who reads the list of top threads from the
top at the same time as somebody else meets him ten times, by one coincidence."""

ZEAL: Micros = HOUR
"""Who answers 64 threads within this time is everywhere, and nobody's companion."""

INSEPARABLE = 0.6
"""Overlap from which a ring may need no other evidence."""

LEAST_OVERLAP = 0.35
"""What no number of occasions makes up for."""

LIFT = 5.0
"""How many times oftener than their zeal alone would bring about they must have met: where there
are few threads, everybody meets everybody."""

ENOUGH = 12
"""Occasions times companions from which, inseparable, it needs none: four who met four times."""

Visit = tuple[Micros, str]
"""Time and id of an account's first post on a thread."""

_Guest = tuple[Micros, str]
"""Time and account."""


class _Ring:
    """Accounts that all keep company with each other."""

    __slots__ = ("members", "strength")

    def __init__(self, strength: float) -> None:
        self.members: dict[str, None] = {}
        self.strength = strength
        """The strongest it was ever found."""


class CoReply(Heuristic):
    """Three accounts or more answer the same threads within minutes of each other, over and over,
    and little else.

    One meeting means nothing: fast answers are normal, and a few accounts answer everything. So
    two accounts are companions if they met on occasions apart from each other, and if the threads
    on which they met are a good part (cosine) of all that they answered; the more the occasions,
    the smaller the part may be. Who is everywhere is nobody's companion. Accounts that all keep
    company with each other (triangles that share a side) make a ring. Four who met four times and
    hardly go anywhere else need no other evidence.

    Parameters
    window: how long an account's threads are remembered (seconds)
    gap: within what time two answers to one thread are a meeting (seconds)
    occasions: how many times, three minutes apart, two accounts must have met
    overlap: the part those threads must be when they met no oftener than that
    strength: how telling it is

    Fails when
    a ring's accounts never answer the same thread, each writes much else besides, or they speak a
    language that few speak here, and who speaks that meets anyway.
    """

    name: ClassVar[str] = "co-reply"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "synchrony"

    def __init__(
        self,
        window: Seconds = 21_600.0,
        gap: Seconds = 300.0,
        occasions: Annotated[int, Meta(ge=2, le=1_000)] = 3,
        overlap: Fraction = 0.45,
        strength: Fraction = 0.6,
    ) -> None:
        self.window = window
        self.gap = gap
        self.occasions = occasions
        self.overlap = overlap
        self.strength = strength
        self._memory = round(window * SECOND)
        self._near = round(gap * SECOND)
        self._visits: OrderedDict[str, dict[str, Visit]] = OrderedDict()
        """By account the threads it answered, in order."""
        self._guests: OrderedDict[str, deque[_Guest]] = OrderedDict()
        """By thread its latest guests."""
        self._threads: deque[Micros] = deque(maxlen=MOST_THREADS)
        """When threads got their first guest, within the window."""
        self._companies = Percolation()
        self._rings: OrderedDict[str, _Ring] = OrderedDict()
        self._told = Told()

    def observe(self, item: Item) -> Iterable[Signal]:
        post = item.post
        if post.parent is None:
            return ()
        now, author, thread = post.seen_at, item.author.name, item.thread.id
        visits = self._visits.get(author)
        if visits is None:
            visits = self._visits[author] = {}
            self._forget(now)
        elif thread in visits:
            return ()
        self._visits.move_to_end(author)
        visits[thread] = (now, post.id)
        horizon = now - self._memory
        while True:
            oldest = next(iter(visits))
            if visits[oldest][0] >= horizon and len(visits) <= MOST_VISITED:
                break
            del visits[oldest]
        if len(visits) == MOST_VISITED and visits[oldest][0] > now - ZEAL:
            return ()
        guests = self._guests.get(thread)
        if guests is None:
            self._guests[thread] = deque([(now, author)], MOST_GUESTS)
            self._threads.append(now)
            while self._threads[0] < horizon:
                self._threads.popleft()
            if len(self._guests) > MOST_THREADS:
                self._guests.popitem(last=False)
            return ()
        self._guests.move_to_end(thread)
        companions: list[str] = []
        if len(visits) >= self.occasions:
            since = now - self._near
            companions = self._nearby(author, visits, guests, since)
        guests.append((now, author))
        return self._meet(item, companions) if companions and not is_foreign(item) else ()

    def _nearby(
        self, author: str, visits: dict[str, Visit], guests: deque[_Guest], since: Micros
    ) -> list[str]:
        """Of those who came just before, the latest with whom a closer look is due."""
        found: list[str] = []
        for at, account in reversed(guests):
            if at < since or len(found) == MOST_COMPANIONS:
                break
            if account != author and self._may_be(visits, account):
                found.append(account)
        return found

    def _may_be(self, visits: dict[str, Visit], account: str) -> bool:
        """Whether two accounts were on so many of the same threads that a closer look is due."""
        theirs = self._visits.get(account)
        if theirs is None or len(theirs) < self.occasions:
            return False
        common = len(visits.keys() & theirs.keys())
        return common >= self.occasions and common * common >= self.overlap * self.overlap * len(
            visits
        ) * len(theirs)

    def _meet(self, item: Item, accounts: list[str]) -> Iterator[Signal]:
        author, told = item.author.name, False
        for account in accounts:
            occasions, overlap = self._company(author, account)
            if not self._are_companions(occasions, overlap, author, account):
                continue
            if ring := self._companies.community(author, account):
                if not told:
                    yield from self._tell(author, account, ring, occasions, overlap)
                told = True
            for (a, b), ring in self._companies.connect(author, account):
                yield from self._tell(a, b, ring, *self._company(a, b))

    def _are_companions(self, occasions: int, overlap: float, a: str, b: str) -> bool:
        """Whether they met so often, and went so little elsewhere, that it is no coincidence."""
        if occasions < self.occasions:
            return False
        needed = self.overlap * sqrt(self.occasions / occasions)
        if overlap < max(needed, min(LEAST_OVERLAP, self.overlap)):
            return False
        # Their zeal alone would make it mine * theirs / threads meetings; overlap is the meetings
        # by the root of mine * theirs.
        zeal = sqrt(len(self._visits[a]) * len(self._visits[b]))
        return overlap * len(self._threads) >= LIFT * zeal

    def _company(self, a: str, b: str) -> tuple[int, float]:
        """On how many occasions two accounts met, and the cosine of their sets of threads, by
        where they met."""
        mine, theirs = self._visits.get(a, {}), self._visits.get(b, {})
        times = sorted(mine[thread][0] for thread in self._shared(mine, theirs))
        if not times:
            return 0, 0.0
        occasions, last = 1, times[0]
        for at in times:
            if at - last > SITTING:
                occasions, last = occasions + 1, at
        return occasions, len(times) / sqrt(len(mine) * len(theirs))

    def _shared(self, mine: dict[str, Visit], theirs: dict[str, Visit]) -> list[str]:
        """Threads on which two accounts met, in the order of the first one's visits."""
        return [
            thread
            for thread, (at, _) in mine.items()
            if thread in theirs and abs(theirs[thread][0] - at) <= self._near
        ]

    def _tell(self, a: str, b: str, name: str, occasions: int, overlap: float) -> Iterator[Signal]:
        """Signals for the posts of two companions, where they met, that are not told yet."""
        ring = self._rings.get(name)
        if ring is None:
            ring = self._rings[name] = _Ring(self.strength)
            if len(self._rings) > MOST_RINGS:
                self._rings.popitem(last=False)
        ring.members[a] = ring.members[b] = None
        n = len(ring.members)
        if overlap >= INSEPARABLE and occasions * (n - 1) >= ENOUGH:
            ring.strength = max(ring.strength, 0.88)
        mine, theirs = self._visits.get(a, {}), self._visits.get(b, {})
        met = self._shared(mine, theirs)
        reason = (
            f"{n} accounts keep meeting: this one answered {len(met)} threads within minutes of"
            f" another, on {occasions} occasions, {overlap:.0%} of all they answered"
        )
        posts = [(who, id) for t in met for who, (_, id) in ((a, mine[t]), (b, theirs[t]))]
        return self._told.signals(
            posts, strength=ring.strength, reason=reason, accounts=ring.members, cluster=name
        )

    def _forget(self, now: Micros) -> None:
        """Let go of who was quiet longest."""
        for _ in range(2):
            account, visits = next(iter(self._visits.items()))
            latest = next(reversed(visits.values()), (now, ""))[0]
            if latest >= now - self._memory and len(self._visits) <= MOST_ACCOUNTS:
                break
            del self._visits[account]
