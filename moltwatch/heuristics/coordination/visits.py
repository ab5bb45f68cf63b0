"""Who was on which thread, and who met whom there.

An account's visit to a thread is its first comment on it. Two accounts met where one came within
minutes of the other. Everything is bounded, the longest quiet forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from moltwatch.heuristics.base import Act
from moltwatch.heuristics.coordination.significance import RECENT, at_least, lured, occasions
from moltwatch.times import HOUR, SECOND, Micros

MOST_THREADS = 5_000
MOST_ACCOUNTS = 20_000
MOST_VISITED = 64
"""Threads remembered of one account; its latest."""
MOST_GUESTS = 24
"""Accounts remembered of one thread; its latest. A thread that had more is crowded."""

ZEAL: Micros = HOUR
"""Who answers ``MOST_VISITED`` threads within this time is everywhere, and nobody's companion."""

AGAIN: Micros = 60 * SECOND
"""Where neither thread is crowded, and so on no such list, meetings this far apart are two."""

PACE: Micros = 10 * SECOND
"""However closely accounts follow each other, this much more or less is nothing."""


class Reunion(NamedTuple):
    """Accounts that were on one thread together, and now are on another."""

    accounts: tuple[str, ...]
    threads: tuple[str, str]
    chance: float
    """Probability that so many of them would be, 0 to 1."""


class Visits:
    """The visits of the last ``memory`` microseconds; who comes ``near`` another one meets it."""

    def __init__(self, memory: Micros, near: Micros) -> None:
        self._memory = memory
        self._near = near
        self.of: OrderedDict[str, dict[str, Act]] = OrderedDict()
        """By account the threads it answered, in order, and its first post on each."""
        self.guests: OrderedDict[str, deque[tuple[Micros, str]]] = OrderedDict()
        """By thread its latest guests, and when they came."""
        self.threads: deque[Micros] = deque(maxlen=MOST_THREADS)
        """When threads got their first guest, within the memory."""
        self._recent: deque[tuple[str, str]] = deque(maxlen=RECENT)

    def come(self, account: str, thread: str, act: Act, known: bool = True) -> list[str]:
        """Note a visit; who came near before, the latest first. Nobody if it is not its first to
        this thread, if the account was nowhere else, or if it is everywhere. Is it not ``known``
        what happened on a new thread before, it counts as crowded."""
        visits, now = self.of.get(account), act.at
        if visits is None:
            visits = self.of[account] = {}
            self._forget(now)
        elif thread in visits:
            return []
        else:
            self.of.move_to_end(account)
        visits[thread] = act
        horizon = now - self._memory
        oldest = next(iter(visits.values())).at
        while oldest < horizon or len(visits) > MOST_VISITED:
            del visits[next(iter(visits))]
            oldest = next(iter(visits.values())).at
        self._recent.append((account, thread))
        guests = self.guests.get(thread)
        if guests is None:
            self._begin(thread, act, known)
            return []
        self.guests.move_to_end(thread)
        near: dict[str, None] = {}
        everywhere = len(visits) == MOST_VISITED and oldest > now - ZEAL
        if len(visits) > 1 and not everywhere:
            for when, guest in reversed(guests):
                if when < now - self._near:
                    break
                if guest != account:
                    near[guest] = None
        guests.append((now, account))
        return list(near)

    def _begin(self, thread: str, act: Act, known: bool) -> None:
        """A thread has its first guest."""
        now = act.at
        nobody = () if known else [(-self._memory, "")] * (MOST_GUESTS - 1)
        self.guests[thread] = deque([*nobody, (now, act.author)], MOST_GUESTS)
        self.threads.append(now)
        while self.threads[0] < now - self._memory:
            self.threads.popleft()
        if len(self.guests) > MOST_THREADS:
            self.guests.popitem(last=False)

    def shared(self, a: str, b: str) -> list[str]:
        """Threads on which two accounts met, in the order of the first one's visits."""
        mine, theirs = self.of.get(a, {}), self.of.get(b, {})
        return [
            thread
            for thread, act in mine.items()
            if thread in theirs and abs(theirs[thread].at - act.at) <= self._near
        ]

    def company(self, a: str, b: str) -> tuple[int, float]:
        """On how many occasions two accounts met, and the cosine of their sets of threads, by
        where they met."""
        mine = self.of.get(a, {})
        times = sorted(mine[thread].at for thread in self.shared(a, b))
        if not times:
            return 0, 0.0
        return occasions(times), len(times) / sqrt(len(mine) * len(self.of[b]))

    def is_crowded(self, thread: str) -> bool:
        """Whether more came to a thread than are remembered, or may have."""
        return len(self.guests[thread]) == MOST_GUESTS

    def again(self, account: str, thread: str, near: list[str]) -> Reunion | None:
        """The company, of those around an account on a thread, that was on one thread with it
        before, if there were two at least: the one that is least likely chance. All ``near`` are
        remembered, and that they are here."""
        best: Reunion | None = None
        visits, around = self.of[account], frozenset(near)
        now = visits[thread].at
        for other, act in visits.items():
            if now - act.at < AGAIN:
                break
            guests = self.guests.get(other)
            if guests is None or not 2 < len(guests) < MOST_GUESTS:
                continue
            before = self._around(guests, act.at, account)
            company = [a for a in before if a in around and other in self.of[a]]
            if len(company) < 2:
                continue
            chance = self._chance(company, near, before, (other, thread))
            if best is None or chance < best.chance:
                best = Reunion((account, *reversed(company)), (other, thread), chance)
        return best

    def in_step(self, reunion: Reunion) -> list[str]:
        """Those of a company who were there most times it met, and came at its pace both these
        times: not much earlier or later than the others, for how closely those followed each
        other. Passers-by do not."""
        met = {
            a: max(len(self.shared(a, b)) for b in reunion.accounts if a != b)
            for a in reunion.accounts
        }
        most = max(met.values())
        together = [a for a in reunion.accounts if 3 * met[a] >= 2 * most]
        for thread in reunion.threads:
            times = {a: self.of[a][thread].at for a in reunion.accounts}
            for account in reunion.accounts:
                others = sorted(at for a, at in times.items() if a != account)
                pace = max(PACE, 2 * max(b - a for a, b in pairwise(others)))
                if not others[0] - pace <= times[account] <= others[-1] + pace:
                    together = [a for a in together if a != account]
        return together

    def _around(self, guests: deque[tuple[Micros, str]], at: Micros, but: str) -> list[str]:
        """Guests who came near a time, the latest first; each once, also if it was forgotten
        meanwhile and came anew."""
        near = [a for when, a in reversed(guests) if abs(when - at) <= self._near and a != but]
        return list(dict.fromkeys(near))

    def _chance(
        self, company: list[str], near: list[str], before: list[str], threads: tuple[str, str]
    ) -> float:
        """Probability that as many of those who came ``before`` come to the second of two threads,
        for how many come there; or that as many of those ``near`` are they, for how often those
        come anywhere: whichever is likelier."""
        there = sum(t == threads[1] and a not in company for a, t in self._recent)
        anywhere = sum(a in company and t not in threads for a, t in self._recent)
        return max(
            at_least(len(those), len(company), lured(max(n / len(self._recent), 1 / RECENT)))
            for those, n in ((before, there), (near, anywhere))
        )

    def _forget(self, now: Micros) -> None:
        """Let go of who was quiet longest."""
        for _ in range(2):
            account, visits = next(iter(self.of.items()))
            latest = next((act.at for act in reversed(visits.values())), now)
            if latest >= now - self._memory and len(self.of) <= MOST_ACCOUNTS:
                break
            del self.of[account]
