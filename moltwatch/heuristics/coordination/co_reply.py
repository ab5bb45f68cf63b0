"""The same accounts meeting on the same threads, again and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, combinations
from math import log10, sqrt
from typing import Annotated, ClassVar

from msgspec import Meta

from moltwatch.heuristics.base import Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.coordination.percolation import Percolation
from moltwatch.heuristics.coordination.post_filters import YoungSession, is_foreign
from moltwatch.heuristics.coordination.visits import Reunion, Visits
from moltwatch.heuristics.features.fading import Fading, Members
from moltwatch.heuristics.parameters import Chance, Fraction, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import SECOND, Micros

_PAIR = (
    "{who} keep meeting: some of them answered {threads:count thread} within minutes of each other,"
    " on {occasions:count occasion}, {overlap:.0%} of all they answered"
)
_COMPANY = (
    "{who} keep meeting: some of them came to one thread within minutes of each other, as they had"
    " come to another; by chance less than once in {odds:,}"
)

MOST_RINGS = 2_000

MOST_COMPANIONS = 6
"""Guests of a thread that are compared closely with the next one: enough for triangles."""

INSEPARABLE = 0.6
"""Overlap from which a ring may need no other evidence."""

LEAST_OVERLAP = 0.35
"""What no number of occasions makes up for."""

LIFT = 5.0
"""How many times oftener than their zeal alone would bring about they must have met: where there
are few threads, everybody meets everybody."""

ENOUGH = 12
"""Occasions times companions from which, inseparable, it needs none: four who met four times."""

MODERATE = 20
"""Threads answered up to which an account that is met again is no coincidence."""

ZEROS = 6
"""Of the least probability that a reason names; the shares it is made of are not known
better."""

FEWEST = 3
"""Accounts that make a company; two may have their reasons."""

COMPANY = 4
"""Accounts that, met again, need no other evidence."""


class _Ring:
    """Accounts that all keep company with each other."""

    __slots__ = ("members", "weight")

    def __init__(self, weight: float, fade: Micros) -> None:
        self.members = Members(fade)
        self.weight = weight
        """The most it was ever found to prove."""


class CoReply(Heuristic):
    """Three accounts or more answer the same threads within minutes of each other, over and over,
    and little else.

    One meeting means nothing: fast answers are normal, and a few accounts answer everything. So
    two accounts are companions if they met on occasions apart from each other, and if the threads
    on which they met are a good part (cosine) of all that they answered; the more the occasions,
    the smaller the part may be. Who is everywhere is nobody's companion. Accounts that all keep
    company with each other (triangles that share a side) make a ring. Four who met four times and
    hardly go anywhere else need no other evidence. Neither do four or more who came together twice
    to threads where few come, at one pace, if chance would bring them together again less than once
    in 10,000 (binomial, by how often they come anywhere and how many come there).

    Parameters
    window: how long an account's threads are remembered (seconds)
    gap: within what time two answers to one thread are a meeting (seconds)
    occasions: how many times, three minutes apart, two accounts must have met
    overlap: the part those threads must be when they met no oftener than that
    strength: how telling it is
    chance: probability from which company that is met again is telling

    Fails when
    a ring's accounts never answer the same thread, each writes much else besides, or they speak a
    language that few speak here, and who speaks that meets anyway.
    """

    name: ClassVar[str] = "co-reply"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "synchrony"
    unless: ClassVar[str] = (
        "they had met on fewer than {occasions} occasions, or answered more than "
        "{gap:seconds} apart, or had less than {overlap:.0%} of their threads in common"
    )

    def __init__(
        self,
        window: Seconds = 21_600.0,
        gap: Seconds = 300.0,
        occasions: Annotated[int, Meta(ge=2, le=1_000)] = 3,
        overlap: Fraction = 0.45,
        strength: Fraction = 0.6,
        chance: Chance = 1e-4,
    ) -> None:
        self.window = window
        self.gap = gap
        self.occasions = occasions
        self.overlap = overlap
        self.strength = strength
        self.chance = chance
        self._session = YoungSession()
        fade = round(window * SECOND)
        self._visits = Visits(fade, round(gap * SECOND))
        self._companies = Percolation()
        self._rings: Fading[_Ring] = Fading(lambda: _Ring(strength, fade), fade, MOST_RINGS)
        self._told = Told()

    def otherwise(self, found: Evidence) -> str:
        told = found.marks[0]
        if told.says == _COMPANY:
            return (
                f"fewer than {FEWEST} of them had twice come to one thread within {{gap:seconds}} "
                "of each other, or chance made that likelier than {chance:odds}"
            )
        needed = self._needed(int(str(told.facts["occasions"])))
        return (
            "they had met on fewer than {occasions} occasions, answered more than {gap:seconds} "
            f"apart, or met on less than {needed:.0%} of the threads they answered"
        )

    def observe(self, item: Features) -> Iterable[Evidence]:
        post = item.post
        if post.parent is None:
            return ()
        author, thread = item.author.name, item.thread.id
        known = thread in self._visits.guests or self._session.knows(item)
        near = self._visits.come(author, thread, item.act, known)
        if not near:
            return ()
        reunion = self._reunion(author, thread, near) if len(near) > 1 else None
        companions = self._companions(author, near)
        if not (companions or reunion) or is_foreign(item):
            return ()
        again = self._meet_again(reunion, post.seen_at) if reunion else ()
        return chain(again, self._meet(author, companions, post.seen_at))

    def _reunion(self, author: str, thread: str, near: list[str]) -> Reunion | None:
        """The company, of those who came just before, that was met once already, if it is beyond
        chance."""
        held = self._visits.of
        if len(held[author]) > MODERATE or self._visits.is_crowded(thread):
            return None
        moderate = [
            a for a in near if thread in (there := held.get(a, {})) and 1 < len(there) <= MODERATE
        ]
        if len(moderate) < 2:
            return None
        reunion = self._visits.again(author, thread, moderate)
        return reunion if reunion and reunion.chance < self.chance else None

    def _companions(self, author: str, near: list[str]) -> list[str]:
        """Of those who came just before, the latest who were on so many of the same threads that a
        closer look is due."""
        held, found = self._visits.of, list[str]()
        visits = held[author]
        many = len(visits)
        if many < self.occasions:
            return found
        needed_of_each = self.overlap * self.overlap * many
        for account in near:
            theirs = held.get(account)
            if theirs is None:
                continue
            # Most are told apart by how many threads each answered: they share no more than the
            # fewer.
            common = min(many, len(theirs))
            needed = needed_of_each * len(theirs)
            if common < self.occasions or common * common < needed:
                continue
            common = len(visits.keys() & theirs.keys())
            if common >= self.occasions and common * common >= needed:
                found.append(account)
                if len(found) == MOST_COMPANIONS:
                    break
        return found

    def _meet_again(self, reunion: Reunion, now: Micros) -> Iterator[Evidence]:
        """Tell of those who were on another thread together before."""
        company = sorted(self._visits.in_step(reunion))
        if len(company) < FEWEST or reunion.accounts[0] not in company:
            return
        for pair in combinations(company, 2):
            self._companies.connect(*pair)
        name = self._companies.community(*company[:2]) or "+".join(company[:3])
        ring = self._ring(name, company, now)
        if len(company) >= COMPANY:
            ring.weight = max(ring.weight, Level.CONCLUSIVE.weight)
        held = self._visits.of
        acts = self._told.new(held[a][thread] for thread in reunion.threads for a in company)
        if acts:
            odds = 10 ** min(ZEROS, int(-log10(reunion.chance)))
            yield self.evidence(ring.weight, _COMPANY, cluster=name, acts=acts, odds=odds)

    def _meet(self, author: str, accounts: list[str], now: Micros) -> Iterator[Evidence]:
        told = False
        for account in accounts:
            occasions, overlap = self._visits.company(author, account)
            if not self._are_companions(occasions, overlap, author, account):
                continue
            if ring := self._companies.community(author, account):
                if not told:
                    yield from self._tell(author, account, ring, now)
                told = True
            for (a, b), ring in self._companies.connect(author, account):
                yield from self._tell(a, b, ring, now)

    def _are_companions(self, occasions: int, overlap: float, a: str, b: str) -> bool:
        """Whether they met so often, and went so little elsewhere, that it is no coincidence."""
        if occasions < self.occasions:
            return False
        if overlap < self._needed(occasions):
            return False
        # Their zeal alone would make it mine * theirs / threads meetings; overlap is the meetings
        # by the root of mine * theirs.
        held = self._visits.of
        return overlap * len(self._visits.threads) >= LIFT * sqrt(len(held[a]) * len(held[b]))

    def _needed(self, occasions: int) -> float:
        """The part of their threads on which two must have met who met so often."""
        needed = self.overlap * sqrt(self.occasions / occasions)
        return max(needed, min(LEAST_OVERLAP, self.overlap))

    def _ring(self, name: str, members: Iterable[str], now: Micros) -> _Ring:
        """The ring of this name, with members who are in it."""
        ring = self._rings.touch(name, now)
        ring.members.join(members, now)
        return ring

    def _tell(self, a: str, b: str, name: str, now: Micros) -> Iterator[Evidence]:
        """Evidence on the posts of two companions, where they met, that is not told yet."""
        occasions, overlap = self._visits.company(a, b)
        ring = self._ring(name, (a, b), now)
        if overlap >= INSEPARABLE and occasions * (len(ring.members) - 1) >= ENOUGH:
            ring.weight = max(ring.weight, Level.CONCLUSIVE.weight)
        held = self._visits.of
        met = self._visits.shared(a, b)
        if acts := self._told.new(held[who][thread] for thread in met for who in (a, b)):
            yield self.evidence(
                min(1.0, ring.weight),
                _PAIR,
                cluster=name,
                acts=acts,
                threads=len(met),
                occasions=occasions,
                overlap=overlap,
            )
