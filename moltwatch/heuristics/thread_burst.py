"""Quiet accounts, all on one thread at once."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator
from math import comb
from typing import ClassVar

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.crowd import Told
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.model import MOST_LISTED, Kind
from moltwatch.times import HOUR, SECOND, Micros, format_duration

MOST_THREADS = 5_000
MOST_VISITS = 60
"""Comments looked at in one thread; the latest."""

LEAST_SEEN = 500
"""Comments before which it is not known how many quiet accounts are usual here."""

CHANCE = 1e-6
"""Probability of so many quiet accounts from which it is not chance."""


WAVE_GAP: Micros = HOUR
"""Bursts are rare; one that follows another within this time is of the same wave."""


class _Wave:
    """Bursts on several threads, one soon after the other."""

    __slots__ = ("accounts", "last", "name", "threads")

    def __init__(self, name: str) -> None:
        self.name = name
        self.last: Micros = 0
        self.threads: dict[str, None] = {}
        self.accounts: dict[str, None] = {}


class ThreadBurst(Heuristic):
    """Unusually many accounts that otherwise hardly write answer one thread in a short time.

    What is usual is learnt from the stream: the share of comments by quiet accounts. A thread is
    telling when so many of its latest comments are by distinct quiet accounts that chance would do
    it less than once in a million (binomial tail), and they are most of all who are there, which
    a hot thread's newcomers are not. Such bursts are rare, so those within an hour are one wave.

    Parameters
    window: comments of one thread looked at together (seconds)
    quiet: posts up to which an account is quiet
    accounts: quiet accounts from which it is telling
    share: which part of the accounts on the thread they must be
    strength: how telling one thread is; the second of a wave adds 0.1 and the third 0.15

    Fails when
    a thread invites newcomers to introduce themselves, or is shown to every new account first.
    """

    name: ClassVar[str] = "thread-burst"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "synchrony"

    def __init__(
        self,
        window: Seconds = 1_800.0,
        quiet: Count = 4,
        accounts: Accounts = 5,
        share: Fraction = 0.6,
        strength: Fraction = 0.4,
    ) -> None:
        self.window = window
        self.quiet = quiet
        self.accounts = accounts
        self.share = share
        self.strength = strength
        self._threads: OrderedDict[str, deque[tuple[Micros, str, str, bool]]] = OrderedDict()
        """By thread its latest comments: time, author, id, whether by a quiet account."""
        self._told = Told()
        self._wave: _Wave | None = None
        self._comments = 2.0
        self._quiet_comments = 1.0

    def observe(self, item: Item) -> Iterator[Signal]:
        post = item.post
        if post.parent is None:
            return
        is_quiet = item.author.n < self.quiet
        usual = self._quiet_comments / self._comments
        self._comments += 1
        self._quiet_comments += is_quiet
        if self._comments > 20 * LEAST_SEEN:  # the latest count most
            self._comments /= 2
            self._quiet_comments /= 2
        visits = self._visits(post.thread)
        horizon = post.seen_at - round(self.window * SECOND)
        while visits and visits[0][0] < horizon:
            visits.popleft()
        visits.append((post.seen_at, post.author, post.id, is_quiet))
        if not is_quiet or len(visits) < self.accounts or self._comments < LEAST_SEEN:
            return
        guests = {author: id for _, author, id, quiet in visits if quiet}
        if len(guests) < self.accounts:
            return
        everyone = len({author for _, author, _, _ in visits})
        if len(guests) >= self.share * everyone and _tail(everyone, len(guests), usual) < CHANCE:
            yield from self._signals(item, guests, everyone, usual)

    def _visits(self, thread: str) -> deque[tuple[Micros, str, str, bool]]:
        visits = self._threads.get(thread)
        if visits is None:
            visits = self._threads[thread] = deque(maxlen=MOST_VISITS)
            if len(self._threads) > MOST_THREADS:
                self._threads.popitem(last=False)
        else:
            self._threads.move_to_end(thread)
        return visits

    def _signals(
        self, item: Item, guests: dict[str, str], everyone: int, usual: float
    ) -> Iterator[Signal]:
        now, thread = item.post.seen_at, item.post.thread
        wave = self._join(thread, guests, now)
        span = format_duration(now - self._threads[thread][0][0])
        reason = (
            f"{len(guests)} of {everyone} accounts on this thread in {span} hardly ever post"
            f" ({usual:.0%} is usual)"
        )
        if len(wave.threads) > 1:
            reason += f"; {len(wave.threads)} threads in a row went so"
        for author, id in guests.items():
            if not self._told.is_new(id):
                continue
            yield Signal(
                post=id,
                author=author,
                strength=min(1.0, self.strength + (0.0, 0.1, 0.25)[min(len(wave.threads), 3) - 1]),
                reason=reason,
                evidence=tuple(guests.values())[:MOST_LISTED],
                accounts=tuple(wave.accounts)[:MOST_LISTED],
                n=len(wave.accounts),
                cluster=wave.name,
            )

    def _join(self, thread: str, guests: dict[str, str], now: Micros) -> _Wave:
        """The wave this burst belongs to: the last one, or a new one if that is long gone."""
        if self._wave is None or self._wave.last < now - WAVE_GAP:
            self._wave = _Wave(thread)
        wave = self._wave
        wave.last = now
        wave.threads[thread] = None
        wave.accounts.update((account, None) for account in guests)
        return wave


def _tail(n: int, k: int, p: float) -> float:
    """Probability of at least ``k`` of ``n`` when each has probability ``p``."""
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
