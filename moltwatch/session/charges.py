"""Charges: what stands against posts, with the reasons, and what the user makes of it.

A charge is one kind held against one post. The screen lists charges as cases: all of a swarm's
posts are one, and all of an account's of one kind; hundreds of posts for one reason are one line.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from enum import StrEnum
from heapq import nsmallest
from itertools import islice

from msgspec import Struct, field

from moltwatch.bounded import Bounded
from moltwatch.model import Evidence, FlaggedPost, Kind, Verdict
from moltwatch.times import Micros
from moltwatch.wording import cut

MOST_EXCERPT = 450
"""Characters of a title and of a body that a charge keeps, for when the thread has gone."""

STRONG = 0.8
"""The score from which a charge counts as strong."""


class Opinion(StrEnum):
    """What the user says of a case."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class Charge:
    """One kind held against one post."""

    __slots__ = (
        "against",
        "at",
        "author",
        "case",
        "community",
        "flags",
        "kind",
        "post",
        "retracted",
        "score",
        "scores",
        "seen_at",
        "text",
        "thread",
        "title",
        "withheld",
    )

    def __init__(self, said: FlaggedPost | Verdict, kind: Kind, *, withheld: bool = False) -> None:
        """``said`` is of a post that crosses the threshold of ``kind``."""
        post = said.post
        self.post = post.id
        self.thread = post.thread
        self.author = post.author
        self.seen_at = post.seen_at
        self.community = post.community or ""
        self.title = post.title and cut(post.title, MOST_EXCERPT)
        self.text = cut(post.text, MOST_EXCERPT)
        self.withheld = withheld
        """Neither the post nor what may quote it is to be repeated."""
        self.kind = kind
        self.at: Micros = said.at
        """Stream time of the verdict."""
        self.score = said.scores.of(kind)
        self.scores = said.scores
        """Those of the other kinds as well, as they were then."""
        self.flags: tuple[Evidence, ...] = said.flags
        """All reasons known when the verdict was reached, strongest first."""
        self.against = said.against if isinstance(said, FlaggedPost) else ()
        """What spoke against it."""
        self.retracted = False
        self.case: Case

    @property
    def key(self) -> tuple[str, Kind]:
        return self.post, self.kind

    @property
    def excerpt(self) -> str:
        """The beginning of title and body."""
        return f"{self.title}\n{self.text}" if self.title else self.text

    @property
    def line(self) -> str:
        """The same as it stands on one line."""
        return f"{self.title} · {self.text}" if self.title else self.text

    @property
    def stands(self) -> bool:
        """Neither taken back nor dismissed."""
        return not self.retracted and self.case.opinion is not Opinion.DISMISSED

    @property
    def reasons(self) -> tuple[Evidence, ...]:
        """The reasons for this kind, strongest first."""
        return tuple(flag for flag in self.flags if flag.kind is self.kind)

    @property
    def group(self) -> str | None:
        return next((flag.group for flag in self.reasons if flag.group), None)


MOST_PER_CASE = 2_000
"""Charges a case keeps, and accounts it lists."""

MOST_HAZARDS = 5_000
"""Hazards remembered, one for each account and reason."""

MOST_PERSONAS = 50
"""Accounts whose strongest persona charge is remembered."""


class Case(Struct, eq=False):
    """Charges that a person looks at together."""

    serial: int
    """Position among all cases ever, from 0."""
    kind: Kind
    group: str | None
    """The swarm it is about, if it is about one."""
    charges: list[Charge] = field(default_factory=list)
    """In order of verdict; the oldest go first when there are too many."""
    n: int = 0
    """Charges ever."""
    accounts: Bounded[str, int] = field(default_factory=lambda: Bounded(MOST_PER_CASE))
    """How many posts of whom, in order of appearance."""
    opinion: Opinion | None = None
    version: int = 0

    @property
    def latest(self) -> Charge:
        return self.charges[-1]

    @property
    def score(self) -> float:
        """The highest of the latest."""
        return max(charge.score for charge in self.charges[-20:])

    @property
    def stands(self) -> bool:
        return self.opinion is not Opinion.DISMISSED and any(
            not charge.retracted for charge in reversed(self.charges)
        )


class Hazard(Struct):
    """All posts of one account that are a hazard for one reason."""

    first: Charge
    score: float
    """The highest of them."""
    n: int = 0


class Charges:
    """All cases, bounded: the oldest are let go. With ``most`` none, charges are only counted."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._by_key: OrderedDict[tuple[str, Kind], Charge] = OrderedDict()
        self._open: dict[tuple[Kind, str], Case] = {}
        """By kind and group, or by kind and author where there is no group."""
        self._cases: OrderedDict[int, Case] = OrderedDict()
        self._next = 0
        self.version = 0
        self.n = 0
        """Charges ever, those taken back not taken off."""
        self.by_kind: dict[Kind, int] = dict.fromkeys(Kind, 0)
        self.strong: dict[Kind, int] = dict.fromkeys(Kind, 0)
        """Of those, the strong ones."""
        self.behind: Counter[tuple[Kind, str]] = Counter()
        """How often each heuristic is a reason for a charge."""
        self.alone: Counter[tuple[Kind, str]] = Counter()
        """How often it is the only one."""
        self.hazards: dict[tuple[str, str], Hazard] = {}
        """By account and strongest reason; what is more than is remembered is left out."""
        self._strongest: dict[str, Charge] = {}
        """The strongest persona charge of each account, of those whose is strongest."""

    @property
    def cases(self) -> list[Case]:
        """In order of their first verdict."""
        return list(self._cases.values())

    def latest(self, n: int) -> list[Case]:
        """The last ``n`` cases, in order of their first verdict."""
        return list(islice(reversed(self._cases.values()), n))[::-1]

    def __len__(self) -> int:
        """Charges kept."""
        return len(self._by_key)

    def get(self, post: str, kind: Kind) -> Charge | None:
        return self._by_key.get((post, kind))

    def in_time(self) -> list[Charge]:
        """What stands, by the time of the posts."""
        standing = [charge for charge in self._by_key.values() if charge.stands]
        return sorted(standing, key=lambda charge: charge.seen_at)

    @property
    def personas(self) -> list[Charge]:
        """The strongest persona charges, at most one of each account."""
        return nsmallest(MOST_PERSONAS, self._strongest.values(), key=_strongest_first)

    def add(self, charge: Charge) -> None:
        """A verdict was reached."""
        self.version += 1
        self._count(charge)
        if self._most:
            self._keep(charge)

    def renew(self, charge: Charge, again: Charge) -> None:
        """A verdict was reached once more, perhaps after it was taken back."""
        self.version += 1
        charge.at, charge.score, charge.flags = again.at, again.score, again.flags
        charge.scores, charge.against = again.scores, again.against
        charge.retracted = False
        charge.case.version += 1

    def _count(self, charge: Charge) -> None:
        self.n += 1
        self.by_kind[charge.kind] += 1
        self.strong[charge.kind] += charge.score >= STRONG
        names = {flag.heuristic for flag in charge.reasons}
        self.behind.update((charge.kind, name) for name in names)
        if len(names) == 1:
            self.alone[charge.kind, names.pop()] += 1
        if charge.kind is Kind.PERSONA:
            self._rank(charge)
        elif charge.kind is Kind.HAZARD:
            reason = charge.reasons[0].reason if charge.reasons else ""
            key = charge.author, reason
            if key in self.hazards or len(self.hazards) < MOST_HAZARDS:
                hazard = self.hazards.setdefault(key, Hazard(charge, charge.score))
                hazard.score = max(hazard.score, charge.score)
                hazard.n += 1

    def _rank(self, charge: Charge) -> None:
        known = self._strongest.get(charge.author)
        if known is None or charge.score > known.score:
            self._strongest[charge.author] = charge
        if len(self._strongest) >= 2 * MOST_PERSONAS:
            # What is not among the strongest now will not be later: no charge becomes weaker.
            self._strongest = {charge.author: charge for charge in self.personas}

    def _keep(self, charge: Charge) -> None:
        case = self._case_for(charge)
        charge.case = case
        case.charges.append(charge)
        case.n += 1
        case.version += 1
        case.accounts[charge.author] = case.accounts.get(charge.author, 0) + 1
        if len(case.charges) > MOST_PER_CASE:
            self._by_key.pop(case.charges.pop(0).key, None)
        self._by_key[charge.key] = charge
        while len(self._by_key) > self._most:
            self._forget_oldest()

    def retract(self, charge: Charge) -> None:
        """A verdict was taken back."""
        charge.retracted = True
        charge.case.version += 1
        self.version += 1

    def judge(self, case: Case, opinion: Opinion | None) -> None:
        """The user has looked at a case."""
        case.opinion = opinion
        case.version += 1
        self.version += 1

    def merge(self, kind: Kind, group: str, into: str) -> None:
        """One swarm went into another: what comes now belongs to that one's case."""
        if case := self._open.pop((kind, group), None):
            case.group = into
            case.version += 1
            self._open.setdefault((kind, into), case)
            self.version += 1

    def _case_for(self, charge: Charge) -> Case:
        key = charge.kind, charge.group or charge.author
        case = self._open.get(key)
        # A name may be another group's id; what the user has settled stays settled.
        if case is None or case.group != charge.group or case.opinion is Opinion.DISMISSED:
            case = self._open[key] = Case(self._next, charge.kind, charge.group)
            self._cases[case.serial] = case
            self._next += 1
        return case

    def _forget_oldest(self) -> None:
        _, charge = self._by_key.popitem(last=False)
        case = charge.case
        if charge in case.charges:
            case.charges.remove(charge)
        if not case.charges:
            self._cases.pop(case.serial, None)
            key = case.kind, case.group or charge.author
            if self._open.get(key) is case:
                del self._open[key]


def _strongest_first(charge: Charge) -> tuple[float, Micros, str]:
    return -charge.score, charge.seen_at, charge.author
