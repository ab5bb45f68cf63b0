"""Groups: accounts that shared evidence shows to act as one, from forming to ending.

Clusters (beside this file) are evidence; a group is the alert made of convicted clusters with
common members: one alert that updates, not a hundred. Joining works by members, not by a graph of
all pairs, so it costs the same in a swarm of forty thousand; an account belongs to
one group at a time, and a cluster joins a group only where a good part of it is there already, so
that the few accounts who answer everything do not tie strangers together.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Collection
from hashlib import blake2b

from msgspec import Struct

from moltwatch.heuristics.base import Signal
from moltwatch.heuristics.verdicts.clusters import FEWEST_ACCOUNTS, Cluster
from moltwatch.model import MOST_LISTED, Group, GroupState, Kind
from moltwatch.times import HOUR, Micros

QUIET: Micros = 12 * HOUR
"""A group without new evidence for this long has ended; a cluster is forgotten."""

MOST_CLUSTERS = 20_000
CLUSTERS_PER_ACCOUNT = 16
"""Bounds; what was quiet longest goes first."""

LEAST_COMMON = 0.34
"""The part of the smaller of a cluster and a group that both must hold for them to be one."""

FEWEST_COMMON = 2

_ACCOUNTS = re.compile(r"(?<!\bof )\b(\d+) (other )?accounts\b")


class Standing(Struct, frozen=True):
    """What the groups say of one post."""

    post: str
    score: float
    """Coordinated score, 0 to 1."""
    group: str | None


class _Alert:
    """A group as it stands."""

    __slots__ = ("announced", "clusters", "id", "last", "members", "reasons", "since")

    def __init__(self, id: str, since: Micros) -> None:
        self.id = id
        self.since = since
        self.last = since
        self.members: dict[str, None] = {}
        """Accounts in order of arrival."""
        self.clusters: list[Cluster] = []
        self.reasons: dict[str, tuple[float, str, Collection[str]]] = {}
        """By family: strength, sentence and accounts of the strongest cluster."""
        self.announced = 0
        """Members when it was last spoken of; 0 as long as it is too small to be."""

    def hear(self, cluster: Cluster) -> None:
        """Remember a cluster's reason, if it is its family's strongest."""
        held = self.reasons.get(cluster.family)
        if held is None or held[0] <= cluster.strength:
            self.reasons[cluster.family] = (cluster.strength, cluster.reason, cluster.members)

    @property
    def reason(self) -> str:
        """The strongest sentences of up to three families, counting those who are in the group:
        a cluster may hold others, of whom too little is known, and a group may hold more."""
        strongest = sorted(self.reasons.items(), key=lambda entry: (-entry[1][0], entry[0]))
        sentences: list[str] = []
        for _, (_, sentence, accounts) in strongest:
            shared = sum(account in self.members for account in accounts)
            if shared >= FEWEST_COMMON or not sentences:
                sentences.append(_counting(sentence, shared, len(self.members)))
        return "; ".join(sentences[:3])


def _counting(sentence: str, n: int, of: int) -> str:
    """A sentence about accounts, with the number of those it is told of."""

    def number(match: re.Match[str]) -> str:
        if match[2]:
            return f"{max(1, n - 1)} other account" + "s" * (n > 2)
        return f"{n} accounts" if n == of else f"{n} of them"

    return _ACCOUNTS.sub(number, sentence, count=1) if n else sentence


class GroupBook:
    """Turns coordination signals into groups, and groups into scores of posts.

    ``quiet``: microseconds of silence after which a group has ended.
    """

    def __init__(self, quiet: Micros = QUIET) -> None:
        self.quiet = quiet
        # Clusters and alerts in order of last activity, so that the quiet are always at the front.
        self._clusters: OrderedDict[str, Cluster] = OrderedDict()
        self._alerts: OrderedDict[str, _Alert] = OrderedDict()
        self._clusters_of: dict[str, list[str]] = {}
        self._alert_of: dict[str, str] = {}
        self._news: list[Group] = []
        self._standings: list[Standing] = []

    def add(self, heuristic: str, family: str, signal: Signal, now: Micros) -> None:
        """Take in one signal; one without a cluster says nothing of company and is left out."""
        if signal.cluster is None:
            return
        key = f"{heuristic}:{signal.cluster}"
        cluster = self._clusters.get(key)
        if cluster is None:
            cluster = self._clusters[key] = Cluster(key, heuristic, family, signal.post, now)
            if len(self._clusters) > MOST_CLUSTERS:
                self._forget(next(iter(self._clusters)))
        else:
            self._clusters.move_to_end(key)
        joined = cluster.take(signal, now)
        for other in self._meet(signal.author, cluster) if joined else ():
            self._judge(other, signal.author, now)
        self._judge(cluster, signal.author, now)

    def advance(self, now: Micros) -> None:
        """Stream time moved on: end groups that have gone quiet, forget what has faded."""
        horizon = now - self.quiet
        while self._clusters:
            key, cluster = next(iter(self._clusters.items()))
            if cluster.last >= horizon:
                break
            self._forget(key)
        while self._alerts:
            alert = next(iter(self._alerts.values()))
            if alert.last >= horizon:
                break
            self._end(alert, now)

    def finish(self, now: Micros) -> None:
        """The stream ended, and all groups with it: the last word on each has its final size."""
        for alert in list(self._alerts.values()):
            self._end(alert, now)

    def drain(self) -> tuple[list[Group], list[Standing]]:
        """What changed since the last call: group events in order, and each post whose score
        changed in a way worth knowing (crossed the threshold, got a group)."""
        news, standings = self._news, self._standings
        if news or standings:
            self._news, self._standings = [], []
        return news, standings

    # --- clusters ---------------------------------------------------------------------------------

    def _meet(self, author: str, cluster: Cluster) -> list[Cluster]:
        """Note that an account joined a cluster; the clusters this may confirm."""
        held = self._clusters_of.setdefault(author, [])
        touched: list[Cluster] = []
        for key in held:
            other = self._clusters[key]
            if other.family != cluster.family:
                other.meet(cluster.key)
                cluster.meet(key)
                touched.append(other)
        held.append(cluster.key)
        if len(held) > CLUSTERS_PER_ACCOUNT:
            # What an account of many clusters shares is mostly its zeal.
            held.pop(0)
        return touched

    def _judge(self, cluster: Cluster, author: str, now: Micros) -> None:
        """See whom the evidence now reaches, and let the group know."""
        convicted = cluster.judge(author, self._clusters)
        if cluster.group is None:
            if not convicted:
                return
            self._enter(cluster, convicted, now)
        alert = self._alerts.get(cluster.group or "")
        if alert is None:
            return
        alert.hear(cluster)
        if convicted:
            for witness, _ in cluster.confirming(self._clusters):
                alert.hear(witness)
        self._join(alert, cluster, convicted, now)

    def _forget(self, key: str) -> None:
        cluster = self._clusters.pop(key)
        for author in cluster.members:
            held = self._clusters_of.get(author)
            if held and key in held:
                held.remove(key)
                if not held:
                    del self._clusters_of[author]

    # --- groups -----------------------------------------------------------------------------------

    def _enter(self, cluster: Cluster, convicted: list[str], now: Micros) -> None:
        """A convicted cluster joins the group its accounts are in, ties groups together, or forms
        a new one."""
        kin = self._kin(convicted)
        if kin:
            alert = kin[0]
            for other in kin[1:]:
                self._merge(other, alert, now)
        else:
            alert = _Alert(_id_of(cluster), cluster.since)
            self._alerts[alert.id] = alert
        cluster.group = alert.id
        alert.clusters.append(cluster)

    def _kin(self, accounts: list[str]) -> list[_Alert]:
        """Groups that hold a good part of these accounts, or are held by them; the oldest first."""
        common = Counter(self._alert_of[a] for a in accounts if a in self._alert_of)
        kin = []
        for id, shared in common.items():
            alert = self._alerts[id]
            least = LEAST_COMMON * min(len(accounts), len(alert.members))
            if shared >= max(FEWEST_COMMON, least):
                kin.append(alert)
        return sorted(kin, key=lambda alert: (alert.since, alert.id))

    def _join(self, alert: _Alert, cluster: Cluster, convicted: list[str], now: Micros) -> None:
        """Bring a cluster's convicted accounts into its group, and give their posts a standing."""
        alert.last = now
        self._alerts.move_to_end(alert.id)
        for author in convicted:
            owner = self._alert_of.setdefault(author, alert.id)
            if owner == alert.id:
                alert.members[author] = None
            elif self._is_one(cluster, owner):
                alert = self._unite(alert, self._alerts[owner], now)
        if len(alert.members) < FEWEST_ACCOUNTS:
            return
        if len(alert.members) >= 2 * alert.announced:
            state = GroupState.GREW if alert.announced else GroupState.FORMED
            self._announce(alert, state, now)
        done = [post for post, author in cluster.waiting.items() if author in cluster.guilty]
        for post in done:
            author = cluster.waiting.pop(post)
            group = self._alert_of.get(author)
            self._standings.append(Standing(post, cluster.guilty[author], group))

    def _is_one(self, cluster: Cluster, owner: str) -> bool:
        """Whether, by one more account of this cluster, another group turns out to be the same."""
        cluster.elsewhere[owner] = shared = cluster.elsewhere.get(owner, 0) + 1
        smaller = min(len(cluster.guilty), len(self._alerts[owner].members))
        return shared >= max(FEWEST_COMMON, LEAST_COMMON * smaller)

    def _unite(self, one: _Alert, other: _Alert, now: Micros) -> _Alert:
        """Merge the younger group into the older, which is returned."""
        winner, loser = sorted((one, other), key=lambda alert: (alert.since, alert.id))
        self._merge(loser, winner, now)
        self._alerts.move_to_end(winner.id)
        winner.last = now
        return winner

    def _merge(self, loser: _Alert, winner: _Alert, now: Micros) -> None:
        del self._alerts[loser.id]
        for author in loser.members:
            self._alert_of[author] = winner.id
            winner.members[author] = None
        for family, held in loser.reasons.items():
            kept = winner.reasons.get(family)
            if kept is None or kept[:2] < held[:2]:
                winner.reasons[family] = held
        winner.since = min(winner.since, loser.since)
        for cluster in loser.clusters:
            cluster.group = winner.id
        winner.clusters.extend(loser.clusters)
        if loser.announced:
            self._announce(loser, GroupState.MERGED, now, into=winner.id)

    def _end(self, alert: _Alert, now: Micros) -> None:
        del self._alerts[alert.id]
        self._release(alert)
        if alert.announced:
            self._announce(alert, GroupState.ENDED, now)

    def _release(self, alert: _Alert) -> None:
        for author in alert.members:
            if self._alert_of.get(author) == alert.id:
                del self._alert_of[author]

    def _announce(
        self, alert: _Alert, state: GroupState, now: Micros, into: str | None = None
    ) -> None:
        alert.announced = len(alert.members)
        self._news.append(
            Group(
                id=alert.id,
                at=now,
                kind=Kind.COORDINATED,
                state=state,
                into=into,
                n=len(alert.members),
                accounts=tuple(alert.members)[:MOST_LISTED],
                reason=alert.reason,
                since=alert.since,
            )
        )


def _id_of(cluster: Cluster) -> str:
    """An id from content: the evidence that came first. Two runs agree, whatever the batches."""
    content = f"{cluster.key}\0{cluster.first_post}".encode("utf-8", "surrogatepass")
    return "g" + blake2b(content, digest_size=4).hexdigest()
