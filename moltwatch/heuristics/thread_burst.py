"""Quiet accounts, all on one thread at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import ClassVar, NamedTuple

from moltwatch.heuristics.base import Heuristic, Item, Signal
from moltwatch.heuristics.chance import at_least
from moltwatch.heuristics.crowd import Told
from moltwatch.heuristics.parameters import Accounts, Count, Fraction, Seconds
from moltwatch.model import Kind
from moltwatch.times import HOUR, SECOND, Micros, format_duration

MOST_THREADS = 5_000
MOST_GUESTS = 60
"""Accounts looked at in one thread; the latest."""

LEAST_SEEN = 500
"""Guests before which it is not known how many quiet accounts are usual here."""

CHANCE = 2.5e-3
"""Probability of so many quiet accounts from which it is not chance."""

LURE = 4.0
"""How many times better than elsewhere the odds may be that a guest is quiet: a thread at the top
of the list, or one that newcomers are shown, is full of them. While a session is young everybody
seems quiet, and then nothing is unusual."""

WAVE_GAP: Micros = HOUR
"""Bursts are rare; one that follows another within this time is of the same wave."""


class _Guest(NamedTuple):
    """An account's first comment on a thread, within the window."""

    at: Micros
    post: str
    quiet: bool


class _Room:
    """One thread's latest guests."""

    __slots__ = ("guests", "quiet")

    def __init__(self) -> None:
        self.guests: dict[str, _Guest] = {}
        """By account, in order of arrival."""
        self.quiet = 0
        """How many of them are quiet."""


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

    What is usual is learnt from the stream: the share of a thread's guests who are quiet. A thread
    is telling when so many of its latest guests are quiet that chance would not do it (binomial
    tail) even where newcomers are led to, and they are most of all who are there. Such bursts are
    rare, so those within an hour are one wave.

    Parameters
    window: guests of one thread looked at together (seconds)
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
        accounts: Accounts = 6,
        share: Fraction = 0.6,
        strength: Fraction = 0.4,
    ) -> None:
        self.window = window
        self.quiet = quiet
        self.accounts = accounts
        self.share = share
        self.strength = strength
        self._window = round(window * SECOND)
        self._rooms: OrderedDict[str, _Room] = OrderedDict()
        self._told = Told()
        self._wave: _Wave | None = None
        self._guests = 2.0
        self._quiet_guests = 1.0

    def observe(self, item: Item) -> Iterable[Signal]:
        post = item.post
        if post.parent is None:
            return ()
        thread, author = item.thread.id, item.author.name
        room = self._rooms.get(thread)
        if room is None:
            room = self._rooms[thread] = _Room()
            if len(self._rooms) > MOST_THREADS:
                self._rooms.popitem(last=False)
        elif author in room.guests:
            return ()
        else:
            self._rooms.move_to_end(thread)
        is_quiet = item.author.n < self.quiet
        usual = self._quiet_guests / self._guests
        self._guests += 1
        self._quiet_guests += is_quiet
        if self._guests > 20 * LEAST_SEEN:  # the latest count most
            self._guests /= 2
            self._quiet_guests /= 2
        guests = room.guests
        guests[author] = _Guest(post.seen_at, post.id, is_quiet)
        room.quiet += is_quiet
        horizon = post.seen_at - self._window
        while True:
            first = next(iter(guests))
            if guests[first].at >= horizon and len(guests) <= MOST_GUESTS:
                break
            room.quiet -= guests.pop(first).quiet
        if not is_quiet or room.quiet < self.accounts or self._guests < LEAST_SEEN:
            return ()
        everyone = len(guests)
        lured = LURE * usual / (1 + (LURE - 1) * usual)
        if room.quiet < self.share * everyone or at_least(everyone, room.quiet, lured) > CHANCE:
            return ()
        return self._tell(item, room, usual)

    def _tell(self, item: Item, room: _Room, usual: float) -> Iterator[Signal]:
        now, everyone = item.post.seen_at, room.guests
        guests = {author: guest.post for author, guest in everyone.items() if guest.quiet}
        wave = self._join(item.thread.id, guests, now)
        span = format_duration(now - next(iter(everyone.values())).at)
        reason = (
            f"{len(guests)} of {len(everyone)} accounts on this thread in {span} hardly ever post"
            f" ({usual:.0%} is usual)"
        )
        if len(wave.threads) > 1:
            reason += f"; {len(wave.threads)} threads in a row went so"
        return self._told.signals(
            list(guests.items()),
            strength=self.strength + (0.0, 0.1, 0.25)[min(len(wave.threads), 3) - 1],
            reason=reason,
            accounts=wave.accounts,
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
