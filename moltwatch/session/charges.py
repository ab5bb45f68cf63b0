"""Charges as they are kept, and the cases that they are of: all of a swarm's posts are one, all of
an account's of one kind, and one hazard however many accounts tell it; hundreds of posts for one
reason are one card."""

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Any, NamedTuple

from msgspec import Struct, field

from moltwatch.bounded import Bounded
from moltwatch.model import Kind
from moltwatch.packing import Pieces
from moltwatch.session.charge import STRONG, Charge, Opinion, Tier
from moltwatch.session.floods import Flood, flooded
from moltwatch.times import Micros

MOST_PER_CASE = 2_000
"""Charges a case keeps, and accounts it lists."""

MOST_REASONS = 200
"""Different reasons by which a case of hazards is found again."""

MOST_JOINED = 200
"""Beginnings of other cases that a case remembers."""

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
    top: Charge
    """The strongest of those that stand; of equals the latest."""
    charges: list[Charge] = field(default_factory=list)
    """In order of verdict. When there are too many, the oldest but one goes first."""
    n: int = 0
    """Charges ever."""
    fallen: int = 0
    """Of those, how many were taken back or dismissed."""
    standing: int = 0
    """Of those that are kept, how many stand."""
    confirmed: int = 0
    """Of those that are kept, how many the user confirmed."""
    dismissed: int = 0
    """Of those that are kept, how many the user dismissed."""
    since: Micros = 0
    """When the first of its posts was seen."""
    until: Micros = 0
    """When the last was."""
    joined: tuple[Micros, ...] = ()
    """Where the others began that went into it."""
    accounts: Bounded[str, int] = field(default_factory=lambda: Bounded(MOST_PER_CASE))
    """How many posts of whom, in order of appearance."""
    version: int = 0
    changed: int = 0
    """The version of all charges when it changed last."""
    keys: list[tuple[Kind, str]] = field(default_factory=list)
    """By what it is found again."""
    flood: Flood | None = None
    """That it is of an account of which very many posts are flagged as a persona's."""
    marked: tuple[tuple[Micros, int], ...] = ()
    """Where the time line says that it begins, if it does, and how strong (hundredths) it is."""

    @property
    def latest(self) -> Charge:
        return self.charges[-1]

    @property
    def score(self) -> float:
        """The highest of what stands."""
        return self.top.score

    @property
    def posts(self) -> int:
        """How many posts it holds something against."""
        return self.n - self.fallen

    @property
    def opinion(self) -> Opinion | None:
        """What the user says of it: dismissed when nothing is left of it, confirmed when some of it
        was."""
        if self.dismissed and not self.standing:
            return Opinion.DISMISSED
        return Opinion.CONFIRMED if self.confirmed else None

    @property
    def stands(self) -> bool:
        """Something of it is neither taken back nor dismissed."""
        return self.standing > 0

    @property
    def begins(self) -> tuple[tuple[Micros, int], ...]:
        """Where it began, and where those did that went into it, each with its strength in
        hundredths."""
        strength = round(100 * self.score)
        return tuple((at, strength) for at in (self.since, *self.joined))

    @property
    def matters(self) -> bool:
        """It stands, and is more than a weak persona, be it strong or a flood."""
        weak = self.kind is Kind.PERSONA and self.score < STRONG and self.flood is None
        return self.stands and not weak


class Hazard(Struct):
    """All posts of one account that are a hazard for one reason."""

    first: Charge
    score: float
    """The highest of them."""
    n: int = 0
    """How often the account said so: what it says over and over is counted also where it is not
    flagged each time."""


class Resting(NamedTuple):
    """All cases at rest."""

    cases: Sequence[Pieces]
    orders: Sequence[tuple[array[int], array[int]]]
    """What is kept, in order, and what of each tier: of each charge the number of its case, and its
    own in that."""
    counted: dict[str, Any]


class Kept(NamedTuple):
    """What was kept at a time."""

    charges: Mapping[tuple[str, Kind], Charge]
    cases: Mapping[int, Case]
    """By serial."""


_COUNTED = ("_next", "alone", "behind", "by_kind", "n", "standing", "strong", "version")


class Charges:
    """All cases, bounded. Weak personas are let go first, then strong ones: what a forum full of
    personas says pushes out no group and no hazard. With ``most`` none, charges are only counted.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._by_key: dict[tuple[str, Kind], Charge] = {}
        self._tiers: dict[Tier, OrderedDict[tuple[str, Kind], Charge]] = {
            tier: OrderedDict() for tier in Tier
        }
        """What is kept, the oldest first."""
        self._open: dict[tuple[Kind, str], Case] = {}
        """By kind and group, or by kind and author where there is no group; hazards by what is said
        as well."""
        self._cases: OrderedDict[int, Case] = OrderedDict()
        self._changed: OrderedDict[int, Case] = OrderedDict()
        """The same, in order of their last change."""
        self._next = 0
        self.version = 0
        self.n = 0
        """Charges ever, those taken back not taken off."""
        self.by_kind: dict[Kind, int] = dict.fromkeys(Kind, 0)
        self.standing: dict[Kind, int] = dict.fromkeys(Kind, 0)
        """Of those, the ones neither taken back nor dismissed; told where charges are kept."""
        self.strong: dict[Kind, int] = dict.fromkeys(Kind, 0)
        """Of those ever, the strong ones."""
        self.behind: Counter[tuple[Kind, str]] = Counter()
        """How often each heuristic is a reason for a charge."""
        self.alone: Counter[tuple[Kind, str]] = Counter()
        """How often it is the only one."""
        self.hazards: dict[tuple[str, str], Hazard] = {}
        """By account and what it is told for; what is more than is remembered is left out."""
        self.strongest: dict[str, Charge] = {}
        """The strongest persona charge of each account, of those whose is strongest."""

    # --- what there is ----------------------------------------------------------------------------

    @property
    def cases(self) -> list[Case]:
        """In order of their first verdict."""
        return list(self._cases.values())

    def latest(self, n: int) -> list[Case]:
        """The last ``n`` cases, in order of their first verdict."""
        return list(islice(reversed(self._cases.values()), n))[::-1]

    def changed_since(self, version: int) -> Iterator[Case]:
        """Cases that changed after that version, the latest change first."""
        for case in reversed(self._changed.values()):
            if case.changed <= version:
                break
            yield case

    def keeps(self, case: Case) -> bool:
        """Whether a case was not let go meanwhile, nor went into another."""
        return self._cases.get(case.serial) is case

    def at_rest(self, pack: Callable[[Case], Pieces]) -> Resting:
        """All of them, each case packed."""
        place: dict[int, tuple[int, int]] = {}
        for i, case in enumerate(self._cases.values()):
            place |= {id(charge): (i, j) for j, charge in enumerate(case.charges)}
        return Resting(
            [pack(case) for case in self._cases.values()],
            [_places(place, charges) for charges in (self._by_key, *self._tiers.values())],
            {name: getattr(self, name) for name in _COUNTED},
        )

    def rest(self, state: Resting, unpack: Callable[[Pieces], Case]) -> None:
        """Have these, and none besides; ``unpack`` makes a case of its pieces."""
        cases = [unpack(packed) for packed in state.cases]
        self._cases = OrderedDict((case.serial, case) for case in cases)
        changed = sorted(cases, key=lambda case: case.changed)
        self._changed = OrderedDict((case.serial, case) for case in changed)
        self._open = {key: case for case in cases for key in case.keys}
        orders = [
            {(charge := cases[i].charges[j]).key: charge for i, j in zip(at, nth, strict=True)}
            for at, nth in state.orders
        ]
        self._by_key = orders[0]
        self._tiers = {
            tier: OrderedDict(order) for tier, order in zip(Tier, orders[1:], strict=True)
        }
        for name, value in state.counted.items():
            setattr(self, name, value)

    def holds(self, charge: Charge) -> bool:
        """Whether it was not let go."""
        return self._by_key.get(charge.key) is charge

    def kept(self) -> Kept:
        """What is kept by now."""
        return Kept(dict(self._by_key), dict(self._cases))

    def of_group(self, kind: Kind, group: str) -> Case | None:
        """The case of a group."""
        case = self._open.get((kind, group))
        return case if case and case.group == group else None

    def __len__(self) -> int:
        """Charges kept."""
        return len(self._by_key)

    def get(self, post: str, kind: Kind) -> Charge | None:
        return self._by_key.get((post, kind))

    @property
    def personas(self) -> list[Charge]:
        """The strongest persona charges, at most one of each account."""
        return nsmallest(MOST_PERSONAS, self.strongest.values(), key=_strongest_first)

    # --- verdicts ---------------------------------------------------------------------------------

    def add(self, charge: Charge, posts: int) -> None:
        """A verdict was reached, when so many ``posts`` were seen of anybody."""
        self.version += 1
        self._count(charge)
        if self._most:
            self._keep(charge, posts)

    def renew(self, charge: Charge, again: Charge) -> None:
        """A verdict was reached once more, perhaps after it was taken back."""
        case, before = charge.case, _weight_of(charge)
        charge.take(again)
        self._settle(charge, retracted=False, opinion=charge.opinion)
        if charge.tier is Tier.WEAK and charge.score >= STRONG and charge.key in self._by_key:
            self._place(charge, Tier.STRONG)
        # All of a group may come so, one after the other: not all are compared for each of them.
        if charge is case.top and _weight_of(charge) < before:
            self._changed_now(case)
            return
        if _weight_of(charge) >= _weight_of(case.top):
            case.top = charge
        self._tell(case)

    def retract(self, charge: Charge) -> None:
        """A verdict was taken back."""
        self._settle(charge, retracted=True, opinion=charge.opinion)
        self._changed_now(charge.case)

    def judge(self, charges: Iterable[Charge], opinion: Opinion | None) -> None:
        """The user has looked at them."""
        cases: dict[int, Case] = {}
        for charge in charges:
            self._settle(charge, retracted=charge.retracted, opinion=opinion)
            cases[charge.case.serial] = charge.case
        for case in cases.values():
            self._changed_now(case)

    def merge(self, kind: Kind, group: str, into: str) -> Case | None:
        """One swarm went into another: its case is a part of that one's, and is given back if there
        was one."""
        case = self._open.pop((kind, group), None)
        if case is None or case.group != group:
            return None
        gone = None
        case.keys.remove((kind, group))
        case.group = into
        other = self._open.get((kind, into))
        if other is None or other.group != into:
            self._register(case, (kind, into))
        else:
            self._absorb(other, case)
            case, gone = other, case
        self._changed_now(case)
        return gone

    # --- counting ---------------------------------------------------------------------------------

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
            key = charge.author, charge.says
            if key in self.hazards or len(self.hazards) < MOST_HAZARDS:
                hazard = self.hazards.setdefault(key, Hazard(charge, charge.score))
                hazard.score = max(hazard.score, charge.score)
                hazard.n = max(hazard.n + 1, charge.times)

    def _rank(self, charge: Charge) -> None:
        known = self.strongest.get(charge.author)
        if known is None or charge.score > known.score:
            self.strongest[charge.author] = charge
        if len(self.strongest) >= 2 * MOST_PERSONAS:
            # What is not among the strongest now will not be later: no charge becomes weaker.
            self.strongest = {charge.author: charge for charge in self.personas}

    def _settle(self, charge: Charge, *, retracted: bool, opinion: Opinion | None) -> None:
        """Whether it stands is known anew."""
        case, stood, before = charge.case, charge.stands, charge.opinion
        charge.retracted, charge.opinion = retracted, opinion
        change = charge.stands - stood
        case.fallen -= change
        if self._by_key.get(charge.key) is charge:
            case.standing += change
            case.confirmed += (opinion is Opinion.CONFIRMED) - (before is Opinion.CONFIRMED)
            case.dismissed += (opinion is Opinion.DISMISSED) - (before is Opinion.DISMISSED)
        self.standing[charge.kind] += change

    def _changed_now(self, case: Case) -> None:
        case.top = max(reversed(case.charges), key=_weight_of)
        self._tell(case)

    def _tell(self, case: Case) -> None:
        self.version += 1
        case.version += 1
        case.changed = self.version
        if self.keeps(case):
            self._changed[case.serial] = case
            self._changed.move_to_end(case.serial)

    # --- keeping ----------------------------------------------------------------------------------

    def _keep(self, charge: Charge, posts: int) -> None:
        case = self._case_for(charge)
        charge.case = case
        lasts = charge.kind is not Kind.PERSONA
        tier = (
            (Tier.MORE if case.charges else Tier.FIRST)
            if lasts
            else (Tier.STRONG if charge.score >= STRONG else Tier.WEAK)
        )
        case.since = min(case.since, charge.seen_at) if case.n else charge.seen_at
        case.until = max(case.until, charge.seen_at)
        case.charges.append(charge)
        case.n += 1
        case.standing += 1
        self.standing[charge.kind] += 1
        case.accounts[charge.author] = case.accounts.get(charge.author, 0) + 1
        if _weight_of(charge) >= _weight_of(case.top):
            case.top = charge
        if charge.kind is Kind.PERSONA:
            known, case.flood = case.flood, flooded(case.flood, case.charges, case.posts, posts)
            if case.flood is not known:
                # The case lasts as long as one of its charges, and the weak go first.
                tier = Tier.STRONG
        self._by_key[charge.key] = charge
        self._place(charge, tier)
        self._tell(case)
        if len(case.charges) > MOST_PER_CASE:
            self._forget(case.charges[1])
        while len(self._by_key) > self._most:
            self._forget_oldest()

    def _place(self, charge: Charge, tier: Tier) -> None:
        self._tiers[charge.tier].pop(charge.key, None)
        charge.tier = tier
        self._tiers[tier][charge.key] = charge

    def _case_for(self, charge: Charge) -> Case:
        kind, group = charge.kind, charge.group
        keys = [(kind, group or charge.author)]
        case = self._open.get(keys[0])
        if case is not None and case.group != group:
            case = None  # a name may be another group's id
        if kind is Kind.HAZARD and group is None:
            # One text that is told by many is one case; and so is all that one account tells, as
            # long as it tells it alone.
            said = _said(charge)
            shared = self._open.get((kind, said))
            if shared is not None:
                return shared
            if case is not None and len(case.accounts) > 1:
                case = None
            keys.append((kind, said))
        if case is None:
            case = Case(self._next, kind, group, charge)
            self._cases[case.serial] = case
            self._next += 1
        for key in keys:
            self._register(case, key)
        return case

    def _register(self, case: Case, key: tuple[Kind, str]) -> None:
        known = self._open.get(key)
        if known is case or len(case.keys) >= MOST_REASONS:
            return
        if known is not None:
            known.keys.remove(key)
        self._open[key] = case
        case.keys.append(key)

    def _absorb(self, case: Case, other: Case) -> None:
        """All that is kept of another case belongs to this one."""
        self._drop(other)
        for charge in other.charges:
            charge.case = case
        case.charges = sorted([*other.charges, *case.charges], key=lambda charge: charge.at)
        case.n += other.n
        case.fallen += other.fallen
        case.standing += other.standing
        case.confirmed += other.confirmed
        case.dismissed += other.dismissed
        joined = (max(case.since, other.since), *case.joined, *other.joined)
        case.joined = joined[:MOST_JOINED]
        case.since, case.until = min(case.since, other.since), max(case.until, other.until)
        for name, n in other.accounts.items():
            case.accounts[name] = case.accounts.get(name, 0) + n
        while len(case.charges) > MOST_PER_CASE:
            self._forget(case.charges[1])

    def _forget_oldest(self) -> None:
        """Let one go: of those that are let go first, unless few of them are left."""
        few = self._most // 4
        tier = next(
            (tier for tier in Tier if len(self._tiers[tier]) > (few if tier < Tier.MORE else 0)),
            Tier.WEAK,
        )
        self._forget(next(iter(self._tiers[tier].values())))

    def _forget(self, charge: Charge) -> None:
        """No list has it any more; its post does, as long as that is kept."""
        case = charge.case
        del self._by_key[charge.key], self._tiers[charge.tier][charge.key]
        charge.pack()
        if case.charges == [charge]:
            self._drop(case)  # it keeps its last charge, for whoever is looking at it
            return
        case.charges.remove(charge)
        case.standing -= charge.stands
        case.confirmed -= charge.opinion is Opinion.CONFIRMED
        case.dismissed -= charge.opinion is Opinion.DISMISSED
        if case.top is charge:
            self._changed_now(case)

    def _drop(self, case: Case) -> None:
        del self._cases[case.serial], self._changed[case.serial]
        for key in case.keys:
            del self._open[key]
        case.keys = []


def _places(
    place: Mapping[int, tuple[int, int]], charges: Mapping[tuple[str, Kind], Charge]
) -> tuple[array[int], array[int]]:
    places = [place[id(charge)] for charge in charges.values()]
    return array("I", [at for at, _ in places]), array("I", [nth for _, nth in places])


def _said(charge: Charge) -> str:
    """What a hazard says, as far as it is told first: the same for all who say it."""
    heuristic = charge.reasons[0].heuristic if charge.reasons else ""
    # No account and no group is called so: a line break is in no name.
    return f"\n{heuristic}: {charge.says.casefold()}"


def _weight_of(charge: Charge) -> tuple[bool, float]:
    return charge.stands, round(charge.score, 2)


def _strongest_first(charge: Charge) -> tuple[float, Micros, str]:
    return -charge.score, charge.seen_at, charge.author
