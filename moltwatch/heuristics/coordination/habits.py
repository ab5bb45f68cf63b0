"""Habits: what several accounts do in most of what they write, and hardly anybody else does.

Most things are only ever done once, so of a first sighting no more is kept than the post. What one
has done again, or another too, is a habit in the making.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from moltwatch.heuristics.base import Act, Features
from moltwatch.model import Level
from moltwatch.times import Micros

GENERATION = 30_000
"""Things seen once that are remembered in each of two generations; the older is dropped when the
newer is full."""

MOST_HABITS = 12_000
"""The longest quiet go first."""

MOST_USERS = 24
"""Accounts that do a thing from which it is a custom of the place."""

MOST_WAITING = 20
"""Posts remembered of each account until they are told, and threads."""


MOST_EACH = 4
"""Threads of one account that count: who repeats himself does not make it a habit of others."""


class Work(Protocol):
    """What an account has written, of the sort that could show a habit."""

    n: int


class _Sighting(NamedTuple):
    """A post that shows a thing for the first time."""

    act: Act
    thread: str
    work: Work


class User:
    """One account that does a thing."""

    __slots__ = ("n", "threads", "waiting", "work")

    def __init__(self) -> None:
        self.n = 0
        """Posts that show it."""
        self.threads: dict[str, None] = {}
        """Where those stand: what is said again in one conversation is its subject."""
        self.waiting: list[Act] = []
        """Posts not yet told."""

    def use(self, act: Act, thread: str, work: Work) -> None:
        """One more post shows it."""
        self.n += 1
        self.work = work
        if len(self.threads) < MOST_WAITING:
            self.threads[thread] = None
        self.waiting.append(act)
        if len(self.waiting) > MOST_WAITING:
            del self.waiting[0]

    @property
    def part(self) -> float:
        """The part of all it has written that shows it, 0 to 1."""
        return self.n / max(self.n, self.work.n)


class Habit:
    """One thing, and the accounts that do it."""

    __slots__ = ("common", "devoted", "keepers", "last", "users", "weight")

    def __init__(self, last: Micros) -> None:
        self.last = last
        """When it was shown last."""
        self.common = False
        """So many do it that it says nothing."""
        self.users: dict[str, User] = {}
        self.devoted: list[str] = []
        """Accounts that do it in most of what they write, were it once."""
        self.keepers: list[str] = []
        """Those of them that do it again and again."""
        self.weight = 0.0
        """The most it was found to prove (0 to 1)."""

    def uses(self, accounts: Iterable[str]) -> int:
        """On how many threads they have shown it, all of them together; one account counts for no
        more than ``MOST_EACH``."""
        return sum([min(MOST_EACH, len(self.users[account].threads)) for account in accounts])

    def tell(self, level: Level) -> list[Act]:
        """Posts of those who keep it that were not told of yet; it proves so much."""
        self.weight = max(self.weight, level.weight)
        acts: list[Act] = []
        for account in self.keepers:
            acts += self.users[account].waiting
            self.users[account].waiting.clear()
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
        self._once: dict[str, _Sighting] = {}
        self._once_before: dict[str, _Sighting] = {}
        self._habits: OrderedDict[str, Habit] = OrderedDict()

    def __len__(self) -> int:
        return len(self._once) + len(self._once_before) + len(self._habits)

    def see(self, keys: Iterable[str], item: Features, work: Work) -> Iterator[tuple[str, Habit]]:
        """A post shows these things; those of them that are habits, kept by its author too. What
        stands in what it answers was not its author's idea."""
        now = item.post.seen_at
        sighting: _Sighting | None = None
        for key in keys:
            habit = self._habits.get(key) or self._again(key)
            if habit is None or habit.last < now - self.window:
                self._habits.pop(key, None)
                sighting = sighting or _Sighting(item.act, item.thread.id, work)
                self._once[key] = sighting
            elif not (habit.common or key in item.above()):
                self._habits.move_to_end(key)
                if self._take(habit, item, work):
                    yield key, habit
        if len(self._once) > GENERATION:
            self._once_before, self._once = self._once, {}

    def _again(self, key: str) -> Habit | None:
        """The habit that begins where what was seen once is seen again; None if it is new."""
        first = self._once.pop(key, None) or self._once_before.pop(key, None)
        if first is None:
            return None
        habit = self._habits[key] = Habit(first.act.at)
        user = habit.users[first.act.author] = User()
        user.use(first.act, first.thread, first.work)
        if len(self._habits) > MOST_HABITS:
            self._habits.popitem(last=False)
        return habit

    def _take(self, habit: Habit, item: Features, work: Work) -> bool:
        """A post shows it; whether that makes it a habit, or is one more of those."""
        author = item.author.name
        habit.last = item.post.seen_at
        user = habit.users.get(author)
        if user is None:
            user = habit.users[author] = User()
        user.use(item.act, item.thread.id, work)
        if len(habit.users) > MOST_USERS:
            habit.common = True
            habit.users.clear()
            habit.devoted.clear()
            habit.keepers.clear()
            return False
        if len(habit.users) < self.accounts or not self._keeps(user):
            return False
        users = habit.users
        habit.devoted = [account for account, one in users.items() if one.part >= self.part]
        habit.keepers = [a for a in habit.devoted if len(users[a].threads) >= self.repeats]
        enough = len(habit.devoted) >= self.share * len(users)
        return enough and len(habit.keepers) >= self.accounts

    def _keeps(self, user: User) -> bool:
        return len(user.threads) >= self.repeats and user.part >= self.part
