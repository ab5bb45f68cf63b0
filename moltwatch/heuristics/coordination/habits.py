"""Habits: what several accounts do in most of what they write, and hardly anybody else does.

Most things are only ever done once, so of a first sighting no more is kept than the post. What one
has done again, or another too, is a habit in the making.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import Struct

from moltwatch.heuristics.base import Act, Features
from moltwatch.heuristics.features.text import HASH_BITS
from moltwatch.model import Level
from moltwatch.times import Micros

GENERATION = 15_000
"""Things seen once that are remembered in each of two generations; the older is dropped when the
newer is full."""

MOST_HABITS = 6_000
"""The longest quiet go first."""

MOST_USERS = 24
"""Accounts that do a thing from which it is a custom of the place."""

LOUD = 12
"""Posts in a day from which an account starts no habit of others; what it says too is no secret."""

MOST_WAITING = 20
"""Posts remembered of each account until they are told, and threads."""

MOST_EACH = 4
"""Threads of one account that count: who repeats himself does not make it a habit of others."""


class Work(Protocol):
    """What an account has written, of the sort that could show a habit."""

    n: int


class Use(Struct, frozen=True, gc=False):
    """What one account has shown of a thing. A first use is one for all that its post shows for the
    first time. Like a habit, it is part of no cycle, and there are too many for the garbage
    collector to walk through."""

    work: Work
    threads: tuple[str, ...]
    """Where its posts stand, the first ``MOST_EACH``: what is said again in one conversation is its
    subject."""
    waiting: tuple[Act, ...]
    """Posts not yet told."""
    n: int = 1
    """Posts that show it."""

    def again(self, act: Act, thread: str, work: Work) -> Use:
        """The same, and one post more."""
        threads = self.threads
        if len(threads) < MOST_EACH and thread not in threads:
            threads += (thread,)
        return Use(work, threads, (*self.waiting[1 - MOST_WAITING :], act), self.n + 1)

    def told(self) -> Use:
        """The same, told."""
        return Use(self.work, self.threads, (), self.n)

    def part(self) -> float:
        """The part of all its author has written that shows it, 0 to 1."""
        return self.n / max(self.n, self.work.n)


class Habit(Struct, gc=False):
    """One thing, and the accounts that do it."""

    last: Micros
    """When it was shown last."""
    users: dict[str, Use]
    """By account; none if so many have it that it says nothing."""
    devoted: tuple[str, ...] = ()
    """Accounts that do it in most of what they write, were it once."""
    keepers: tuple[str, ...] = ()
    """Those of them that do it again and again."""
    weight: float = 0.0
    """The most it was found to prove (0 to 1)."""

    def forget(self) -> None:
        """Let go of who does it."""
        self.users.clear()
        self.devoted = self.keepers = ()

    @property
    def posts(self) -> int:
        """How many posts have shown it."""
        return sum([use.n for use in self.users.values()])

    def uses(self, accounts: Iterable[str]) -> int:
        """On how many threads they have shown it, all of them together; one account counts for no
        more than ``MOST_EACH``."""
        return sum([len(self.users[account].threads) for account in accounts])

    def tell(self, level: Level) -> list[Act]:
        """Posts of those who keep it that were not told of yet; it proves so much."""
        self.weight = max(self.weight, level.weight)
        acts: list[Act] = []
        for account in self.keepers:
            acts += self.users[account].waiting
            self.users[account] = self.users[account].told()
        return acts


class Habits:
    """Habits by what is done, each forgotten when nobody did it for a ``window`` (microseconds).

    ``accounts``: how many must keep one. ``repeats``: on how many threads each must do it.
    ``part``: in which part of its work. ``share``: which part of all who do it must do it in so
    much of theirs, however often.
    """

    def __init__(
        self, window: Micros, *, accounts: int, part: float, share: float, repeats: int
    ) -> None:
        self.window = window
        self.accounts = accounts
        self.part = part
        self.share = share
        self.repeats = repeats
        # By hash: what is said only once is mostly long, and only ever looked for.
        self._once: dict[int, Use] = {}
        self._once_before: dict[int, Use] = {}
        self._habits: OrderedDict[str, Habit] = OrderedDict()
        self._watched: set[str] = set()
        """Those that two accounts repeat."""

    def __len__(self) -> int:
        return len(self._once) + len(self._once_before) + len(self._habits)

    def watched(self, keys: frozenset[str]) -> frozenset[str]:
        """Those of them that two accounts repeat already."""
        return keys & self._watched

    def see(self, keys: frozenset[str], item: Features, work: Work) -> Iterator[tuple[str, Habit]]:
        """A post shows these things; those of them that are habits, kept by its author too. What
        stands in what it answers was not its author's idea."""
        once, before, habits = self._once, self._once_before, self._habits
        first = Use(work, (item.thread.id,), (item.act,))
        known: list[str] = []
        for key in keys:
            if key in habits or (mark := hash(key) & HASH_BITS) in once or mark in before:
                known.append(key)
            else:
                once[mark] = first
        # Sorted, because what a set yields first differs from process to process.
        known.sort()
        for key in known:
            habit = habits.get(key)
            if (habit and not habit.users) or key in item.above():
                continue
            if habit is None:
                habit = self._again(key)
            if habit.last < item.post.seen_at - self.window:
                self._drop(key)
            elif self._take(key, habit, item, first):
                yield key, habit
        if len(once) > GENERATION:
            self._once_before, self._once = once, {}
        while len(habits) > MOST_HABITS:
            self._drop(next(iter(habits)))

    def _drop(self, key: str) -> None:
        del self._habits[key]
        self._watched.discard(key)

    def _again(self, key: str) -> Habit:
        """The habit that begins where what was seen once is seen again."""
        mark = hash(key) & HASH_BITS
        use = self._once.pop(mark, None) or self._once_before.pop(mark)
        act = use.waiting[0]
        habit = self._habits[key] = Habit(act.at, {act.author: use})
        return habit

    def _take(self, key: str, habit: Habit, item: Features, first: Use) -> bool:
        """A post shows it, the author's ``first`` or not; whether that makes it a habit, or is one
        more of those."""
        self._habits.move_to_end(key)
        habit.last = item.post.seen_at
        users, author = habit.users, item.author.name
        use = users.get(author)
        use = use.again(item.act, item.thread.id, first.work) if use else first
        users[author] = use
        if len(users) > MOST_USERS:
            habit.forget()
            return False
        if not self._keeps(use):
            return False
        if sum(map(self._keeps, users.values())) > 1:
            self._watched.add(key)
        if len(users) < self.accounts:
            return False
        devoted = [account for account, one in users.items() if one.part() >= self.part]
        habit.devoted = tuple(devoted)
        habit.keepers = tuple([a for a in devoted if len(users[a].threads) >= self.repeats])
        enough = len(habit.devoted) >= self.share * len(users)
        return enough and len(habit.keepers) >= self.accounts

    def _keeps(self, use: Use) -> bool:
        return len(use.threads) >= self.repeats and use.part() >= self.part
