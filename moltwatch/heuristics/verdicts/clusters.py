"""Clusters: what several accounts share, as evidence accumulates, and how clusters confirm another.

A cluster is the string a heuristic gave in :attr:`Signal.cluster`. Whether an account in it is
guilty by it depends on how telling the cluster is by itself, and on clusters of other families that
hold the same accounts: fully if they hold this very account, and by the square of the part of the
cluster they cover if not. So a family of numbered accounts half of which were seen to act together
is convicted whole, while a stranger in a thread that such a family flooded stays a stranger.

Everything here is bounded, and in order of arrival: no set decides an output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moltwatch.heuristics.base import Signal
from moltwatch.heuristics.odds import noisy_or
from moltwatch.model import Scores
from moltwatch.times import Micros

FEWEST_ACCOUNTS = 3
"""Two accounts are a pair, not a group."""

OVERWHELMING = 0.85
"""A strength that needs no second family."""

UNCONFIRMED = 0.45
"""What a cluster without a second family counts at most, if it is not overwhelming."""

LEAST_TO_SPREAD = 0.4
"""Strength from which a cluster says something also of those with whom its accounts share another;
a single rare word does not."""

FEWEST_SHARED = 3
"""Accounts that two clusters must share before one confirms the other."""

LEAST_COVERED = 1 / 3
"""And the part of the smaller one that this must be."""

LEAST_TO_SPEAK = 0.5
"""Strength below which a cluster convicts only those whom another family names too."""

NEARLY_ALL = 0.7
"""Part of a cluster that, held by stronger evidence, makes bystanders of the rest."""

MOST_NEIGHBOURS = 64
"""Clusters remembered as overlapping with one; the least overlapping go first."""

MOST_WAITING = 5_000
"""Posts of a cluster that wait for their authors' conviction; the oldest go first."""

MOST_SUSPECTS = 500
"""Accounts of a cluster that wait for more evidence; the oldest go first."""


class Cluster:
    """One shared thing, the accounts that share it, and the posts that show it."""

    __slots__ = (
        "basis",
        "elsewhere",
        "family",
        "first_post",
        "group",
        "guilty",
        "heuristic",
        "key",
        "last",
        "members",
        "neighbours",
        "reason",
        "since",
        "strength",
        "suspects",
        "waiting",
    )

    def __init__(self, key: str, heuristic: str, family: str, first_post: str, now: Micros) -> None:
        self.key = key
        self.heuristic = heuristic
        self.family = family
        self.first_post = first_post
        self.since = self.last = now
        self.strength = 0.0
        self.reason = ""
        self.members: dict[str, None] = {}
        """Accounts in order of arrival."""
        self.suspects: dict[str, None] = {}
        """Accounts not yet convicted, in order of arrival."""
        self.guilty: dict[str, float] = {}
        """Accounts convicted, and how surely."""
        self.elsewhere: dict[str, int] = {}
        """Accounts convicted here that belong to another group, by group."""
        self.basis: object = None
        """What the suspects were last judged by."""
        self.waiting: dict[str, str] = {}
        """Posts whose standing has not been given out, and their authors."""
        self.neighbours: dict[str, int] = {}
        """Other clusters, and how many accounts they share with this one."""
        self.group: str | None = None

    def take(self, signal: Signal, now: Micros) -> bool:
        """Take in one signal; tell whether the account is new to the cluster."""
        self.last = now
        self.strength, self.reason = signal.strength, str(signal.reason)
        self.waiting[signal.post] = signal.author
        if len(self.waiting) > MOST_WAITING:
            del self.waiting[next(iter(self.waiting))]
        if signal.author in self.members:
            return False
        self.members[signal.author] = None
        self.suspects[signal.author] = None
        if len(self.suspects) > MOST_SUSPECTS:
            del self.suspects[next(iter(self.suspects))]
        return True

    def meet(self, other: str) -> None:
        """One more account is found in both."""
        self.neighbours[other] = self.neighbours.get(other, 0) + 1
        if len(self.neighbours) > MOST_NEIGHBOURS:
            del self.neighbours[min(self.neighbours, key=self.neighbours.__getitem__)]

    def confirming(self, clusters: Mapping[str, Cluster]) -> list[tuple[Cluster, float]]:
        """Clusters of other families that hold enough of the same accounts, with the part of this
        one that they cover."""
        size = len(self.members)
        found: list[tuple[Cluster, float]] = []
        for key, shared in self.neighbours.items():
            if shared < FEWEST_SHARED:
                continue
            other = clusters.get(key)
            if other and shared >= LEAST_COVERED * min(size, len(other.members)):
                found.append((other, min(1.0, shared / size)))
        return found

    def judge(self, account: str, clusters: Mapping[str, Cluster]) -> list[str]:
        """Convict whom the evidence now reaches: the account that is new here or elsewhere, and
        all other suspects when what they are judged by has changed. Returns the convicted."""
        confirming = self.confirming(clusters)
        # Coverage in eighths: a swarm that grows by one does not call everybody back to court.
        basis = (self.strength, [(other.key, int(8 * covered)) for other, covered in confirming])
        called = [account] if basis == self.basis else list(self.suspects)
        self.basis = basis
        convicted = []
        for each in called:
            if each in self.suspects:
                score = self._guilt(each, confirming)
                if score >= Scores.THRESHOLD:
                    convicted.append(each)
                    self.guilty[each] = score
        if len(self.guilty) >= FEWEST_ACCOUNTS:
            for each in convicted:
                del self.suspects[each]
            return convicted
        self.guilty.clear()
        self.basis = None
        return []

    def _guilt(self, account: str, confirming: Sequence[tuple[Cluster, float]]) -> float:
        """How surely an account acts with the others, 0 to 1: noisy-or over families."""
        families: dict[str, float] = {}
        for other, covered in confirming:
            if (
                account not in other.members
                and covered >= NEARLY_ALL
                and other.strength > self.strength
            ):
                return 0.0  # stronger evidence holds nearly all the others: a bystander
            share = 1.0
            if account not in other.members:
                spreads = self.strength >= LEAST_TO_SPEAK and other.strength >= LEAST_TO_SPREAD
                share = covered * covered * spreads
            families[other.family] = max(families.get(other.family, 0.0), other.strength * share)
        score = noisy_or((self.strength, *families.values()))
        if self.strength < OVERWHELMING and not any(families.values()):
            return min(score, UNCONFIRMED)
        return score
