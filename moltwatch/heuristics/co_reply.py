"""The same accounts meeting on the same threads, again and again."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from math import exp, sqrt
from typing import Annotated, ClassVar, TypeVar

from msgspec import Meta

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Told
from moltwatch.heuristics.parameters import Count, Fraction, Seconds
from moltwatch.heuristics.percolation import Edge, Percolation, edge
from moltwatch.model import MOST_LISTED, Kind
from moltwatch.times import SECOND, Micros

MOST_THREADS = 5_000
MOST_ACCOUNTS = 20_000
MOST_PAIRS = 100_000
MOST_VISITED = 64
"""Threads remembered of one account; its latest."""
MOST_GUESTS = 10
"""Accounts remembered of one thread; its latest."""


INSEPARABLE = 0.8
"""Cosine from which two accounts do nothing but keep each other company."""

MANY = 5
"""Accounts of a ring that, inseparable, need no other evidence. Three newcomers who read the same
list of top threads from the top look much the same."""

_Guest = tuple[Micros, str, str]
"""Time, account, post."""


def _accounts() -> dict[str, None]:
    return {}


def _guests() -> deque[_Guest]:
    return deque(maxlen=MOST_GUESTS)


class _Fading:
    """A count that fades out: each event counts ``exp(-age / span)``."""

    __slots__ = ("at", "value")

    def __init__(self) -> None:
        self.at: Micros = 0
        self.value = 0.0

    def add(self, now: Micros, span: float) -> None:
        self.value = self.now(now, span) + 1.0
        self.at = now

    def now(self, now: Micros, span: float) -> float:
        return self.value * exp((self.at - now) / span)


class _Visitor:
    """One account's visits to threads."""

    __slots__ = ("latest", "visits")

    def __init__(self) -> None:
        self.visits = _Fading()
        self.latest: deque[str] = deque(maxlen=MOST_VISITED)
        """Threads it was on last."""


class _Pair:
    """Two accounts, and where they met."""

    __slots__ = ("meetings", "posts", "threads", "tightness")

    def __init__(self) -> None:
        self.meetings = _Fading()
        self.tightness = 0.0
        """Cosine of their sets of threads when it was last measured."""
        self.threads = 0
        """Threads on which both answered within the gap."""
        self.posts: deque[tuple[str, str]] = deque(maxlen=12)
        """Authors and ids of the posts at the latest meetings, not yet told."""


class CoReply(Heuristic):
    """Three accounts or more answer the same threads within minutes of each other, over and over,
    and little else.

    One meeting means nothing: fast answers are normal, and a few accounts answer everything.
    Counted is how many threads two accounts met on, against how many each of them answered (cosine
    of the two sets) and against what their zeal alone would bring about, so that who is everywhere
    is nobody's companion. Accounts that all keep company with each other make a ring.

    Parameters
    window: how long an account's threads are remembered (seconds)
    gap: within what time two answers to one thread are a meeting (seconds)
    meetings: threads on which two accounts must have met
    overlap: cosine of their sets of threads that it takes
    lift: how many times more often than by chance they must have met
    strength: how telling it is

    Fails when
    a ring's accounts never answer the same thread, or each writes much else besides.
    """

    name: ClassVar[str] = "co-reply"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "synchrony"

    def __init__(
        self,
        window: Seconds = 21_600.0,
        gap: Seconds = 300.0,
        meetings: Count = 4,
        overlap: Fraction = 0.5,
        lift: Annotated[float, Meta(ge=1, le=1_000)] = 5.0,
        strength: Fraction = 0.6,
    ) -> None:
        self.window = window
        self.gap = gap
        self.meetings = meetings
        self.overlap = overlap
        self.lift = lift
        self.strength = strength
        self._guests: OrderedDict[str, deque[_Guest]] = OrderedDict()
        """By thread its latest guests."""
        self._visitors: OrderedDict[str, _Visitor] = OrderedDict()
        self._threads = _Fading()
        self._span = window * SECOND
        self._met: OrderedDict[Edge, None] = OrderedDict()
        """Pairs that met once."""
        self._pairs: OrderedDict[Edge, _Pair] = OrderedDict()
        self._rings = Percolation()
        self._members: OrderedDict[str, dict[str, None]] = OrderedDict()
        """Accounts by ring."""
        self._told = Told()

    def observe(self, item: Item) -> Iterator[Signal]:
        post = item.post
        now, author = post.seen_at, post.author
        if post.parent is None:
            self._threads.add(now, self._span)
            return
        visitor = _kept(self._visitors, author, _Visitor, MOST_ACCOUNTS)
        if post.thread in visitor.latest:
            return
        visitor.latest.append(post.thread)
        visitor.visits.add(now, self._span)
        guests = _kept(self._guests, post.thread, _guests, MOST_THREADS)
        horizon = now - round(self.gap * SECOND)
        for at, account, id in reversed(guests):
            if at < horizon:
                break
            if account != author:
                yield from self._meet((author, post.id), (account, id), now)
        guests.append((now, author, post.id))

    def _meet(
        self, mine: tuple[str, str], theirs: tuple[str, str], now: Micros
    ) -> Iterator[Signal]:
        a, b = mine[0], theirs[0]
        key = edge(a, b)
        pair = self._pairs.get(key)
        if pair is None:
            # Most never meet again, so the first meeting leaves only a mark.
            if key not in self._met:
                self._met[key] = None
                if len(self._met) > MOST_PAIRS:
                    self._met.popitem(last=False)
                return
            del self._met[key]
            pair = _kept(self._pairs, key, _Pair, MOST_PAIRS)
            pair.threads = 1
            pair.meetings.add(now, self._span)
        else:
            self._pairs.move_to_end(key)
        pair.meetings.add(now, self._span)
        pair.threads += 1
        pair.posts += (mine, theirs)
        if pair.meetings.value < self.meetings:
            return
        if told := self._rings.community(a, b):
            self._are_companions(pair, a, b, now)
            yield from self._tell(pair, told)
        elif key not in self._rings and self._are_companions(pair, a, b, now):
            for each, ring in self._rings.connect(a, b):
                if found := self._pairs.get(each):
                    yield from self._tell(found, ring)

    def _are_companions(self, pair: _Pair, a: str, b: str, now: Micros) -> bool:
        """Whether two accounts met more often than their zeal explains."""
        one, other = self._visitors.get(a), self._visitors.get(b)
        if one is None or other is None:
            return False
        met = pair.meetings.value
        product = one.visits.now(now, self._span) * other.visits.now(now, self._span)
        expected = product / max(1.0, self._threads.now(now, self._span))
        pair.tightness = met / sqrt(product)
        return pair.tightness >= self.overlap and met >= self.lift * expected

    def _tell(self, pair: _Pair, ring: str) -> Iterator[Signal]:
        """Signals for the latest posts of a pair that are not told yet."""
        names = tuple(dict.fromkeys(author for author, _ in pair.posts))
        reason = (
            f"answered {pair.threads} threads within minutes of the same account, as did the"
            " others of its ring"
        )
        evidence = tuple(id for _, id in pair.posts)
        members = _kept(self._members, ring, _accounts, MOST_THREADS)
        members.update(dict.fromkeys(names))
        inseparable = (
            len(members) >= MANY and pair.tightness >= INSEPARABLE and pair.threads > self.meetings
        )
        strength = max(self.strength, 0.88) if inseparable else self.strength
        while pair.posts:
            author, id = pair.posts.popleft()
            if not self._told.is_new(id):
                continue
            yield Signal(
                post=id,
                author=author,
                strength=strength,
                reason=reason,
                evidence=evidence[:MOST_LISTED],
                accounts=names,
                n=len(names),
                cluster=ring,
            )


_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


def _kept(
    kept: OrderedDict[_Key, _Value], key: _Key, make: Callable[[], _Value], most: int
) -> _Value:
    """What is held under a key, made if there is nothing; what was used least lately goes first."""
    value = kept.get(key)
    if value is None:
        value = kept[key] = make()
        if len(kept) > most:
            kept.popitem(last=False)
    else:
        kept.move_to_end(key)
    return value
