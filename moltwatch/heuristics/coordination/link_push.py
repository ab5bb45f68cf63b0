"""The same site, token, wallet or community, pushed by several accounts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import ClassVar

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.features.text import Text
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.model import Kind, Level, Post
from moltwatch.text import as_written
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

_BROUGHT_UP = "{who} brought up {what} within {span}, and hardly anybody else named it"
_KEEP_NAMING = "{who} keep naming {what}, for {span}, and hardly anybody else does"

MOST_KEYS = 20_000
MOST_USERS = 40
"""Users of a thing from which it is common property."""
WARM_UP: Micros = HOUR
"""A thing first named earlier in the stream than this may be an old one."""

USUAL, UNKNOWN = 2 / 3, 1 / 4
"""How telling a burst is that is nothing so unusual, and one of a site that may be an old one."""

PAGE_ACCOUNTS = 4
PAGE_AT_ONCE: Micros = 5 * MINUTE
"""So many who begin to name one page within this time, and nobody else, do so on no account of
their own, new or old: while a session is young a site may be everybody's, a page hardly is."""

MOST_WAITING = 20
"""Posts remembered of each user of a thing until they are told."""


class _User:
    """One account's use of a thing."""

    __slots__ = ("n", "opened", "part", "waiting")

    def __init__(self) -> None:
        self.n = 0
        """Posts that name the thing."""
        self.part = 0.0
        """The part of all its posts that this is."""
        self.opened = False
        """Whether it brought the thing up, unasked, while that was new."""
        self.waiting: list[Act] = []
        """Posts not yet told."""


class _Thing:
    """One thing that is named, and by whom."""

    __slots__ = ("at_once", "common", "first", "fresh", "last", "users")

    def __init__(self, now: Micros) -> None:
        self.first = self.last = now
        self.fresh = now
        """Up to when it was news: its first appearance, or the latest of a burst that was told."""
        self.common = False
        self.at_once = False
        """Whether it was a page on several lips at once."""
        self.users: dict[str, _User] = {}


class LinkPush(Heuristic):
    """Several accounts push one site, token, wallet or community that hardly anyone else names.

    Two forms are told: a burst, when several accounts bring up, unasked and minutes after one
    another, something never named before; and persistence, when several accounts name it again and
    again. Either way they must be most of those who name it. What stands in the thread above
    already is an answer and does not count, nor do places in the forum itself.

    Parameters
    window: how long a thing is remembered after it was last named (seconds)
    burst: how long after its first appearance, or the latest of a burst, it is news (seconds)
    accounts: accounts from which it is telling
    repeats: how often each must name it to be persistent
    share: which part of all who name it they must be
    part: which part of its posts an account must give to it, half that to be persistent
    strength: how telling a burst is; persistence is two thirds of it

    Fails when
    a product's fans and its operator's accounts push it alike, or a site is named by everyone.
    """

    name: ClassVar[str] = "link-push"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "payload"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts had brought it up unasked while it was new, they were less "
        "than {share:.0%} of all who name it, or it were less than {part:.0%} of what they write"
    )

    def __init__(
        self,
        window: Seconds = 86_400.0,
        burst: Seconds = 600.0,
        accounts: Accounts = 3,
        repeats: Count = 4,
        share: Fraction = 0.6,
        part: Fraction = 0.5,
        strength: Fraction = Level.CONCLUSIVE.weight,
    ) -> None:
        self.window = window
        self.burst = burst
        self.accounts = accounts
        self.repeats = repeats
        self.share = share
        self.part = part
        self.strength = strength
        self._window = round(window * SECOND)
        self._burst = round(burst * SECOND)
        self._things: OrderedDict[str, _Thing] = OrderedDict()
        self._since: Micros | None = None

    def otherwise(self, found: Evidence) -> str:
        if found.marks[0].says != _KEEP_NAMING:
            return self.unless
        return (
            "fewer than {accounts} accounts had named it {repeats:count time} each, unasked, they "
            f"were less than {{share:.0%}} of all who name it, or it were less than "
            f"{self.part / 2:.0%} of what they write"
        )

    def observe(self, item: Features) -> Iterable[Evidence]:
        if self._since is None:
            self._since = item.post.seen_at
        names = item.payloads
        return self._look_at(item, names) if names else ()

    def _look_at(self, item: Features, names: tuple[str, ...]) -> list[Evidence]:
        post, found = item.post, list[Evidence]()
        now = post.seen_at
        things = [(name, self._thing(name, now)) for name in names]
        things = [(name, thing) for name, thing in things if not thing.common]
        if not things:
            return found
        answered, here = item.above(), _host(post)
        for name, thing in things:
            if name in answered or _is_here(name, here, post.source):
                continue
            user = thing.users.get(post.author)
            if user is None:
                user = thing.users[post.author] = _User()
            user.n += 1
            user.part = user.n / max(user.n, item.author.n + 1)
            user.waiting.append(item.act)
            if len(user.waiting) > MOST_WAITING:
                del user.waiting[0]
            user.opened = user.opened or now <= thing.fresh + self._burst
            if len(thing.users) > MOST_USERS:
                thing.common = True
                thing.users.clear()
            elif len(thing.users) >= self.accounts and self._pushes(user):
                found += self._tell(name, thing, item.text)
        return found

    def _pushes(self, user: _User) -> bool:
        """Whether one account by itself looks as if it pushed a thing."""
        opened = user.opened and user.part >= self.part
        return opened or (user.n >= self.repeats and user.part >= self.part / 2)

    def _thing(self, name: str, now: Micros) -> _Thing:
        """What is remembered of a thing that is named now."""
        thing = self._things.get(name)
        if thing is None or thing.last < now - self._window:
            thing = self._things[name] = _Thing(now)
            if len(self._things) > MOST_KEYS:
                self._things.popitem(last=False)
        thing.last = now
        self._things.move_to_end(name)
        return thing

    def _novelty(self, name: str, thing: _Thing) -> float:
        """How much of a full burst it is: all if it is a site that nobody named before, as far as
        the stream can tell, or a page that several name at once. New tokens and tags are on many
        lips without anyone's doing; and what a young session calls new hardly counts."""
        if "." not in name or name.startswith(("$", "#", "m/")):
            return USUAL
        if thing.first - (self._since or 0) >= WARM_UP:
            return 1.0
        thing.at_once = thing.at_once or (
            "/" in name
            and thing.last - thing.first <= PAGE_AT_ONCE
            and len(thing.users) >= PAGE_ACCOUNTS
            and all(user.opened and user.part >= self.part for user in thing.users.values())
        )
        return 1.0 if thing.at_once else UNKNOWN

    def _tell(self, name: str, thing: _Thing, text: Text) -> Iterator[Evidence]:
        """Evidence on those who push a thing, if anyone does."""
        says, weight = _BROUGHT_UP, self.strength * self._novelty(name, thing)
        users = thing.users
        fewest = max(self.accounts, self.share * len(users))
        pushers = [a for a, user in users.items() if user.opened and user.part >= self.part]
        if len(pushers) >= fewest:
            thing.fresh = thing.last
        else:
            says, weight = _KEEP_NAMING, self.strength * USUAL
            pushers = [
                account
                for account, user in users.items()
                if user.n >= self.repeats and user.part >= self.part / 2
            ]
            if len(pushers) < fewest:
                return
        acts = [act for account in pushers for act in users[account].waiting]
        for account in pushers:
            users[account].waiting.clear()
        if acts:
            at = text.folded.find(name)
            written = as_written(text.body, text.folded, at, at + len(name)) if at >= 0 else name
            yield self.evidence(weight, says, cluster=name, acts=acts, what=written)


def _host(post: Post) -> str:
    """Where the forum itself is; empty if it does not tell."""
    return (post.url or "").partition("://")[2].removeprefix("www.").partition("/")[0].lower()


def _is_here(name: str, forum: str, source: str) -> bool:
    """Whether it is a place in this very forum: everybody shares those."""
    host = name.partition("/")[0]
    return host == forum or (source != "" and host.partition(".")[0] == source)
