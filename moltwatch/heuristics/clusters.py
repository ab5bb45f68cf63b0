"""Clusters: what several accounts share, as evidence accumulates, and how clusters confirm another.

A cluster is the string a heuristic gave in :attr:`Signal.cluster`. It is convicted when what it
shows is overwhelming by itself, or when a cluster of another family covers enough of the same
accounts. Everything here is bounded, and in order of arrival: no set decides an output.
"""

from __future__ import annotations

from collections.abc import Iterator

from moltwatch.heuristics.base import Signal
from moltwatch.heuristics.verdict import noisy_or
from moltwatch.times import Micros

FEWEST_ACCOUNTS = 3
"""Two accounts are a pair, not a group."""

OVERWHELMING = 0.85
"""A strength that needs no second family."""

UNCONFIRMED = 0.45
"""What a cluster without a second family counts at most, if it is not overwhelming."""

FEWEST_SHARED = 3
"""Accounts that two clusters must share before one confirms the other."""

LEAST_COVERED = 1 / 3
"""And the part of the smaller one that this must be."""

MOST_NEIGHBOURS = 64
"""Clusters remembered as overlapping with one; the least overlapping go first."""

MOST_WAITING = 5_000
"""Posts of an unconvicted cluster that wait for its conviction; the oldest go first."""


class Cluster:
    """One shared thing, the accounts that share it, and the posts that show it."""

    __slots__ = (
        "family",
        "first_post",
        "fresh",
        "group",
        "heuristic",
        "key",
        "last",
        "members",
        "neighbours",
        "reason",
        "score",
        "since",
        "strength",
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
        self.score = 0.0
        """Fused with what its neighbours confirm."""
        self.members: dict[str, None] = {}
        """Accounts in order of arrival."""
        self.fresh: list[str] = []
        """Accounts not yet brought into a group."""
        self.waiting: dict[str, None] = {}
        """Posts whose standing has not been given out."""
        self.neighbours: dict[str, int] = {}
        """Other clusters, and how many accounts they share with this one."""
        self.group: str | None = None

    def take(self, signal: Signal, now: Micros) -> bool:
        """Take in one signal; tell whether the account is new to the cluster."""
        self.last = now
        self.strength, self.reason = signal.strength, signal.reason
        self.waiting[signal.post] = None
        if len(self.waiting) > MOST_WAITING:
            del self.waiting[next(iter(self.waiting))]
        if signal.author in self.members:
            return False
        self.members[signal.author] = None
        self.fresh.append(signal.author)
        return True

    def meet(self, other: str) -> None:
        """One more account is found in both."""
        self.neighbours[other] = self.neighbours.get(other, 0) + 1
        if len(self.neighbours) > MOST_NEIGHBOURS:
            del self.neighbours[min(self.neighbours, key=self.neighbours.__getitem__)]

    def judge(self, clusters: dict[str, Cluster]) -> float:
        """The fused score now: its own strength, and the best of each other family, each weighed
        with the part of this cluster that it covers (noisy-or over families)."""
        families: dict[str, float] = {}
        for other, covered in self._confirming(clusters):
            strength = other.strength * covered
            families[other.family] = max(families.get(other.family, 0.0), strength)
        score = noisy_or((self.strength, *families.values()))
        if self.strength < OVERWHELMING and not families:
            score = min(score, UNCONFIRMED)
        self.score = score if len(self.members) >= FEWEST_ACCOUNTS else 0.0
        return self.score

    def _confirming(self, clusters: dict[str, Cluster]) -> Iterator[tuple[Cluster, float]]:
        size = len(self.members)
        for key, shared in self.neighbours.items():
            other = clusters.get(key)
            if other is None or other.family == self.family or shared < FEWEST_SHARED:
                continue
            if shared >= LEAST_COVERED * min(size, len(other.members)):
                yield other, min(1.0, shared / size)
