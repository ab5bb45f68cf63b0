"""How coordination evidence becomes groups, and groups the scores of posts.

Evidence about one thing that several accounts share accumulates in a cluster. Whether an account in
it is guilty by it depends on how much the cluster proves by itself, and on clusters of other
families that hold the same accounts: fully if they hold this very account, and by the square of the
part of the cluster they cover if not. So a family of numbered accounts half of which were seen to
act together is convicted whole, while a stranger in a thread that such a family flooded stays a
stranger.

A group is made of convicted clusters with common members: one alert that updates, not a hundred.
Joining works by members, not by a graph of all pairs, so it costs the same in a swarm of forty
thousand. An account belongs to one group at a time, and a cluster joins a group only where a good
part of it is there already, so that the few accounts who answer everything do not tie strangers
together.

Everything here is bounded, and in order of arrival: no set decides an output.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from typing import TypeAlias

from msgspec import Struct, structs

from moltwatch.model import (
    MOST_LISTED,
    Act,
    Evidence,
    Group,
    GroupState,
    Kind,
    Level,
    Scores,
    strongest_of,
)
from moltwatch.odds import noisy_or
from moltwatch.times import HOUR, Micros

QUIET: Micros = 12 * HOUR
"""A group without new evidence for this long has ended; a cluster is forgotten."""

MOST_CLUSTERS = 20_000
CLUSTERS_PER_ACCOUNT = 16
"""Bounds; what was quiet longest goes first."""

FEWEST_ACCOUNTS = 3
"""Two accounts are a pair, not a group."""

UNCONFIRMED = 0.45
"""What a cluster without a second family counts at most, if it is not conclusive."""

LEAST_TO_SPREAD = 0.4
"""Weight from which a cluster says something also of those with whom its accounts share another;
a single rare word does not."""

FEWEST_SHARED = 3
"""Accounts that two clusters must share before one confirms the other."""

LEAST_COVERED = 1 / 3
"""And the part of the smaller one that this must be."""

NEARLY_ALL = 0.7
"""Part of a cluster that, held by stronger evidence, makes bystanders of the rest."""

LEAST_COMMON = 0.34
"""The part of the smaller of a cluster and a group that both must hold for them to be one."""

FEWEST_COMMON = 2

MOST_NEIGHBOURS = 64
"""Clusters remembered as overlapping with one; the least overlapping go first."""

MOST_WAITING = 5_000
"""Posts of a cluster that wait to be given a score; from there on an account's next takes the place
of its oldest."""

MOST_SUSPECTS = 500
"""Accounts of a cluster that wait for more evidence; the oldest go first."""


_Waiting: TypeAlias = tuple[int, str, str]
"""A post whose score has not been given out: its number in its cluster, its id, its author."""


class Cluster:
    """One shared thing, the accounts that share it, and the posts that show it."""

    __slots__ = (
        "_told",
        "acts",
        "basis",
        "begin",
        "due",
        "elsewhere",
        "end",
        "family",
        "first",
        "gone",
        "group",
        "guilty",
        "key",
        "last",
        "latest",
        "members",
        "nearly",
        "neighbours",
        "recent",
        "since",
        "suspects",
        "taken",
        "waiting",
        "weight",
    )

    def __init__(self, key: str, evidence: Evidence, now: Micros) -> None:
        self.key = key
        self.latest = evidence
        """The latest evidence of it: that says how much it proves, and its sentence."""
        self.first = evidence.acts[0].post
        """The post that brought it up."""
        self.since = self.last = now
        self.members: dict[str, None] = {}
        self.recent: OrderedDict[str, tuple[Micros, Micros, Micros]] = OrderedDict()
        """Members on whom there was evidence within :data:`QUIET`, and who therefore are counted in
        sentences: by account the times of its first act, its last act and its latest evidence, in
        order of that."""
        self.begin = self.end = evidence.acts[0].at
        """Times of the first act of these, and the last."""
        self.gone = False
        """It is forgotten."""
        self.acts: list[Act] = []
        """The first ten acts of these, and the first of each of ten accounts."""
        self.suspects: OrderedDict[str, list[_Waiting]] = OrderedDict()
        """Accounts not yet convicted, in order of arrival, and their posts."""
        self.nearly: dict[str, float] = {}
        """Suspects who are guilty but too few to be convicted, and how surely."""
        self.guilty: dict[str, float] = {}
        """Accounts convicted, and how surely."""
        self.elsewhere: dict[str, int] = {}
        """Accounts convicted here that belong to another group, by group."""
        self.basis: object = None
        """What the suspects were last judged by."""
        self.due: list[_Waiting] = []
        """Posts of the convicted whose score has not been given out."""
        self.waiting = 0
        """Posts of suspects and those due."""
        self.taken = 0
        """Posts so far."""
        self.neighbours: dict[Cluster, int] = {}
        """Other clusters, and how many accounts they share with this one."""
        self.group: str | None = None
        self.family = evidence.family
        self.weight = evidence.weight
        """How much it proves by itself (0 to 1)."""
        self._told: Evidence | None = None

    def take(self, evidence: Evidence, act: Act, now: Micros) -> bool:
        """Take in an act; tell whether its account is new to the cluster."""
        self.last = now
        self.latest = evidence
        self.weight = evidence.weight
        self._told = None
        author, at = act.author, act.at
        known = self.recent.pop(author, None)
        if len(self.acts) < MOST_LISTED or (known is None and len(self.recent) < MOST_LISTED):
            self.acts.append(act)
        first, last, _ = known or (at, at, now)
        self.recent[author] = (min(first, at), max(last, at), now)
        self.begin, self.end = min(self.begin, at), max(self.end, at)
        joined = author not in self.members
        if joined:
            self.members[author] = None
            self.suspects[author] = []
            if len(self.suspects) > MOST_SUSPECTS:
                first_come, posts = self.suspects.popitem(last=False)
                self.nearly.pop(first_come, None)
                self.waiting -= len(posts)
        self._wait(act)
        return joined

    def _wait(self, act: Act) -> None:
        """Keep a post until its score is given out, if its account may still be convicted."""
        posts = self.due if act.author in self.guilty else self.suspects.get(act.author)
        if posts is None:
            return
        self.taken += 1
        posts.append((self.taken, act.post, act.author))
        if self.waiting >= MOST_WAITING and len(posts) > 1:
            del posts[0]
        else:
            self.waiting += 1

    def give_out(self) -> list[tuple[str, str, float]]:
        """Posts of the convicted that were not given out yet, in order of arrival, with author and
        score."""
        given = [(post, author, self.guilty[author]) for _, post, author in sorted(self.due)]
        self.waiting -= len(self.due)
        self.due.clear()
        return given

    def fade(self) -> None:
        """Tell no more of accounts that there was no evidence on for long, some at a time."""
        *_, oldest = next(iter(self.recent.values()))
        horizon = self.last - QUIET
        if oldest >= horizon - QUIET // 128:
            return
        while oldest < horizon:  # the latest evidence is of now
            self.recent.popitem(last=False)
            *_, oldest = next(iter(self.recent.values()))
        self.acts = [act for act in self.acts if act.author in self.recent]
        times = self.recent.values()
        self.begin = min([first for first, *_ in times])
        self.end = max([last for _, last, _ in times])

    def told(self) -> Evidence:
        """All evidence of it together, as of now."""
        if self._told is None:
            self._told = self._tell(self.acts, len(self.recent), self.end - self.begin)
        return self._told

    def told_of(self, accounts: Collection[str]) -> Evidence | None:
        """The same, counting only these accounts; None if that is nobody."""
        if len(accounts) < len(self.recent):  # three in a crowd of thousands
            times = [self.recent[account] for account in accounts if account in self.recent]
        else:
            times = [times for account, times in self.recent.items() if account in accounts]
        if not times:
            return None
        span = max([last for _, last, _ in times]) - min([first for first, *_ in times])
        return self._tell([a for a in self.acts if a.author in accounts], len(times), span)

    def _tell(self, acts: Sequence[Act], n: int, span: Micros) -> Evidence:
        return structs.replace(self.latest, acts=tuple(acts), n=n, span=span, score=self.weight)

    def meet(self, other: Cluster) -> None:
        """One more account is found in both."""
        self.neighbours[other] = self.neighbours.get(other, 0) + 1
        if len(self.neighbours) > MOST_NEIGHBOURS:
            # The one that has just come shares one account, and none shares less.
            del self.neighbours[next(each for each, n in self.neighbours.items() if n == 1)]

    def confirming(self) -> list[tuple[Cluster, float]]:
        """Clusters of other families that hold enough of the same accounts, with the part of this
        one that they cover."""
        size = len(self.members)
        found: list[tuple[Cluster, float]] = []
        for other, shared in self.neighbours.items():
            if shared < FEWEST_SHARED or other.gone:
                continue
            if shared >= LEAST_COVERED * min(size, len(other.members)):
                found.append((other, min(1.0, shared / size)))
        return found

    def judge(self, account: str) -> list[str]:
        """Convict whom the evidence now reaches: the account that is new here or elsewhere, and
        all other suspects when what they are judged by has changed. Returns the convicted."""
        confirming = self.confirming()
        # A verdict depends on these weights, on this coverage, and on which of these clusters hold
        # the suspect: who joins one is called himself. While they stay the same nobody else is
        # judged again, whether anybody was guilty before or not. Coverage counts in eighths: a
        # swarm that grows by one does not call everybody back to court.
        basis = (self.weight, [(other.key, other.weight, int(8 * c)) for other, c in confirming])
        called: Iterable[str] = (account,) if account in self.suspects else ()
        if basis != self.basis:
            self.basis = basis
            self.nearly.clear()
            called = self.suspects
        for each in called:
            score = self._guilt(each, confirming)
            if score >= Scores.THRESHOLD:
                self.nearly[each] = score
            else:
                self.nearly.pop(each, None)
        if not self.nearly or len(self.guilty) + len(self.nearly) < FEWEST_ACCOUNTS:
            return []
        convicted = list(self.nearly)
        for each in convicted:
            self.due += self.suspects.pop(each)
        self.guilty.update(self.nearly)
        self.nearly.clear()
        return convicted

    def _guilt(self, account: str, confirming: Sequence[tuple[Cluster, float]]) -> float:
        """How surely an account acts with the others, 0 to 1: noisy-or over families."""
        families: dict[str, float] = {}
        level = self.latest.level
        for other, covered in confirming:
            share = 1.0
            if account not in other.members:
                if covered >= NEARLY_ALL and other.weight > self.weight:
                    return 0.0  # stronger evidence holds nearly all the others: a bystander
                spreads = level >= Level.CORROBORATING and other.weight >= LEAST_TO_SPREAD
                share = covered * covered * spreads
            families[other.family] = max(families.get(other.family, 0.0), other.weight * share)
        score = noisy_or((self.weight, *families.values()))
        if level < Level.CONCLUSIVE and not any(families.values()):
            return min(score, UNCONFIRMED)
        return score


class PostScore(Struct, frozen=True):
    """What the groups say of one post."""

    post: str
    score: float
    """Coordinated score, 0 to 1."""
    group: str | None


class _OpenGroup:
    """A group as it stands."""

    __slots__ = ("announced", "clusters", "id", "last", "members", "since", "told")

    def __init__(self, id: str, since: Micros) -> None:
        self.id = id
        self.since = since
        self.last = since
        self.members: dict[str, None] = {}
        """Accounts in order of arrival."""
        self.clusters: dict[Cluster, None] = {}
        """Why it is one: those that are not forgotten."""
        self.told: tuple[Evidence, ...] = ()
        """What was told of it last."""
        self.announced = 0
        """Members when it was last spoken of; 0 as long as it is too small to be."""

    def evidence(self) -> tuple[Evidence, ...]:
        """The strongest evidence of up to three families, that of the group's own clusters and of
        those that confirm them, counting only who is in the group: a cluster may hold others, of
        whom too little is known. If all is forgotten, what was told last."""
        witnesses = [witness for own in self.clusters for witness, _ in own.confirming()]
        clusters = dict.fromkeys((*self.clusters, *witnesses))
        told = [cluster.told_of(self.members) for cluster in clusters]
        found = strongest_of(each for each in told if each and each.n >= FEWEST_COMMON)
        self.told = found or self.told
        return self.told


class GroupTracker:
    """Turns coordination evidence into groups, and groups into scores of posts.

    ``quiet``: microseconds of silence after which a group has ended.
    """

    def __init__(self, quiet: Micros = QUIET) -> None:
        self.quiet = quiet
        # Clusters and groups in order of last activity, so that the quiet are always at the front.
        self._clusters: OrderedDict[str, Cluster] = OrderedDict()
        self._groups: OrderedDict[str, _OpenGroup] = OrderedDict()
        self._clusters_of: dict[str, list[str]] = {}
        self._group_of: dict[str, str] = {}
        self._growing: dict[str, None] = {}
        """Groups that were joined since the last drain."""
        self._merged: dict[str, tuple[_OpenGroup, str]] = {}
        """By id groups that went into another since then, and its id."""
        self._news: list[Group] = []
        self._scores: list[tuple[str, str, float]] = []
        """Post, author and score, since the last drain."""

    def add(self, evidence: Evidence, now: Micros) -> None:
        """Take in evidence; such as names no cluster says nothing of company and is left out."""
        if evidence.cluster is None or not evidence.acts:
            return
        key = f"{evidence.heuristic}:{evidence.cluster}"
        cluster = self._clusters.get(key)
        if cluster is None:
            cluster = self._clusters[key] = Cluster(key, evidence, now)
            if len(self._clusters) > MOST_CLUSTERS:
                self._forget(next(iter(self._clusters)))
        else:
            self._clusters.move_to_end(key)
        for act in evidence.acts:
            joined = cluster.take(evidence, act, now)
            for other in self._meet(act.author, cluster) if joined else ():
                self._judge(other, act.author, now)
            self._judge(cluster, act.author, now)
        cluster.fade()

    def told(self, evidence: Evidence) -> Evidence:
        """The evidence with its score, counting what it tells of itself."""
        return structs.replace(
            evidence, n=len({act.author for act in evidence.acts}), score=evidence.weight
        )

    def latest(self, evidence: Evidence) -> Evidence:
        """All that is known by now of what the evidence is about."""
        cluster = self._clusters.get(f"{evidence.heuristic}:{evidence.cluster}")
        return cluster.told() if cluster else evidence

    def advance(self, now: Micros) -> None:
        """Stream time moved on: end groups that have gone quiet, forget what has faded."""
        horizon = now - self.quiet
        while self._groups:
            group = next(iter(self._groups.values()))
            if group.last >= horizon:
                break
            self._end(group, now)
        while self._clusters:
            key, cluster = next(iter(self._clusters.items()))
            if cluster.last >= horizon:
                break
            self._forget(key)

    def finish(self, now: Micros) -> None:
        """The stream ended, and all groups with it: the last word on each has its final size."""
        for group in list(self._groups.values()):
            self._end(group, now)

    def drain(self, now: Micros) -> tuple[Sequence[Group], Sequence[PostScore]]:
        """What changed since the last call: group events in order, and each post whose score
        changed in a way worth knowing (crossed the threshold, got a group). To be called when all
        evidence of an event is taken in: then what is said of a group is true of it."""
        if not (self._growing or self._merged or self._news or self._scores):
            return (), ()  # as after most events
        for loser, into in self._merged.values():
            while into in self._merged:
                _, into = self._merged[into]
            if loser.announced:
                self._announce(loser, GroupState.MERGED, now, into)
        for id in self._growing:
            group = self._groups.get(id)
            if group and len(group.members) >= 2 * group.announced:
                state = GroupState.GREW if group.announced else GroupState.FORMED
                self._announce(group, state, now)
        self._merged.clear()
        self._growing.clear()
        news = self._news
        scores = [PostScore(post, n, self._told_group(author)) for post, author, n in self._scores]
        if news or scores:
            self._news, self._scores = [], []
        return news, scores

    def _told_group(self, author: str) -> str | None:
        """The group of an account, if that was told of: three accounts at least are one."""
        id = self._group_of.get(author, "")
        return id if id in self._groups and self._groups[id].announced else None

    # --- clusters ---------------------------------------------------------------------------------

    def _meet(self, author: str, cluster: Cluster) -> list[Cluster]:
        """Note that an account joined a cluster; the clusters this may confirm."""
        held = self._clusters_of.setdefault(author, [])
        touched: list[Cluster] = []
        for key in held:
            other = self._clusters[key]
            if other.family != cluster.family:
                other.meet(cluster)
                cluster.meet(other)
                touched.append(other)
        held.append(cluster.key)
        if len(held) > CLUSTERS_PER_ACCOUNT:
            # What an account of many clusters shares is mostly its zeal.
            held.pop(0)
        return touched

    def _judge(self, cluster: Cluster, author: str, now: Micros) -> None:
        """See whom the evidence now reaches, and let the group know."""
        convicted = cluster.judge(author)
        if cluster.group is None:
            if not convicted:
                return
            self._enter(cluster, convicted)
        if group := self._groups.get(cluster.group or ""):
            self._join(group, cluster, convicted, now)

    def _forget(self, key: str) -> None:
        cluster = self._clusters.pop(key)
        cluster.gone = True
        for other in cluster.neighbours:
            other.neighbours.pop(cluster, None)
        cluster.neighbours.clear()
        if group := self._groups.get(cluster.group or ""):
            group.clusters.pop(cluster, None)
        for account in cluster.members:
            held = self._clusters_of.get(account)
            if held and key in held:
                held.remove(key)
                if not held:
                    del self._clusters_of[account]

    # --- groups -----------------------------------------------------------------------------------

    def _enter(self, cluster: Cluster, convicted: list[str]) -> None:
        """A convicted cluster joins the group its accounts are in, ties groups together, or forms
        a new one."""
        kin = self._kin(convicted)
        if kin:
            group = kin[0]
            for other in kin[1:]:
                self._merge(other, group)
        else:
            group = _OpenGroup(_id_of(cluster), cluster.since)
            self._groups[group.id] = group
        cluster.group = group.id
        group.clusters[cluster] = None

    def _kin(self, accounts: list[str]) -> list[_OpenGroup]:
        """Groups that hold a good part of these accounts, or are held by them; the oldest first."""
        common = Counter(self._group_of[a] for a in accounts if a in self._group_of)
        kin = []
        for id, shared in common.items():
            group = self._groups[id]
            least = LEAST_COMMON * min(len(accounts), len(group.members))
            if shared >= max(FEWEST_COMMON, least):
                kin.append(group)
        return sorted(kin, key=lambda group: (group.since, group.id))

    def _join(self, group: _OpenGroup, cluster: Cluster, convicted: list[str], now: Micros) -> None:
        """Bring a cluster's convicted accounts into its group, and give their posts a score."""
        group.last = now
        self._groups.move_to_end(group.id)
        for author in convicted:
            owner = self._group_of.setdefault(author, group.id)
            if owner == group.id:
                group.members[author] = None
            elif self._is_one(cluster, owner):
                group = self._unite(group, self._groups[owner], now)
        if len(group.members) < FEWEST_ACCOUNTS:
            return
        self._growing[group.id] = None
        self._scores += cluster.give_out()

    def _is_one(self, cluster: Cluster, owner: str) -> bool:
        """Whether, by one more account of this cluster, another group turns out to be the same."""
        cluster.elsewhere[owner] = shared = cluster.elsewhere.get(owner, 0) + 1
        smaller = min(len(cluster.guilty), len(self._groups[owner].members))
        return shared >= max(FEWEST_COMMON, LEAST_COMMON * smaller)

    def _unite(self, one: _OpenGroup, other: _OpenGroup, now: Micros) -> _OpenGroup:
        """Merge the younger group into the older, which is returned."""
        winner, loser = sorted((one, other), key=lambda group: (group.since, group.id))
        self._merge(loser, winner)
        self._groups.move_to_end(winner.id)
        winner.last = now
        return winner

    def _merge(self, loser: _OpenGroup, winner: _OpenGroup) -> None:
        del self._groups[loser.id]
        for author in loser.members:
            self._group_of[author] = winner.id
            winner.members[author] = None
        winner.since = min(winner.since, loser.since)
        for cluster in loser.clusters:
            cluster.group = winner.id
        winner.clusters.update(loser.clusters)
        self._merged[loser.id] = loser, winner.id

    def _end(self, group: _OpenGroup, now: Micros) -> None:
        del self._groups[group.id]
        self._release(group)
        if group.announced:
            self._announce(group, GroupState.ENDED, now)

    def _release(self, group: _OpenGroup) -> None:
        for author in group.members:
            if self._group_of.get(author) == group.id:
                del self._group_of[author]

    def _announce(
        self, group: _OpenGroup, state: GroupState, now: Micros, into: str | None = None
    ) -> None:
        group.announced = len(group.members)
        self._news.append(
            Group(
                id=group.id,
                at=now,
                kind=Kind.COORDINATED,
                state=state,
                into=into,
                n=len(group.members),
                accounts=tuple(group.members)[:MOST_LISTED],
                evidence=group.evidence(),
                since=group.since,
            )
        )


def _id_of(cluster: Cluster) -> str:
    """An id from content: the evidence that came first. Two runs agree, whatever the batches."""
    content = f"{cluster.key}\0{cluster.first}".encode("utf-8", "surrogatepass")
    return "g" + blake2b(content, digest_size=4).hexdigest()
