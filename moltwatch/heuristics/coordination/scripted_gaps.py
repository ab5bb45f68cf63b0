"""Accounts that come at equal distances, as if by one clock."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from math import exp
from typing import ClassVar

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.parameters import Accounts, Chance, Count, Fraction, Seconds
from moltwatch.model import Kind, Level
from moltwatch.times import HOUR, SECOND, Micros

MOST_PLACES = 5_000
MOST_KEPT = 16
"""Posts of one place looked at together; the latest."""

MOST_RUNS = 20_000

SHORTEST: Micros = 10 * SECOND
"""Distances below this are a queue being worked off, not a clock."""

JITTER: Micros = SECOND
"""What a script deviates, and a twentieth of the distance if that is more."""

FEWEST_TERMS = 5

LONG = 8
"""Posts from which a row may need no other evidence."""

_SAYS = "{who} post by one clock, {posts} times in a row, once every {distance:duration}"

_Arrival = tuple[Micros, str, str]
"""Time of writing, account, post."""


class ScriptedGaps(Heuristic):
    """Several accounts that write little post in one community, or answer one thread, at equal
    distances from each other: every 90 seconds, every five minutes.

    Looked for is a row of posts, each by an account other than the one before, whose times of
    writing are evenly spaced to the second (or a twentieth of the distance). How many posts there
    are at that time says how likely chance would make such a row; it must be less than one in a
    million. A row of eight that chance would make less than once in 10¹² needs no other evidence.

    Parameters
    window: how far back a row may reach (seconds)
    quiet: posts up to which an account writes little
    accounts: how many different accounts a row must have
    strength: how telling a shorter row is
    chance: probability of such a row from which it is telling
    certain: probability from which a long row needs no other evidence

    Fails when
    a script draws its distances at random, or the forum's times are rounded to more than a second.
    """

    name: ClassVar[str] = "scripted-gaps"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "timing"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts had kept one clock, or chance made such a row "
        "likelier than {chance:odds}"
    )

    def __init__(
        self,
        window: Seconds = 7_200.0,
        quiet: Count = 10,
        accounts: Accounts = 4,
        strength: Fraction = 0.5,
        chance: Chance = 1e-6,
        certain: Chance = 1e-12,
    ) -> None:
        self.window = window
        self.quiet = quiet
        self.accounts = accounts
        self.strength = strength
        self.chance = chance
        self.certain = certain
        self._window = round(window * SECOND)
        self._places: OrderedDict[str, list[_Arrival]] = OrderedDict()
        """By thread or community its latest posts by quiet accounts, in order of writing."""
        self._run_of: OrderedDict[str, str] = OrderedDict()
        """By post the row it belongs to."""
        self._told = Told()

    def observe(self, item: Features) -> Iterable[Evidence]:
        if item.author.n >= self.quiet:
            return ()
        post = item.post
        at = post.created_at
        # Where a forum is asked for news every minute, times of arrival are its clock, not theirs.
        if not -HOUR < post.seen_at - at < self._window:
            return ()
        place = item.thread.id if post.parent is not None else f"in {post.community}"
        arrival = (at, item.author.name, post.id)
        arrivals = self._places.get(place)
        if arrivals is None:
            self._places[place] = [arrival]
            if len(self._places) > MOST_PLACES:
                self._places.popitem(last=False)
            return ()
        self._places.move_to_end(place)
        insort(arrivals, arrival)
        while arrivals[0][0] < at - self._window or len(arrivals) > MOST_KEPT:
            del arrivals[0]
        if len(arrivals) < FEWEST_TERMS or arrivals[-1] is not arrival:
            return ()
        row, chance = _row(arrivals)
        if chance > self.chance or len({account for _, account, _ in row}) < self.accounts:
            return ()
        return self._tell(place, row, chance)

    def _tell(self, place: str, row: list[_Arrival], chance: float) -> Iterable[Evidence]:
        run = next((self._run_of[id] for *_, id in row if id in self._run_of), "")
        run = run or f"{place} {row[-1][2]}"
        for *_, id in reversed(row):
            self._run_of[id] = run
            self._run_of.move_to_end(id)
        while len(self._run_of) > MOST_RUNS:
            self._run_of.popitem(last=False)
        acts = self._told.new(Act(id, account, at) for at, account, id in reversed(row))
        if not acts:
            return ()
        sure = chance < self.certain and len(row) >= LONG
        weight = max(self.strength, Level.CONCLUSIVE.weight) if sure else self.strength
        n, distance = len(row), (row[0][0] - row[-1][0]) // (len(row) - 1)
        return (self.evidence(weight, _SAYS, cluster=run, acts=acts, posts=n, distance=distance),)


def _row(arrivals: list[_Arrival]) -> tuple[list[_Arrival], float]:
    """The least likely evenly spaced row that ends with the latest arrival, latest first, and how
    likely chance would make it."""
    last = arrivals[-1]
    now, author, _ = last
    span = now - arrivals[0][0]
    best: tuple[list[_Arrival], float] = ([], 1.0)
    tried = 0
    for second in reversed(arrivals[:-1]):
        distance = now - second[0]
        if (FEWEST_TERMS - 1) * distance > span:
            break
        if distance < SHORTEST or second[1] == author:
            continue
        tried += 1
        jitter = max(JITTER, distance // 20)
        row = [last, second]
        # Each term is looked for from the one before: a script's errors add up.
        while found := _near(arrivals, row[-1][0] - distance, jitter, row[-1][1]):
            row.append(found)
        if len(row) < FEWEST_TERMS:
            continue
        # Posts a microsecond while the row lasted, itself left out of account but for one.
        since = bisect_left(arrivals, (row[-1][0],))
        others = max(1, len(arrivals) - since - len(row))
        hit = 1.0 - exp(-2.0 * jitter * others / (now - row[-1][0]))
        chance = tried * hit ** (len(row) - 2)
        if chance < best[1]:
            best = row, chance
    return best


def _near(arrivals: list[_Arrival], at: Micros, within: Micros, but: str) -> _Arrival | None:
    """The arrival closest to a time, if near enough and of somebody else."""
    here = bisect_left(arrivals, (at,))
    closest = None
    for arrival in arrivals[max(0, here - 1) : here + 1]:
        off = abs(arrival[0] - at)
        if off <= within:
            closest, within = arrival, off - 1
    return closest if closest and closest[1] != but else None
