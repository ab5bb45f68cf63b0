"""Crowds: who has shared one thing lately, counted by account, in bounded memory.

Most things (a text, a link) are only ever seen once, so a first sighting is kept as a list
of one, and a crowd is made of it when another account comes with the same.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeAlias

from moltwatch.heuristics.base import Act, Features
from moltwatch.times import MINUTE, Micros

MOST_WAITING = 200
"""Posts remembered of a crowd that is not yet telling."""

LATE: Micros = 15 * MINUTE
"""After so long, whoever says the same may have read it."""

MOST_ALONE = 8
"""Posts remembered of an account that shares something alone."""

_Excuse: TypeAlias = Callable[[Features], bool]


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

    def new(self, acts: Iterable[Act]) -> list[Act]:
        """Those whose posts were not told of yet; from now on they are."""
        return [act for act in acts if self.is_new(act.post)]


class Crowd:
    """The accounts that shared one thing within the window."""

    __slots__ = ("accounts", "key", "least", "since", "told", "waiting", "weight")

    def __init__(self, key: str, since: Micros) -> None:
        self.key = key
        self.since = since
        """Time of the first sighting that counts."""
        self.accounts: OrderedDict[str, Micros] = OrderedDict()
        """By account the time of its last sighting, in that order."""
        self.waiting: deque[Act] = deque(maxlen=MOST_WAITING)
        self.told = False
        self.least = 1.0
        """How much alike what they share is at least, where it need not be the same (0 to 1)."""
        self.weight = 0.0
        """The most it was ever found to prove; what is told of a crowd does not weaken as it
        grows."""

    @property
    def n(self) -> int:
        """How many accounts there are."""
        return len(self.accounts)

    def add(self, act: Act, horizon: Micros) -> None:
        """Take in an act, and forget accounts and posts from before ``horizon``."""
        self.accounts[act.author] = act.at
        self.accounts.move_to_end(act.author)
        self.waiting.append(act)
        while self.waiting[0].at < horizon:
            self.waiting.popleft()
        if self.since < horizon:
            while (first := next(iter(self.accounts.values()))) < horizon:
                self.accounts.popitem(last=False)
            self.since = min(first, self.waiting[0].at)

    def leave_out_original(self) -> None:
        """Let go of the account that came first, if all others came late, and closer to each other
        than to it: then they have taken from it what they share."""
        original = self.waiting[0].author
        copied = next((act.at for act in self.waiting if act.author != original), None)
        if copied is None:
            return
        if copied - self.accounts[original] > max(LATE, self.last - copied):
            del self.accounts[original]
            copies = [act for act in self.waiting if act.author != original]
            self.waiting = deque(copies, maxlen=MOST_WAITING)
            self.since = copied

    def span(self, accounts: int) -> Micros:
        """How long the latest ``accounts`` accounts took to come; the whole crowd if fewer."""
        if accounts >= self.n:
            return self.age
        return self.last - next(islice(reversed(self.accounts.values()), accounts - 1, None))

    @property
    def last(self) -> Micros:
        """Time of the last sighting."""
        return next(reversed(self.accounts.values()))

    @property
    def age(self) -> Micros:
        """From the first sighting to the last."""
        return self.last - self.since

    def tell(self, weight: float) -> list[Act]:
        """The posts not yet told of; from now on the crowd is told of."""
        self.told = True
        self.weight = max(self.weight, weight)
        acts = list(self.waiting)
        self.waiting.clear()
        return acts


class Crowds:
    """Crowds by key, the quiet ones forgotten.

    ``window``: how long a sighting waits for company. ``fade``: how long a crowd that is told of
    is remembered after its last sighting. ``most``: keys kept. ``said``: whether it is words that
    are shared, which others may have read and repeated.
    """

    def __init__(
        self, window: Micros, fade: Micros, most: int = 20_000, *, said: bool = False
    ) -> None:
        self.window = window
        self.fade = fade
        self.most = most
        self.said = said
        # Both in order of last sighting, so that the stale are always at the front.
        self._untold: OrderedDict[str, list[Act] | Crowd] = OrderedDict()
        """Crowds, and the latest sightings of what only one account has shared."""
        self._told: OrderedDict[str, Crowd] = OrderedDict()
        self._kept_until: Micros = 0
        """Until then nothing is let go of for its age alone."""

    def __len__(self) -> int:
        return len(self._untold) + len(self._told)

    def join(self, first: Act, item: Features, unless: _Excuse) -> Crowd | None:
        """The same as :meth:`add`, of what is known by the post that came first."""
        key = first.post
        if key == item.post.id:
            return None  # nobody has followed yet
        if key not in self._untold and key not in self._told:
            self._untold[key] = [first]
        return self.add(key, item, unless)

    def add(self, key: str, item: Features, unless: _Excuse | None = None) -> Crowd | None:
        """Take in a sighting; the crowd, once there are at least two accounts. ``unless`` is asked
        of the post where others have shared it before: if it holds, the sighting does not
        count."""
        act, untold = item.act, self._untold
        now = act.at
        horizon = now - self.window
        held = untold.get(key)
        if held is None:
            if told := self._told.get(key):
                if told.last >= now - self.fade:
                    return self._follow(told, item, unless)
                del self._told[key]
            untold[key] = [act]
        elif isinstance(held, Crowd):
            if held.last >= horizon:
                return self._gather(held, item, unless)
            untold[key] = [act]
            untold.move_to_end(key)
        else:
            if held[0].at < horizon:
                held[:] = [past for past in held if past.at >= horizon]
            if held and held[0].author != act.author:
                return self._found(key, held, item, unless)
            held.append(act)
            if len(held) > MOST_ALONE:
                del held[0]
            untold.move_to_end(key)
        if now > self._kept_until or len(untold) > self.most:
            self._forget(now)
        return None

    def _found(
        self, key: str, past: list[Act], item: Features, unless: _Excuse | None
    ) -> Crowd | None:
        """A second account shares what one has shared."""
        if unless and unless(item):
            return None
        crowd = self._untold[key] = Crowd(key, past[0].at)
        self._untold.move_to_end(key)
        for act in (*past, item.act):
            crowd.add(act, item.act.at - self.window)
        return crowd

    def _gather(self, crowd: Crowd, item: Features, unless: _Excuse | None) -> Crowd | None:
        """A post joins a crowd that is not told of."""
        if unless and unless(item):
            return None
        self._untold.move_to_end(crowd.key)
        crowd.add(item.act, item.act.at - self.window)
        if self.said:
            crowd.leave_out_original()
        return crowd if crowd.n > 1 else None

    def _follow(self, crowd: Crowd, item: Features, unless: _Excuse | None) -> Crowd | None:
        """A post joins a crowd that is told of."""
        if unless and unless(item):
            return None
        self._told.move_to_end(crowd.key)
        crowd.add(item.act, item.act.at - self.fade)
        return crowd

    def tell(self, crowd: Crowd, weight: float) -> list[Act]:
        """The posts of a telling crowd that were not told of yet; from now on it is told of, and
        weighs at least so much (0 to 1)."""
        if not crowd.told:
            del self._untold[crowd.key]
            self._told[crowd.key] = crowd
        return crowd.tell(weight)

    def _forget(self, now: Micros) -> None:
        """Let go of the stale, some at a time, and of the oldest where there are too many."""
        while self._untold:
            key, oldest = next(iter(self._untold.items()))
            last = oldest.last if isinstance(oldest, Crowd) else oldest[-1].at
            if last >= now - self.window and len(self._untold) <= self.most:
                self._kept_until = last + self.window + self.window // 8
                break
            del self._untold[key]
        while self._told:
            key, crowd = next(iter(self._told.items()))
            if crowd.last >= now - self.fade and len(self._told) <= self.most:
                break
            del self._told[key]
