"""Accounts that were made within a minute of each other."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterable
from typing import ClassVar

from moltwatch.heuristics.base import Act, Evidence, Features, Heuristic
from moltwatch.heuristics.coordination.crowd import Told
from moltwatch.heuristics.coordination.significance import poisson_at_least
from moltwatch.heuristics.parameters import Accounts, Chance, Fraction, Seconds
from moltwatch.model import Kind
from moltwatch.times import HOUR, MINUTE, SECOND, Micros

MOST_KNOWN = 20_000
"""Accounts remembered; those that first posted longest ago go first."""

MOST_NEAR = 100
"""Accounts looked at before and after one: a burst of more is one all the same."""

AROUND: Micros = HOUR
"""Within this time before and after is counted how many accounts are usual."""

_SAYS = "{who} were made within {span} and had never posted"

_Birth = tuple[Micros, str, str]
"""When an account was made, its name, its first post."""


class Registrations(Heuristic):
    """Accounts that post for the first time turn out to have been made within a minute or two of
    each other.

    Counts only who posts, soon after being made, where the forum tells when that was. How many
    accounts were made in the hours around says what is usual; a burst must be one that chance
    (Poisson) would make less than once in a million. Times without seconds tell nothing.

    Parameters
    window: within what time accounts must have been made (seconds)
    fresh: how long after being made an account may post for the first time (seconds)
    accounts: accounts from which it is telling
    strength: how telling it is; twice as many add 0.1
    chance: probability of such a burst from which it is telling

    Fails when
    the forum does not tell when accounts were made, a link from outside brings many at once, or
    an operator takes his time.
    """

    name: ClassVar[str] = "registrations"
    kind: ClassVar[Kind] = Kind.COORDINATED
    family: ClassVar[str] = "registration"
    unless: ClassVar[str] = (
        "fewer than {accounts} accounts had been made within {window:seconds}, or chance made"
        " so many likelier than {chance:odds}"
    )

    def __init__(
        self,
        window: Seconds = 120.0,
        fresh: Seconds = 86_400.0,
        accounts: Accounts = 5,
        strength: Fraction = 0.45,
        chance: Chance = 1e-6,
    ) -> None:
        self.window = window
        self.fresh = fresh
        self.accounts = accounts
        self.strength = strength
        self.chance = chance
        self._window = round(window * SECOND)
        self._fresh = round(fresh * SECOND)
        self._births: list[_Birth] = []
        """In order of birth."""
        self._known: OrderedDict[str, _Birth] = OrderedDict()
        """By account, in order of first post."""
        self._burst_of: OrderedDict[str, str] = OrderedDict()
        self._told = Told()

    def observe(self, item: Features) -> Iterable[Evidence]:
        if item.author.n:
            return ()
        profile = item.author.profile
        if profile is None or profile.created_at is None:
            return ()
        made, name = profile.created_at, item.author.name
        if name in self._known or made % MINUTE == 0:
            return ()
        if not 0 <= item.post.seen_at - made <= self._fresh:
            return ()
        birth = self._known[name] = (made, name, item.post.id)
        insort(self._births, birth)
        if len(self._known) > MOST_KNOWN:
            _, oldest = self._known.popitem(last=False)
            del self._births[bisect_left(self._births, oldest)]
        return self._look(birth)

    def _look(self, birth: _Birth) -> Iterable[Evidence]:
        """Whether an account is one of a burst."""
        made = birth[0]
        here = bisect_left(self._births, birth)
        near = self._births[max(0, here - MOST_NEAR) : here + MOST_NEAR]
        # Of the windows that hold it, the one that holds most.
        best: list[_Birth] = []
        end = 0
        for begin, (start, *_) in enumerate(near):
            if start > made:
                break
            while end < len(near) and near[end][0] <= start + self._window:
                end += 1
            if start + self._window >= made and end - begin > len(best):
                best = near[begin:end]
        if len({at for at, *_ in best}) < self.accounts:
            return ()
        around = bisect_left(self._births, (made - AROUND,))
        others = bisect_left(self._births, (made + AROUND,)) - around - len(best)
        usual = max(1, others) * self._window / (2 * AROUND)
        return self._tell(best) if poisson_at_least(len(best), usual) < self.chance else ()

    def _tell(self, burst: list[_Birth]) -> Iterable[Evidence]:
        name = next((self._burst_of[a] for _, a, _ in burst if a in self._burst_of), burst[0][1])
        for _, account, _ in burst:
            self._burst_of[account] = name
        while len(self._burst_of) > MOST_KNOWN:
            self._burst_of.popitem(last=False)
        acts = self._told.new(Act(post, account, made) for made, account, post in burst)
        weight = min(1.0, self.strength + 0.1 * (len(burst) >= 2 * self.accounts))
        return (self.evidence(weight, _SAYS, cluster=name, acts=acts),) if acts else ()
