"""Crowds: who has shared one thing lately, counted by account, in bounded memory.

Most things (a text, a link) are only ever seen once, so a first sighting is kept as one small
tuple, and a crowd is made of it when another account comes with the same.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator

from moltwatch.heuristics.base import Signal
from moltwatch.model import MOST_LISTED, Post
from moltwatch.times import Micros, format_duration

MOST_WAITING = 200
"""Posts remembered of a crowd that is not yet telling."""

Sighting = tuple[Micros, str, str]
"""Time, author, post id."""


class Told:
    """What was told already: the latest ``most``, so that nothing is told twice."""

    def __init__(self, most: int = 20_000) -> None:
        self.most = most
        self._kept: OrderedDict[str, None] = OrderedDict()

    def is_new(self, what: str) -> bool:
        """Whether this is told for the first time; from now on it is not."""
        if what in self._kept:
            return False
        self._kept[what] = None
        if len(self._kept) > self.most:
            self._kept.popitem(last=False)
        return True


class Crowd:
    """The accounts that shared one thing within the window."""

    __slots__ = ("accounts", "first", "key", "others", "strength", "told", "waiting")

    def __init__(self, key: str, first: Sighting) -> None:
        self.key = key
        self.first = first
        self.accounts: OrderedDict[str, Micros] = OrderedDict()
        """By account the time of its last sighting, in that order."""
        self.waiting: deque[Sighting] = deque(maxlen=MOST_WAITING)
        self.told = False
        self.strength = 0.0
        """The strongest it was ever found; what is told of a crowd does not weaken as it grows."""
        self.others: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        """Post ids and accounts that show it: the first ten."""

    @property
    def n(self) -> int:
        return len(self.accounts)

    def add(self, sighting: Sighting, since: Micros) -> None:
        """Take in a sighting; while nothing is told, forget those before ``since``."""
        at, author, _ = sighting
        self.accounts[author] = at
        self.accounts.move_to_end(author)
        self.waiting.append(sighting)
        if not self.told:
            while next(iter(self.accounts.values())) < since:
                self.accounts.popitem(last=False)
            while self.waiting[0][0] < since:
                self.waiting.popleft()
            self.first = self.waiting[0]

    def span(self, accounts: int) -> Micros:
        """How long the latest ``accounts`` accounts took to come; the whole crowd if fewer."""
        latest = None
        for index, at in enumerate(reversed(self.accounts.values())):
            latest = at if latest is None else latest
            if index == accounts - 1:
                return latest - at
        return self.age

    @property
    def last(self) -> Micros:
        return next(reversed(self.accounts.values()))

    @property
    def age(self) -> Micros:
        """From the first sighting to the last."""
        return self.last - self.first[0]

    @property
    def duration(self) -> str:
        return format_duration(self.age)

    def signals(self, strength: float, reason: str) -> Iterator[Signal]:
        """One signal for each post not yet told of; from now on the crowd is told."""
        if not self.told:
            self.told = True
            self.others = (
                tuple(post for _, _, post in self.waiting)[:MOST_LISTED],
                tuple(self.accounts)[:MOST_LISTED],
            )
        self.strength = max(self.strength, strength)
        evidence, accounts = self.others
        while self.waiting:
            _, author, post = self.waiting.popleft()
            yield Signal(
                post=post,
                author=author,
                strength=self.strength,
                reason=reason,
                evidence=evidence,
                accounts=accounts,
                n=self.n,
                cluster=self.key,
            )


class Crowds:
    """Crowds by key, the quiet ones forgotten.

    ``window``: how long a sighting waits for company. ``fade``: how long a crowd that is told of
    is remembered after its last sighting. ``most``: keys kept.
    """

    def __init__(self, window: Micros, fade: Micros, most: int = 50_000) -> None:
        self.window = window
        self.fade = fade
        self.most = most
        # Both in order of last sighting, so that the stale are always at the front.
        self._untold: OrderedDict[str, Sighting | Crowd] = OrderedDict()
        self._told: OrderedDict[str, Crowd] = OrderedDict()

    def __len__(self) -> int:
        return len(self._untold) + len(self._told)

    def add(self, key: str, post: Post) -> Crowd | None:
        """Take in a sighting; the crowd, once there are at least two accounts."""
        now = post.seen_at
        sighting = (now, post.author, post.id)
        if crowd := self._told.get(key):
            self._told.move_to_end(key)
            crowd.add(sighting, 0)
            return crowd
        held = self._untold.get(key)
        if held is None:
            self._untold[key] = sighting
            self._forget(now)
            return None
        self._untold.move_to_end(key)
        if isinstance(held, Crowd):
            held.add(sighting, now - self.window)
            return held if held.n > 1 else None
        if held[1] == post.author or held[0] < now - self.window:
            self._untold[key] = sighting
            return None
        crowd = self._untold[key] = Crowd(key, held)
        crowd.add(held, 0)
        crowd.add(sighting, 0)
        return crowd

    def tell(self, crowd: Crowd, strength: float, reason: str) -> Iterator[Signal]:
        """Signals for the posts of a telling crowd that were not told of yet."""
        if not crowd.told:
            del self._untold[crowd.key]
            self._told[crowd.key] = crowd
        return crowd.signals(strength, reason)

    def _forget(self, now: Micros) -> None:
        # Two at a time: enough to keep up with one new key, without ever stopping for long.
        for _ in range(2):
            key, oldest = next(iter(self._untold.items()))
            last = oldest.last if isinstance(oldest, Crowd) else oldest[0]
            if last >= now - self.window and len(self._untold) <= self.most:
                break
            del self._untold[key]
        while self._told:
            key, crowd = next(iter(self._told.items()))
            if crowd.last >= now - self.fade and len(self._told) <= self.most:
                break
            del self._told[key]
