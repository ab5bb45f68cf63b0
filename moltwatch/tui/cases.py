"""Cases as a person goes through them: which of them matter, in what order, and the way from one to
the next in time.

A card is a case, and the cases of its members where it is about a group: what one of many does is
told on the card of the many, and so is what several do of whom each is one of a group's.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from math import log2
from time import perf_counter
from typing import NamedTuple

from moltwatch.model import Kind
from moltwatch.session import Session
from moltwatch.session.charge import STRONG, Charge
from moltwatch.session.charges import Case
from moltwatch.times import HOUR, MINUTE, Micros
from moltwatch.tui.line import clock
from moltwatch.tui.live_filter import LiveFilter
from moltwatch.wording import count

STRENGTHS = (STRONG, 0.9, 0.5, 0.7)
"""Scores from which a persona has a card, as a key goes through them; 0.5 is every flag."""

MOST_TRIED = 1_000
"""Posts of a case that are tried against the filter when one goes through them."""

MOST_AHEAD = 5_000
"""Cases remembered of a run that had come further."""

SCORE_WEIGHT = 4.0
"""Hours by which the strongest case stays above one of no strength."""

STEP: Micros = 10 * MINUTE
"""A case that goes on rises no more often than this."""

BUDGET = 0.003
"""Seconds a frame may spend on trying cases against the filter."""


class Card(NamedTuple):
    """What is shown as one."""

    case: Case
    members: Sequence[Case] = ()
    """Cases of its members, where it is about a group."""

    @property
    def charges(self) -> list[Charge]:
        """What stands, one charge a post, by the time of the posts."""
        standing = {
            charge.post: charge
            for case in (*self.members, self.case)
            for charge in case.charges
            if charge.stands
        }
        return sorted(standing.values(), key=lambda charge: (charge.seen_at, charge.post))


class _Order:
    """Cases in the order of a key that each has until it changes."""

    def __init__(self) -> None:
        self._sorted: list[tuple[float, int]] = []
        self._keys: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._sorted)

    def __iter__(self) -> Iterator[int]:
        return (serial for _, serial in self._sorted)

    def __contains__(self, serial: int) -> bool:
        return serial in self._keys

    def put(self, serial: int, key: float) -> None:
        """A case is where its key says."""
        if self._keys.get(serial) != key:
            self.drop(serial)
            self._keys[serial] = key
            insort(self._sorted, (key, serial))

    def drop(self, serial: int) -> None:
        """A case is not among them."""
        if (key := self._keys.pop(serial, None)) is not None:
            del self._sorted[bisect_left(self._sorted, (key, serial))]


def strength(case: Case) -> float:
    """How strong a case is, 0 to 1: a flood is as strong as can be, however weak its posts are."""
    return 1.0 if case.flood else case.score


def _told_at(case: Case) -> Micros:
    """When a case came to matter, as far as that is known."""
    weak = case.flood is not None and case.score < STRONG
    return case.flood.at if case.flood and weak else case.charges[0].at


def rank(case: Case) -> float:
    """Where a case stands: groups and hazards before personas; among these, the strong, the large
    and the latest first. An hour of stream time weighs as much as a quarter of a score, so that the
    order of two changes only when one of them goes on."""
    weight = SCORE_WEIGHT * strength(case) + log2(max(1, len(case.accounts))) / 2
    weight += case.until // STEP * (STEP / HOUR)
    # A section is as far from the next as all of time.
    return (1e9 if case.kind is Kind.PERSONA else 0.0) - weight


class Ranking:
    """All cases of a session: those that matter in their order, and how many others there are.

    It follows the session a little each frame: what did not change costs nothing.
    """

    def __init__(self) -> None:
        self.shown = dict.fromkeys(Kind, True)
        """Which kinds are switched on."""
        self.strength = STRENGTHS[0]
        """The score from which a persona matters that is no flood."""
        self.version = 0
        """Different when the cards may be."""
        self.chosen = 0
        """Different when the user has switched something."""
        self.hidden = 0
        """Cases that would matter, and do not pass the filter, or were not tried yet."""
        self.ahead: list[tuple[Micros, Micros, Kind, float]] = []
        """Of a run that had come further: when its cases begin, when they were told of, their kinds
        and strengths, in order."""
        self._session: Session | None = None
        self._seen = 0
        """The version of the charges."""
        self._filter: LiveFilter | None = None
        self._cases: dict[int, Case] = {}
        self._strong, self._weak, self._fallen = _Order(), _Order(), _Order()
        self._n: Counter[Kind] = Counter()
        """Of the strong ones."""
        self._passing: set[int] = set()
        """Cases that pass the filter."""
        self._untried: dict[int, None] = {}
        """Those to be tried, the next at the end."""

    # --- following the session --------------------------------------------------------------------

    def update(self, session: Session, filter: LiveFilter | None) -> None:
        """Take in what has changed."""
        charges = session.charges
        if session is not self._session:
            self._session, self._seen = session, 0
            self._cases.clear()
            self._passing.clear()  # serials mean other cases now
            self._sort_anew()
        if filter is not self._filter:
            self._filter = filter
            self._passing.clear()
            orders = (self._fallen, self._weak, self._strong) if filter else ()
            self._untried = {serial: None for order in orders for serial in order}
            self.chosen += 1
        if self._seen != charges.version:
            for case in charges.changed_since(self._seen):
                self._cases[case.serial] = case
                self._place(case)
            self._seen = charges.version
            self.version += 1
        if self._untried:
            self._try(session)

    def _place(self, case: Case) -> None:
        serial, weak = case.serial, case.kind is Kind.PERSONA and strength(case) < self.strength
        where = self._fallen if not case.stands else self._weak if weak else self._strong
        self._drop(case)
        where.put(serial, rank(case))
        self._n[case.kind] += where is self._strong
        if self._filter:
            self._untried[serial] = None

    def _drop(self, case: Case) -> None:
        self._n[case.kind] -= case.serial in self._strong
        for order in (self._strong, self._weak, self._fallen):
            order.drop(case.serial)

    def _sort_anew(self) -> None:
        self._strong, self._weak, self._fallen = _Order(), _Order(), _Order()
        self._n.clear()
        self._untried.clear()
        for case in self._cases.values():
            self._place(case)
        self.version += 1
        self.chosen += 1

    def _try(self, session: Session) -> None:
        """Try cases against the filter, for a few milliseconds."""
        until = perf_counter() + BUDGET
        while self._untried and self._filter and perf_counter() < until:
            serial, _ = self._untried.popitem()
            case = self._cases.get(serial)
            if case is not None and self._filter.case(case, session):
                self._passing.add(serial)
            else:
                self._passing.discard(serial)
        self.version += 1

    def remember(self, session: Session) -> None:
        """Remember when the cases of a session came, as long as no other had come further."""
        cases = [case for case in session.charges.changed_since(-1) if case.stands]
        known = [(case.since, _told_at(case), case.kind, strength(case)) for case in cases]
        if known and (not self.ahead or max(known)[1] >= self.ahead[-1][1]):
            self.ahead = sorted(known)[-MOST_AHEAD:]

    def _forgotten(self) -> None:
        """Let go of what the session has let go of."""
        assert self._session is not None
        keeps = self._session.charges.keeps
        for case in [case for case in self._cases.values() if not keeps(case)]:
            self._drop(case)
            del self._cases[case.serial]
            self._passing.discard(case.serial)
            self._untried.pop(case.serial, None)

    # --- what is there ----------------------------------------------------------------------------

    def cards(self, most: int | None = None) -> list[Card]:
        """What matters, in its order, or the first of it."""
        if self._session is None:
            return []
        self._forgotten()
        self.hidden = 0
        cards: dict[int, Card] = {}
        members: dict[int, list[Case]] = {}
        homes = self._homes()
        for case in self._mattering():
            if not self._passes(case):
                self.hidden += 1
            elif (group := self._home_of(case, homes)) is not None:
                members.setdefault(group.serial, []).append(case)
            else:
                cards[case.serial] = Card(case)
                if len(cards) == most:
                    break
        for serial, folded in members.items():
            if serial in cards:
                cards[serial] = Card(cards[serial].case, folded)
        return list(cards.values())

    def _mattering(self) -> Iterator[Case]:
        for serial in self._strong:
            case = self._cases[serial]
            if self.shown[case.kind]:
                yield case

    def _passes(self, case: Case) -> bool:
        return self._filter is None or case.serial in self._passing

    def _homes(self) -> dict[str, list[Case]]:
        """By account the cases of the groups it is in, of those that have a card."""
        homes: dict[str, list[Case]] = {}
        for case in self._mattering():
            if case.kind is not Kind.COORDINATED or not case.group or not self._passes(case):
                continue
            swarm = self._session.groups.get(case.group) if self._session else None
            names = [*case.accounts, *(swarm.members if swarm else ())]
            for name in dict.fromkeys([*names, *(swarm.group.accounts if swarm else ())]):
                homes.setdefault(name, []).append(case)
        return homes

    @staticmethod
    def _home_of(case: Case, homes: Mapping[str, Sequence[Case]]) -> Case | None:
        """The case of the group that most of its accounts are in, if none of them is a stranger to
        all groups. When they joined does not matter."""
        if case.kind is Kind.COORDINATED:
            return None
        n: Counter[int] = Counter()
        groups: dict[int, Case] = {}
        for name in case.accounts:
            if name not in homes:
                return None
            groups |= {group.serial: group for group in homes[name]}
            n.update(group.serial for group in homes[name])
        most = sorted(n, key=lambda serial: (-n[serial], -len(groups[serial].accounts), serial))
        return groups[most[0]] if most else None

    def posts(self, card: Card) -> list[Charge]:
        """What stands of a card, one charge a post, in order of time: of what a filter leaves, as
        far as that is among the first."""
        charges = card.charges
        if self._filter is None or self._session is None:
            return charges
        node, passes = self._session.threads.node, self._filter.passes
        tried = [(charge, node(charge.post)) for charge in charges[:MOST_TRIED]]
        return [charge for charge, kept in tried if kept and passes(kept)] or charges

    def counted(self, kind: Kind) -> int:
        """Cases of a kind that matter, be they switched on or not."""
        return self._n[kind]

    @property
    def n_weak(self) -> int:
        """Personas that are too weak to matter."""
        return self._passing_of(self._weak)

    def weak(self, most: int) -> list[Card]:
        """The first of them, in their order."""
        return self._first(self._weak, most)

    @property
    def n_fallen(self) -> int:
        """Cases that were taken back or dismissed."""
        return self._passing_of(self._fallen)

    def fallen(self, most: int) -> list[Card]:
        """The first of them, in their order."""
        return self._first(self._fallen, most)

    def _passing_of(self, order: _Order) -> int:
        if self._filter is None:
            return len(order)
        return sum(serial in order for serial in self._passing)

    def _first(self, order: _Order, most: int) -> list[Card]:
        cases = (self._cases[serial] for serial in order)
        return list(islice((Card(case) for case in cases if self._passes(case)), most))

    def in_time(self) -> list[Card]:
        """The cards by when they begin."""
        return sorted(self.cards(), key=lambda card: (card.case.since, card.case.serial))

    # --- what the user switches -------------------------------------------------------------------

    def switch(self, kind: Kind) -> str:
        """Show a kind, or no longer. Tells what was done."""
        self.shown[kind] = not self.shown[kind]
        self.version += 1
        self.chosen += 1
        key = kind.value[0].upper()
        if self.shown[kind]:
            return f"{kind} cases are shown again"
        return f"{kind} cases are hidden; {key} shows them again"

    def begin_with(self, kinds: Collection[Kind], strength: float | None) -> None:
        """What is shown before the user switches anything; no ``strength`` is the usual one."""
        self.shown = {kind: kind in kinds for kind in Kind}
        self.strength = self.strength if strength is None else strength

    def next_strength(self) -> str:
        """Go on to the next strength. Tells what was done."""
        # A strength from the command line may be none of these: the first is next.
        at = STRENGTHS.index(self.strength) if self.strength in STRENGTHS else -1
        self.strength = STRENGTHS[(at + 1) % len(STRENGTHS)]
        self._sort_anew()
        if not self.shown[Kind.PERSONA]:
            return f"personas from {self.strength:.2f} on would have cards; P shows them"
        if not self.n_weak:
            return f"every persona has a card, from {self.strength:.2f} on"
        weaker = count(self.n_weak, "weaker one")
        return f"personas from {self.strength:.2f} on have cards; {weaker} in a line of their own"

    def explain_none(self) -> str:
        """Why there is no card."""
        off = [kind for kind in Kind if not self.shown[kind] and self.counted(kind)]
        if self.hidden:
            return f"the filter hides {count(self.hidden, 'case')}; esc clears it"
        if off:
            n = sum(self.counted(kind) for kind in off)
            keys = " ".join(kind.value[0].upper() for kind in off)
            return f"switched off: {count(n, 'case')}; {keys} shows {'it' if n == 1 else 'them'}"
        if self.n_weak:
            key = "s" if self.shown[Kind.PERSONA] else "P"
            return f"nothing strong yet; {key} shows weaker personas"
        if self.n_fallen:
            return f"nothing else; {count(self.n_fallen, 'case')} dismissed or taken back"
        return "nothing flagged yet"


# --- from one to the next -------------------------------------------------------------------------


class Where(NamedTuple):
    """Where a person is in time."""

    at: Micros
    """Of the post under the cursor, or of the stream."""
    post: str = ""
    """The post; empty where none is meant."""
    case: Case | None = None
    """The case under the cursor, where that is a card."""

    def is_same(self, other: Where | None) -> bool:
        """Whether the person is still there. Who goes with the stream is, as time passes."""
        return other is not None and (self.post, self.case) == (other.post, other.case)


class Step(NamedTuple):
    """Where a key leads to, and what it says."""

    say: str
    charge: Charge | None = None
    """The flagged post to go to."""
    card: Card | None = None
    seek: Micros | None = None
    """The time to go to."""


class Walk:
    """Goes from case to case, and from post to post within one."""

    def __init__(self, ranking: Ranking) -> None:
        self._ranking = ranking
        self._card: Card | None = None
        self._charge: Charge | None = None
        self._came: Where | None = None
        """Where the last step led to."""
        self._offered: tuple[int, Where] | None = None
        """What the same key does if it is pressed again at the same place."""

    @property
    def charge(self) -> Charge | None:
        """What was gone to last."""
        return self._charge

    def reset(self) -> None:
        """Another session is on the screen."""
        self._card = self._charge = self._came = self._offered = None

    def arrived(self, where: Where) -> None:
        """The step is taken: this is where it led to."""
        self._came = where

    def to_case(
        self,
        by: int,
        where: Where,
        now: Micros,
        is_new: Callable[[Case], bool] = lambda case: False,
    ) -> Step:
        """The next case in time, or the one before. Where none begins later, the one that went on
        last of those that are new to the user, at its latest post."""
        cards = self._ranking.in_time()
        offered, self._offered = self._offered, None
        again = offered is not None and offered[0] == by and where.is_same(offered[1])
        if not cards:
            return self._ahead(by, where, now, again) or Step(self._ranking.explain_none())
        times = [card.case.since for card in cards]
        at = self._place(cards, where)
        if at is not None:
            to = at + by
        else:
            to = bisect_right(times, where.at) if by > 0 else bisect_left(times, where.at) - 1
        if 0 <= to < len(cards):
            return self._go(cards, to)
        if by > 0:
            if ahead := self._ahead(by, where, now, again):
                return ahead
            new = [i for i, card in enumerate(cards) if i != at and is_new(card.case)]
            if new:
                return self._go_on(cards, max(new, key=lambda i: cards[i].case.until))
            if at is not None:
                return Step(f"this is the last case, {len(cards):,} of {len(cards):,}; [ goes back")
            end, key, which, side = len(cards) - 1, "]", "last", "after"
        else:
            if at is not None:
                return Step(f"this is the first case, 1 of {len(cards):,}; ] goes on")
            end, key, which, side = 0, "[", "first", "before"
        if again:
            return self._go(cards, end)
        self._offered = by, where
        here, there = clock(where.at), clock(times[end])
        return Step(f"no case {side} {here}; {key} again goes to the {which} one, {there}")

    def to_post(self, by: int, where: Where, charges: Sequence[Charge]) -> Step:
        """The next post of the case, or the one before. ``charges`` are held against the post under
        the cursor."""
        card = self._card_at(where, charges)
        if card is None:
            return Step("no case here; ] goes to the next one")
        posts = self._ranking.posts(card)
        if not posts:
            return Step("nothing of this case stands; ] goes to the next one")
        known = {charge.post: i for i, charge in enumerate(posts)}
        here = self._charge.post if self._charge and where.is_same(self._came) else where.post
        if here in known:
            to = known[here] + by
        else:
            times = [charge.seen_at for charge in posts]
            to = bisect_right(times, where.at) if by > 0 else bisect_left(times, where.at) - 1
        if not 0 <= to < len(posts):
            which = f"last post of this case, {len(posts):,} of" if by > 0 else "first post, 1 of"
            return Step(f"this is the {which} {len(posts):,}")
        self._card, self._charge = card, posts[to]
        return Step(f"{self._nth(card)}post {to + 1:,} of {len(posts):,}", posts[to], card)

    def _place(self, cards: Sequence[Card], where: Where) -> int | None:
        """Which of the cards the person is at."""
        case = where.case
        came = where.is_same(self._came) or (self._charge and where.post == self._charge.post)
        if case is None and self._card and came:
            case = self._card.case
        places = (i for i, card in enumerate(cards) if case in (card.case, *card.members))
        return next(places, None) if case else None

    def _go(self, cards: Sequence[Card], to: int) -> Step:
        card = cards[to]
        posts = self._ranking.posts(card)
        self._card, self._charge = card, posts[0] if posts else card.case.top
        which = f"case {to + 1:,} of {len(cards):,} · post 1 of {len(posts):,}"
        return Step(which, self._charge, card)

    def _go_on(self, cards: Sequence[Card], to: int) -> Step:
        """To where a case has come to."""
        step = self._go(cards, to)
        posts = self._ranking.posts(cards[to])
        if posts:
            self._charge = posts[-1]
        n = f"{len(posts):,}"
        say = f"none begins later; new in case {to + 1:,} of {len(cards):,} · post {n} of {n}"
        return step._replace(say=say, charge=self._charge)

    def _nth(self, card: Card) -> str:
        cards = self._ranking.in_time()
        places = (i for i, other in enumerate(cards, 1) if other.case is card.case)
        at = next(places, None)
        return f"case {at:,} of {len(cards):,} · " if at else ""

    def _card_at(self, where: Where, charges: Sequence[Charge]) -> Card | None:
        cards = self._ranking.in_time()
        at = self._place(cards, where)
        if at is not None:
            return cards[at]
        for charge in sorted(charges, key=lambda charge: -charge.score):
            if charge.stands:
                for card in cards:
                    if charge.case in (card.case, *card.members):
                        return card
                return Card(charge.case)
        return Card(where.case) if where.case else None

    def _ahead(self, by: int, where: Where, now: Micros, again: bool) -> Step | None:
        """What is known of the time to come from a run that had been there."""
        ranking = self._ranking
        known = (
            (since, told)
            for since, told, kind, score in ranking.ahead
            if told > now
            and ranking.shown[kind]
            and (kind is not Kind.PERSONA or score >= ranking.strength)
        )
        if by < 0 or (first := min(known, default=None, key=lambda one: one[1])) is None:
            return None
        since, told = first
        if again:
            return Step(f"to {clock(since)}, where the next case begins", seek=told)
        self._offered = by, where
        return Step(f"no case between here and {clock(since)}; ] again goes there")
